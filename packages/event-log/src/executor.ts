import { uuidV5 } from '@holdfast/domain'
import type { Append, ChainAppend } from './appender.ts'
import { chains } from './chain.ts'
import { encodeCommit } from './commit-codec.ts'
import type { CommitReader } from './commit-reader.ts'
import type { Durability } from './durable.ts'
import { Contended, IdempotencyKeyReused, LogFull, LogUnavailable, Stale } from './errors.ts'
import type { HotAggregate } from './hot-aggregate.ts'
import type { HotAggregates } from './hot-aggregates.ts'
import { subjectOf } from './subject.ts'
import type { Letter } from './transmitter.ts'
import type { Aggregate, CommandContext, CommandRegistry, EventLog, Outcome } from './types.ts'

interface Options {
  readonly context: string
  readonly canAppend: boolean
  /** Why no command is looked at: what a refused log holds may be wrong, and so would be what is decided on it. */
  readonly refusal: () => Error | undefined
  readonly lineageId: string
  readonly generation: number
  readonly append: Append
  readonly appendChain: ChainAppend
  /** Whether the log stores chains. */
  readonly takesChains: boolean
  readonly reader: CommitReader
  readonly aggregates: HotAggregates
  readonly registry: () => CommandRegistry | undefined
  readonly head: () => Promise<bigint>
  readonly onStored: (sequence: bigint) => void
  readonly durability: Pick<Durability, 'noted' | 'whenSafe'>
  /** The greatest sequence an answer may be made of without waiting. */
  readonly safe: () => bigint
}

interface Running {
  readonly subject: string
  readonly requestHash: Uint8Array | undefined
  readonly actorId: string
  readonly outcome: Promise<Outcome<unknown, unknown>>
}

const maxAttempts = 10

/** Stands for a command whose events are known already. */
class Decided<E> {
  readonly events: readonly E[]
  constructor(events: readonly E[]) {
    this.events = events
  }
}

type Wish<C, E, S> = C | ((state: S) => C) | Decided<E>

