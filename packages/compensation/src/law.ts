import { DomainError } from '@holdfast/errors'
import type { Commit } from '@holdfast/event-log'
import type { AnyCompensable } from './compensable.ts'
import { isSame } from './facts.ts'
import { takeBack } from './merge.ts'
import { isObstacle } from './obstacle.ts'
import { aimAt } from './plan.ts'

// The law of Compensable, for histories a test has made: commits as lists of events of the aggregate's own type.

export interface LawCase {
  readonly one: AnyCompensable
  readonly id: string
  /** In the order of the log; the first commit is 1. */
  readonly history: readonly (readonly unknown[])[]
  /** What `surroundings` would answer. */
  readonly around: unknown
  /** ms since 1970. */
  readonly nowUnixMs: number
}

/** A commit as the log would have it, as far as folds look at it. */
function commitOf({ one, id, history }: LawCase, at: number): Commit {
  const { context, type } = one.aggregate
  const blank = '00000000-0000-7000-8000-000000000000'
  return {
    sequence: BigInt(at + 1),
    subject: `evt.${context}.${type}.${id}`,
    context,
    commitId: blank,
    lineageId: blank,
    generation: 1,
    aggregateType: type,
    aggregateId: id,
    aggregateVersion: 1n,
    organizationId: undefined,
    actor: { kind: 'service', id: context },
    commandId: blank,
    correlationId: blank,
    causationId: undefined,
    requestHash: undefined,
    timeUnixUs: 0n,
    timeUnixMs: 0,
    reason: '',
    events: (history[at] ?? []).map((event) => one.aggregate.codec.encode(event)),
    bytes: new Uint8Array(),
  }
}

function stateAfter(law: LawCase, commits: number, more: readonly unknown[] = []): unknown {
  const { one, id, history } = law
  const longer = { ...law, history: [...history.slice(0, commits), more] }
  let state = one.initial(id)
  for (let at = 0; at < longer.history.length; at++) {
    const commit = commitOf(longer, at)
    // Through the codec and back: what an event does not carry is lost here, as it would be in the log.
    for (const stored of commit.events) {
      state = one.evolve(state, one.aggregate.codec.decode(stored), commit)
    }
  }
  return state
}

export type LawAnswer =
  /** It became what it was to become. */
  | { readonly outcome: 'same'; readonly events: readonly unknown[] }
  | { readonly outcome: 'obstacle'; readonly error: DomainError }
  /** Fields changed since, by path. */
  | { readonly outcome: 'conflict'; readonly paths: readonly string[] }

/** Brings the object back to what it was after `commits`. Throws an Error where the law is broken. */
export function restoreTo(law: LawCase, commits: number): LawAnswer {
  const { one, history, nowUnixMs } = law
  const earlier = one.facts(stateAfter(law, commits))
  const now = one.facts(stateAfter(law, history.length))
  return bring(law, aimAt(one, earlier, now, nowUnixMs))
}

/** Takes back what commit `at` did, counted from 1, as E-07 has it. Throws an Error where the law is broken. */
export function undoOf(law: LawCase, at: number): LawAnswer {
  const { one, history, nowUnixMs } = law
  const now = one.facts(stateAfter(law, history.length))
  const merged = takeBack(one.facts(stateAfter(law, at - 1)), one.facts(stateAfter(law, at)), now)
  if (merged.conflicts.length > 0) {
    return { outcome: 'conflict', paths: merged.conflicts.map(({ path }) => path.join('.')) }
  }
  // as: merged of facts
  return bring(law, aimAt(one, merged.value as object | undefined, now, nowUnixMs))
}

function bring(law: LawCase, target: object | undefined): LawAnswer {
  const { one, id, history, around, nowUnixMs } = law
  const now = stateAfter(law, history.length)
  let events: readonly unknown[]
  try {
    events = one.compensate({ id, now, target, around, nowUnixMs })
  } catch (error) {
    if (error instanceof DomainError && isObstacle(error)) return { outcome: 'obstacle', error }
    throw error
  }
  const after = stateAfter(law, history.length, events)
  if (!isSame(one.facts(after), target)) {
    throw new Error(
      `became ${JSON.stringify(one.facts(after))} and not ${JSON.stringify(target)} by ${JSON.stringify(events)}`,
    )
  }
  const again = one.compensate({ id, now: after, target, around, nowUnixMs })
  if (again.length > 0) throw new Error(`is not done: ${JSON.stringify(again)}`)
  return { outcome: 'same', events }
}
