import type { ChainAppend } from './appender.ts'
import type { CommitReader } from './commit-reader.ts'
import { OutcomeUnknown } from './errors.ts'
import type { HotAggregate, Waiting } from './hot-aggregate.ts'
import { type Letter, maxBatchedBytes } from './transmitter.ts'
import type { CommandContext, Outcome } from './types.ts'

/** Commands that go as one chain at most. */
const maxChain = 250

interface Written {
  readonly letter: Letter
  readonly timeUnixMs: number
}

interface Options {
  readonly append: ChainAppend
  readonly reader: CommitReader
  /** Carries out one command by itself. Call within the queue. */
  readonly perform: <C, E, S>(
    hot: HotAggregate<C, E, S>,
    id: string,
    command: C,
    context: CommandContext,
  ) => Promise<Outcome<S, E>>
  /** What the command decides now; throws what it is refused with. */
  readonly decide: <C, E, S>(
    hot: HotAggregate<C, E, S>,
    command: C,
    context: CommandContext,
  ) => readonly E[]
  /** `behind` others of one chain, whose first expects the aggregate's revision. */
  readonly write: <C, E, S>(
    hot: HotAggregate<C, E, S>,
    id: string,
    events: readonly E[],
    context: CommandContext,
    behind: number,
  ) => Written
  readonly onStored: (sequence: bigint) => void
}

interface Link<C, E, S> extends Written {
  readonly waiting: Waiting<C, E, S>
  readonly events: readonly E[]
}

/**
 * Carries out commands of one aggregate that wait behind each other as one chain: each is decided on the facts
 * of those before it, and all are stored as one atomic batch, or none. That is one disk flush for many.
 *
 * A chain that is not acknowledged is forgotten and its commands are carried out one by one, on what the log
 * holds by then. They find those that were stored after all: whatever is appended next takes the place the
 * chain expected, so it cannot be stored later.
 */
export function chains(options: Options) {
  const { reader, perform } = options

  async function alone<C, E, S>(
    hot: HotAggregate<C, E, S>,
    id: string,
    { command, context, resolve, reject }: Waiting<C, E, S>,
  ): Promise<void> {
    await perform(hot, id, command, context).then(resolve, reject)
  }

  /** Decides as far as it goes; what is refused has to be asked again on what the log holds. */
  function link<C, E, S>(
    hot: HotAggregate<C, E, S>,
    id: string,
    candidates: readonly Waiting<C, E, S>[],
  ): Link<C, E, S>[] {
    const links: Link<C, E, S>[] = []
    for (const waiting of candidates) {
      const { command, context } = waiting
      if (context.signal?.aborted || hot.recent.has(context.commandId)) break
      let made: { readonly events: readonly E[]; readonly written: Written }
      try {
        const events = options.decide(hot, command, context)
        if (events.length === 0) break
        made = { events, written: options.write(hot, id, events, context, links.length) }
      } catch {
        break // it gets its answer from `perform`
      }
      const { events, written } = made
      if (written.letter.bytes.length > maxBatchedBytes) break
      try {
        hot.foresee(events)
      } catch {
        hot.forget() // half of a fact is none
        return []
      }
      links.push({ ...written, waiting, events })
    }
    return links
  }

  function stored<C, E, S>(
    hot: HotAggregate<C, E, S>,
    links: readonly Link<C, E, S>[],
    first: bigint,
  ): void {
    const last = first + BigInt(links.length - 1)
    hot.revision = last
    options.onStored(last)
    links.forEach(({ waiting: { context, resolve }, events, timeUnixMs }, at) => {
      const sequence = first + BigInt(at)
      const { commandId, requestHash, actor } = context
      hot.remember(commandId, { sequence, requestHash, actorId: actor.id })
      const { state } = hot
      resolve({ sequence, revision: sequence, state, events, timeUnixMs, isRepeated: false })
    })
  }

  async function oneByOne<C, E, S>(
    hot: HotAggregate<C, E, S>,
    id: string,
    links: readonly Link<C, E, S>[],
    wasInDoubt: boolean,
  ): Promise<void> {
    hot.forget()
    let isInDoubt = wasInDoubt
    for (const { waiting } of links) {
      const { command, context, resolve, reject } = waiting
      try {
        const outcome = await perform(hot, id, command, context)
        isInDoubt = false
        // What it finds in the log is its own chain.
        resolve(wasInDoubt ? { ...outcome, isRepeated: false } : outcome)
      } catch (error) {
        // Nothing has taken the chain's place yet, so it may still come to be stored.
        reject(isInDoubt ? OutcomeUnknown({ commandId: context.commandId }, error) : error)
      }
    }
  }

  /** Settles at least the first of those that wait. Never rejects. Call within the queue. */
  return async function carryOut<C, E, S>(hot: HotAggregate<C, E, S>, id: string): Promise<void> {
    const [only, ...others] = hot.waiting
    if (!only) return
    if (others.length === 0) {
      hot.waiting.shift()
      return await alone(hot, id, only)
    }
    // Those answered just now read the state before it runs ahead of the log; who comes meanwhile goes along.
    await new Promise((resolve) => setImmediate(resolve))
    const loaded = hot.isLoaded
      ? true
      : await hot.refresh(reader).then(
          () => true,
          () => false,
        )
    const links = loaded ? link(hot, id, hot.waiting.slice(0, maxChain)) : []
    const [first, ...rest] = links
    if (!first) {
      hot.waiting.shift()
      return await alone(hot, id, only)
    }
    hot.waiting.splice(0, links.length)
    const appended = await options.append([first.letter, ...rest.map(({ letter }) => letter)])
    if (appended.type === 'stored') stored(hot, links, appended.sequence)
    else await oneByOne(hot, id, links, appended.isInDoubt)
  }
}
