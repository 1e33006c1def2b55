import { assertNever } from '@holdfast/domain'
import type { Cidr } from '@holdfast/net'
import type { Direction, PortRange, Protocol, RuleSettings, Target } from '@holdfast/policy'
import type { ApplyId, ChangeSetId, PolicyTestId, RuleId } from './ids.ts'
import { noRulesInOrder, putInOrder, type RulesInOrder, takeOutOfOrder } from './rules-in-order.ts'
import { nameKey } from './settings.ts'

/** A rule with its identity. Never changed in place, so it may be kept. */
export interface RuleState {
  readonly id: RuleId
  readonly settings: RuleSettings
  /** Decides between equal priorities, the lower first. */
  readonly order: number
  /** Changes so far, from 1: what clients know as the rule's revision. */
  readonly revision: number
}

/** What a draft wants to do to one rule. */
export type RuleOperation =
  | { readonly kind: 'create'; readonly ruleId: RuleId; readonly settings: RuleSettings }
  | {
      readonly kind: 'update'
      readonly ruleId: RuleId
      readonly settings: RuleSettings
      /** Revision of the rule when this was staged. */
      readonly baseRevision: number
    }
  | { readonly kind: 'delete'; readonly ruleId: RuleId; readonly baseRevision: number }

/** Operations that do nothing until they are applied; at most one a rule. */
export interface Draft {
  readonly id: ChangeSetId
  readonly name: string
  readonly operations: readonly RuleOperation[]
}

export const expectations = ['pass', 'drop'] as const
export type Expectation = (typeof expectations)[number]

/** A sentence about the rule set that must hold for every change. */
export interface PolicyTest {
  readonly id: PolicyTestId
  readonly name: string
  readonly direction: Direction | 'both'
  readonly protocol: Protocol
  readonly source: Cidr | undefined
  readonly destination: Cidr | undefined
  readonly sourcePorts: PortRange | undefined
  readonly destinationPorts: PortRange | undefined
  readonly target: Target
  readonly expectation: Expectation
}

export const revertCauses = ['not_confirmed', 'cancelled'] as const
export type RevertCause = (typeof revertCauses)[number]

export type RuleEvent =
  | {
      type: 'RuleCreated'
      ruleId: RuleId
      settings: RuleSettings
      order: number
      /** Of a rule that comes back: how often it had changed before, its deletion included. */
      earlierChanges: number
    }
  | { type: 'RuleUpdated'; ruleId: RuleId; settings: RuleSettings }
  | { type: 'RuleDeleted'; ruleId: RuleId }

export type RuleSetEvent =
  | RuleEvent
  | { type: 'RuleSetSettingsUpdated'; isLockoutAllowed: boolean }
  | { type: 'PolicyTestSaved'; test: PolicyTest }
  | { type: 'PolicyTestDeleted'; testId: PolicyTestId }
  | { type: 'ChangeSetOpened'; changeSetId: ChangeSetId; name: string }
  | {
      type: 'ChangeSetStaged'
      changeSetId: ChangeSetId
      operations: readonly RuleOperation[]
    }
  | { type: 'ChangeSetDiscarded'; changeSetId: ChangeSetId }
  | {
      type: 'ChangeSetApplied'
      /** Empty when there was no draft. */
      changeSetId: ChangeSetId | ''
      applyId: ApplyId
      /** 0: at once and for good. */
      confirmWithinMs: number
      name: string
    }
  | { type: 'ChangeSetConfirmed'; applyId: ApplyId }
  | { type: 'ChangeSetReverted'; applyId: ApplyId; cause: RevertCause }

/** A change that hosts take back unless it is confirmed. */
interface Pending {
  readonly applyId: ApplyId
  readonly name: string
  readonly confirmWithinMs: number
  /** Each rule it touched, as it was before; undefined where there was none. */
  readonly before: Map<RuleId, RuleState | undefined>
}

/**
 * The firewall rules of one organization.
 *
 * Invariants: names are unique regardless of case; a commit touches a rule at most once; while a change waits
 * for confirmation nothing else changes a rule, so taking it back restores exactly what was.
 */
