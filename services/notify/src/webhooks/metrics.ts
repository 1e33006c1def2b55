import { type Postgres, sql } from '@holdfast/postgres'
import { Counter, Gauge, Histogram, type Registry } from '@holdfast/telemetry'
import type { Outcome } from './delivery-store.ts'

export interface WebhookMetrics {
  /** One attempt was made. */
  attempted(result: Outcome['kind'], durationMs: number): void
}

interface Standing {
  readonly pending: number
  readonly dead: number
  readonly oldestSeconds: number
  readonly suspended: number
}

/** How long figures of the database serve: several gauges ask at once. */
const keptForMs = 2_000

/** No label says whose endpoint: there may be thousands. `lag` is asked when metrics are read. */
export function webhookMetrics(
  registry: Registry,
  postgres: Postgres,
  lag: () => number,
): WebhookMetrics {
  let kept: { readonly standing: Promise<Standing>; readonly since: number } | undefined
  const standing = (): Promise<Standing> => {
    if (!kept || performance.now() - kept.since > keptForMs)
      kept = { standing: readStanding(postgres), since: performance.now() }
    return kept.standing
  }
  const gauge = (name: string, help: string, value: (standing: Standing) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        try {
          this.set(value(await standing()))
        } catch {
          this.reset() // without the database there is nothing to say
        }
      },
    })
  }
  gauge(
    'holdfast_webhook_pending_deliveries',
    'Messages waiting for an endpoint.',
    ({ pending }) => pending,
  )
  gauge(
    'holdfast_webhook_dead_deliveries',
    'Messages given up, kept for a replay.',
    ({ dead }) => dead,
  )
  gauge(
    'holdfast_webhook_oldest_pending_seconds',
    'Age of the oldest message waiting for an endpoint that is neither disabled nor suspended.',
    ({ oldestSeconds }) => oldestSeconds,
  )
  gauge(
    'holdfast_webhook_suspended_endpoints',
    'Endpoints suspended because they did not take messages.',
    ({ suspended }) => suspended,
  )
  new Gauge({
    name: 'holdfast_webhook_lag_commits',
    help: 'Commits of the log that were not looked at for webhooks yet, by the instance that does.',
    registers: [registry],
    collect() {
      this.set(lag())
    },
  })
  const attempts = new Counter({
    name: 'holdfast_webhook_attempts_total',
    help: 'Attempts to deliver to webhooks by result.',
    labelNames: ['result'],
    registers: [registry],
  })
  for (const result of ['delivered', 'later', 'dead', 'gone'] as const) attempts.inc({ result }, 0)
  const duration = new Histogram({
    name: 'holdfast_webhook_attempt_duration_seconds',
    help: 'How long endpoints took to answer, or not to.',
    buckets: [0.01, 0.05, 0.25, 1, 5, 15, 30],
    registers: [registry],
  })
  return {
    attempted(result, durationMs) {
      attempts.inc({ result })
      duration.observe(durationMs / 1000)
    },
  }
}

/** One row a queue and one probe of its index: nothing grows with what waits. */
async function readStanding(postgres: Postgres): Promise<Standing> {
  const [row] = await postgres.query<{
    pending: string | null
    dead: string | null
    oldest: number | null
    suspended: bigint
  }>(sql`
    select sum(q.pending)::text as pending, sum(q.dead)::text as dead,
      extract(epoch from now() - min(first.created_at))::double precision as oldest,
      (select count(*) from notify.webhooks where suspended_because <> '') as suspended
    from notify.webhook_queues q
    left join notify.webhooks w on w.webhook_id = q.webhook_id
    left join lateral (
      select d.created_at from notify.webhook_deliveries d
      where d.webhook_id = q.webhook_id and d.state = 1 and w.is_enabled and w.suspended_because = ''
      order by d.place limit 1
    ) first on true`)
  return {
    pending: Number(row?.pending ?? 0),
    dead: Number(row?.dead ?? 0),
    oldestSeconds: Math.max(0, row?.oldest ?? 0),
    suspended: Number(row?.suspended ?? 0),
  }
}
