import type { DomainError } from '@holdfast/errors'
import type { Actor, CommandContext, Commit, EventLog } from '@holdfast/event-log'
import { Contended, Stale } from '@holdfast/event-log'
import type { AnyCompensable, Outlook } from './compensable.ts'
import { type ConvergeLog, converge, lastCommandOf, type Traveller } from './converge.ts'
import { digestOf } from './digest.ts'
import { CommitNotFound, NotCompensable, RestorePlanStale, undoConflictOf } from './errors.ts'
import { isSame } from './facts.ts'
import { evolved, type Kinds } from './history.ts'
import { type Conflict, takeBack, valueIn } from './merge.ts'
import { obstacleOf } from './obstacle.ts'
import { aimAt } from './plan.ts'
import { showPath, showValue } from './show.ts'

export interface UndoTools {
  readonly log: ConvergeLog & Pick<EventLog, 'read'>
  readonly kinds: Kinds
  /** ms since 1970. */
  readonly now: () => number
}

/** A field somebody changed since. */
export interface NamedConflict extends Conflict {
  /** The last commit that did. */
  readonly sequence: bigint
  readonly atUnixMs: number
  readonly actor: Actor
}

export interface Undo {
  readonly one: AnyCompensable
  readonly id: string
  readonly name: string
  readonly organizationId: string
  readonly now: object | undefined
  /** What it would be; without conflicts. */
  readonly target: object | undefined
  readonly conflicts: readonly NamedConflict[]
  readonly obstacle: DomainError | undefined
  readonly digest: Uint8Array
}

/** Of more conflicts the first are told. */
const maxConflicts = 100
const maxAttempts = 10

const alone: Outlook = { planned: () => undefined }

interface Undoing extends Undo {
  readonly traveller: Traveller
  readonly around: unknown
}

const step = 'undo'

/** What taking a commit back would change. Throws `restore.commit_not_found` and `restore.not_compensable`. */
export const planUndo = (
  tools: UndoTools,
  sequence: bigint,
  actorId: string,
  signal?: AbortSignal,
): Promise<Undo> => undoing(tools, sequence, { actorId, signal })

/**
 * Takes a commit back, all of it or nothing. Answers the commit that did, also when it was made by the same work before; 0:
 * there was nothing left of it.
 */
export async function applyUndo(
  tools: UndoTools,
  sequence: bigint,
  digest: Uint8Array | undefined,
  context: CommandContext,
): Promise<{ readonly sequence: bigint; readonly undo: Undo }> {
  const { commandId: workId, signal } = context
  for (let attempt = 1; ; attempt++) {
    const undo = await undoing(tools, sequence, { actorId: context.actor.id, signal, workId })
    const { traveller, around, organizationId, target } = undo
    const isDone = traveller.seen.has(lastCommandOf(workId, traveller.subject, step))
    if (!isDone) {
      if (undo.conflicts.length > 0) throw refusalOf(undo)
      if (undo.obstacle) throw undo.obstacle
      if (digest && !Buffer.from(digest).equals(undo.digest)) throw RestorePlanStale({})
    }
    try {
      const journey = {
        target,
        around,
        context: { ...context, ...(organizationId === '' ? {} : { organizationId }) },
        step,
        isExact: true,
        now: tools.now,
      }
      return { sequence: await converge(tools.log, traveller, journey), undo }
    } catch (error) {
      if (!Stale.is(error)) throw error
      if (attempt >= maxAttempts) throw Contended({ attempts: maxAttempts }, error)
    }
  }
}

interface Asked {
  /** Empty: nobody is named. */
  readonly actorId: string
  /** Whose last commit is looked for. */
  readonly workId?: string
  readonly signal?: AbortSignal | undefined
}

