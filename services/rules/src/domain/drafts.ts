import { assertNever } from '@holdfast/domain'
import { type FieldError, invalid } from '@holdfast/errors'
import type { RuleSettings } from '@holdfast/policy'
import type { ChangePlan } from './change-plan.ts'
import { ChangeSetNotFound, ChangeSetStale, RuleNotFound, TooManyChangeSets } from './errors.ts'
import { maxErrors, requireExpiries } from './expiry.ts'
import type { ChangeSetId, RuleId } from './ids.ts'
import type { Draft, RuleOperation, RuleSetEvent, RuleSetState } from './rule-set-state.ts'
import { contradictions, isSameSettings } from './settings.ts'

export type DraftCommand =
  | {
      type: 'OpenChangeSet'
      changeSetId: ChangeSetId
      name: string
      /** Staged at once. */
      operations: readonly RuleOperation[]
    }
  | {
      /** Replaces what was staged. A `baseRevision` of 0 is the rule's present one. */
      type: 'StageChangeSet'
      changeSetId: ChangeSetId
      operations: readonly RuleOperation[]
    }
  /** One rule more, or otherwise, in a draft. */
  | { type: 'StageCreate'; changeSetId: ChangeSetId; ruleId: RuleId; settings: RuleSettings }
  | {
      type: 'StageUpdate'
      changeSetId: ChangeSetId
      ruleId: RuleId
      changes: Partial<RuleSettings>
    }
  | { type: 'StageDelete'; changeSetId: ChangeSetId; ruleId: RuleId }
  | { type: 'DiscardChangeSet'; changeSetId: ChangeSetId }

/** Open at a time in one organization. */
export const maxChangeSets = 100

const types: ReadonlySet<string> = new Set<DraftCommand['type']>([
  'OpenChangeSet',
  'StageChangeSet',
  'StageCreate',
  'StageUpdate',
  'StageDelete',
  'DiscardChangeSet',
])
export const isDraftCommand = <C extends { readonly type: string }>(
  command: C,
): command is Extract<C, DraftCommand> => types.has(command.type)

/** Drafts change nothing, so they go on while a change waits for confirmation. */
export function decideDraft(command: DraftCommand, state: RuleSetState): readonly RuleSetEvent[] {
  const { changeSetId } = command
  switch (command.type) {
    case 'OpenChangeSet': {
      if (state.drafts.has(changeSetId)) return []
      if (state.drafts.size >= maxChangeSets) throw TooManyChangeSets({ maxChangeSets })
      const opened = { type: 'ChangeSetOpened', changeSetId, name: command.name } as const
      return command.operations.length === 0
        ? [opened]
        : [opened, stagedAnew(state, changeSetId, command.operations)]
    }
    case 'StageChangeSet':
      requireDraft(state, changeSetId)
      return [stagedAnew(state, changeSetId, command.operations)]
    case 'StageCreate': {
      const { ruleId, settings } = command
      return staged(state, requireDraft(state, changeSetId), { kind: 'create', ruleId, settings })
    }
    case 'StageUpdate': {
      const { ruleId, changes } = command
      const draft = requireDraft(state, changeSetId)
      const before = draft.operations.find((one) => one.ruleId === ruleId)
      if (before && before.kind !== 'delete') {
        return staged(state, draft, { ...before, settings: { ...before.settings, ...changes } })
      }
      const rule = state.rules.get(ruleId)
      if (!rule) throw RuleNotFound({ rule: ruleId })
      const settings = { ...rule.settings, ...changes }
      const baseRevision = before?.baseRevision ?? rule.revision
      return staged(state, draft, { kind: 'update', ruleId, settings, baseRevision })
    }
    case 'StageDelete': {
      const { ruleId } = command
      const draft = requireDraft(state, changeSetId)
      const before = draft.operations.find((one) => one.ruleId === ruleId)
      if (before?.kind === 'delete') return []
      if (before?.kind === 'create') {
        const operations = draft.operations.filter((one) => one !== before)
        return [{ type: 'ChangeSetStaged', changeSetId, operations }]
      }
      const baseRevision = before?.baseRevision ?? 0
      return staged(state, draft, { kind: 'delete', ruleId, baseRevision })
    }
    case 'DiscardChangeSet':
      // Discarding twice is one fact.
      return state.drafts.has(changeSetId) ? [{ type: 'ChangeSetDiscarded', changeSetId }] : []
    default:
      return assertNever(command)
  }
}