/** Executes commands: fold, decide, append, evolve, and once each. */
export function executor(options: Options): Pick<EventLog, 'execute' | 'record' | 'fold' | 'peek'> {
  const { aggregates, reader } = options
  const running = new Map<string, Running>()
  const clock = microseconds()

  const hotOf = <C, E, S>(aggregate: Aggregate<C, E, S>, id: string): HotAggregate<C, E, S> =>
    aggregates.get(aggregate, subjectOf(aggregate.context, aggregate.type, id))

  /** The answer to a command that stands in the log already. Call within the queue. */
  async function repeated<C, E, S>(
    hot: HotAggregate<C, E, S>,
    sequence: bigint,
  ): Promise<Outcome<S, E>> {
    const commit = await reader.at(sequence)
    if (!commit) throw LogUnavailable({ reason: `commit ${sequence} cannot be read` })
    const events = commit.events.map((event) => hot.aggregate.codec.decode(event))
    const { timeUnixMs } = commit
    return {
      sequence,
      revision: sequence,
      state: hot.state,
      events,
      timeUnixMs,
      isRepeated: true,
    }
  }

  /** Where the registry knows the command to be. Waits until it knows all there is. */
  async function registered(subject: string, context: CommandContext): Promise<bigint | undefined> {
    const registry = options.registry()
    if (!context.isKeyed || !registry) return undefined
    const find = () => registry.find(context.organizationId, context.commandId)
    let known = await find()
    if (!known) {
      const head = await options.head()
      // It includes nothing that is not safe.
      await options.durability.whenSafe(head, context.signal)
      await registry.reached(head, context.signal)
      known = await find()
    }
    if (!known) return undefined
    if (known.subject !== subject) throw IdempotencyKeyReused({})
    refuseOther(known, context)
    return known.sequence
  }

  /** The commit on the aggregate's present state; `behind` how many others of its chain. */
  function write<C, E, S>(
    hot: HotAggregate<C, E, S>,
    id: string,
    events: readonly E[],
    context: CommandContext,
    behind?: number,
  ): { readonly letter: Letter; readonly timeUnixMs: number } {
    const { aggregate, subject, revision } = hot
    // A chain is one attempt, and a commit that goes again by itself another one.
    const place = behind === undefined ? `${revision}` : `${revision}+${behind}`
    const commitId = uuidV5(context.commandId, place)
    const timeUnixUs = clock()
    const bytes = encodeCommit({
      commitId,
      lineageId: options.lineageId,
      generation: options.generation,
      aggregateType: aggregate.type,
      aggregateId: id,
      aggregateVersion: hot.version + 1n,
      organizationId: context.organizationId,
      actor: context.actor,
      commandId: context.commandId,
      correlationId: context.correlationId,
      causationId: context.causationId,
      requestHash: context.requestHash,
      timeUnixUs,
      reason: context.reason,
      events: events.map((event) => aggregate.codec.encode(event)),
    })
    const { traceparent } = context
    const isFollower = behind !== undefined && behind > 0
    return {
      letter: { subject, commitId, expected: revision, bytes, traceparent, isFollower },
      timeUnixMs: Number(timeUnixUs / 1000n),
    }
  }

  async function perform<C, E, S>(
    hot: HotAggregate<C, E, S>,
    id: string,
    command: Wish<C, E, S>,
    context: CommandContext,
  ): Promise<Outcome<S, E>> {
    let isFresh = false
    const refresh = async (): Promise<boolean> => {
      isFresh = true
      return await hot.refresh(reader)
    }
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      context.signal?.throwIfAborted()
      if (!hot.isLoaded) await refresh()

      const earlier = hot.recent.get(context.commandId)
      if (earlier) {
        refuseOther(earlier, context)
        return await repeated(hot, earlier.sequence)
      }

      const decision = attemptTo(() => decide(hot, command, context))
      // A refusal stands only if it was made on what the log holds now, and not on our memory of it.
      const isFinal = 'error' in decision || decision.events.length === 0
      if (isFinal && !isFresh && (await refresh())) continue
      if ('error' in decision) throw decision.error
      const { events } = decision
      const { revision, state } = hot
      if (events.length === 0)
        return {
          sequence: revision,
          revision,
          state,
          events,
          timeUnixMs: undefined,
          isRepeated: false,
        }

      const { letter, timeUnixMs } = write(hot, id, events, context)
      const { commandId, signal } = context
      const appended = await options.append(letter, { commandId, signal }).catch((error) => {
        // Unless it certainly was not stored, the next command reads the history again.
        if (!LogUnavailable.is(error) && !LogFull.is(error)) hot.forget()
        throw error
      })
      if (appended.type === 'conflict') {
        await refresh()
        continue
      }
      const { sequence } = appended
      options.onStored(sequence)
      hot.evolve(events, sequence)
      hot.remember(commandId, {
        sequence,
        requestHash: context.requestHash,
        actorId: context.actor.id,
      })
      return {
        sequence,
        revision: sequence,
        state: hot.state,
        events,
        timeUnixMs,
        isRepeated: false,
      }
    }
    throw Contended({ attempts: maxAttempts })
  }

  const carryOut = chains({
    append: options.appendChain,
    reader,
    perform,
    decide,
    write,
    onStored: options.onStored,
  })

  /** Undefined when the command has to go by itself. */
  function chainable<C, E, S>(
    { aggregate }: HotAggregate<C, E, S>,
    command: Wish<C, E, S>,
    context: CommandContext,
  ): C | undefined {
    if (typeof command === 'function' || command instanceof Decided) return undefined
    if (!options.takesChains) return undefined
    const data = command as C // as: what is not callable is a command
    if (context.expectedRevision !== undefined || !aggregate.mayFollow?.(data)) return undefined
    return data
  }

  /** Each command has a turn of its own in the queue, unless it went along with an earlier one. */
  function chained<C, E, S>(
    hot: HotAggregate<C, E, S>,
    id: string,
    command: C,
    context: CommandContext,
    onSeen: (sequence: bigint) => void,
  ): Promise<Outcome<S, E>> {
    return new Promise((resolve, reject) => {
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          onSeen(hot.revision)
          settle(value)
        }
      hot.waiting.push({ command, context, resolve: settled(resolve), reject: settled(reject) })
      void hot.queue.run(() => carryOut(hot, id))
    })
  }

  async function carriedOut<C, E, S>(
    aggregate: Aggregate<C, E, S>,
    id: string,
    command: Wish<C, E, S>,
    context: CommandContext,
    onSeen: (sequence: bigint) => void,
  ): Promise<Outcome<S, E>> {
    if (aggregate.context !== options.context)
      throw new RangeError(`context ${aggregate.context} is not written by ${options.context}`)
    if (!options.canAppend)
      throw LogUnavailable({ reason: `these credentials may not write context ${options.context}` })
    const refusal = options.refusal()
    if (refusal) throw refusal
    const key = `${context.organizationId ?? ''}/${context.commandId}`

    for (let first = running.get(key); first; first = running.get(key)) {
      const subject = subjectOf(aggregate.context, aggregate.type, id)
      if (first.subject !== subject) throw IdempotencyKeyReused({})
      refuseOther(first, context)
      const outcome = await first.outcome.catch(() => undefined)
      // Same subject and same definition, hence the same types. After a failure it is our turn.
      if (outcome) {
        onSeen(outcome.sequence)
        return { ...(outcome as Outcome<S, E>), isRepeated: true }
      }
    }

    const hot = hotOf(aggregate, id)
    const outcome = (async () => {
      const isRecent = hot.recent.has(context.commandId)
      const known = isRecent ? undefined : await registered(hot.subject, context)
      const link = known === undefined ? chainable(hot, command, context) : undefined
      if (link !== undefined) return await chained(hot, id, link, context, onSeen)
      return await hot.queue.run(async () => {
        try {
          if (known === undefined) return await perform(hot, id, command, context)
          await hot.refresh(reader)
          return await repeated(hot, known)
        } finally {
          // Within the queue: this is the revision that was decided on, or a refusal.
          onSeen(hot.revision)
        }
      })
    })()
    const entry: Running = {
      subject: hot.subject,
      requestHash: context.requestHash,
      actorId: context.actor.id,
      outcome,
    }
    running.set(key, entry)
    try {
      return await outcome
    } finally {
      running.delete(key)
    }
  }

  return {
    execute: (aggregate, id, command, context) =>
      options.durability.noted(
        (on) =>
          carriedOut(aggregate, id, command, context, (sequence) =>
            on.commanded(context.commandId, sequence),
          ),
        context.signal,
      ),
    record: (aggregate, id, events, context) =>
      options.durability.noted(
        (on) =>
          carriedOut(aggregate, id, new Decided(events), context, (sequence) =>
            on.commanded(context.commandId, sequence),
          ),
        context.signal,
      ),
    fold: (aggregate, id, signal) =>
      options.durability.noted(async (on) => {
        const hot = hotOf(aggregate, id)
        return await hot.queue.run(async () => {
          signal?.throwIfAborted()
          await hot.refresh(reader)
          on.read(hot.revision)
          return { state: hot.state, revision: hot.revision }
        })
      }, signal),
    peek(aggregate, id) {
      const hot = aggregates.find(aggregate, subjectOf(aggregate.context, aggregate.type, id))
      if (!hot?.isLoaded) return undefined
      const { state, revision } = hot
      return { state, revision, isSafe: revision <= options.safe() }
    },
  }
}

