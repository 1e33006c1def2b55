import { assertNever, type CommandId, type Decider, newId, uuidV5 } from '@holdfast/domain'
import { defineError } from '@holdfast/errors'
import {
  type Aggregate,
  type CommandContext,
  type Commit,
  CommitTooLarge,
  eventCodec,
  Stale,
  subjectOf,
} from '@holdfast/event-log'
import { type AnyCompensable, compensable } from './compensable.ts'
import type { CompensationParts } from './handlers.ts'

// A log in memory, and one kind of things to keep in it, for tests of what is decided when.

type MemoryLog = CompensationParts['log'] & {
  readonly commits: Commit[]
  /** Stores as somebody would who knows nothing of restores. */
  add(aggregate: AnyAggregate, id: string, events: readonly unknown[], reason?: string): bigint
  /** Called before each record: to throw, or to get in first. */
  beforeRecord: ((aggregate: AnyAggregate, id: string) => void) | undefined
  /** The most events one commit may have. */
  most: number
  /** Reads of single histories, and of the whole context. */
  readonly reads: { histories: number; passes: number }
}
type AnyAggregate = Aggregate<never, unknown, unknown>

const lineageId = newId<string>()

export function memoryLog(): MemoryLog {
  const commits: Commit[] = []
  const of = (subject: string): Commit[] => commits.filter((commit) => commit.subject === subject)
  function store(
    aggregate: AnyAggregate,
    id: string,
    events: readonly unknown[],
    context: CommandContext,
  ): bigint {
    const subject = subjectOf(aggregate.context, aggregate.type, id)
    const sequence = BigInt(commits.length + 1)
    const { commandId, actor, correlationId, causationId, organizationId, reason = '' } = context
    commits.push({
      sequence,
      subject,
      context: aggregate.context,
      commitId: uuidV5(commandId, `${sequence}`),
      lineageId,
      generation: 1,
      aggregateType: aggregate.type,
      aggregateId: id,
      aggregateVersion: BigInt(of(subject).reduce((sum, one) => sum + one.events.length, 1)),
      organizationId,
      actor,
      commandId,
      correlationId,
      causationId,
      requestHash: undefined,
      timeUnixUs: sequence * 1_000_000n,
      timeUnixMs: Number(sequence) * 1000,
      reason,
      events: events.map((event) => aggregate.codec.encode(event)),
      bytes: new Uint8Array(),
    })
    return sequence
  }
  const log: MemoryLog = {
    commits,
    beforeRecord: undefined,
    most: Number.POSITIVE_INFINITY,
    reads: { histories: 0, passes: 0 },
    add: (aggregate, id, events, reason = '') =>
      store(aggregate, id, events, {
        commandId: newId<CommandId>(),
        isKeyed: false,
        actor: { kind: 'user', id: 'somebody' },
        correlationId: newId(),
        reason,
      }),
    async record(aggregate, id, events, context) {
      const any = aggregate as unknown as AnyAggregate // as: forgets the command
      log.beforeRecord?.(any, id)
      const subject = subjectOf(aggregate.context, aggregate.type, id)
      const revision = of(subject).at(-1)?.sequence ?? 0n
      if (revision !== context.expectedRevision) {
        throw Stale({ expected: context.expectedRevision, actual: revision })
      }
      if (events.length > log.most)
        throw CommitTooLarge({ bytes: events.length, maxBytes: log.most })
      const sequence = store(any, id, events, context)
      const state = aggregate.decider.initial()
      return { sequence, revision: sequence, state, events, timeUnixMs: 0, isRepeated: false }
    },
    async read(sequence) {
      return commits[Number(sequence) - 1]
    },
    async *history(subject, after = 0n) {
      log.reads.histories += 1
      yield* of(subject).filter(({ sequence }) => sequence > after)
    },
    async subscribe({ from, filter = '', onCaughtUp }, onBatch) {
      log.reads.passes += 1
      const context = filter.split('.')[1]
      await onBatch(commits.filter((one) => one.sequence >= from && one.context === context))
      onCaughtUp?.()
    },
    safeHead: async () => BigInt(commits.length),
  }
  return log
}

