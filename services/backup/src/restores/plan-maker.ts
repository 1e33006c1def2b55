import { newId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import { Polling } from '@holdfast/service'
import type { Logger } from '@holdfast/telemetry'
import { isPassing, isStandstill } from '../jobs/run-job.ts'
import type { Compensators } from './changes.ts'
import { held, LeaseLost, Stopped } from './held.ts'
import { makePlan } from './make-plan.ts'
import {
  claimPlan,
  clearChanges,
  insertChanges,
  type Plan,
  type PlanLease,
  planFailed,
  planMade,
  prunePlans,
  releasePlan,
  renewPlan,
} from './plan-store.ts'
import { measuredPace, pruneRestores } from './restore-store.ts'

export interface PlanMakerParts {
  readonly log: Pick<EventLog, 'safeHead'>
  readonly postgres: Postgres
  readonly compensators: Compensators
  readonly logger: Logger
  readonly leaseMs: number
  /** How often it is looked for what another instance put in, and for what was to wait. */
  readonly pollMs: number
}

const maxAttempts = 5
const retryMs = 1_000
const pruneEveryMs = 3_600_000

/** Makes plans, one at a time; that of a process that was killed is made again from the beginning. */
export class PlanMaker {
  readonly #parts: PlanMakerParts
  readonly #holder = newId<string>()
  readonly #polling: Polling
  #end: AbortController | undefined
  #prunedAt = 0

  constructor(parts: PlanMakerParts) {
    this.#parts = parts
    this.#polling = new Polling({
      everyMs: parts.pollMs,
      turn: () => this.#turn(),
      failed(error, inARow) {
        if (inARow % 30 === 1) parts.logger.warn({ err: error }, 'cannot look for plans to make')
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
    if (performance.now() - this.#prunedAt > pruneEveryMs || this.#prunedAt === 0) {
      await prunePlans(postgres)
      await pruneRestores(postgres)
      this.#prunedAt = performance.now()
    }
    const plan = await claimPlan(postgres, { holder: this.#holder, leaseMs })
    if (!plan) return false
    const lease: PlanLease = { planId: plan.planId, holder: this.#holder, leaseMs }
    const end = new AbortController()
    this.#end = end
    if (this.#polling.isStopping) end.abort(new Stopped('the service stops'))
    try {
      await held({ leaseMs, logger, renew: () => renewPlan(postgres, lease) }, end, (signal) =>
        this.#make(plan, lease, signal),
      )
    } catch (error) {
      await this.#failed(plan, lease, error)
    } finally {
      this.#end = undefined
    }
    return true
  }

  async #make(plan: Plan, lease: PlanLease, signal: AbortSignal): Promise<void> {
    const { postgres, log, compensators } = this.#parts
    await clearChanges(postgres, lease)
    const head = await log.safeHead()
    let place = 0
    const tools = { compensators, pace: () => measuredPace(postgres) }
    const made = await makePlan(tools, plan, head, signal, async (changes) => {
      signal.throwIfAborted()
      await insertChanges(postgres, lease, place, changes)
      place += changes.length
    })
    if (!(await planMade(postgres, lease, made))) throw new LeaseLost('it is not ours any more')
  }

  async #failed(plan: Plan, lease: PlanLease, error: unknown): Promise<void> {
    const { postgres, logger } = this.#parts
    if (error instanceof LeaseLost) return
    if (error instanceof Stopped) return void (await releasePlan(postgres, lease, 0))
    if ((isPassing(error) || isStandstill(error)) && plan.attempts < maxAttempts) {
      logger.info({ err: error, planId: plan.planId }, 'a plan begins again in a moment')
      return void (await releasePlan(postgres, lease, retryMs * plan.attempts))
    }
    logger.warn({ err: error, planId: plan.planId }, 'a plan could not be made')
    const isKnown = error instanceof DomainError
    await planFailed(
      postgres,
      lease,
      isKnown ? error.code : 'internal',
      isKnown ? error.message : 'for a reason of our own; see the log of backup',
    )
  }
}
