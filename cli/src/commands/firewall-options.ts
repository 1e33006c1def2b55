import { type Command, InvalidArgumentError, Option } from 'commander'
import type { FirewallSettings } from '../model.ts'
import { given } from './options.ts'

// Options that say how packets are treated that no rule decides.

const verdicts = ['pass', 'drop'] as const

export interface FirewallOptions {
  defaultVerdict?: string
  stateful?: boolean
  dropFragments?: boolean
  unparsableVerdict?: string
}

export const firewallOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--default-verdict <verdict>', 'when no rule matches: pass or drop').choices(
        verdicts,
      ),
    )
    .option('--stateful', 'answers to what was let through pass in the other direction')
    .option('--no-stateful', 'answers need a rule of their own')
    .option('--drop-fragments', 'drop fragments of packets')
    .option('--no-drop-fragments', 'let rules decide about fragments')
    .addOption(
      new Option(
        '--unparsable-verdict <verdict>',
        'packets that cannot be parsed: pass or drop',
      ).choices(verdicts),
    )

/** The part of a body; undefined when no option named any of it. */
export function firewallBody(options: FirewallOptions): Record<string, unknown> | undefined {
  const body = given({
    default_verdict: options.defaultVerdict,
    stateful: options.stateful,
    drop_fragments: options.dropFragments,
    unparsable_verdict: options.unparsableVerdict,
  })
  return Object.keys(body).length > 0 ? body : undefined
}

export type UplinkBody = Record<string, unknown> & { readonly device: string }

/** `eth0`, `eth0,default-verdict=drop,stateful`; one an option, in order. */
export function uplink(
  text: string,
  before: readonly UplinkBody[] | false = [],
): readonly UplinkBody[] {
  const [device = '', ...words] = text.split(',').map((word) => word.trim())
  if (device === '') throw new InvalidArgumentError('name a device, for example eth0.')
  const settings = words.map((word) => {
    const [name = '', value] = word.split('=')
    switch (name) {
      case 'stateful':
      case 'drop-fragments':
        if (value === undefined) return [name.replace('-', '_'), true] as const
        break
      case 'default-verdict':
      case 'unparsable-verdict':
        if (verdicts.some((verdict) => verdict === value))
          return [name.replace('-', '_'), value] as const
        break
    }
    throw new InvalidArgumentError(
      `${word} is no setting: default-verdict=pass|drop, stateful, drop-fragments, unparsable-verdict=pass|drop.`,
    )
  })
  return [...(before || []), { device, ...Object.fromEntries(settings) }]
}

/** For people: `drops what no rule decides, stateful`. */
export const firewallText = (s: FirewallSettings): string =>
  [
    s.default_verdict === 'drop' ? 'drops what no rule decides' : 'passes what no rule decides',
    ...(s.stateful ? ['stateful'] : []),
    ...(s.drop_fragments ? ['drops fragments'] : []),
    ...(s.unparsable_verdict === 'pass' ? ['passes what cannot be parsed'] : []),
  ].join(', ')
