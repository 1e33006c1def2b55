import type { OrganizationId } from '@holdfast/domain'
import type { CommandContext, EventLog, Outcome } from '@holdfast/event-log'
import type { CheckTests } from '../domain/policy-tests.ts'
import type { RuleSetCommand } from '../domain/rule-set.ts'
import type { RuleSetEvent, RuleSetState } from '../domain/rule-set-state.ts'
import { ruleSets } from './aggregates.ts'

export type RuleSetOutcome = Outcome<RuleSetState, RuleSetEvent>

/** What carrying out a command takes. */
export interface CommandTools {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'peek'>
  /** What judges policy tests of an organization, on the hosts it has now. */
  readonly testsOf: (organizationId: OrganizationId) => Promise<CheckTests>
  /** ms since 1970. */
  readonly now: () => number
}

type Bare<C> = C extends unknown ? Omit<C, 'organizationId' | 'checkTests'> : never
/** A command without what is the same for all of them. */
export type RuleSetWish = Bare<RuleSetCommand>

/** The one road of every change. Revisions are those of single rules, so the domain checks them, not the log. */
export async function changeRuleSet(
  { log, testsOf }: CommandTools,
  organizationId: OrganizationId,
  wish: RuleSetWish,
  context: CommandContext,
): Promise<RuleSetOutcome> {
  const { expectedRevision: _, ...rest } = context
  const attempt = (checkTests: CheckTests) => {
    // as: spreading a union loses which member it was
    const command = { ...wish, organizationId, checkTests } as RuleSetCommand
    return log.execute(ruleSets, organizationId, command, rest)
  }
  // Most sets have no tests, and hosts to try them on are read for nothing then.
  const held = log.peek(ruleSets, organizationId)
  if (held?.state.tests.size === 0) {
    try {
      return await attempt(noTests)
    } catch (error) {
      if (!(error instanceof TestsNeeded)) throw error
    }
  }
  return await attempt(await testsOf(organizationId))
}

/** There are tests after all: nothing was decided. */
class TestsNeeded extends Error {}
const noTests: CheckTests = () => {
  throw new TestsNeeded()
}
