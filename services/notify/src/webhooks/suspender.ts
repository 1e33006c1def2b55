import type { EventLog } from '@holdfast/event-log'
import { type Postgres, sql } from '@holdfast/postgres'
import { type Alarm, standingAlarms } from '@holdfast/service'
import type { Logger } from '@holdfast/telemetry'
import { webhooks } from '../commands/aggregates.ts'
import { ownCommand } from '../commands/command-id.ts'

const everyMs = 5_000
/** More of them are a matter of the instance and not of each. */
const maxTold = 200

export const suspendedAlarm = (webhook: {
  readonly id: string
  /** Empty: of the instance. */
  readonly organizationId: string
  readonly name: string
}): Alarm => ({
  code: 'notify.webhook.suspended',
  severity: 'warning',
  title: `Webhook ${webhook.name} is suspended`,
  key: webhook.id,
  ...(webhook.organizationId === '' ? {} : { organizationId: webhook.organizationId }),
})

export interface Suspender {
  start(): void
  /** Tells the log now. */
  check(): Promise<void>
  stop(): Promise<void>
}

/**
 * Makes it a fact that an endpoint is suspended. Its queue has stood still since `suspend_cause` was written; the log
 * may not be writable just then, so this tries until it is. While it lasts, its alarm is repeated: one may get lost.
 */
export function suspender(parts: {
  readonly postgres: Postgres
  readonly log: Pick<EventLog, 'execute'>
  readonly logger: Logger
  readonly alarm: (alarm: Alarm) => void
}): Suspender {
  const { postgres, log, logger } = parts
  const alarms = standingAlarms(parts.alarm)
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()

  async function check(): Promise<void> {
    const due = await postgres.query<{
      webhook_id: string
      organization_id: string | null
      suspend_cause: string
    }>(sql`
      select q.webhook_id, w.organization_id, q.suspend_cause from notify.webhook_queues q
      join notify.webhooks w on w.webhook_id = q.webhook_id
      where q.suspend_cause <> '' and w.suspended_because = '' and w.is_enabled limit 100`)
    for (const { webhook_id: id, organization_id, suspend_cause: cause } of due) {
      try {
        const context = ownCommand(organization_id ?? undefined, 'an endpoint that takes nothing')
        await log.execute(webhooks, id, { type: 'Suspend', id, cause }, context)
      } catch (error) {
        logger.warn({ err: error, webhookId: id }, 'a webhook cannot be suspended yet')
      }
    }
  }

  async function tell(): Promise<void> {
    const suspended = await postgres.query<{
      webhook_id: string
      organization_id: string | null
      name: string
      suspended_because: string
    }>(sql`
      select webhook_id, organization_id, name, suspended_because from notify.webhooks
      where suspended_because <> '' order by webhook_id limit ${maxTold}`)
    alarms.say(
      suspended.map(({ webhook_id: id, organization_id, name, suspended_because: detail }) => ({
        ...suspendedAlarm({ id, organizationId: organization_id ?? '', name }),
        detail,
      })),
    )
  }

  const checkSoon = (): Promise<void> => {
    running = running
      .then(check)
      .then(tell)
      .catch((error: unknown) => {
        logger.warn({ err: error }, 'cannot look for webhooks to suspend')
      })
    return running
  }
  return {
    check: checkSoon,
    start() {
      timer = setInterval(() => void checkSoon(), everyMs)
    },
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
