import type { StoredEvent } from '@holdfast/event-log'
import { type Cidr, parseCidr } from '@holdfast/net'
import {
  actions,
  type PortRange,
  protocols,
  type RateLimit,
  type Rule,
  type RuleSettings,
  rateScopes,
  ruleDirections,
  type Target,
} from '@holdfast/policy'
import { holdfast } from '@holdfast/proto'
import { UnknownFact } from '../follow/events.ts'

const v1 = holdfast.rules.v1
type SettingsMessage = holdfast.rules.v1.RuleSettings.$Properties
type RangeMessage = holdfast.rules.v1.PortRange.$Properties
type RateMessage = holdfast.rules.v1.RateLimit.$Properties
type TargetMessage = holdfast.rules.v1.Target.$Properties

/** The facts of a rule set, cut down to what a host needs. */
export type RuleFact =
  | { type: 'RuleCreated'; ruleId: string; settings: RuleSettings; order: number }
  | { type: 'RuleUpdated'; ruleId: string; settings: RuleSettings }
  | { type: 'RuleDeleted'; ruleId: string }
  | { type: 'RuleSetSettingsUpdated'; isLockoutAllowed: boolean }
  | { type: 'ChangeSetApplied'; applyId: string; confirmWithinMs: number }
  | { type: 'ChangeSetConfirmed'; applyId: string }
  | { type: 'ChangeSetReverted'; applyId: string }
  /** Known, and no matter for a host: drafts do nothing until they are applied, tests judge and enforce nothing. */
  | { type: 'Beside' }

const beside = (): RuleFact => ({ type: 'Beside' })

const readers: Readonly<Record<string, (data: Uint8Array) => RuleFact>> = {
  RuleCreated(data) {
    const { ruleId, settings, order } = v1.RuleCreated.decode(data)
    return { type: 'RuleCreated', ruleId, settings: settingsFrom(settings), order }
  },
  RuleUpdated(data) {
    const { ruleId, settings } = v1.RuleUpdated.decode(data)
    return { type: 'RuleUpdated', ruleId, settings: settingsFrom(settings) }
  },
  RuleDeleted: (data) => ({ type: 'RuleDeleted', ruleId: v1.RuleDeleted.decode(data).ruleId }),
  RuleSetSettingsUpdated(data) {
    const { settings } = v1.RuleSetSettingsUpdated.decode(data)
    return {
      type: 'RuleSetSettingsUpdated',
      isLockoutAllowed: settings?.isLockoutAllowed ?? false,
    }
  },
  ChangeSetApplied(data) {
    const { applyId, confirmWithinMs } = v1.ChangeSetApplied.decode(data)
    return { type: 'ChangeSetApplied', applyId, confirmWithinMs }
  },
  ChangeSetConfirmed: (data) => ({
    type: 'ChangeSetConfirmed',
    applyId: v1.ChangeSetConfirmed.decode(data).applyId,
  }),
  ChangeSetReverted: (data) => ({
    type: 'ChangeSetReverted',
    applyId: v1.ChangeSetReverted.decode(data).applyId,
  }),
  ChangeSetOpened: beside,
  ChangeSetStaged: beside,
  ChangeSetDiscarded: beside,
  PolicyTestSaved: beside,
  PolicyTestDeleted: beside,
}

/** Throws UnknownFact: half a rule set could let in who is turned away by the rest. */
export function readRuleFact({ type, schema, data }: StoredEvent): RuleFact {
  const reader = schema === 1 && Object.hasOwn(readers, type) ? readers[type] : undefined
  if (!reader) throw UnknownFact({ type, schema })
  try {
    return reader(data)
  } catch (error) {
    const what = error instanceof NotKnown ? `${type} with ${error.message}` : type
    throw UnknownFact({ type: what, schema }, error)
  }
}

/** A word of a later release. */
class NotKnown extends Error {
  override readonly name = 'NotKnown'
}