export function requireDraft(state: RuleSetState, id: ChangeSetId): Draft {
  const draft = state.drafts.get(id)
  if (!draft) throw ChangeSetNotFound({ changeSet: id })
  return draft
}

function stagedAnew(
  state: RuleSetState,
  changeSetId: ChangeSetId,
  wishes: readonly RuleOperation[],
): RuleSetEvent {
  const operations = wishes.map((one) => withBase(state, one))
  requireConsistent(operations)
  return { type: 'ChangeSetStaged', changeSetId, operations }
}

function staged(state: RuleSetState, draft: Draft, wish: RuleOperation): readonly RuleSetEvent[] {
  const operation = withBase(state, wish)
  const at = draft.operations.findIndex(({ ruleId }) => ruleId === operation.ruleId)
  const before = draft.operations[at]
  if (before && isSameOperation(before, operation)) return []
  const errors = operation.kind === 'delete' ? [] : contradictions(operation.settings)
  if (errors.length > 0) throw invalid(...errors)
  const operations =
    at < 0 ? [...draft.operations, operation] : draft.operations.with(at, operation)
  return [{ type: 'ChangeSetStaged', changeSetId: draft.id, operations }]
}

const isSameOperation = (a: RuleOperation, b: RuleOperation): boolean =>
  a.kind === b.kind &&
  (!('settings' in a) || !('settings' in b) || isSameSettings(a.settings, b.settings))

function withBase(state: RuleSetState, operation: RuleOperation): RuleOperation {
  if (operation.kind === 'create' || operation.baseRevision !== 0) return operation
  const rule = state.rules.get(operation.ruleId)
  if (!rule) throw RuleNotFound({ rule: operation.ruleId })
  return { ...operation, baseRevision: rule.revision }
}

function requireConsistent(operations: readonly RuleOperation[]): void {
  const errors: FieldError[] = []
  const seen = new Set<RuleId>()
  operations.forEach((operation, i) => {
    if (seen.has(operation.ruleId)) {
      const detail = `names rule ${operation.ruleId} a second time: say once what is to become of it`
      errors.push({ field: `operations[${i}].rule_id`, code: 'duplicate', detail })
    }
    seen.add(operation.ruleId)
    if (operation.kind === 'delete') return
    for (const error of contradictions(operation.settings)) {
      errors.push({ ...error, field: `operations[${i}].${error.field}` })
    }
  })
  if (errors.length > 0) throw invalid(...errors.slice(0, maxErrors))
}

/**
 * Puts operations into the plan. Throws `rules.change_set_stale` when a rule they touch is another one than
 * they were decided on.
 */
export function planOperations(
  plan: ChangePlan,
  state: RuleSetState,
  wishes: readonly RuleOperation[],
  now: number,
  name: string,
): void {
  const operations = wishes.map((one) => withBase(state, one))
  requireConsistent(operations)
  const stale: string[] = []
  for (const operation of operations) {
    if (operation.kind === 'create') continue
    const rule = state.rules.get(operation.ruleId)
    if (rule?.revision === operation.baseRevision) continue
    stale.push(`${rule?.settings.name ?? 'a deleted rule'} (${operation.ruleId})`)
  }
  if (stale.length > 0) {
    const shown = stale.length > maxErrors ? [...stale.slice(0, maxErrors), '…'] : stale
    throw ChangeSetStale({ changeSet: name || 'the change', rules: shown.join(', ') })
  }
  requireExpiries(
    operations.flatMap((operation, i) =>
      operation.kind === 'delete'
        ? []
        : {
            field: `operations[${i}].expires_at`,
            before: state.rules.get(operation.ruleId)?.settings,
            settings: operation.settings,
          },
    ),
    now,
  )
  for (const operation of operations) {
    if (operation.kind === 'create') {
      plan.create(operation.ruleId, operation.settings)
      continue
    }
    const rule = state.rules.get(operation.ruleId)
    if (!rule) continue
    if (operation.kind === 'delete') plan.delete(rule)
    else plan.update(rule, operation.settings)
  }
}
