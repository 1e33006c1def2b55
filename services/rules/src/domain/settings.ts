import type { FieldError } from '@holdfast/errors'
import { readNetwork } from '@holdfast/net'
import type { PortRange, RateLimit, RuleSettings, Target } from '@holdfast/policy'

export const maxPriority = 1000

/** Names that differ only in case are one name. */
export const nameKey = (name: string): string => name.normalize('NFC').toLowerCase()

const isSamePorts = (a: PortRange | undefined, b: PortRange | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.from === b.from && a.to === b.to)

const isSameRate = (a: RateLimit | undefined, b: RateLimit | undefined): boolean =>
  a === b ||
  (a !== undefined &&
    b !== undefined &&
    a.pps === b.pps &&
    a.burst === b.burst &&
    a.scope === b.scope)

export const idOfTarget = (target: Target): string => ('id' in target ? target.id : '')

const isSameTarget = (a: Target, b: Target): boolean =>
  a.kind === b.kind && idOfTarget(a) === idOfTarget(b)

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one, i) => one === b[i])

/** Whether two rules say the same about one field. */
const isSame: {
  readonly [K in keyof RuleSettings]: (a: RuleSettings[K], b: RuleSettings[K]) => boolean
} = {
  name: Object.is,
  action: Object.is,
  direction: Object.is,
  protocol: Object.is,
  source: Object.is,
  destination: Object.is,
  sourcePorts: isSamePorts,
  destinationPorts: isSamePorts,
  rate: isSameRate,
  priority: Object.is,
  isActive: Object.is,
  continues: Object.is,
  logs: Object.is,
  target: isSameTarget,
  expiresAtUnixMs: Object.is,
  tags: isSameList,
  description: Object.is,
}

export type SettingsKey = keyof RuleSettings
/** Every field of the settings. */
export const settingsKeys = Object.keys(isSame) as readonly SettingsKey[] // as: the table above has no others

export function isSameField<K extends SettingsKey>(a: RuleSettings, b: RuleSettings, key: K) {
  return isSame[key](a[key], b[key])
}

export const isSameSettings = (a: RuleSettings, b: RuleSettings): boolean =>
  a === b || settingsKeys.every((key) => isSameField(a, b, key))

/** What no rule may say, field by field, though each field by itself may be said. */
export function contradictions(settings: RuleSettings): readonly FieldError[] {
  const errors: FieldError[] = []
  const add = (field: string, code: string, detail: string) => errors.push({ field, code, detail })
  const { action, protocol, source, destination, sourcePorts, destinationPorts, rate } = settings

  for (const [field, ports] of [
    ['src_port_from', sourcePorts],
    ['dst_port_from', destinationPorts],
  ] as const) {
    if (ports && protocol === 'icmp') {
      add(field, 'not_applicable', 'icmp has no ports: leave them out, or use tcp, udp or any')
    }
  }
  if (source && destination) {
    if (readNetwork(source).family !== readNetwork(destination).family) {
      const detail = `src ${source} and dst ${destination} are of different families: no packet has both`
      add('dst', 'family_mismatch', detail)
    }
  }
  if (action === 'rate_limit' && !rate) {
    add('rate_pps', 'required', 'action rate_limit needs a limit in packets a second')
  }
  if (action !== 'rate_limit' && rate) {
    const detail = `only action rate_limit has a limit; leave rate_pps out, or make the action rate_limit instead of ${action}`
    add('rate_pps', 'not_applicable', detail)
  }
  if (settings.continues && action !== 'log') {
    const detail = `only action log can go on to the next rule; leave continue out, or set log beside action ${action}`
    add('continue', 'not_applicable', detail)
  }
  return errors
}

/** What the REST contract calls a field of the settings. */
export const fieldsOf: Readonly<Record<SettingsKey, readonly string[]>> = {
  name: ['name'],
  action: ['action'],
  direction: ['direction'],
  protocol: ['protocol'],
  source: ['src'],
  destination: ['dst'],
  sourcePorts: ['src_port_from', 'src_port_to'],
  destinationPorts: ['dst_port_from', 'dst_port_to'],
  rate: ['rate_pps', 'rate_burst', 'rate_scope'],
  priority: ['priority'],
  isActive: ['active'],
  continues: ['continue'],
  logs: ['log'],
  target: ['target'],
  expiresAtUnixMs: ['expires_at'],
  tags: ['tags'],
  description: ['description'],
}
