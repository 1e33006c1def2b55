import { type Egress, type EgressPolicy, openEgress } from '@holdfast/egress'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { Projections } from '@holdfast/projections'
import type { KeyService } from '@holdfast/proto'
import type { Alarm, Client } from '@holdfast/service'
import { dataKeys, secrets } from '@holdfast/service'
import type { Telemetry } from '@holdfast/telemetry'
import type { WebhookTools } from '../commands/change-webhooks.ts'
import { webhookHandlers } from '../grpc/webhook-handlers.ts'
import { attempting } from './attempt.ts'
import { pruneDeliveries } from './delivery-store.ts'
import { Dispatcher } from './dispatcher.ts'
import { Follower } from './follower.ts'
import { webhookMetrics } from './metrics.ts'
import { webhookQueue } from './queue.ts'
import { suspender } from './suspender.ts'

export interface WebhookParts {
  readonly log: EventLog
  readonly postgres: Postgres
  readonly telemetry: Telemetry
  /** Asked for once calls come in: they do not exist while the service is put together. */
  projections(): Pick<Projections, 'reached'>
  readonly keyService: Pick<Client<typeof KeyService>, 'getDataKeys'>
  readonly alarm: (alarm: Alarm) => void
  readonly policy: EgressPolicy
  readonly limits: WebhookLimits
  /** ms since 1970. */
  readonly now: () => number
}

export interface WebhookLimits {
  readonly timeoutMs: number
  /** Delays from one attempt to the next. */
  readonly schedule: readonly number[]
  /** Endpoints delivered to at once. */
  readonly parallel: number
  /** Messages in a row that may die before an endpoint is suspended. */
  readonly suspendAfter: number
  /** Messages that may wait for one endpoint. */
  readonly maxPending: number
  readonly keepDeliveredMs: number
  readonly keepDeadMs: number
  /** Attempts under way at the end may take that long. */
  readonly drainMs: number
}

const pruneEveryMs = 10 * 60_000

/** Webhooks without their process: what a test and `composeWebhooks` put together alike. */
export function openWebhooks(parts: WebhookParts) {
  const { log, postgres, telemetry, now, limits } = parts
  const logger = telemetry.log
  const egress: Egress = openEgress({ policy: parts.policy })
  const sealing = secrets(dataKeys(parts.keyService, 'notify'), log.lineageId)
  const attempt = attempting({ egress, secrets: sealing, timeoutMs: limits.timeoutMs, now })
  const suspending = suspender({ postgres, log, logger, alarm: parts.alarm })
  const onQueued = (): void => dispatcher.wake()
  const follower = new Follower({
    log,
    postgres,
    projections: parts.projections,
    logger,
    alarm: parts.alarm,
    maxPending: limits.maxPending,
    onQueued,
  })
  const metrics = webhookMetrics(telemetry.registry, postgres, () => follower.lag())
  const dispatcher = new Dispatcher({
    postgres,
    log: logger,
    era: log,
    metrics,
    attempt,
    ...limits,
    onSuspend: () => void suspending.check(),
  })
  let pruning: NodeJS.Timeout | undefined
  let pruned: Promise<void> = Promise.resolve()
  const keep = { deliveredMs: limits.keepDeliveredMs, deadMs: limits.keepDeadMs }
  const prune = async (): Promise<void> => {
    try {
      while ((await pruneDeliveries(postgres, keep)) >= 5_000);
    } catch (error) {
      logger.warn({ err: error }, 'old deliveries of webhooks are not forgotten')
    }
  }

  const tools: WebhookTools = { log, secrets: sealing, now }
  return {
    secrets: sealing,
    tools,
    egress,
    queue: webhookQueue(postgres, log.lineageId, onQueued),
    handlers: webhookHandlers({
      tools,
      log,
      postgres,
      egress,
      attempt,
      now,
      catchUp: () => parts.projections().reached(log.seen()),
      catchUpToHead: async () => await parts.projections().reached(await log.safeHead()),
      onQueued,
    }),
    /** Begins to follow the log and to deliver; the read models must be there. */
    start(): void {
      follower.start()
      dispatcher.start()
      suspending.start()
      pruning = setInterval(() => {
        pruned = pruned.then(prune)
      }, pruneEveryMs)
    },
    async stop(): Promise<void> {
      clearInterval(pruning)
      await Promise.all([follower.stop(), dispatcher.stop(limits.drainMs)])
      await suspending.stop()
      await pruned
      egress.close()
    },
  }
}
