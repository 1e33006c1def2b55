import { type Page, type PageWish, type Queryable, sql, toPage } from '@holdfast/postgres'

export const deliveryStates = ['pending', 'delivered', 'dead'] as const
export type DeliveryState = (typeof deliveryStates)[number]

export interface AttemptView {
  readonly atUnixMs: number
  /** Zero when there was no answer. */
  readonly status: number
  readonly durationMs: number
  /** Empty on success. */
  readonly failure: string
}

export interface DeliveryView {
  readonly id: string
  readonly webhookId: string
  readonly type: string
  readonly sequence: bigint
  readonly state: DeliveryState
  readonly attempts: number
  readonly createdAtUnixMs: number
  /** Zero for what is not first in line. */
  readonly nextAttemptUnixMs: number
  /** Oldest first. */
  readonly recent: readonly AttemptView[]
}

/** How an endpoint's queue stands. */
export interface QueueView {
  readonly pending: number
  readonly dead: number
  readonly lastSuccessUnixMs: number
  readonly lastFailure: string
}

export const emptyQueue: QueueView = {
  pending: 0,
  dead: 0,
  lastSuccessUnixMs: 0,
  lastFailure: '',
}

interface DeliveryRow {
  readonly delivery_id: string
  readonly webhook_id: string
  readonly type: string
  readonly sequence: bigint
  readonly state: number
  readonly attempts: number
  readonly created_us: bigint
  readonly next_ms: bigint | null
  readonly recent: readonly (readonly [number, number, number, string])[]
}

/** Newest first. The caller has checked that the webhook may be seen. */
export async function listDeliveries(
  tx: Queryable,
  webhookId: string,
  state: DeliveryState | undefined,
  page: PageWish,
): Promise<Page<DeliveryView>> {
  const { after, limit } = page
  const created = sql`(extract(epoch from created_at) * 1000000)::bigint`
  const rows = await tx.query<DeliveryRow>(sql`
    select delivery_id, webhook_id, type, sequence, state, attempts, recent,
      ${created} as created_us,
      case when state = 1 and place = (
        select min(first.place) from notify.webhook_deliveries first
        where first.webhook_id = ${webhookId}::uuid and first.state = 1
      ) then (
        select (extract(epoch from next_at) * 1000)::bigint from notify.webhook_queues
        where webhook_id = ${webhookId}::uuid
      ) end as next_ms
    from notify.webhook_deliveries
    where webhook_id = ${webhookId}::uuid
      and ${state === undefined ? sql`true` : sql`state = ${deliveryStates.indexOf(state) + 1}`}
      and ${
        after
          ? sql`(created_at, delivery_id) < (
              timestamptz 'epoch' + ${microseconds(after.key)}::bigint * interval '1 microsecond', ${after.id}::uuid)`
          : sql`true`
      }
    order by created_at desc, delivery_id desc limit ${limit + 1}`)
  const found = toPage(rows, page, (row) => ({
    key: row.created_us.toString(),
    id: row.delivery_id,
  }))
  return { rows: found.rows.map(toView), nextCursor: found.nextCursor }
}

/** A cursor's key is ours; one that somebody made up ends the list. */
const microseconds = (key: string): string => (/^[0-9]{1,17}$/.test(key) ? key : '0')

const toView = (row: DeliveryRow): DeliveryView => ({
  id: row.delivery_id,
  webhookId: row.webhook_id,
  type: row.type,
  sequence: row.sequence,
  state: deliveryStates[row.state - 1] ?? 'pending',
  attempts: row.attempts,
  createdAtUnixMs: Math.floor(Number(row.created_us) / 1000),
  nextAttemptUnixMs: Number(row.next_ms ?? 0),
  recent: row.recent.map(([atUnixMs, status, durationMs, failure]) => ({
    atUnixMs,
    status,
    durationMs,
    failure,
  })),
})

/** By webhook; those that were never told anything have none. */
export async function queuesOf(
  tx: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, QueueView>> {
  const rows = await tx.query<{
    webhook_id: string
    pending: bigint
    dead: bigint
    last_success_at: Date | null
    last_failure: string
  }>(sql`
    select webhook_id, pending, dead, last_success_at, last_failure from notify.webhook_queues
    where webhook_id = any(${ids}::uuid[])`)
  return new Map(
    rows.map((row) => [
      row.webhook_id,
      {
        pending: Number(row.pending),
        dead: Number(row.dead),
        lastSuccessUnixMs: row.last_success_at?.getTime() ?? 0,
        lastFailure: row.last_failure,
      },
    ]),
  )
}
