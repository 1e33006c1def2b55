import { RestorePlanStale } from '@holdfast/compensation'
import { isUuid, newId } from '@holdfast/domain'
import type { Actor, EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import {
  PlanNotFound,
  PlanNotReady,
  RestoreNotFound,
  RestoreNotUndoable,
  RestorePointNotFound,
  RestoreUnderWay,
} from '../domain/restore-errors.ts'
import { findRestore, type RestoreView } from '../queries/restores.ts'
import { askingUser, type Compensators } from './changes.ts'
import { digestNow } from './make-plan.ts'
import { findPlan, insertPlan, type Plan } from './plan-store.ts'
import { endRestore, insertRestore, type RestoreOrder } from './restore-store.ts'

export type { RestoreView } from '../queries/restores.ts'

/** What is to be restored, and who asks. */
export interface RestoreRequest {
  /** Of whoever asks, so that asking again is the same restore. Absent: a new one. */
  readonly id?: string
  /** Brought back is the state right after this one. */
  readonly toSequence: bigint
  /** Kinds of objects and services; absent: all. */
  readonly only?: readonly string[]
  /** Absent: of the whole instance. */
  readonly organization?: string
  /** Only what commits with this reason touched since; absent: everything. */
  readonly touchedBy?: string
  readonly reason: string
  /** Actor of the commits. */
  readonly actor: Actor
  readonly correlationId?: string
  /** The restore it undoes. */
  readonly undoes?: string
  /** It may begin without a rollback point. */
  readonly allowsWithoutRollback?: boolean
}

/** Restores on the live instance, for whoever in this service needs one. */
export interface Restores {
  /**
   * Puts it in and answers at once with its id; it is carried out from then on, whatever happens. Throws
   * restore.under_way, restore.point_not_found and restore.scope_unknown.
   */
  begin(request: RestoreRequest, signal: AbortSignal): Promise<string>
  /** Begins what a plan shows, unless it would change other things by now: restore.plan_stale. */
  apply(
    planId: string,
    request: Pick<
      RestoreRequest,
      'id' | 'reason' | 'actor' | 'correlationId' | 'allowsWithoutRollback'
    >,
    signal: AbortSignal,
  ): Promise<string>
  /** Begins a plan and answers with its id; `patienceMs`: how long to wait for it to be made. */
  plan(
    request: Pick<
      RestoreRequest,
      'id' | 'toSequence' | 'only' | 'organization' | 'touchedBy' | 'actor' | 'undoes'
    >,
    patienceMs: number,
    signal: AbortSignal,
  ): Promise<Plan>
  /** The wish that undoes a restore. Throws restore.not_undoable. */
  undoing(
    restoreId: string,
  ): Promise<Pick<RestoreRequest, 'toSequence' | 'only' | 'organization' | 'undoes'>>
  get(restoreId: string): Promise<RestoreView | undefined>
  /** Resolves when it is over. */
  ended(restoreId: string, signal: AbortSignal): Promise<RestoreView>
}

export interface RestoresParts {
  readonly log: Pick<EventLog, 'safeHead' | 'read'>
  readonly postgres: Postgres
  readonly compensators: Compensators
  /** Read models include all there is. */
  catchUpToHead(): Promise<unknown>
  wakeRunner(): void
  wakeMaker(): void
}

const lookMs = 100

export function openRestoresFace(parts: RestoresParts): Restores {
  const { log, postgres, compensators } = parts

  /** When the commit was made. */
  async function pointAt(sequence: bigint): Promise<number> {
    const head = await log.safeHead()
    const commit = sequence >= 1n && sequence <= head ? await log.read(sequence) : undefined
    if (!commit) throw RestorePointNotFound({ sequence: `${sequence}`, head: `${head}` })
    return commit.timeUnixMs
  }

  /** The log says so, and its job was not told: whoever carried it out was killed in between. */
  async function isOver(restoreId: string): Promise<boolean> {
    const view = await findRestore(postgres, restoreId)
    if (view?.status !== 'completed' && view?.status !== 'failed') return false
    await endRestore(postgres, restoreId, view.failureCode, view.failureDetail)
    return true
  }

  async function put(order: RestoreOrder): Promise<string> {
    let inTheWay = await insertRestore(postgres, order)
    if (inTheWay !== undefined && (await isOver(inTheWay)))
      inTheWay = await insertRestore(postgres, order)
    if (inTheWay !== undefined) throw RestoreUnderWay({ restore: inTheWay })
    parts.wakeRunner()
    return order.restoreId
  }

  const until = async <T>(
    look: () => Promise<T | undefined>,
    deadline: number,
    signal: AbortSignal,
  ): Promise<T | undefined> => {
    for (;;) {
      signal.throwIfAborted()
      const found = await look()
      if (found !== undefined || performance.now() > deadline) return found
      await new Promise((resolve) => setTimeout(resolve, lookMs))
    }
  }

  return {
    async begin(request, signal) {
      const { toSequence, only = [], organization = '', touchedBy = '', reason, actor } = request
      await pointAt(toSequence)
      await compensators.check(only, signal)
      return await put({
        restoreId: request.id ?? newId<string>(),
        ...{ toSequence, only, touchedBy, reason, actor },
        actorId: askingUser(actor),
        organizationId: organization,
        planId: '',
        digest: '',
        undoes: request.undoes ?? '',
        allowsWithoutRollback: request.allowsWithoutRollback ?? false,
        correlationId: request.correlationId ?? newId<string>(),
        headSequence: 0n,
      })
    },

    async apply(planId, request, signal) {
      const plan = await planOf(postgres, planId)
      if (plan.state !== 'ready') throw PlanNotReady({ status: plan.state })
      const headSequence = await log.safeHead()
      const digest =
        headSequence === plan.headSequence
          ? plan.digest
          : await digestNow(
              compensators,
              { ...plan, actorId: askingUser(request.actor) },
              headSequence,
              signal,
            )
      if (digest !== plan.digest) throw RestorePlanStale({})
      return await put({
        restoreId: request.id ?? newId<string>(),
        toSequence: plan.toSequence,
        only: plan.only,
        organizationId: plan.organizationId,
        touchedBy: plan.touchedBy,
        reason: request.reason,
        planId,
        digest,
        undoes: plan.undoes,
        allowsWithoutRollback: request.allowsWithoutRollback ?? false,
        actor: request.actor,
        actorId: askingUser(request.actor),
        correlationId: request.correlationId ?? newId<string>(),
        headSequence,
      })
    },

    async plan(request, patienceMs, signal) {
      const { toSequence, only = [], organization = '', touchedBy = '', actor } = request
      const toUnixMs = await pointAt(toSequence)
      await compensators.check(only, signal)
      const planId = request.id ?? newId<string>()
      await insertPlan(postgres, {
        ...{ planId, toSequence, toUnixMs, only, touchedBy, actor },
        actorId: askingUser(actor),
        organizationId: organization,
        undoes: request.undoes ?? '',
      })
      parts.wakeMaker()
      const deadline = performance.now() + patienceMs
      const made = await until(
        async () => {
          const plan = await planOf(postgres, planId)
          return plan.state === 'making' ? undefined : plan
        },
        deadline,
        signal,
      )
      return made ?? (await planOf(postgres, planId))
    },

    async undoing(restoreId) {
      await parts.catchUpToHead()
      const found = await findRestore(postgres, restoreId)
      if (!found) throw RestoreNotFound({ restore: restoreId })
      const refuse = (reason: string) => RestoreNotUndoable({ restore: restoreId, reason })
      if (found.status === 'pending' || found.status === 'running') throw refuse('it is not over')
      if (found.rollbackSequence === 0n) throw refuse('it never began, so it changed nothing')
      if (found.isRolledBack) throw refuse('what it had changed was put back already')
      return {
        toSequence: found.rollbackSequence,
        only: found.only,
        organization: found.organizationId,
        undoes: restoreId,
      }
    },

    get: (restoreId) => findRestore(postgres, restoreId),

    async ended(restoreId, signal) {
      const found = await until(
        async () => {
          const view = await findRestore(postgres, restoreId)
          if (!view) throw RestoreNotFound({ restore: restoreId })
          return view.status === 'completed' || view.status === 'failed' ? view : undefined
        },
        Number.POSITIVE_INFINITY,
        signal,
      )
      if (!found) throw new Error('waited without end, and it ended')
      return found
    },
  }
}

export async function planOf(postgres: Postgres, planId: string): Promise<Plan> {
  const plan = isUuid(planId) ? await findPlan(postgres, planId) : undefined
  if (!plan) throw PlanNotFound({ plan: planId.slice(0, 40) })
  return plan
}
