import { type ObjectKind, printEventData } from '@holdfast/catalogue'
import { holdfast } from '@holdfast/proto'
import { eventTable } from './event-table.ts'
import { type FlatFields, isSameValue, type Json, printValue } from './flat-fields.ts'
import { type ObjectChange, type Slot, type SlotFields, slots } from './object-change.ts'

/** An object at one moment. */
export interface ObjectState {
  readonly kind: ObjectKind
  readonly id: string
  readonly organizationId: string | undefined
  readonly parentId: string | undefined
  /** Empty for people, whose names are sealed, and for what has none. */
  readonly name: string
  readonly slots: SlotFields
  /** By path: `roles[operator@…]`. */
  readonly members: ReadonlyMap<string, Json>
}

/** Names are found regardless of case. */
export const nameKey = (name: string): string => name.toLowerCase()

export const memberPath = (field: string, member: string): string => `${field}[${member}]`

/** What becomes of an object by a change of its own; undefined is an object that is not there. */
export function applyChange(
  before: ObjectState | undefined,
  change: ObjectChange,
): ObjectState | undefined {
  switch (change.op) {
    case 'put': {
      const { op: _op, ...object } = change
      return { ...object, members: before?.members ?? new Map() }
    }
    case 'patch':
      return (
        before && {
          ...before,
          name: change.name ?? before.name,
          slots: { ...before.slots, ...change.slots },
        }
      )
    case 'member': {
      if (!before) return undefined
      const members = new Map(before.members)
      const path = memberPath(change.field, change.member)
      if (change.value === undefined) members.delete(path)
      else members.set(path, change.value)
      return { ...before, members }
    }
    case 'remove':
      return undefined
    case 'removeChildren':
      return before
  }
}

/** Every field of an object by path, in the order of its slots, then its members by path. */
export function fieldsOf(state: ObjectState | undefined): ReadonlyMap<string, Json> {
  const fields = new Map<string, Json>()
  if (!state) return fields
  for (const slot of slots) {
    const stored = state.slots[slot]
    if (!stored) continue
    const usual = defaults.get(`${state.kind} ${slot}`)
    for (const path in usual) fields.set(path, usual[path] ?? '')
    for (const path in stored) fields.set(path, stored[path] ?? '')
  }
  for (const [path, value] of [...state.members].sort(([a], [b]) => (a < b ? -1 : 1))) {
    fields.set(path, value)
  }
  return fields
}

/** As `FieldChange` has it: JSON text each; empty where the field was not there. */
export interface FieldDiff {
  readonly field: string
  readonly before: string
  readonly after: string
}

/** Fields that differ. A new secret does, though both are shown as "[sealed]". */
export function diffFields(
  before: ReadonlyMap<string, Json>,
  after: ReadonlyMap<string, Json>,
): readonly FieldDiff[] {
  const diffs: FieldDiff[] = []
  const compare = (field: string): void => {
    const [was, is] = [before.get(field), after.get(field)]
    if (!isSameValue(was, is)) diffs.push({ field, before: printValue(was), after: printValue(is) })
  }
  for (const field of after.keys()) compare(field)
  for (const field of before.keys()) if (!after.has(field)) compare(field)
  return diffs
}

/** What a slot is stored as: JSON of what is not at its default, for most of it is. Equal fields give equal text. */
export function encodeSlot(kind: ObjectKind, slot: Slot, fields: FlatFields): string {
  const usual = defaults.get(`${kind} ${slot}`)
  const kept: string[] = []
  for (const path in fields) if (!isSameValue(usual?.[path], fields[path])) kept.push(path)
  const sorted: Record<string, Json> = {}
  for (const path of kept.sort()) sorted[path] = fields[path] ?? null
  return JSON.stringify(sorted)
}

export const decodeSlot = (text: string): FlatFields => JSON.parse(text) as FlatFields // as: encodeSlot wrote it

const anyId = '00000000-0000-7000-8000-000000000000'
const { auth, network, notify, rules } = {
  auth: holdfast.auth.v1,
  network: holdfast.network.v1,
  notify: holdfast.notify.v1,
  rules: holdfast.rules.v1,
}
/** Events that say nothing but what must be there: what they leave of an object are its defaults. */
const bare: readonly (readonly [ObjectKind, string, string, Uint8Array])[] = [
  ['organization', 'auth', 'OrganizationCreated', auth.OrganizationCreated.encode({}).finish()],
  ['site', 'auth', 'SiteCreated', auth.SiteCreated.encode({}).finish()],
  ['enrolment', 'auth', 'EnrolmentTokenCreated', auth.EnrolmentTokenCreated.encode({}).finish()],
  ['subscriber', 'auth', 'SubscriberCreated', auth.SubscriberCreated.encode({}).finish()],
  ['node', 'network', 'NodeEnrolled', network.NodeEnrolled.encode({}).finish()],
  ['node', 'network', 'NodeUpdated', network.NodeUpdated.encode({}).finish()],
  [
    'interface',
    'network',
    'InterfaceCreated',
    network.InterfaceCreated.encode({ settings: { firewall: {} } }).finish(),
  ],
  [
    'peer',
    'network',
    'PeerAdded',
    network.PeerAdded.encode({ peerId: anyId, settings: {} }).finish(),
  ],
  [
    'rule',
    'rules',
    'RuleCreated',
    rules.RuleCreated.encode({ ruleId: anyId, settings: { target: {} } }).finish(),
  ],
  [
    'rule_set',
    'rules',
    'RuleSetSettingsUpdated',
    rules.RuleSetSettingsUpdated.encode({ settings: {} }).finish(),
  ],
  [
    'policy_test',
    'rules',
    'PolicyTestSaved',
    rules.PolicyTestSaved.encode({ test: { id: anyId, target: {} } }).finish(),
  ],
  ['webhook', 'notify', 'WebhookCreated', notify.WebhookCreated.encode({ settings: {} }).finish()],
  [
    'alert_rule',
    'notify',
    'AlertRuleCreated',
    notify.AlertRuleCreated.encode({ settings: {} }).finish(),
  ],
  ['alert', 'notify', 'AlertRaised', notify.AlertRaised.encode({}).finish()],
]

/** By kind and slot. Read back with the defaults of this release: a field that came later is at its default before. */
const defaults: ReadonlyMap<string, FlatFields> = (() => {
  const found = new Map<string, FlatFields>()
  for (const [kind, context, type, data] of bare) {
    const printed = printEventData(context, { type, schema: 1, data }) ?? {}
    const aggregate = { id: anyId, within: undefined, organizationId: undefined, isFirst: true }
    const event = { ...aggregate, data: printed, kind }
    for (const change of eventTable.get(`${context} ${type}`)?.(event) ?? []) {
      if (change.op !== 'put' && change.op !== 'patch') continue
      for (const slot of ['facts', 'settings'] as const) {
        if (change.slots[slot]) found.set(`${kind} ${slot}`, change.slots[slot])
      }
    }
  }
  return found
})()
