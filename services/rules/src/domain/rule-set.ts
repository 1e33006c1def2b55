import { assertNever, type Decider, type OrganizationId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { RuleSettings } from '@holdfast/policy'
import { ChangePlan } from './change-plan.ts'
import {
  type DraftCommand,
  decideDraft,
  isDraftCommand,
  planOperations,
  requireDraft,
} from './drafts.ts'
import { ConfirmationPending, NothingPending, RuleNotFound } from './errors.ts'
import { requireExpiries } from './expiry.ts'
import type { ApplyId, ChangeSetId, PolicyTestId, RuleId } from './ids.ts'
import { type ImportMode, type NewRule, planImport } from './import-plan.ts'
import { type CheckTests, requireTests, savePolicyTest } from './policy-tests.ts'
import { requireRevision } from './revision.ts'
import {
  evolveRuleSet,
  initialRuleSet,
  type PolicyTest,
  type RevertCause,
  type RuleOperation,
  type RuleSetEvent,
  type RuleSetState,
  type RuleState,
} from './rule-set-state.ts'
import { contradictions } from './settings.ts'
import { planUndo, type RecordedChange } from './undo.ts'

/** `now` is the writer's clock in ms since 1970; `expectedRevision` the one the caller has read. */
type Wish =
  | { type: 'CreateRule'; ruleId: RuleId; settings: RuleSettings; now: number }
  | {
      type: 'UpdateRule'
      ruleId: RuleId
      changes: Partial<RuleSettings>
      now: number
      expectedRevision?: bigint | undefined
    }
  | {
      /** On when it is off, and off when it is on. */
      type: 'ToggleRule'
      ruleId: RuleId
      now: number
      expectedRevision?: bigint | undefined
    }
  | { type: 'DeleteRule'; ruleId: RuleId; expectedRevision?: bigint | undefined }
  | {
      /** One commit, whole or not at all. */
      type: 'ImportRules'
      mode: ImportMode
      rules: readonly NewRule[]
      applyId: ApplyId
      confirmWithinMs: number
      name: string
      now: number
    }
  | { type: 'ReorderRules'; priorities: ReadonlyMap<RuleId, number>; applyId: ApplyId }
  | { type: 'UpdateRuleSet'; isLockoutAllowed: boolean }
  | DraftCommand
  | {
      type: 'ApplyChangeSet'
      /** Empty when the operations are given here. */
      changeSetId: ChangeSetId | ''
      operations: readonly RuleOperation[]
      applyId: ApplyId
      /** 0: at once and for good. */
      confirmWithinMs: number
      /** Empty: the draft's. */
      name: string
      now: number
    }
  | {
      type: 'ConfirmChangeSet'
      /** Empty: the one that waits. */
      applyId: ApplyId | ''
    }
  | {
      /** Asked for by nobody (`not_confirmed`), it does nothing when the change does not wait any more. */
      type: 'RevertChangeSet'
      applyId: ApplyId | ''
      cause: RevertCause
    }
  | {
      type: 'UndoChange'
      sequence: bigint
      /** What the commit at that sequence did. */
      changes: readonly RecordedChange[]
      applyId: ApplyId
    }
  | { type: 'SavePolicyTest'; test: PolicyTest }
  | { type: 'DeletePolicyTest'; testId: PolicyTestId }

export type RuleSetCommand = Wish & {
  readonly organizationId: OrganizationId
  /** Judges what a write would make; what it says against it refuses the write. Pure. */
  readonly checkTests: CheckTests
}

export const ruleSet: Decider<RuleSetCommand, RuleSetEvent, RuleSetState> = {
  initial: initialRuleSet,

  decide(command, state) {
    const { organizationId, checkTests } = command
    if (isDraftCommand(command)) return decideDraft(command, state)
    if (command.type === 'ConfirmChangeSet') return confirm(command.applyId, state)
    if (command.type === 'RevertChangeSet') return revert(command.applyId, command.cause, state)
    requireNothingPending(state)

    /** The plan's events, once nothing speaks against what they make. */
    const judged = (plan: ChangePlan) => {
      plan.check()
      if (plan.events.length > 0) requireTests(checkTests, organizationId, state, plan)
      return plan.events
    }
    const plan = new ChangePlan(state)

    switch (command.type) {
      case 'CreateRule': {
        const { ruleId, settings, now } = command
        requireExpiries([{ field: 'expires_at', before: undefined, settings }], now)
        plan.create(ruleId, settings)
        return judged(plan)
      }
      case 'UpdateRule':
      case 'ToggleRule': {
        const rule = requireRule(state, command.ruleId)
        requireRevision(command.expectedRevision, BigInt(rule.revision))
        const isToggled = command.type === 'ToggleRule'
        const changes = isToggled ? { isActive: !rule.settings.isActive } : command.changes
        const settings = { ...rule.settings, ...changes }
        const errors = contradictions(settings)
        if (errors.length > 0) throw invalid(...errors)
        requireExpiries([{ field: 'expires_at', before: rule.settings, settings }], command.now)
        plan.update(rule, settings)
        return judged(plan)
      }
      case 'DeleteRule': {
        // Deleting twice is one fact.
        const rule = state.rules.get(command.ruleId)
        if (!rule) return []
        requireRevision(command.expectedRevision, BigInt(rule.revision))
        plan.delete(rule)
        return judged(plan)
      }
      case 'ImportRules': {
        const { mode, rules, now, applyId, confirmWithinMs, name } = command
        planImport(plan, state, mode, rules, now)
        const applied = { changeSetId: '', applyId, confirmWithinMs, name } as const
        const events = judged(plan)
        return events.length === 0 ? [] : [{ type: 'ChangeSetApplied', ...applied }, ...events]
      }
      case 'ReorderRules': {
        for (const [id, priority] of command.priorities) {
          const rule = requireRule(state, id)
          plan.update(rule, { ...rule.settings, priority })
        }
        const { applyId } = command
        const applied = { changeSetId: '', applyId, confirmWithinMs: 0, name: 'reorder' } as const
        const events = judged(plan)
        return events.length === 0 ? [] : [{ type: 'ChangeSetApplied', ...applied }, ...events]
      }
      case 'UpdateRuleSet': {
        const { isLockoutAllowed } = command
        if (isLockoutAllowed === state.isLockoutAllowed) return []
        requireTests(checkTests, organizationId, { ...state, isLockoutAllowed }, plan)
        return [{ type: 'RuleSetSettingsUpdated', isLockoutAllowed }]
      }
      case 'ApplyChangeSet': {
        const { changeSetId, applyId, now } = command
        const draft = changeSetId === '' ? undefined : requireDraft(state, changeSetId)
        const name = command.name || (draft?.name ?? '')
        planOperations(plan, state, draft?.operations ?? command.operations, now, name)
        const events = judged(plan)
        if (!draft && events.length === 0) return []
        // A draft that changes nothing ends all the same; there is nothing to confirm.
        const confirmWithinMs = events.length === 0 ? 0 : command.confirmWithinMs
        const applied = { changeSetId, applyId, confirmWithinMs, name }
        return [{ type: 'ChangeSetApplied', ...applied }, ...events]
      }
      case 'UndoChange': {
        const { sequence, changes, applyId } = command
        planUndo(plan, state, sequence, changes)
        const name = `undo of change ${sequence}`
        const applied = { changeSetId: '', applyId, confirmWithinMs: 0, name } as const
        const events = judged(plan)
        return events.length === 0 ? [] : [{ type: 'ChangeSetApplied', ...applied }, ...events]
      }
      case 'SavePolicyTest':
        return savePolicyTest(checkTests, organizationId, state, command.test)
      case 'DeletePolicyTest': {
        const { testId } = command
        return state.tests.has(testId) ? [{ type: 'PolicyTestDeleted', testId }] : []
      }
      default:
        return assertNever(command)
    }
  },

  evolve: evolveRuleSet,
}

function requireRule(state: RuleSetState, id: RuleId): RuleState {
  const rule = state.rules.get(id)
  if (!rule) throw RuleNotFound({ rule: id })
  return rule
}

function requireNothingPending({ pending }: RuleSetState): void {
  if (!pending) return
  const { applyId, name } = pending
  throw ConfirmationPending({ applyId, name })
}

function confirm(wanted: ApplyId | '', { pending, lastConfirmed }: RuleSetState): RuleSetEvent[] {
  if (!pending && wanted !== '' && wanted === lastConfirmed) return []
  if (!pending || (wanted !== '' && wanted !== pending.applyId)) {
    throw NothingPending({ applyId: wanted })
  }
  return [{ type: 'ChangeSetConfirmed', applyId: pending.applyId }]
}

/** Back to exactly what was: the same ids, orders and settings. No test stands in the way of that. */
function revert(wanted: ApplyId | '', cause: RevertCause, state: RuleSetState): RuleSetEvent[] {
  const { pending } = state
  if (!pending || (wanted !== '' && wanted !== pending.applyId)) {
    if (cause === 'not_confirmed') return []
    throw NothingPending({ applyId: wanted })
  }
  const plan = new ChangePlan(state)
  for (const [id, before] of pending.before) {
    const rule = state.rules.get(id)
    if (before && rule) plan.update(rule, before.settings)
    else if (rule) plan.delete(rule)
    else if (before) {
      const { settings, order, revision } = before
      plan.create(id, settings, { order, earlierChanges: revision + 1 })
    }
  }
  return [{ type: 'ChangeSetReverted', applyId: pending.applyId, cause }, ...plan.events]
}