async function undoing(
  tools: UndoTools,
  sequence: bigint,
  { actorId, signal, workId }: Asked,
): Promise<Undoing> {
  const { log, kinds } = tools
  const nowUnixMs = tools.now()
  const commit = await log.read(sequence)
  if (commit?.context !== kinds.context) throw CommitNotFound({ sequence })
  const one = kinds.of(commit.aggregateType)
  if (!one) throw NotCompensable({ sequence, kind: commit.aggregateType })
  const { aggregateId: id, subject } = commit
  const { before, made, traveller } = await readUntilNow(log, one, commit, workId)
  signal?.throwIfAborted()
  const now = one.facts(traveller.state)
  const merged = takeBack(before, made, now)
  // as: merged of facts
  const value = merged.value as object | undefined
  const target = merged.conflicts.length > 0 ? now : aimAt(one, value, now, nowUnixMs)
  const about = now ?? target ?? made ?? before
  const around = await one.surroundings?.([{ id, now, target }], alone, actorId)
  const wanted = { id, now: traveller.state, target, around, nowUnixMs }
  return {
    one,
    id,
    ...(about ? one.about(about, id) : { name: '', organizationId: commit.organizationId ?? '' }),
    now,
    target,
    conflicts: await blamed(log, one, commit, merged.conflicts),
    obstacle: isSame(now, target) ? undefined : obstacleOf(() => one.compensate(wanted)),
    digest: digestOf([subject, now ?? null, target ?? null]),
    traveller,
    around,
  }
}

async function readUntilNow(
  log: UndoTools['log'],
  one: AnyCompensable,
  { aggregateId: id, subject, sequence }: Commit,
  workId: string | undefined,
) {
  const traveller: Traveller = {
    one,
    id,
    subject,
    seen: new Map(),
    state: one.initial(id),
    revision: 0n,
  }
  const lastId = workId === undefined ? undefined : lastCommandOf(workId, subject, step)
  let before: object | undefined
  let made: object | undefined
  for await (const commit of log.history(subject)) {
    if (commit.sequence === sequence) before = one.facts(traveller.state)
    if (commit.sequence > sequence && workId !== undefined) {
      const isLast = commit.commandId === lastId
      const facts = isLast ? one.facts(traveller.state) : undefined
      traveller.seen.set(commit.commandId, { sequence: commit.sequence, before: facts })
    }
    traveller.state = evolved(one, traveller.state, commit)
    traveller.revision = commit.sequence
    if (commit.sequence === sequence) made = one.facts(traveller.state)
  }
  return { before, made, traveller }
}

/** Names whose change each conflict is about. */
async function blamed(
  log: UndoTools['log'],
  one: AnyCompensable,
  { aggregateId, subject, sequence }: Commit,
  conflicts: readonly Conflict[],
): Promise<readonly NamedConflict[]> {
  if (conflicts.length === 0) return []
  const valueAt = (state: unknown, path: readonly string[]): unknown =>
    one.valueAt ? one.valueAt(state, path) : valueIn(one.facts(state), path)
  const watched = conflicts.slice(0, maxConflicts).map((conflict) => ({
    conflict,
    value: undefined as unknown,
    by: undefined as Commit | undefined,
  }))
  let state = one.initial(aggregateId)
  for await (const commit of log.history(subject)) {
    state = evolved(one, state, commit)
    if (commit.sequence < sequence) continue
    for (const one of watched) {
      const value = valueAt(state, one.conflict.path)
      if (commit.sequence > sequence && !isSame(value, one.value)) one.by = commit
      one.value = value
    }
  }
  return watched.map(({ conflict, by }) => ({
    ...conflict,
    sequence: by?.sequence ?? 0n,
    atUnixMs: by?.timeUnixMs ?? 0,
    actor: by?.actor ?? { kind: 'service', id: '' },
  }))
}

function refusalOf({ one, conflicts }: Undo): DomainError {
  return undoConflictOf(
    conflicts.map(({ path, before, made, now, sequence, actor }) => {
      const shown = (value: unknown): string => showValue(one, path, value) || 'absent'
      return {
        field: showPath(path),
        detail:
          `would be ${shown(before)}; the commit made it ${shown(made)}, and it is ${shown(now)} ` +
          `since commit ${sequence} by ${actor.kind} ${actor.id}`,
      }
    }),
  )
}
