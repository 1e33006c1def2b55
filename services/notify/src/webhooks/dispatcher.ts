import { newId } from '@holdfast/domain'
import type { Postgres } from '@holdfast/postgres'
import { Polling } from '@holdfast/service'
import type { Logger } from '@holdfast/telemetry'
import { webhookToCall } from '../queries/webhooks.ts'
import type { Attempt, AttemptResult } from './attempt.ts'
import {
  endLease,
  firstInLine,
  type Lease,
  leaseDue,
  type Outcome,
  settle,
  type WaitingDelivery,
} from './delivery-store.ts'
import type { WebhookMetrics } from './metrics.ts'
import { retryDelay } from './retry.ts'

export interface DispatcherParts {
  readonly postgres: Postgres
  readonly log: Logger
  /** The log as it is now: what waits of another generation is not sent. */
  readonly era: { readonly lineageId: string; readonly generation: number }
  readonly metrics: WebhookMetrics
  readonly attempt: Attempt
  readonly timeoutMs: number
  /** Delays from one attempt to the next. */
  readonly schedule: readonly number[]
  /** Endpoints delivered to at once. */
  readonly parallel: number
  /** Messages in a row that may die before an endpoint is suspended. */
  readonly suspendAfter: number
  /** Told when an endpoint is to be suspended. */
  readonly onSuspend: () => void
  readonly random?: () => number
}

/** How often due endpoints are looked for without being told: retries, and what another instance put in. */
const pollMs = 1_000
/** A turn of one endpoint; then others that are due come first. */
const turnMs = 5_000
const batch = 50
/** Besides the longest attempt: writing down what came of it. */
const leaseSlackMs = 5_000
/** When a secret cannot be opened: auth is away. */
const sealedWaitMs = 5_000

/**
 * Delivers what waits: strictly in order and one at a time for an endpoint, endpoints side by side. An endpoint is
 * leased, so of several instances one delivers to it; a lease that ran out, because its holder was killed, is anybody's.
 * Nothing here remembers anything: what was not written down is delivered again, with the same id.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts
  readonly #holder = newId<string>()
  readonly #stopping = new AbortController()
  readonly #busy = new Map<string, Promise<void>>()
  readonly #polling: Polling

  constructor(parts: DispatcherParts) {
    this.#parts = parts
    this.#polling = new Polling({
      everyMs: pollMs,
      turn: () => this.#takeDue(),
      failed(error, inARow) {
        if (inARow % 10 === 1) parts.log.warn({ err: error }, 'cannot look for webhooks to deliver')
      },
    })
  }

  start(): void {
    this.#polling.start()
  }

  /** Something may be due. */
  wake(): void {
    this.#polling.wake()
  }

  /** Attempts under way are cut off after `graceMs`; they come again, with their ids. */
  async stop(graceMs: number): Promise<void> {
    const looked = this.#polling.stop()
    const cut = setTimeout(() => this.#stopping.abort(), graceMs)
    await looked
    await Promise.all(this.#busy.values())
    clearTimeout(cut)
  }

  async #takeDue(): Promise<boolean> {
    const { postgres, parallel, timeoutMs, era } = this.#parts
    const limit = parallel - this.#busy.size
    if (limit <= 0) return false
    const leaseMs = timeoutMs + leaseSlackMs
    const leasedAt = performance.now()
    const ids = await leaseDue(postgres, { holder: this.#holder, leaseMs, limit, log: era })
    for (const webhookId of ids) {
      const lease = { webhookId, holder: this.#holder, leaseMs }
      const work = this.#serve(lease, leasedAt).finally(() => {
        this.#busy.delete(webhookId)
        this.wake()
      })
      this.#busy.set(webhookId, work)
    }
    return false
  }

  /** One endpoint's turn. Never rejects. */
  async #serve(lease: Lease, leasedAt: number): Promise<void> {
    const { postgres, log } = this.#parts
    const { webhookId } = lease
    try {
      await this.#deliverInOrder(lease, leasedAt)
      await endLease(postgres, lease)
    } catch (error) {
      if (this.#stopping.signal.aborted) {
        await endLease(postgres, lease).catch(() => undefined) // it runs out by itself
        return
      }
      log.warn({ err: error, webhookId }, 'a webhook could not be delivered to')
      const failure = 'cannot be delivered to for a reason of our own; see the log of notify'
      await endLease(postgres, lease, { delayMs: sealedWaitMs, failure }).catch(() => undefined)
    }
  }

  /** Until nothing is left, something has to wait, or the turn is over. */
  async #deliverInOrder(lease: Lease, leasedAt: number): Promise<void> {
    const { postgres, timeoutMs } = this.#parts
    const turnEnds = performance.now() + turnMs
    let leaseEnds = leasedAt + lease.leaseMs
    while (!this.#polling.isStopping) {
      const webhook = await webhookToCall(postgres, lease.webhookId)
      if (!webhook?.settings.isEnabled || webhook.suspendedBecause !== '') return
      const waiting = await firstInLine(postgres, lease.webhookId, batch)
      if (waiting.length === 0) return
      let { deadInRow } = waiting[0] ?? { deadInRow: 0 }
      for (const delivery of waiting) {
        // This process may have stood still: never send what another may be sending by now.
        const isLate = performance.now() > leaseEnds - timeoutMs
        if (this.#polling.isStopping || isLate || performance.now() > turnEnds) return
        const result = await this.#parts.attempt(webhook, delivery, this.#stopping.signal)
        const outcome = this.#outcomeOf(delivery, result, deadInRow)
        this.#parts.metrics.attempted(outcome.kind, result.durationMs)
        const { atUnixMs, status, durationMs, failure } = result
        const settledAt = performance.now()
        const settled = await settle(
          postgres,
          lease,
          delivery.deliveryId,
          [atUnixMs, status, durationMs, failure],
          outcome,
        )
        if (!settled) return undefined // deleted, or somebody else's
        if (settled.isSuspending) {
          this.#parts.onSuspend()
          return undefined
        }
        if (outcome.kind === 'later') return undefined
        deadInRow = settled.deadInRow
        leaseEnds = settledAt + lease.leaseMs
      }
    }
    return undefined
  }

  #outcomeOf(delivery: WaitingDelivery, result: AttemptResult, deadInRow: number): Outcome {
    const { schedule, suspendAfter, random = Math.random } = this.#parts
    switch (result.verdict) {
      case 'delivered':
        return { kind: 'delivered' }
      case 'gone':
        return { kind: 'gone' }
      case 'refused':
        return { kind: 'dead', suspendAfter }
      case 'failed': {
        const delayMs = retryDelay(schedule, {
          attempts: delivery.attempts + 1,
          deadInRow,
          retryAfterMs: result.retryAfterMs,
          random: random(),
        })
        return delayMs === undefined ? { kind: 'dead', suspendAfter } : { kind: 'later', delayMs }
      }
    }
  }
}