export type ThingEvent =
  | {
      readonly type: 'ThingSet'
      readonly name: string
      readonly parts: Readonly<Record<string, number>>
    }
  | { readonly type: 'PartSet'; readonly part: string; readonly value: number }
  | { readonly type: 'PartGone'; readonly part: string }
  | { readonly type: 'ThingGone' }

export interface ThingFacts {
  readonly name: string
  readonly organizationId: string
  readonly parts: Readonly<Record<string, { readonly value: number }>>
}

const json = <E>() => ({
  encode: (event: E) => new Uint8Array(Buffer.from(JSON.stringify(event))),
  decode: [(data: Uint8Array): E => JSON.parse(Buffer.from(data).toString()) as E], // as: written above
})
const decider: Decider<never, ThingEvent, ThingFacts | undefined> = {
  initial: () => undefined,
  decide: () => [],
  evolve(state, event) {
    switch (event.type) {
      case 'ThingSet': {
        const parts = Object.fromEntries(
          Object.entries(event.parts).map(([part, value]) => [part, { value }]),
        )
        return { name: event.name, organizationId: state?.organizationId ?? '', parts }
      }
      case 'PartSet':
        return (
          state && { ...state, parts: { ...state.parts, [event.part]: { value: event.value } } }
        )
      case 'PartGone': {
        if (!state) return state
        const { [event.part]: _, ...parts } = state.parts
        return { ...state, parts }
      }
      case 'ThingGone':
        return undefined
      default:
        return assertNever(event)
    }
  },
}

/** `evt.stock.<type>.<id>`. */
export const thingsOf = (type: string): Aggregate<never, ThingEvent, ThingFacts | undefined> => ({
  context: 'stock',
  type,
  decider,
  codec: eventCodec<ThingEvent>({
    ThingSet: json(),
    PartSet: json(),
    PartGone: json(),
    ThingGone: json(),
  }),
})

export const Cursed = defineError('stock.cursed', 'illegal_state', () => 'it is cursed')

/** Things with parts; their names are unique. One whose target is called `cursed` cannot be brought back. */
export const thingKind = (
  type: string,
  more: Partial<
    Parameters<typeof compensable<ThingFacts | undefined, ThingFacts, ThingEvent, undefined>>[0]
  > = {},
): AnyCompensable =>
  compensable<ThingFacts | undefined, ThingFacts, ThingEvent, undefined>({
    kind: type === 'node' ? 'node' : 'interface',
    aggregate: thingsOf(type),
    after: [],
    members: { parts: { kind: 'peer', name: () => 'part' } },
    initial: () => undefined,
    evolve: decider.evolve,
    facts: (state) => state,
    about: ({ name, organizationId }) => ({ name, organizationId }),
    claims: ({ name }) => [name],
    compensate({ now, target }) {
      if (target?.name === 'cursed') throw Cursed({})
      if (!target) return now ? [{ type: 'ThingGone' }] : []
      const events: ThingEvent[] = []
      if (!now || now.name !== target.name) {
        const parts = Object.fromEntries(
          Object.entries(now?.parts ?? {}).map(([part, { value }]) => [part, value]),
        )
        events.push({ type: 'ThingSet', name: target.name, parts })
      }
      for (const part of Object.keys(now?.parts ?? {})) {
        if (!target.parts[part]) events.push({ type: 'PartGone', part })
      }
      for (const [part, { value }] of Object.entries(target.parts)) {
        if (now?.parts[part]?.value !== value) events.push({ type: 'PartSet', part, value })
      }
      return events
    },
    ...more,
  })

export const workContext = (commandId: string): CommandContext => ({
  commandId: commandId as CommandId, // as: a fixture
  isKeyed: false,
  actor: { kind: 'user', id: 'restorer' },
  correlationId: commandId,
})