export interface RuleSetState {
  rules: Map<RuleId, RuleState>
  /** By name in lower case. */
  names: Map<string, RuleId>
  /** The same rules. */
  inOrder: RulesInOrder<RuleState>
  isLockoutAllowed: boolean
  /** Order of the rule created next; from 1. */
  nextOrder: number
  drafts: Map<ChangeSetId, Draft>
  tests: Map<PolicyTestId, PolicyTest>
  pending: Pending | undefined
  /** The application that was confirmed last, for confirming twice. */
  lastConfirmed: ApplyId | ''
}

export const initialRuleSet = (): RuleSetState => ({
  rules: new Map(),
  names: new Map(),
  inOrder: noRulesInOrder(),
  isLockoutAllowed: false,
  nextOrder: 1,
  drafts: new Map(),
  tests: new Map(),
  pending: undefined,
  lastConfirmed: '',
})

/** Folds one fact, in place (docs/adr/0002). */
export function evolveRuleSet(state: RuleSetState, event: RuleSetEvent): RuleSetState {
  switch (event.type) {
    case 'RuleCreated': {
      const { ruleId: id, settings, order, earlierChanges } = event
      remember(state, id)
      put(state, { id, settings, order, revision: earlierChanges + 1 })
      if (order >= state.nextOrder) state.nextOrder = order + 1
      return state
    }
    case 'RuleUpdated': {
      const { ruleId: id, settings } = event
      const rule = state.rules.get(id)
      if (!rule) return state
      remember(state, id)
      release(state, rule)
      if (rule.settings.priority !== settings.priority) takeOutOfOrder(state.inOrder, rule)
      put(state, { id, settings, order: rule.order, revision: rule.revision + 1 })
      return state
    }
    case 'RuleDeleted': {
      const rule = state.rules.get(event.ruleId)
      if (!rule) return state
      remember(state, rule.id)
      release(state, rule)
      state.rules.delete(rule.id)
      takeOutOfOrder(state.inOrder, rule)
      return state
    }
    case 'RuleSetSettingsUpdated':
      state.isLockoutAllowed = event.isLockoutAllowed
      return state
    case 'PolicyTestSaved':
      state.tests.set(event.test.id, event.test)
      return state
    case 'PolicyTestDeleted':
      state.tests.delete(event.testId)
      return state
    case 'ChangeSetOpened': {
      const { changeSetId: id, name } = event
      state.drafts.set(id, { id, name, operations: [] })
      return state
    }
    case 'ChangeSetStaged': {
      const draft = state.drafts.get(event.changeSetId)
      if (!draft) return state
      state.drafts.set(draft.id, { ...draft, operations: event.operations })
      return state
    }
    case 'ChangeSetDiscarded':
      state.drafts.delete(event.changeSetId)
      return state
    case 'ChangeSetApplied': {
      const { changeSetId, applyId, name, confirmWithinMs } = event
      if (changeSetId !== '') state.drafts.delete(changeSetId)
      if (confirmWithinMs > 0) {
        state.pending = { applyId, name, confirmWithinMs, before: new Map() }
      }
      return state
    }
    case 'ChangeSetConfirmed':
      state.pending = undefined
      state.lastConfirmed = event.applyId
      return state
    case 'ChangeSetReverted':
      state.pending = undefined
      return state
    default:
      return assertNever(event)
  }
}

/** What a change that waits for confirmation found there. */
function remember(state: RuleSetState, id: RuleId): void {
  const before = state.pending?.before
  if (before && !before.has(id)) before.set(id, state.rules.get(id))
}

function put(state: RuleSetState, rule: RuleState): void {
  state.rules.set(rule.id, rule)
  state.names.set(nameKey(rule.settings.name), rule.id)
  putInOrder(state.inOrder, rule)
}

/** Another rule of the same commit may have the name already. */
function release(state: RuleSetState, rule: RuleState): void {
  const key = nameKey(rule.settings.name)
  if (state.names.get(key) === rule.id) state.names.delete(key)
}
