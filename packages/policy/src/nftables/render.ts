import { printIp } from '@holdfast/net'
import { linesOf } from '../evaluate.ts'
import { bits, type Family, families } from '../family.ts'
import type { DevicePolicy, Line, LineRate, Policy, Prefix } from '../intermediate.ts'
import { type Direction, directions, type PortRange, type Verdict } from '../model.ts'
import { showsPorts, tcp } from '../protocol-numbers.ts'
import {
  deviceCounter,
  deviceCounters,
  deviceName,
  hookChain,
  idWord,
  judgedChain,
  limitedCounter,
  limitName,
  lineLabel,
  looksAtPorts,
  type PacketPart,
  packetParts,
  ruleCounter,
  sourceSet,
  viewChain,
} from './names.ts'

/**
 * A policy as an `nft -f` script: one table of the netdev family, whose chains sit where TC sits and see what it
 * sees. The script replaces the whole table in one transaction. README.md says what it cannot express.
 *
 * Numbers are written as `nft -nn -s list table` prints them, so that reading back compares text where it can.
 */
export interface NftablesOptions {
  readonly table: string
  /** Where lines that log send packets (nfnetlink_log); without it they only count. */
  readonly logGroup?: number
  /** What counters begin with, by name, so that a replacement loses no counts. */
  readonly counters?: ReadonlyMap<string, { readonly packets: bigint; readonly bytes: bigint }>
}

export function renderNftables(policy: Policy, options: NftablesOptions): string {
  const table = idWord(options.table)
  const objects = new Objects(options)
  const chains: string[] = []
  for (const [index, view] of policy.views.entries()) {
    for (const direction of directions) {
      for (const family of families) {
        for (const part of packetParts) {
          const rules = linesOf(view, direction, family)
            .filter((line) => part === '' || !looksAtPorts(line))
            .flatMap((line) => renderLine(line, direction, family, options, objects))
          chains.push(chain(viewChain(index, direction, family, part), rules))
        }
      }
    }
  }
  for (const [index, device] of policy.devices.entries()) {
    for (const what of deviceCounters) objects.counter(deviceCounter(index, what))
    for (const direction of directions) {
      chains.push(
        ...renderDevice(index, device, direction).map(({ name, body }) => chain(name, body)),
      )
    }
  }
  return [
    // Deleting what is not there fails, so it is made first; all of it is one transaction.
    `table netdev ${table}`,
    `delete table netdev ${table}`,
    `table netdev ${table} {`,
    ...objects.declarations(),
    ...chains,
    '}',
    '',
  ].join('\n')
}

const chain = (name: string, body: readonly string[]): string =>
  [`\tchain ${name} {`, ...body.map((line) => `\t\t${line}`), '\t}'].join('\n')

/** Before all filters of others at the same hook. */
const hookPriority = -150

export interface RenderedChain {
  readonly name: string
  readonly body: readonly string[]
}

/** The chain at the hook, which sorts out what has to be judged, and those that judge it. */
export function renderDevice(
  index: number,
  { device, kind, interfaceId, view, firewall }: DevicePolicy,
  direction: Direction,
): readonly RenderedChain[] {
  const whole = judgedChain(index, direction, '')
  const later = judgedChain(index, direction, '-later')
  const counted = (what: 'unparsable' | 'default', verdict: Verdict): string =>
    `counter name "${deviceCounter(index, what)}" ${statement(verdict)}`
  const unparsable = counted('unparsable', firewall.unparsableVerdict)
  const fragment = `counter name "${deviceCounter(index, 'fragment')}" drop`
  const label = kind === 'wireguard' ? `wireguard ${idWord(interfaceId)}` : 'uplink'
  const judged = (part: PacketPart): string[] => [
    `meta protocol 0x0800 jump ${viewChain(view, direction, 4, part)}`,
    `meta protocol 0x86dd jump ${viewChain(view, direction, 6, part)}`,
    counted('default', firewall.defaultVerdict),
  ]
  return [
    {
      name: hookChain(index, direction),
      body: [
        `comment "${label}"`,
        `type filter hook ${direction} device "${deviceName(device)}" priority ${hookPriority}; policy drop;`,
        // A tag the kernel did not take off hides what is inside, and nft does not look behind an AH.
        `meta protocol { 0x8100, 0x88a8 } ${unparsable}`,
        'meta protocol != { 0x0800, 0x86dd } accept',
        `meta protocol 0x86dd meta l4proto 51 ${unparsable}`,
        `ip6 length 0 ip6 nexthdr { 0, 6, 17, 43, 44, 51, 60 } ${unparsable}`,
        // Only what could be parsed has a protocol: what none of these lets on is unparsable.
        `meta l4proto { 6, 17 } ip frag-off & 8191 != 0 goto ${later}`,
        `meta l4proto { 6, 17 } frag frag-off != 0 goto ${later}`,
        `meta l4proto 6 @th,152,8 0x0-0xff goto ${whole}`,
        `meta l4proto 17 @th,56,8 0x0-0xff goto ${whole}`,
        `meta l4proto != { 6, 17 } goto ${whole}`,
        unparsable,
      ],
    },
    {
      name: whole,
      body: [
        ...(firewall.dropsFragments
          ? [
              `ip frag-off & 16383 != 0 ${fragment}`,
              `frag frag-off != 0 ${fragment}`,
              `frag more-fragments 1 ${fragment}`,
            ]
          : []),
        ...judged(''),
      ],
    },
    { name: later, body: firewall.dropsFragments ? [fragment] : judged('-later') },
  ]
}

