import { actions, type RuleSettings } from '@holdfast/policy'
import { holdfast } from '@holdfast/proto'
import { settingsMessage } from '../codecs/rule-message.ts'
import type { RuleOperation } from '../domain/rule-set-state.ts'
import type { ChangeSetView } from '../queries/change-sets.ts'
import type { RuleChangeView } from '../queries/rule-changes.ts'
import type { RuleView } from '../queries/rules.ts'
import type { RuleCounters, RuleEnforcement } from './evidence.ts'

type RuleMessage = holdfast.rules.v1.Rule.$Properties
type ChangeSetMessage = holdfast.rules.v1.ChangeSet.$Properties
type ChangeMessage = holdfast.rules.v1.RuleChange.$Properties
type FieldMessage = holdfast.rules.v1.FieldChange.$Properties
const { StagedOperationKind, RuleChangeKind } = holdfast.rules.v1

/** `action` of a filter; undefined when there is none. */
export const actionOf = (number: number) => actions[number - 1]

export const printRule = (
  view: RuleView,
  enforcement?: RuleEnforcement,
  counters?: RuleCounters,
): RuleMessage => ({
  id: view.id,
  organizationId: view.organizationId,
  settings: settingsMessage(view.settings),
  order: view.order,
  position: view.position,
  createdAtUnixMs: view.createdAtUnixMs,
  updatedAtUnixMs: view.updatedAtUnixMs,
  revision: view.revision,
  updatedByKind: view.updatedByKind,
  updatedById: view.updatedById,
  enforcement: enforcement
    ? { ...enforcement, troubles: enforcement.troubles.map((trouble) => ({ ...trouble })) }
    : null,
  counters: counters ?? null,
})

const operationKinds = {
  create: StagedOperationKind.STAGED_OPERATION_KIND_CREATE,
  update: StagedOperationKind.STAGED_OPERATION_KIND_UPDATE,
  delete: StagedOperationKind.STAGED_OPERATION_KIND_DELETE,
} as const

export const printChangeSet = (
  view: ChangeSetView,
  names: ReadonlyMap<string, string>,
): ChangeSetMessage => ({
  id: view.id,
  organizationId: view.organizationId,
  name: view.name,
  operations: view.operations.map((operation) => printOperation(operation, names)),
  openedAtUnixMs: view.openedAtUnixMs,
  openedByKind: view.openedByKind,
  openedById: view.openedById,
})

const printOperation = (operation: RuleOperation, names: ReadonlyMap<string, string>) => ({
  kind: operationKinds[operation.kind],
  ruleId: operation.ruleId,
  settings: operation.kind === 'delete' ? null : settingsMessage(operation.settings),
  ruleName:
    operation.kind === 'create' ? operation.settings.name : (names.get(operation.ruleId) ?? ''),
  baseRevision: operation.kind === 'create' ? 0 : operation.baseRevision,
})

const changeKinds = {
  created: RuleChangeKind.RULE_CHANGE_KIND_CREATED,
  updated: RuleChangeKind.RULE_CHANGE_KIND_UPDATED,
  deleted: RuleChangeKind.RULE_CHANGE_KIND_DELETED,
} as const

export const printChange = (view: RuleChangeView): ChangeMessage => ({
  sequence: Number(view.sequence),
  timeUnixMs: view.timeUnixMs,
  ruleId: view.ruleId,
  ruleName: (view.after ?? view.before)?.name ?? '',
  kind: changeKinds[view.kind],
  actorKind: view.actorKind,
  actorId: view.actorId,
  reason: view.reason,
  changeSetName: view.changeSetName,
  fields: fieldChanges(view.before, view.after),
})

/** Fields that differ, as in the REST representation. What is not said on either side is left out. */
export function fieldChanges(
  before: RuleSettings | undefined,
  after: RuleSettings | undefined,
): FieldMessage[] {
  const was = before ? restFields(before) : {}
  const is = after ? restFields(after) : {}
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((field) => {
    const change = { field, before: was[field] ?? '', after: is[field] ?? '' }
    return change.before === change.after ? [] : [change]
  })
}

/** Values as JSON, by the names of the REST contract; absent where nothing is said. */
function restFields(s: RuleSettings): Record<string, string> {
  const values: Record<string, unknown> = {
    name: s.name,
    action: s.action,
    direction: s.direction,
    protocol: s.protocol,
    src: s.source,
    dst: s.destination,
    src_port_from: s.sourcePorts?.from,
    src_port_to: s.sourcePorts?.to,
    dst_port_from: s.destinationPorts?.from,
    dst_port_to: s.destinationPorts?.to,
    rate_pps: s.rate?.pps,
    rate_burst: s.rate?.burst,
    rate_scope: s.rate?.scope,
    priority: s.priority,
    active: s.isActive,
    continue: s.continues,
    log: s.logs,
    target: s.target,
    expires_at: s.expiresAtUnixMs === 0 ? undefined : new Date(s.expiresAtUnixMs).toISOString(),
    tags: s.tags.length === 0 ? undefined : s.tags,
    description: s.description === '' ? undefined : s.description,
  }
  const fields: Record<string, string> = {}
  for (const [field, value] of Object.entries(values)) {
    if (value !== undefined) fields[field] = JSON.stringify(value)
  }
  return fields
}
