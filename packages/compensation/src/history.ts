import type { Commit, EventLog } from '@holdfast/event-log'
import type { AnyCompensable } from './compensable.ts'

/** What is read of the log. */
export type HistoryLog = Pick<EventLog, 'subscribe' | 'history'>

export interface Kinds {
  /** First part of the subjects: the service. */
  readonly context: string
  /** Position in the list; lower ones are brought first. */
  rank(one: AnyCompensable): number
  /** By the aggregate's type; undefined for what is never brought back. */
  of(aggregateType: string): AnyCompensable | undefined
}

/** The moments that are compared: right after these commits. */
export interface Range {
  /** 0: before the first. */
  readonly to: bigint
  readonly head: bigint
}

/** One aggregate, folded. */
export interface Folded {
  readonly one: AnyCompensable
  readonly id: string
  readonly subject: string
  readonly revision: bigint
  /** At the head. Whoever folds on changes it. */
  readonly state: unknown
  /** At `to`. */
  readonly earlier: object | undefined
}

export interface Touched {
  readonly bySubject: ReadonlyMap<string, AnyCompensable>
  /** Of the service between `to` and `head`. */
  readonly commits: number
}

/** Aggregates that were changed after `to`, in one pass over the commits since; `touchedBy` as in a scope. */
export async function touchedIn(
  log: HistoryLog,
  kinds: Kinds,
  { to, head }: Range,
  touchedBy: string,
  signal: AbortSignal,
): Promise<Touched> {
  const bySubject = new Map<string, AnyCompensable>()
  let commits = 0
  await eachCommit(log, kinds.context, { from: to + 1n, until: head }, signal, (commit) => {
    commits += 1
    if (bySubject.has(commit.subject)) return
    if (touchedBy !== '' && commit.reason !== touchedBy) return
    const one = kinds.of(commit.aggregateType)
    if (one) bySubject.set(commit.subject, one)
  })
  return { bySubject, commits }
}

/**
 * What looking one history up costs, in commits that a reader under way could have had instead (measured: 15 ms against
 * 0.18 ms on a busy machine). The server looks for a subject block by block.
 */
const commitsPerLookup = 100n

/** Aggregates as they were at `to` and are at `head`, in any order. Reads the fewer commits: theirs, or all of the service. */
export async function foldTouched(
  log: HistoryLog,
  kinds: Kinds,
  range: Range,
  touched: Touched['bySubject'],
  signal: AbortSignal,
): Promise<readonly Folded[]> {
  const folds = new Map<string, Fold>()
  for (const [subject, one] of touched) folds.set(subject, new Fold(one, subject, range.to))
  if (BigInt(touched.size) * commitsPerLookup < range.head) {
    const waiting = [...folds.values()]
    const work = async (): Promise<void> => {
      for (let fold = waiting.pop(); fold; fold = waiting.pop()) {
        signal.throwIfAborted()
        for await (const commit of log.history(fold.subject)) {
          if (commit.sequence > range.head) break
          fold.take(commit)
        }
      }
    }
    await Promise.all(Array.from({ length: 8 }, work))
  } else {
    const bounds = { from: 1n, until: range.head }
    await eachCommit(log, kinds.context, bounds, signal, (commit) => {
      folds.get(commit.subject)?.take(commit)
    })
  }
  return [...folds.values()].map((fold) => fold.end())
}

/** Folds one aggregate and remembers what it was at a moment on the way. */
export class Fold {
  readonly subject: string
  readonly #one: AnyCompensable
  readonly #id: string
  readonly #to: bigint
  #state: unknown
  #revision = 0n
  #earlier: object | undefined
  #isPast = false

  constructor(one: AnyCompensable, subject: string, to: bigint) {
    this.subject = subject
    this.#one = one
    this.#id = subject.split('.').slice(3).join('.')
    this.#to = to
    this.#state = one.initial(this.#id)
  }

  take(commit: Commit): void {
    if (commit.sequence > this.#to) this.#pass()
    this.#state = evolved(this.#one, this.#state, commit)
    this.#revision = commit.sequence
  }

  end(): Folded {
    this.#pass()
    return {
      one: this.#one,
      id: this.#id,
      subject: this.subject,
      revision: this.#revision,
      state: this.#state,
      earlier: this.#earlier,
    }
  }

  #pass(): void {
    if (this.#isPast) return
    this.#isPast = true
    this.#earlier = this.#one.facts(this.#state)
  }
}

export function evolved(one: AnyCompensable, state: unknown, commit: Commit): unknown {
  let next = state
  for (const stored of commit.events) {
    next = one.evolve(next, one.aggregate.codec.decode(stored), commit)
  }
  return next
}

/** Every commit of a service from one sequence to another, each once and in order. Rejects when the signal aborts. */
async function eachCommit(
  log: HistoryLog,
  context: string,
  { from, until }: { readonly from: bigint; readonly until: bigint },
  signal: AbortSignal,
  take: (commit: Commit) => void,
): Promise<void> {
  if (from > until) return
  const end = new AbortController()
  await log.subscribe(
    {
      from,
      filter: `evt.${context}.>`,
      name: 'compensation',
      signal: AbortSignal.any([signal, end.signal]),
      // The last commit of the log may be another service's.
      onCaughtUp: () => end.abort(),
    },
    (commits) => {
      for (const commit of commits) {
        if (commit.sequence > until) return end.abort()
        take(commit)
      }
    },
  )
  signal.throwIfAborted()
}
