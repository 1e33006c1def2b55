import { RestorePlanStale } from '@holdfast/compensation'
import { newId, uuidV5 } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { CommandContext, EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import { Polling } from '@holdfast/service'
import type { Logger } from '@holdfast/telemetry'
import { restores } from '../commands/restore-aggregate.ts'
import type { RestoreWish, RollbackPoint } from '../domain/restore.ts'
import { RollbackPointFailed } from '../domain/restore-errors.ts'
import { isPassing, isStandstill } from '../jobs/run-job.ts'
import {
  addCarried,
  type Cause,
  type Compensators,
  noResult,
  type PhaseResult,
  type Scope,
} from './changes.ts'
import { held, LeaseLost, Stopped } from './held.ts'
import { digestNow } from './make-plan.ts'
import type { RestoreMetrics } from './restore-metrics.ts'
import {
  claimRestore,
  endRestore,
  type RestoreJob,
  type RestoreLease,
  releaseRestore,
  renewRestore,
  restoreBegan,
  restoreDoomed,
  restoreGoesBack,
  restoreJob,
  restoreStepDone,
  showRestoreStep,
} from './restore-store.ts'
import { totals } from './restore-totals.ts'
import type { TakeRollbackPoint } from './rollback-point.ts'
import { keyOf, progressAt, type ServiceStep, serviceSteps } from './steps.ts'

export interface RunnerParts {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'safeHead'>
  readonly postgres: Postgres
  readonly compensators: Compensators
  readonly takeRollbackPoint: TakeRollbackPoint
  readonly metrics: RestoreMetrics
  readonly logger: Logger
  readonly leaseMs: number
  /** How often it is looked for what another instance put in, and for what was to wait. */
  readonly pollMs: number
  /** The first wait before a step is tried again; each further one is twice as long. */
  readonly retryMs: number
  now(): number
}

/** A step that is refused that often, for a reason that does not pass, is not taken: what was changed goes back. */
const maxRefusals = 5
const longestRetryMs = 30_000

/**
 * Carries restores out, one at a time on the whole instance. Whatever stops it, whoever comes next goes on where the
 * row and the log say it is: every step can be repeated, because services derive the ids of their commands from the
 * restore. What cannot be finished is put back as it was, by the same road.
 */
export class RestoreRunner {
  readonly #parts: RunnerParts
  readonly #holder = newId<string>()
  readonly #polling: Polling
  #end: AbortController | undefined

  constructor(parts: RunnerParts) {
    this.#parts = parts
    this.#polling = new Polling({
      everyMs: parts.pollMs,
      turn: () => this.#turn(),
      failed(error, inARow) {
        if (inARow % 30 === 1) parts.logger.warn({ err: error }, 'cannot look for restores')
      },
    })
  }

  start(): void {
    this.#polling.start()
  }

  wake(): void {
    this.#polling.wake()
  }

  async stop(): Promise<void> {
    const stopped = this.#polling.stop()
    this.#end?.abort(new Stopped('the service stops'))
    await stopped
  }

  async #turn(): Promise<boolean> {
    const { postgres, leaseMs, logger } = this.#parts
    const job = await claimRestore(postgres, { holder: this.#holder, leaseMs })
    if (!job) return false
    const run = new Run(this.#parts, job, {
      restoreId: job.restoreId,
      holder: this.#holder,
      leaseMs,
    })
    const end = new AbortController()
    this.#end = end
    if (this.#polling.isStopping) end.abort(new Stopped('the service stops'))
    try {
      await held({ leaseMs, logger, renew: () => run.renew() }, end, (signal) =>
        run.carryOut(signal),
      )
      return true
    } catch (error) {
      return await run.stopped(error)
    } finally {
      this.#end = undefined
    }
  }
}

/** One holding of one restore. */
class Run {
  readonly #parts: RunnerParts
  readonly #lease: RestoreLease
  #job: RestoreJob
  #progress = 0

  constructor(parts: RunnerParts, job: RestoreJob, lease: RestoreLease) {
    this.#parts = parts
    this.#job = job
    this.#lease = lease
  }