const statement = (verdict: Verdict): string => (verdict === 'pass' ? 'accept' : 'drop')

function renderLine(
  line: Line,
  direction: Direction,
  family: Family,
  { logGroup }: NftablesOptions,
  objects: Objects,
): string[] {
  const log = line.logs && logGroup !== undefined ? [`log group ${logGroup}`] : []
  const words = [lineLabel(line), line.action, ...(line.logs ? ['logs'] : [])]
  const rule = (...parts: readonly string[]): string =>
    [...renderMatch(line, family), ...parts, `comment "${words.join(' ')}"`].join(' ')
  const count =
    line.ruleId === ''
      ? []
      : [`counter name "${objects.counter(ruleCounter(line.ruleId, direction))}"`]
  if (line.continues) return [rule(...log, ...count)]
  if (line.rate === undefined) {
    return [rule(...log, ...count, line.action === 'deny' ? 'drop' : 'accept')]
  }
  // What the first one leaves over comes to the second.
  const beyond = `counter name "${objects.counter(limitedCounter(line.ruleId, direction))}"`
  return [
    rule(objects.limit(line.ruleId, family, line.rate), ...log, ...count, 'accept'),
    rule(...log, beyond, 'drop'),
  ]
}

function renderMatch(line: Line, family: Family): string[] {
  const ip = family === 4 ? 'ip' : 'ip6'
  const parts: string[] = []
  if (line.source.length > 0) parts.push(`${ip} saddr ${renderPrefix(family, line.source)}`)
  if (line.destination.length > 0)
    parts.push(`${ip} daddr ${renderPrefix(family, line.destination)}`)
  const { protocol, sourcePorts, destinationPorts } = line
  if (protocol === undefined) return parts
  if (sourcePorts === undefined && destinationPorts === undefined) {
    return [...parts, `meta l4proto ${protocol}`]
  }
  if (!showsPorts(protocol)) throw new RangeError(`protocol ${protocol} has no ports`)
  const name = protocol === tcp ? 'tcp' : 'udp'
  if (sourcePorts !== undefined) parts.push(`${name} sport ${renderRange(sourcePorts)}`)
  if (destinationPorts !== undefined) parts.push(`${name} dport ${renderRange(destinationPorts)}`)
  return parts
}

function renderPrefix(family: Family, { value, length }: Prefix): string {
  const address = printIp({ family, value })
  return length === bits[family] ? address : `${address}/${length}`
}

const renderRange = ({ from, to }: PortRange): string => (from === to ? `${from}` : `${from}-${to}`)

/** Seconds after which a source that was silent is as good as new. */
const idleSeconds = ({ pps, burst }: LineRate): number => Math.max(60, Math.ceil(burst / pps) + 1)

/** Sources a limit remembers; packets of further ones are dropped until another was silent long enough. */
export const maxLimitedSources = 65_535

/** Counters, limits and sets, declared once however many lines use them. */
class Objects {
  readonly #options: NftablesOptions
  readonly #counters = new Set<string>()
  readonly #others = new Map<string, string>()

  constructor(options: NftablesOptions) {
    this.#options = options
  }

  counter(name: string): string {
    this.#counters.add(name)
    return name
  }

  /** The statement that ends a rule beyond the limit. */
  limit(ruleId: string, family: Family, rate: LineRate): string {
    const shape = `rate ${rate.pps}/second burst ${rate.burst} packets`
    if (rate.bucket !== 'source') {
      const name = limitName(ruleId, rate.bucket)
      this.#others.set(name, `\tlimit ${name} {\n\t\t${shape}\n\t}`)
      return `limit name "${name}"`
    }
    const name = sourceSet(ruleId, family)
    const lines = [
      `type ${family === 4 ? 'ipv4_addr' : 'ipv6_addr'}`,
      `size ${maxLimitedSources}`,
      'flags dynamic,timeout',
      `timeout ${idleSeconds(rate)}s`,
    ]
    this.#others.set(name, `\tset ${name} {\n${lines.map((line) => `\t\t${line}\n`).join('')}\t}`)
    return `update @${name} { ${family === 4 ? 'ip' : 'ip6'} saddr limit ${shape} }`
  }

  declarations(): string[] {
    const counters = [...this.#counters].sort().map((name) => {
      const begin = this.#options.counters?.get(name)
      const value = begin === undefined ? '' : `packets ${begin.packets} bytes ${begin.bytes} `
      return `\tcounter ${name} { ${value}}`
    })
    return [...counters, ...this.#others.values()]
  }
}

/** What a policy means that its nftables form does not. */
export interface NftablesGap {
  readonly device: string
  /** For people, with what happens instead. */
  readonly reason: string
}

export function nftablesGaps(policy: Policy): NftablesGap[] {
  return policy.devices
    .filter((device) => device.firewall.isStateful)
    .map(({ device }) => ({
      device,
      reason:
        'nftables cannot follow flows at this hook: answers are judged by the rules like all other packets',
    }))
}
