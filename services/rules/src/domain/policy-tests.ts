import type { OrganizationId } from '@holdfast/domain'
import type { Rule } from '@holdfast/policy'
import type { ChangePlan } from './change-plan.ts'
import { PolicyTestFailed, PolicyTestNameTaken, TooManyPolicyTests } from './errors.ts'
import type { PolicyTest, RuleSetEvent, RuleSetState } from './rule-set-state.ts'
import { nameKey } from './settings.ts'

/** A rule set as a write would make it, and the tests it has to pass. */
export interface ProposedRuleSet {
  readonly organizationId: OrganizationId
  /** In no order. */
  readonly rules: readonly Rule[]
  readonly isLockoutAllowed: boolean
  readonly tests: readonly PolicyTest[]
}

export interface TestFailure {
  readonly test: PolicyTest
  /** Why, for people: the packet that shows it and the rule that decides about it. */
  readonly detail: string
}

/** What of the tests would fail. Tests block writes and nothing else: never a start, never a replay. */
export type CheckTests = (proposed: ProposedRuleSet) => readonly TestFailure[]

export const maxTests = 1000
const shownFailures = 20

/** Throws `rules.policy_test_failed`. */
export function requireTests(
  check: CheckTests,
  organizationId: OrganizationId,
  { isLockoutAllowed, tests }: Pick<RuleSetState, 'isLockoutAllowed' | 'tests'>,
  plan: ChangePlan,
): void {
  if (tests.size === 0) return
  const rules = [...plan.rules()]
  judge(check({ organizationId, rules, isLockoutAllowed, tests: [...tests.values()] }))
}

function judge(failures: readonly TestFailure[]): void {
  if (failures.length === 0) return
  const shown = failures.slice(0, shownFailures)
  throw PolicyTestFailed({
    tests: failures.length,
    failures: shown.map(({ test, detail }) => `${test.name}: ${detail}`).join('; '),
  })
}

/** A test that fails on what there is now would block everything that follows, so it is refused. */
export function savePolicyTest(
  check: CheckTests,
  organizationId: OrganizationId,
  state: RuleSetState,
  test: PolicyTest,
): readonly RuleSetEvent[] {
  const known = state.tests.get(test.id)
  if (known && JSON.stringify(known) === JSON.stringify(test)) return []
  if (!known && state.tests.size >= maxTests) throw TooManyPolicyTests({ maxTests })
  const key = nameKey(test.name)
  for (const other of state.tests.values()) {
    if (other.id !== test.id && nameKey(other.name) === key) {
      throw PolicyTestNameTaken({ name: test.name })
    }
  }
  const { isLockoutAllowed } = state
  const rules = [...state.rules.values()]
  judge(check({ organizationId, rules, isLockoutAllowed, tests: [test] }))
  return [{ type: 'PolicyTestSaved', test }]
}