  renew(): Promise<boolean> {
    return renewRestore(this.#parts.postgres, this.#lease, this.#progress)
  }

  async carryOut(signal: AbortSignal): Promise<void> {
    const { log } = this.#parts
    const { restoreId } = this.#job
    const { state, revision } = await log.fold(restores, restoreId, signal)
    const { outcome } = state
    // The row was not told any more.
    if (outcome === 'completed') return await this.#ended('', '')
    if (outcome === 'failed')
      return await this.#ended(this.#job.failureCode, this.#job.failureDetail)
    if (outcome === 'none') await this.#begin(signal)
    else if (this.#job.rollbackSequence === undefined) {
      // Its last commit is RestoreStarted.
      const head = this.#job.headSequence || revision - 1n
      await this.#own(restoreBegan(this.#parts.postgres, this.#lease, revision - 1n, head))
      await this.#reload()
    }
    if (!this.#job.isGoingBack) await this.#forward(signal)
    if (this.#job.isGoingBack) await this.#back(signal)
  }

  /** Nothing is changed before the rollback point stands and the log says that it begins. */
  async #begin(signal: AbortSignal): Promise<void> {
    const { log, postgres, compensators } = this.#parts
    const job = this.#job
    if (job.failureCode !== '') return await this.#neverBegan(job.failureCode, job.failureDetail)
    let head = await log.safeHead()
    // A quiet log has no other plan than before.
    if (job.digest !== '' && head !== job.headSequence) {
      await this.#show('Comparing with the plan')
      const digest = await digestNow(compensators, job, head, signal)
      if (digest !== job.digest) throw RestorePlanStale({})
    }
    await this.#show('Taking the rollback point')
    const point = await this.#rollbackPoint(signal)
    // What others did while it was taken is before the restore as well, and may be looked at with it.
    if (job.digest === '') head = await log.safeHead()
    signal.throwIfAborted()
    const { sequence } = await log.execute(
      restores,
      job.restoreId,
      { type: 'StartRestore', wish: wishOf(job), point },
      this.#context('start'),
    )
    await this.#own(restoreBegan(postgres, this.#lease, sequence - 1n, head))
    await this.#reload()
  }

  async #rollbackPoint(signal: AbortSignal): Promise<RollbackPoint> {
    try {
      return await this.#parts.takeRollbackPoint(signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!this.#job.allowsWithoutRollback || !(error instanceof DomainError)) throw error
      const { restoreId } = this.#job
      this.#parts.logger.warn(
        { err: error, restoreId },
        'a restore goes on without a rollback point',
      )
      return {
        checkpointSize: 0n,
        checkpointNote: '',
        keptUntilUnixMs: 0,
        withoutBecause: error.message.slice(0, 500),
      }
    }
  }