function memberOf<T extends string>(list: readonly T[], number: number, what: string): T {
  const found = list[number - 1] // enum numbers are positions in the closed lists, from 1
  if (found === undefined) throw new NotKnown(`${what} ${number}`)
  return found
}

const targetKinds = ['everything', 'site', 'node', 'interface', 'peer', 'uplinks'] as const

const noTags: readonly string[] = []
const everything: Target = { kind: 'everything' }

/** A hundred thousand of these stay in memory: what no host needs (description, tags) is left out. */
function settingsFrom(properties: SettingsMessage | null | undefined): RuleSettings {
  const message = new v1.RuleSettings(properties ?? {})
  return {
    name: message.name,
    action: memberOf(actions, message.action, 'action'),
    direction: memberOf(ruleDirections, message.direction, 'direction'),
    protocol: memberOf(protocols, message.protocol, 'protocol'),
    source: cidrFrom(message.source),
    destination: cidrFrom(message.destination),
    sourcePorts: rangeFrom(message.sourcePorts),
    destinationPorts: rangeFrom(message.destinationPorts),
    rate: rateFrom(message.rate),
    priority: message.priority,
    isActive: message.isActive,
    continues: message.continues,
    logs: message.logs,
    target: targetFrom(message.target),
    expiresAtUnixMs: message.expiresAtUnixMs,
    tags: noTags,
    description: '',
  }
}

function cidrFrom(text: string): Cidr | undefined {
  if (text === '') return undefined
  const parsed = parseCidr(text)
  if (!parsed.ok) throw new NotKnown(`network ${text}`)
  return parsed.value
}

const rangeFrom = (range: RangeMessage | null | undefined): PortRange | undefined =>
  range ? { from: range.from ?? 0, to: range.to ?? 0 } : undefined

const rateFrom = (rate: RateMessage | null | undefined): RateLimit | undefined =>
  rate
    ? {
        pps: rate.pps ?? 0,
        burst: rate.burst ?? 0,
        scope: memberOf(rateScopes, rate.scope ?? 0, 'rate scope'),
      }
    : undefined

function targetFrom(target: TargetMessage | null | undefined): Target {
  const kind = memberOf(targetKinds, target?.kind ?? 0, 'target')
  return kind === 'everything' ? everything : { kind, id: target?.id ?? '' }
}

const numberIn = <T extends string>(list: readonly T[], value: T): number => list.indexOf(value) + 1

const settingsMessage = (settings: RuleSettings): SettingsMessage => ({
  name: settings.name,
  action: numberIn(actions, settings.action),
  direction: numberIn(ruleDirections, settings.direction),
  protocol: numberIn(protocols, settings.protocol),
  source: settings.source ?? '',
  destination: settings.destination ?? '',
  sourcePorts: settings.sourcePorts ?? null,
  destinationPorts: settings.destinationPorts ?? null,
  rate: settings.rate
    ? { ...settings.rate, scope: numberIn(rateScopes, settings.rate.scope) }
    : null,
  priority: settings.priority,
  isActive: settings.isActive,
  continues: settings.continues,
  logs: settings.logs,
  target: {
    kind: numberIn(targetKinds, settings.target.kind),
    id: settings.target.kind === 'everything' ? '' : settings.target.id,
  },
  expiresAtUnixMs: settings.expiresAtUnixMs,
})

const stored = (type: string, message: { finish(): Uint8Array }): StoredEvent => ({
  type,
  schema: 1,
  data: message.finish(),
})

/** The fact that leads to this rule from nothing. */
export const creationOf = ({ id, settings, order }: Rule): StoredEvent =>
  stored(
    'RuleCreated',
    v1.RuleCreated.encode({ ruleId: id, settings: settingsMessage(settings), order }),
  )

export const deletionOf = (ruleId: string): StoredEvent =>
  stored('RuleDeleted', v1.RuleDeleted.encode({ ruleId }))

export const lockoutFact = (isLockoutAllowed: boolean): StoredEvent =>
  stored(
    'RuleSetSettingsUpdated',
    v1.RuleSetSettingsUpdated.encode({ settings: { isLockoutAllowed } }),
  )