function decide<C, E, S>(
  hot: HotAggregate<C, E, S>,
  command: Wish<C, E, S>,
  context: CommandContext,
): readonly E[] {
  const { expectedRevision } = context
  if (expectedRevision !== undefined && expectedRevision !== hot.revision)
    throw Stale({ expected: expectedRevision, actual: hot.revision })
  if (command instanceof Decided) return command.events as readonly E[] // as: made in `record`
  const { decider } = hot.aggregate
  // A command is data; what is callable makes one from the state.
  const made = typeof command === 'function' ? (command as (state: S) => C)(hot.state) : command
  return decider.decide(made, hot.state)
}

function attemptTo<E>(
  decideNow: () => readonly E[],
): { readonly events: readonly E[] } | { readonly error: unknown } {
  try {
    return { events: decideNow() }
  } catch (error) {
    return { error }
  }
}

/** One command id means one request of one actor. */
function refuseOther(
  known: { readonly requestHash?: Uint8Array | undefined; readonly actorId: string },
  context: CommandContext,
): void {
  const { requestHash, actor } = context
  const isOtherRequest =
    known.requestHash !== undefined &&
    requestHash !== undefined &&
    !Buffer.from(known.requestHash).equals(requestHash)
  if (isOtherRequest || known.actorId !== actor.id) throw IdempotencyKeyReused({})
}

/** The clock in µs; never the same twice in one process. */
function microseconds(): () => bigint {
  let last = 0n
  return () => {
    const now = BigInt(Date.now()) * 1000n
    last = now > last ? now : last + 1n
    return last
  }
}
