import type { OrganizationId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import { subjectOf } from '@holdfast/event-log'
import { ruleSetCodec } from '../codecs/rule-set-codec.ts'
import { evolveRuleSet, initialRuleSet, type PolicyTest } from '../domain/rule-set-state.ts'
import { ruleCommitsBetween } from '../queries/moments.ts'
import { runTests, type TestOutcome } from './policy-tests.ts'
import { type Sources, timeOf } from './situation.ts'

/** A time in which a test did not hold. */
export interface Violation {
  readonly fromSequence: bigint
  readonly fromUnixMs: number
  /** 0 while it lasts. */
  readonly toSequence: bigint
  readonly toUnixMs: number
  /** What showed it when it began. */
  readonly outcome: TestOutcome
}

/** States tried for one question. */
const maxStates = 500
const maxViolations = 100

/**
 * When tests did not hold between two sequences: every state that rules, nodes, interfaces and peers were in is
 * tried. Expiries in between show with the next commit. Throws `invalid` when there were too many states.
 */
export async function violationsBetween(
  sources: Sources & { readonly log: Pick<EventLog, 'history'> },
  organizationId: OrganizationId,
  tests: readonly PolicyTest[],
  from: bigint,
  upTo: bigint,
): Promise<ReadonlyMap<string, readonly Violation[]>> {
  const { postgres, topology, log, now } = sources
  if (from > upTo) {
    const detail = `must not be after ${upTo}, where the question ends`
    throw invalid({ field: 'from', code: 'range_reversed', detail })
  }
  const most = maxStates + 1
  const moments = new Map([[from, await timeOf(log, from, now())]])
  for (const found of [
    await ruleCommitsBetween(postgres, organizationId, from, upTo, most),
    await topology.changes(organizationId, from, upTo, most),
  ]) {
    for (const { sequence, timeUnixMs } of found) moments.set(sequence, timeUnixMs)
  }
  const sequences = [...moments.keys()].sort((a, b) => (a < b ? -1 : 1))
  if (sequences.length > maxStates) {
    const detail = `more than ${maxStates} changes followed: ask for ${from} to ${sequences[maxStates - 1]} first`
    throw invalid({ field: 'from', code: 'too_many', detail })
  }

  const found = new Map<string, Violation[]>(tests.map(({ id }) => [id, []]))
  const ruleSetAt = followRules(log, organizationId)
  const topologyAt = topology.follow(organizationId)
  for (const sequence of sequences) {
    const atUnixMs = moments.get(sequence) ?? 0
    const { hosts } = await topologyAt(sequence, atUnixMs)
    const ruleSet = await ruleSetAt(sequence)
    for (const outcome of runTests({ ruleSet, hosts, atUnixMs }, tests)) {
      note(found.get(outcome.test.id) ?? [], outcome, sequence, atUnixMs)
    }
  }
  return found
}

/** Begins a violation, or ends the one that lasts. */
function note(list: Violation[], outcome: TestOutcome, sequence: bigint, atUnixMs: number): void {
  const last = list.at(-1)
  const lasts = last?.toSequence === 0n
  if (outcome.isPassed && last && lasts) {
    list[list.length - 1] = { ...last, toSequence: sequence, toUnixMs: atUnixMs }
  }
  if (outcome.isPassed || lasts || list.length >= maxViolations) return
  list.push({ fromSequence: sequence, fromUnixMs: atUnixMs, toSequence: 0n, toUnixMs: 0, outcome })
}

/** The rule set after sequences that only grow, read from its history once. */
function followRules(log: Pick<EventLog, 'history'>, organizationId: OrganizationId) {
  const commits = log
    .history(subjectOf('rules', 'rule_set', organizationId))
    [Symbol.asyncIterator]()
  let state = initialRuleSet()
  let next = commits.next()
  return async (sequence: bigint) => {
    for (;;) {
      const { done, value } = await next
      if (done || value.sequence > sequence) break
      for (const event of value.events) state = evolveRuleSet(state, ruleSetCodec.decode(event))
      next = commits.next()
    }
    return { rules: [...state.rules.values()], isLockoutAllowed: state.isLockoutAllowed }
  }
}
