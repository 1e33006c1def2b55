import type { OrganizationId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import type { Rule, RuleSet } from '@holdfast/policy'
import type { Postgres } from '@holdfast/postgres'
import { ruleSets } from '../commands/aggregates.ts'
import { ChangePlan } from '../domain/change-plan.ts'
import { planOperations, requireDraft } from '../domain/drafts.ts'
import type { ChangeSetId } from '../domain/ids.ts'
import type { PolicyTest, RuleOperation, RuleSetState } from '../domain/rule-set-state.ts'
import { ruleSetAt } from '../queries/rule-sets.ts'
import type { Host } from '../topology/host.ts'
import type { Topology } from '../topology/topology.ts'

/** What a question is about: rules, the hosts they are resolved for, and the time they are read at. */
export interface Situation {
  readonly ruleSet: RuleSet
  /** The tests of now: a test may ask about a time before it was written. */
  readonly tests: readonly PolicyTest[]
  readonly hosts: readonly Host[]
  /** ms since 1970: what has expired by then does not hold. */
  readonly atUnixMs: number
}

export interface Sources {
  readonly log: Pick<EventLog, 'fold' | 'read'>
  readonly postgres: Postgres
  readonly topology: Topology
  readonly now: () => number
}

export interface Moment {
  /** Undefined for now. The read models include it. */
  readonly at: bigint | undefined
  /** A draft on top of what is now; empty for none. */
  readonly changeSetId: ChangeSetId | ''
}

/** Throws `invalid` for a draft in the past, `rules.change_set_not_found`, and what applying it would throw. */
export async function situationOf(
  sources: Sources,
  organizationId: OrganizationId,
  { at, changeSetId }: Moment,
): Promise<Situation> {
  if (at !== undefined && changeSetId !== '') {
    const detail = 'a draft is on top of what there is now: leave at out, or change_set'
    throw invalid({ field: 'change_set', code: 'unexpected', detail })
  }
  const now = sources.now()
  if (at !== undefined) {
    const atUnixMs = await timeOf(sources.log, at, now)
    const { hosts } = await sources.topology.at(organizationId, at, atUnixMs)
    const ruleSet = await ruleSetAt(sources.postgres, organizationId, at)
    const { state } = await sources.log.fold(ruleSets, organizationId)
    return { ruleSet, tests: [...state.tests.values()], hosts, atUnixMs }
  }
  const { hosts } = await sources.topology.now(organizationId)
  // Nothing is awaited from here on: the state is the living one.
  const { state } = await sources.log.fold(ruleSets, organizationId)
  const tests = [...state.tests.values()]
  if (changeSetId === '') return { ruleSet: ruleSetOf(state), tests, hosts, atUnixMs: now }
  const { operations, name } = requireDraft(state, changeSetId)
  const ruleSet = proposed(state, operations, now, name)
  return { ruleSet, tests, hosts, atUnixMs: now }
}

/** The present set, and what operations, or a draft, would make of it. */
export async function changeInQuestion(
  sources: Sources,
  organizationId: OrganizationId,
  change: { readonly changeSetId: ChangeSetId | ''; readonly operations: readonly RuleOperation[] },
): Promise<{ readonly before: Situation; readonly after: RuleSet }> {
  const atUnixMs = sources.now()
  const { hosts } = await sources.topology.now(organizationId)
  // Nothing is awaited from here on: the state is the living one.
  const { state } = await sources.log.fold(ruleSets, organizationId)
  const draft = change.changeSetId === '' ? undefined : requireDraft(state, change.changeSetId)
  const operations = draft?.operations ?? change.operations
  const after = proposed(state, operations, atUnixMs, draft?.name ?? '')
  const tests = [...state.tests.values()]
  return { before: { ruleSet: ruleSetOf(state), tests, hosts, atUnixMs }, after }
}

/** A snapshot: the rules themselves never change in place. */
const ruleSetOf = ({ rules, isLockoutAllowed }: RuleSetState): RuleSet => ({
  rules: [...rules.values()],
  isLockoutAllowed,
})

function proposed(
  state: RuleSetState,
  operations: readonly RuleOperation[],
  now: number,
  name: string,
): RuleSet {
  const plan = new ChangePlan(state)
  planOperations(plan, state, operations, now, name)
  plan.check()
  return { rules: [...plan.rules()], isLockoutAllowed: state.isLockoutAllowed }
}

/** When the commit at a sequence was made; there may be none of ours, then it is now. */
export async function timeOf(
  log: Pick<EventLog, 'read'>,
  at: bigint,
  now: number,
): Promise<number> {
  return (await log.read(at))?.timeUnixMs ?? now
}

export const namesOf = (rules: readonly Rule[]): ReadonlyMap<string, string> =>
  new Map(rules.map(({ id, settings }) => [id, settings.name]))