  async #forward(signal: AbortSignal): Promise<void> {
    const { log } = this.#parts
    try {
      await this.#steps(signal, this.#job, this.#job.restoreId, this.#job.reason)
    } catch (error) {
      if (!this.#isFinal(error)) throw error
      signal.throwIfAborted()
      await this.#turnBack(error)
      return
    }
    await this.#show('Recording')
    const { create, update, delete: gone, blocked } = totals(this.#job).counts
    const counts = { created: create, updated: update, deleted: gone, blocked }
    const tookMs = Math.max(0, this.#parts.now() - this.#job.startedAtUnixMs)
    const { restoreId: id } = this.#job
    signal.throwIfAborted()
    await log.execute(
      restores,
      id,
      { type: 'CompleteRestore', id, counts, tookMs },
      this.#context('complete'),
    )
    this.#parts.metrics.ended('completed', tookMs)
    await this.#ended('', '')
  }

  /** From here on to where it came from. */
  async #turnBack(error: unknown): Promise<void> {
    const { postgres, log, logger } = this.#parts
    const { restoreId } = this.#job
    logger.warn({ err: error, restoreId }, 'a restore cannot be finished and is put back')
    const { code, detail } = wordsOf(error)
    const head = await log.safeHead()
    await this.#own(restoreGoesBack(postgres, this.#lease, head, code, detail))
    await this.#reload()
  }

  async #back(signal: AbortSignal): Promise<void> {
    const job = this.#job
    const scope = { ...job, toSequence: job.rollbackSequence ?? 0n }
    const reason = `put back: ${job.reason}`.slice(0, 500)
    await this.#steps(signal, scope, uuidV5(job.restoreId, 'back'), reason)
    const { failureCode: code, failureDetail: detail } = job
    signal.throwIfAborted()
    await this.#parts.log.execute(
      restores,
      job.restoreId,
      { type: 'FailRestore', wish: wishOf(job), code, detail, isRolledBack: true },
      this.#context('fail'),
    )
    this.#parts.metrics.ended('rolled_back', this.#parts.now() - job.startedAtUnixMs)
    await this.#ended(code, detail)
  }

  async #steps(signal: AbortSignal, scope: Scope, causeId: string, reason: string): Promise<void> {
    for (const [at, step] of serviceSteps.entries()) {
      if (at < this.#job.doneSteps) continue
      await this.#show(this.#job.isGoingBack ? `Putting back: ${step.title}` : step.title)
      const result = await this.#step(step, at, scope, { causeId, reason }, signal)
      const { postgres } = this.#parts
      this.#progress = progressAt(at + 1, 0)
      await this.#own(
        restoreStepDone(postgres, this.#lease, at + 1, keyOf(step), result, this.#progress),
      )
      await this.#reload()
    }
  }

  async #step(
    step: ServiceStep,
    at: number,
    scope: Scope,
    { causeId, reason }: { readonly causeId: string; readonly reason: string },
    signal: AbortSignal,
  ): Promise<PhaseResult> {
    const { compensators } = this.#parts
    const cause: Cause = { restoreId: causeId, actor: this.#job.actor, reason }
    let result = noResult
    let done = 0
    const { headSequence } = this.#job
    for await (const page of compensators.apply(step, scope, headSequence, cause, signal)) {
      signal.throwIfAborted()
      result = addCarried(result, page.objects)
      done += page.objects.length
      this.#progress = progressAt(at, page.total === 0 ? 0 : done / page.total)
    }
    return result
  }

  /** Refused, and would be again: not a service that is away, nor a log that stands still. */
  #isFinal(error: unknown): boolean {
    if (error instanceof Stopped || error instanceof LeaseLost) return false
    if (isPassing(error) || isStandstill(error)) return false
    return this.#job.stepAttempts >= maxRefusals
  }

  /** Whether to look again at once. */
  async stopped(error: unknown): Promise<boolean> {
    const { postgres, logger, retryMs } = this.#parts
    if (error instanceof LeaseLost) return false
    if (error instanceof Stopped) {
      await releaseRestore(postgres, this.#lease, 0, undefined)
      return false
    }
    const job = (await restoreJob(postgres, this.#job.restoreId)) ?? this.#job
    const { restoreId, stepAttempts } = job
    const { code, detail } = wordsOf(error)
    const hasBegun = job.rollbackSequence !== undefined
    const isRefused = error instanceof DomainError && neverPassing.has(error.code)
    const isOver = !hasBegun && !isStandstill(error) && stepAttempts >= maxRefusals
    if (!hasBegun && (isRefused || isOver)) {
      logger.warn({ err: error, restoreId }, 'a restore does not begin')
      await restoreDoomed(postgres, this.#lease, code, detail)
      return true
    }
    const delayMs = Math.min(longestRetryMs, retryMs * 2 ** Math.min(10, stepAttempts - 1))
    logger.warn({ err: error, restoreId, delayMs }, 'a restore has to wait')
    await releaseRestore(postgres, this.#lease, delayMs, `${code}: ${detail}`)
    return false
  }

  async #neverBegan(code: string, detail: string): Promise<void> {
    const { log, metrics } = this.#parts
    const { restoreId } = this.#job
    await log.execute(
      restores,
      restoreId,
      { type: 'FailRestore', wish: wishOf(this.#job), code, detail, isRolledBack: false },
      this.#context('fail'),
    )
    metrics.ended('failed', 0)
    await this.#ended(code, detail)
    throw new LeaseLost('it is over')
  }

  async #ended(code: string, detail: string): Promise<void> {
    await endRestore(this.#parts.postgres, this.#job.restoreId, code, detail)
  }

  async #show(step: string): Promise<void> {
    await this.#own(showRestoreStep(this.#parts.postgres, this.#lease, step))
  }

  async #reload(): Promise<void> {
    const job = await restoreJob(this.#parts.postgres, this.#job.restoreId)
    if (!job) throw new LeaseLost('it is gone')
    this.#job = job
  }

  async #own(write: Promise<boolean>): Promise<void> {
    if (!(await write)) throw new LeaseLost('it is not ours any more')
  }

  /** The same command however often it is given. */
  #context(what: string): CommandContext {
    const { restoreId, actor, correlationId, reason } = this.#job
    return {
      commandId: uuidV5(restoreId, what) as CommandContext['commandId'], // as: minted here
      isKeyed: false,
      actor,
      correlationId,
      reason,
    }
  }
}

/** What waiting does not change. */
const neverPassing: ReadonlySet<string> = new Set([
  RestorePlanStale({}).code,
  RollbackPointFailed({ reason: '' }).code,
])

const wishOf = (job: RestoreJob): RestoreWish => ({
  toSequence: job.toSequence,
  only: job.only,
  organizationId: job.organizationId,
  reason: job.reason,
  planId: job.planId,
  digest: new Uint8Array(Buffer.from(job.digest, 'hex')),
  undoes: job.undoes,
  allowsWithoutRollback: job.allowsWithoutRollback,
})

function wordsOf(error: unknown): { readonly code: string; readonly detail: string } {
  if (error instanceof DomainError) return { code: error.code, detail: error.message.slice(0, 500) }
  return { code: 'internal', detail: 'for a reason of our own; see the log of backup' }
}
