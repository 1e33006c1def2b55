import {
  accept,
  type Cidr,
  isPrintable,
  type Parser,
  parseCidr,
  parseName,
  refuse,
} from '@holdfast/net'
import {
  actions,
  type PortRange,
  protocols,
  type RateLimit,
  type RuleSettings,
  rateScopes,
  ruleDirections,
  type Target,
} from '@holdfast/policy'
import type { holdfast } from '@holdfast/proto'
import { Fields, parseDescription, parseId } from '@holdfast/service'
import { targetKinds } from '../codecs/rule-message.ts'
import { maxErrors } from '../domain/expiry.ts'
import { contradictions, maxPriority, type SettingsKey } from '../domain/settings.ts'

type Message = holdfast.rules.v1.RuleSettings.$Properties

const maxPort = 65_535
const maxRate = 100_000_000
const maxTags = 16
const maxTagLength = 64
/** The last millisecond of the year 9999, which RFC 3339 ends with. */
const maxTimeUnixMs = 253_402_300_799_999

const everything: Target = { kind: 'everything' }
const none: readonly string[] = []

/** A whole rule as it was asked for. Throws `invalid` with every bad field. */
export function parseRule(message: Message | null | undefined): RuleSettings {
  const fields = new Fields()
  const settings = readRule(fields, '', message ?? {})
  fields.check()
  return settings
}

/** Many of them; fields are named `<list>[i].<field>`. Throws `invalid` with the first hundred bad ones. */
export function parseRules(messages: readonly Message[], list: string): readonly RuleSettings[] {
  const fields = new Fields(maxErrors)
  const settings = messages.map((message, i) => readRule(fields, `${list}[${i}].`, message))
  fields.check()
  return settings
}

/** Fields of a rule that are to change, named as in the proto message; none named: all. Throws `invalid`. */
export function parseRuleChanges(
  message: Message | null | undefined,
  names: readonly string[],
): Partial<RuleSettings> {
  if (names.length === 0) return parseRule(message)
  const fields = new Fields()
  const changes: { -readonly [K in SettingsKey]?: RuleSettings[K] } = {}
  const take = <K extends SettingsKey>(key: K) => {
    changes[key] = readers[key](fields, '', message ?? {})
  }
  names.forEach((name, i) => {
    const key = keyOf.get(name)
    if (key) take(key)
    else fields.add(`fields[${i}]`, 'unknown', `is none of ${[...keyOf.keys()].join(', ')}`)
  })
  fields.check()
  return changes
}

/** Reads into `fields`; what is read counts only when they have no complaint. */
export function readRule(fields: Fields, at: string, message: Message): RuleSettings {
  const before = fields.count
  const settings: RuleSettings = {
    name: readers.name(fields, at, message),
    action: readers.action(fields, at, message),
    direction: readers.direction(fields, at, message),
    protocol: readers.protocol(fields, at, message),
    source: readers.source(fields, at, message),
    destination: readers.destination(fields, at, message),
    sourcePorts: readers.sourcePorts(fields, at, message),
    destinationPorts: readers.destinationPorts(fields, at, message),
    rate: readers.rate(fields, at, message),
    priority: readers.priority(fields, at, message),
    isActive: readers.isActive(fields, at, message),
    continues: readers.continues(fields, at, message),
    logs: readers.logs(fields, at, message),
    target: readers.target(fields, at, message),
    expiresAtUnixMs: readers.expiresAtUnixMs(fields, at, message),
    tags: readers.tags(fields, at, message),
    description: readers.description(fields, at, message),
  }
  // A network that cannot be read cannot contradict another one.
  if (fields.count === before) {
    for (const { field, code, detail } of contradictions(settings)) {
      fields.add(`${at}${field}`, code, detail)
    }
  }
  return settings
}

