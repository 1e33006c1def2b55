import { assertNever } from '@holdfast/domain'
import type { StoredEvent } from '@holdfast/event-log'
import type { Rule, RuleSet } from '@holdfast/policy'
import type { TakenCommit } from '../state/saved-fold.ts'
import { creationOf, deletionOf, lockoutFact, type RuleFact, readRuleFact } from './rule-facts.ts'

/** The rule set as the log has it, and what this host makes of a change that waits for confirmation. */
export interface RuleSetState {
  /** The last commit that is included; 0 when there was none. */
  sequence: bigint
  readonly rules: Map<string, Rule>
  isLockoutAllowed: boolean
  pending: Pending | undefined
  /** The application this host took back by itself last; empty when none. */
  revertedApplyId: string
}

/** A change that is taken back here unless it is confirmed. The service sees to it that there is one at a time. */
export interface Pending {
  readonly applyId: string
  readonly confirmWithinMs: number
  /** Each rule it touched as it was before; undefined where there was none. */
  readonly before: Map<string, Rule | undefined>
  /** By this host's clock; 0 until the change takes effect here. */
  untilUnixMs: number
  /** It was taken back here; what the log says next decides for good. */
  isReverted: boolean
}

export const noRules = (): RuleSetState => ({
  sequence: 0n,
  rules: new Map(),
  isLockoutAllowed: false,
  pending: undefined,
  revertedApplyId: '',
})

/** Takes one commit in; answers whether it was new. Nothing changes when a fact is not known: it throws then. */
export function foldRules(state: RuleSetState, commit: TakenCommit): boolean {
  if (commit.sequence <= state.sequence) return false
  const facts = commit.events.map(readRuleFact)
  // Only what stands in the same commit behind `ChangeSetApplied` waits for the confirmation.
  let open: Pending | undefined
  for (const fact of facts) {
    if (fact.type === 'ChangeSetApplied') open = begin(state, fact)
    else evolve(state, fact, open)
  }
  state.sequence = commit.sequence
  return true
}

function begin(
  state: RuleSetState,
  { applyId, confirmWithinMs }: RuleFact & { type: 'ChangeSetApplied' },
): Pending | undefined {
  if (confirmWithinMs === 0) return undefined
  const before = new Map<string, Rule | undefined>()
  state.pending = { applyId, confirmWithinMs, before, untilUnixMs: 0, isReverted: false }
  return state.pending
}

function evolve(
  state: RuleSetState,
  fact: Exclude<RuleFact, { type: 'ChangeSetApplied' }>,
  open: Pending | undefined,
): void {
  switch (fact.type) {
    case 'RuleCreated':
    case 'RuleUpdated': {
      const { ruleId: id, settings } = fact
      const known = state.rules.get(id)
      remember(open, id, known)
      const order = fact.type === 'RuleCreated' ? fact.order : known?.order
      // The order of a rule that was never created is not known; the log does not hold such a fact.
      if (order !== undefined) state.rules.set(id, { id, settings, order })
      return
    }
    case 'RuleDeleted':
      remember(open, fact.ruleId, state.rules.get(fact.ruleId))
      state.rules.delete(fact.ruleId)
      return
    case 'RuleSetSettingsUpdated':
      state.isLockoutAllowed = fact.isLockoutAllowed
      return
    case 'ChangeSetConfirmed':
    case 'ChangeSetReverted':
      // The rule events that follow a reversal restore what was.
      if (state.pending?.applyId === fact.applyId) state.pending = undefined
      return
    case 'Beside':
      return
    default:
      assertNever(fact)
  }
}

function remember(open: Pending | undefined, id: string, before: Rule | undefined): void {
  if (open && !open.before.has(id)) open.before.set(id, before)
}

/** What holds here: the log's rules, less a change that was taken back. */
export function rulesInForce({ isLockoutAllowed, pending, rules }: RuleSetState): RuleSet {
  const ruleSet = { rules: [...rules.values()], isLockoutAllowed }
  return pending?.isReverted ? takenBack(ruleSet, pending) : ruleSet
}

/** The rules as they were before a change, as far as it touched them. */
export function takenBack({ rules, isLockoutAllowed }: RuleSet, { before }: Pending): RuleSet {
  const untouched = rules.filter(({ id }) => !before.has(id))
  const restored = [...before.values()].filter((rule) => rule !== undefined)
  return { rules: [...untouched, ...restored], isLockoutAllowed }
}

/** The facts that lead to the rules from nothing. */
export function ruleSetFacts({ rules, isLockoutAllowed }: RuleSetState): StoredEvent[] {
  const facts = Array.from(rules.values(), creationOf)
  if (isLockoutAllowed) facts.push(lockoutFact(true))
  return facts
}

/** What a pending change would be undone with. */
export const undoFacts = ({ before }: Pending): StoredEvent[] =>
  Array.from(before, ([id, rule]) => (rule ? creationOf(rule) : deletionOf(id)))

/** Reads `undoFacts`. */
export function undoFrom(facts: readonly StoredEvent[]): Map<string, Rule | undefined> {
  const before = new Map<string, Rule | undefined>()
  for (const fact of facts.map(readRuleFact)) {
    if (fact.type === 'RuleDeleted') before.set(fact.ruleId, undefined)
    if (fact.type === 'RuleCreated') {
      const { ruleId: id, settings, order } = fact
      before.set(id, { id, settings, order })
    }
  }
  return before
}
