import { type CommandId, uuidV5 } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import {
  type CommandContext,
  CommitTooLarge,
  Contended,
  type EventLog,
  Stale,
} from '@holdfast/event-log'
import type { AnyCompensable } from './compensable.ts'
import { evolved } from './history.ts'
import { isObstacle } from './obstacle.ts'

/** What is read and written. */
export type ConvergeLog = Pick<EventLog, 'history' | 'record'>

/** An object on its way. Whoever brings it moves state and revision on. */
export interface Traveller {
  readonly one: AnyCompensable
  readonly id: string
  readonly subject: string
  /** Commits that came since, by command id: a work finds its own among them. */
  readonly seen: Map<string, Seen>
  state: unknown
  revision: bigint
}

/** A commit on an object. */
export interface Seen {
  readonly sequence: bigint
  /** What the object was before. Kept for the first and the last commit of a work alone. */
  readonly before?: object | undefined
}

export interface Journey {
  /** Undefined: it is to be gone. */
  readonly target: object | undefined
  readonly around: unknown
  /** What the commits say of themselves; the command id is the work's own. */
  readonly context: CommandContext
  /** Tells several ways of one object in one work apart. */
  readonly step: string
  /** The target was made of what the object is now: somebody else's change on the way is `stale`. */
  readonly isExact?: boolean
  /** ms since 1970. */
  readonly now: () => number
}

/** Namespace of the command ids. Never changes: a repeat has to find what was done. */
const namespace = '5d0c8f0a-7d0e-5c57-9f2b-3b1b9a1f6a35'

const commandIdOf = (workId: string, subject: string, step: string, part: string): CommandId =>
  uuidV5(namespace, [workId, subject, step, part].join('\n')) as CommandId // as: minted here

/** Command id of the commit with which a work is done with an object. */
export const lastCommandOf = (workId: string, subject: string, step: string): CommandId =>
  commandIdOf(workId, subject, step, lastPart)

/** The last part carries no number, so that it shows that the work is done, however many parts it had. */
const lastPart = 'last'
const maxAttempts = 10

/**
 * Takes one object to its target, decided on what it is when the log takes it. Answers the sequence of the last commit this
 * work made for it, now or before; 0 when there was nothing to do. Once it has arrived it is not taken there again by the
 * same work, whatever became of it since. May be called again after a crash anywhere. Throws the DomainError that stands in
 * the way; nothing was stored for it then, but for earlier parts of something large.
 */
export async function converge(
  log: ConvergeLog,
  traveller: Traveller,
  journey: Journey,
): Promise<bigint> {
  const { one, id, subject, seen } = traveller
  const { target, around, step } = journey
  const { commandId: workId, signal } = journey.context
  const lastId = lastCommandOf(workId, subject, step)
  const partId = (part: number): CommandId => commandIdOf(workId, subject, step, `${part}`)
  let part = 0
  /** Events in a commit: all of them, unless that is too much for one. */
  let most: number | undefined
  await catchUp()
  for (let attempt = 1; attempt <= maxAttempts; ) {
    signal?.throwIfAborted()
    const arrival = seen.get(lastId)
    if (arrival) {
      const { sequence } = arrival
      // Of the first part, when there are several: that one let go of what it was called.
      const { before } = seen.get(partId(0)) ?? arrival
      await one.settle?.(id, { before, after: one.facts(traveller.state) }, contextOf('settle'))
      return sequence
    }
    const now = traveller.state
    const events = one.compensate({ id, now, target, around, nowUnixMs: journey.now() })
    const before = one.facts(now)
    if (events.length === 0) return 0n
    most ??= events.length
    try {
      if (target) await one.hold?.(id, { before, after: target }, contextOf(`hold ${part}`))
      const first = events.slice(0, most)
      const commandId = first.length === events.length ? lastId : partId(part)
      const expectedRevision = traveller.revision
      const context = { ...journey.context, commandId, isKeyed: false, expectedRevision }
      const store = async (): Promise<void> =>
        void (await log.record(one.aggregate, id, first, context))
      await (one.guard ? one.guard(id, { before, after: target }, store) : store())
      attempt = 1
    } catch (error) {
      if (Stale.is(error)) attempt += 1
      else if (CommitTooLarge.is(error) && one.isSplittable && most > 1) {
        most = Math.ceil(Math.min(most, events.length) / 2)
        continue
      } else {
        // Refused, so what was claimed for it is not needed. Otherwise nobody knows, and it comes again.
        if (error instanceof DomainError && isObstacle(error)) {
          await one.settle?.(id, { before: target, after: before }, contextOf(`not ${part}`))
        }
        throw error
      }
    }
    await catchUp()
  }
  throw Contended({ attempts: maxAttempts })

  function contextOf(what: string): CommandContext {
    const commandId = commandIdOf(workId, subject, step, what)
    return { ...journey.context, commandId, isKeyed: false }
  }

  /** Folds what came since, and looks for what this work did. */
  async function catchUp(): Promise<void> {
    const isExact = journey.isExact === true && !seen.has(lastId)
    for await (const commit of log.history(subject, traveller.revision)) {
      const { sequence, commandId } = commit
      const isLast = commandId === lastId
      if (isExact && !isLast && commandId !== partId(part)) {
        throw Stale({ expected: traveller.revision, actual: sequence })
      }
      const isEdge = isLast || commandId === partId(0)
      seen.set(commandId, { sequence, before: isEdge ? one.facts(traveller.state) : undefined })
      traveller.state = evolved(one, traveller.state, commit)
      traveller.revision = sequence
    }
    while (seen.has(partId(part))) part += 1
  }
}
