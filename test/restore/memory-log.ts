import { type CommandId, newId } from '@holdfast/domain'
import {
  type Aggregate,
  type CommandContext,
  type Commit,
  type EventLog,
  type Outcome,
  parseSubject,
  Stale,
  type SubscribeOptions,
  subjectOf,
} from '@holdfast/event-log'

export type TestLog = Pick<
  EventLog,
  'lineageId' | 'subscribe' | 'history' | 'record' | 'read' | 'safeHead' | 'execute' | 'fold'
>

interface Hot {
  readonly state: unknown
  readonly revision: bigint
}

/**
 * A log in memory: one total order, revisions by subject, commands that are known when they come again. For tests that go
 * back thousands of times; what NATS does with all this is shown elsewhere. A copy goes on by itself.
 */
export class MemoryLog implements TestLog {
  readonly lineageId: string
  readonly commits: Commit[]
  readonly #bySubject = new Map<string, Commit[]>()
  readonly #byContext = new Map<string, Commit[]>()
  readonly #hot = new Map<string, Hot>()
  #clock: number

  constructor(of?: MemoryLog) {
    this.lineageId = of?.lineageId ?? newId<string>()
    this.commits = of ? [...of.commits] : []
    this.#clock = of ? of.#clock : 1_700_000_000_000
    for (const commit of this.commits) this.#file(commit)
  }

  get head(): bigint {
    return BigInt(this.commits.length)
  }

  /** Goes on with every commit; ms since 1970. */
  readonly now = (): number => this.#clock

  safeHead = (): Promise<bigint> => Promise.resolve(this.head)
  read = (sequence: bigint): Promise<Commit | undefined> =>
    Promise.resolve(this.commits[Number(sequence) - 1])

  async *history(subject: string, after = 0n): AsyncGenerator<Commit> {
    yield* since(this.#bySubject.get(subject) ?? [], after)
  }

  subscribe(
    { from, filter, signal, onCaughtUp }: SubscribeOptions,
    onBatch: (commits: readonly Commit[]) => Promise<void> | void,
  ): Promise<void> {
    const context = /^evt\.(\w+)\.>$/.exec(filter ?? '')?.[1] ?? ''
    const all = this.#byContext.get(context) ?? []
    const batch = since(all, from - 1n)
    const over = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
    return (async () => {
      await onBatch(batch)
      onCaughtUp?.()
      await over
    })()
  }

  async fold<C, E, S>(aggregate: Aggregate<C, E, S>, id: string) {
    return this.#folded(aggregate, id)
  }

  async execute<C, E, S>(
    aggregate: Aggregate<C, E, S>,
    id: string,
    command: C | ((state: S) => C),
    context: CommandContext,
  ): Promise<Outcome<S, E>> {
    const { state } = this.#folded(aggregate, id)
    // as: a command is data
    const wish = typeof command === 'function' ? (command as (state: S) => C)(state) : command
    const decide = () => aggregate.decider.decide(wish, state)
    return this.#append(aggregate, id, decide, context)
  }

  async record<C, E, S>(
    aggregate: Aggregate<C, E, S>,
    id: string,
    events: readonly E[],
    context: CommandContext & { readonly expectedRevision: bigint },
  ): Promise<Outcome<S, E>> {
    return this.#append(aggregate, id, () => events, context)
  }

  #folded<C, E, S>(aggregate: Aggregate<C, E, S>, id: string) {
    const subject = subjectOf(aggregate.context, aggregate.type, id)
    const hot = this.#hot.get(subject)
    // as: a subject has one kind of aggregate
    let state = (hot?.state ?? aggregate.decider.initial()) as S
    let revision = hot?.revision ?? 0n
    for (const commit of since(this.#bySubject.get(subject) ?? [], revision)) {
      for (const stored of commit.events)
        state = aggregate.decider.evolve(state, aggregate.codec.decode(stored))
      revision = commit.sequence
    }
    this.#hot.set(subject, { state, revision })
    return { state, revision }
  }

  #append<C, E, S>(
    aggregate: Aggregate<C, E, S>,
    id: string,
    decide: () => readonly E[],
    context: CommandContext,
  ): Outcome<S, E> {
    const subject = subjectOf(aggregate.context, aggregate.type, id)
    const known = this.#bySubject.get(subject) ?? []
    const before = known.find(({ commandId }) => commandId === context.commandId)
    const { state, revision } = this.#folded(aggregate, id)
    const outcome = { revision, state, timeUnixMs: undefined }
    if (before) {
      const events = before.events.map((stored) => aggregate.codec.decode(stored))
      return { ...outcome, sequence: before.sequence, events, isRepeated: true }
    }
    const expected = context.expectedRevision
    if (expected !== undefined && expected !== revision) throw Stale({ expected, actual: revision })
    const events = decide()
    if (events.length === 0) return { ...outcome, sequence: revision, events, isRepeated: false }
    this.#clock += 1_000
    const sequence = this.head + 1n
    const stored = events.map((event) => aggregate.codec.encode(event))
    const commit: Commit = {
      ...{ sequence, subject, commitId: newId<string>(), lineageId: this.lineageId },
      ...{ generation: 1, context: aggregate.context, aggregateType: aggregate.type },
      aggregateId: parseSubject(subject)?.aggregateId ?? '',
      aggregateVersion: BigInt(known.length + 1), // told apart by nobody here
      organizationId: context.organizationId,
      actor: context.actor,
      ...{ commandId: context.commandId, correlationId: context.correlationId },
      ...{ causationId: context.causationId, requestHash: undefined },
      ...{ timeUnixUs: BigInt(this.#clock) * 1_000n, timeUnixMs: this.#clock },
      ...{ reason: context.reason ?? '', events: stored, bytes: new Uint8Array() },
    }
    this.commits.push(commit)
    this.#file(commit)
    const after = this.#folded(aggregate, id)
    return { ...after, sequence, events, timeUnixMs: this.#clock, isRepeated: false }
  }

  #file(commit: Commit): void {
    put(this.#bySubject, commit.subject, commit)
    put(this.#byContext, commit.context, commit)
  }
}

/** Commits after one; they come in order. */
function since(all: readonly Commit[], sequence: bigint): readonly Commit[] {
  let first = 0
  for (let end = all.length; first < end; ) {
    const middle = (first + end) >>> 1
    if ((all[middle]?.sequence ?? 0n) <= sequence) first = middle + 1
    else end = middle
  }
  return all.slice(first)
}

function put<T>(lists: Map<string, T[]>, key: string, one: T): void {
  const known = lists.get(key)
  if (known) known.push(one)
  else lists.set(key, [one])
}

/** Whatever a test does, it is somebody's command. */
export const someCommand = (organizationId?: string): CommandContext => ({
  commandId: newId<CommandId>(),
  isKeyed: false,
  actor: { kind: 'service', id: 'test' },
  correlationId: newId<string>(),
  ...(organizationId ? { organizationId } : {}),
})