const readers: {
  readonly [K in SettingsKey]: (fields: Fields, at: string, m: Message) => RuleSettings[K]
} = {
  name: (fields, at, m) => fields.take(parseName, m.name ?? '', `${at}name`),
  action: (fields, at, m) => oneOf(fields, actions, m.action, `${at}action`),
  direction: (fields, at, m) =>
    m.direction ? oneOf(fields, ruleDirections, m.direction, `${at}direction`) : 'ingress',
  protocol: (fields, at, m) =>
    m.protocol ? oneOf(fields, protocols, m.protocol, `${at}protocol`) : 'any',
  source: (fields, at, m) => readNetwork(fields, m.source, `${at}src`),
  destination: (fields, at, m) => readNetwork(fields, m.destination, `${at}dst`),
  sourcePorts: (fields, at, m) => readPorts(fields, m.sourcePorts, `${at}src_port`),
  destinationPorts: (fields, at, m) => readPorts(fields, m.destinationPorts, `${at}dst_port`),
  rate: (fields, at, m) => readRate(fields, at, m.rate),
  priority: (fields, at, m) => fields.integer(m.priority ?? 0, `${at}priority`, 0, maxPriority),
  isActive: (_fields, _at, m) => m.isActive ?? false,
  continues: (_fields, _at, m) => m.continues ?? false,
  logs: (_fields, _at, m) => m.logs ?? false,
  target: (fields, at, m) => readTarget(fields, at, m.target),
  expiresAtUnixMs: (fields, at, m) =>
    fields.integer(m.expiresAtUnixMs ?? 0, `${at}expires_at`, 0, maxTimeUnixMs),
  tags: (fields, at, m) =>
    m.tags && m.tags.length > 0
      ? [...fields.list(parseTag, m.tags, `${at}tags`, maxTags)].sort()
      : none,
  description: (fields, at, m) =>
    fields.take(parseDescription, m.description ?? '', `${at}description`),
}

const keyOf: ReadonlyMap<string, SettingsKey> = new Map(
  // as: `readers` has exactly these keys
  (Object.keys(readers) as SettingsKey[]).map((key) => [
    key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    key,
  ]),
)

/** A member of a closed list, as the proto enum numbers them. */
export function oneOf<T extends string>(
  fields: Fields,
  list: readonly T[],
  number: number | null | undefined,
  field: string,
): T {
  const found = list[(number ?? 0) - 1]
  if (found !== undefined) return found
  if (!number) fields.add(field, 'required', `must be one of ${list.join(', ')}`)
  else fields.add(field, 'unknown', `must be one of ${list.join(', ')}, not number ${number}`)
  return '' as T // as: `check` will throw
}

export function readNetwork(
  fields: Fields,
  text: string | null | undefined,
  field: string,
): Cidr | undefined {
  return text ? fields.take(parseCidr, text, field) : undefined
}

export function readPorts(
  fields: Fields,
  range: holdfast.rules.v1.PortRange.$Properties | null | undefined,
  field: string,
): PortRange | undefined {
  if (!range) return undefined
  const from = fields.integer(range.from ?? 0, `${field}_from`, 0, maxPort)
  const to = fields.integer(range.to ?? 0, `${field}_to`, 0, maxPort)
  if (from > to) {
    const detail = `the range ends before it begins: ${from} to ${to}; did you mean ${to} to ${from}?`
    fields.add(`${field}_to`, 'range_reversed', detail)
  }
  return { from, to }
}

function readRate(
  fields: Fields,
  at: string,
  rate: holdfast.rules.v1.RateLimit.$Properties | null | undefined,
): RateLimit | undefined {
  if (!rate) return undefined
  const pps = fields.integer(rate.pps ?? 0, `${at}rate_pps`, 1, maxRate)
  const burst = rate.burst ? fields.integer(rate.burst, `${at}rate_burst`, 1, maxRate) : pps
  const scope = rate.scope ? oneOf(fields, rateScopes, rate.scope, `${at}rate_scope`) : 'rule'
  return { pps, burst, scope }
}

export function readTarget(
  fields: Fields,
  at: string,
  target: holdfast.rules.v1.Target.$Properties | null | undefined,
): Target {
  const kind = target?.kind ? oneOf(fields, targetKinds, target.kind, `${at}target`) : 'everything'
  const id = target?.id ?? ''
  if (kind === 'everything') {
    if (id !== '') {
      fields.add(
        `${at}target`,
        'unexpected',
        'everything has no id: leave it out, or say what it is of',
      )
    }
    return everything
  }
  if (id === '') fields.add(`${at}target`, 'required', `name the ${wordFor[kind]} the rule is for`)
  else fields.take(parseId, id, `${at}target`)
  return { kind, id }
}

const wordFor = {
  site: 'site',
  node: 'node',
  interface: 'interface',
  peer: 'peer',
  uplinks: 'node whose uplinks',
} as const

const parseTag: Parser<string> = (text) => {
  const tag = text.normalize('NFC').trim()
  if (tag === '') return refuse('required', 'must not be empty')
  if ([...tag].length > maxTagLength) {
    return refuse('too_long', `must have ${maxTagLength} characters at most`)
  }
  return isPrintable(tag)
    ? accept(tag)
    : refuse('text_invalid', 'must not contain control characters')
}
