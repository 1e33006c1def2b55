import { type Postgres, type Queryable, sql, type Transaction, unnest } from '@holdfast/postgres'

/** One message for one endpoint, before anybody has tried. */
export interface NewDelivery {
  readonly webhookId: string
  readonly deliveryId: string
  readonly type: string
  /** Zero for what is not in the log. */
  readonly sequence: bigint
  readonly format: number
  readonly body: string
}

/** The first in line of an endpoint. */
export interface WaitingDelivery {
  readonly deliveryId: string
  readonly format: number
  readonly body: string
  readonly attempts: number
  /** Deliveries to the endpoint that died since the last one that did not. */
  readonly deadInRow: number
}

/** As `recent` keeps it: at in ms since 1970, status, duration in ms, failure. */
export type StoredAttempt = readonly [
  at: number,
  status: number,
  durationMs: number,
  failure: string,
]

/** How many attempts of a delivery are remembered. */
const maxRecent = 12

export interface QueueGrowth {
  readonly webhook_id: string
  /** What waits now, and how much of it is new. */
  readonly pending: bigint
  readonly added: bigint
}

/** Puts deliveries at the end of their queues, in order; those that are there already stay as they are. */
export async function insertDeliveries(
  tx: Queryable,
  deliveries: readonly NewDelivery[],
): Promise<readonly QueueGrowth[]> {
  if (deliveries.length === 0) return []
  const rows = deliveries.map((one, n) => ({
    n,
    webhook_id: one.webhookId,
    delivery_id: one.deliveryId,
    type: one.type,
    sequence: one.sequence,
    format: one.format,
    // U+0000 is legal in JSON as an escape, which this is: only a raw one Postgres could not hold.
    body: one.body,
  }))
  const columns = {
    n: 'integer',
    webhook_id: 'uuid',
    delivery_id: 'uuid',
    type: 'text',
    sequence: 'bigint',
    format: 'integer',
    body: 'text',
  } as const
  return await tx.query(sql`
    with added as (
      insert into notify.webhook_deliveries (webhook_id, delivery_id, type, sequence, format, body)
      select webhook_id, delivery_id, type, sequence, format, body
      from ${unnest(columns, rows)} as u order by n
      on conflict do nothing
      returning webhook_id
    ), counted as (
      select webhook_id, count(*) as added from added group by webhook_id
    ), grown as (
      insert into notify.webhook_queues as q (webhook_id, pending)
      select webhook_id, added from counted
      on conflict (webhook_id) do update set
        pending = q.pending + excluded.pending,
        next_at = case when q.pending = 0 then now() else q.next_at end
      returning webhook_id, pending
    )
    select webhook_id, pending, added from grown join counted using (webhook_id)`)
}

/** Everything about a webhook that is not in the log. */
export async function forgetWebhooks(tx: Queryable, ids: readonly string[]): Promise<void> {
  await tx.execute(
    sql`delete from notify.webhook_deliveries where webhook_id = any(${ids}::uuid[])`,
  )
  await tx.execute(sql`delete from notify.webhook_queues where webhook_id = any(${ids}::uuid[])`)
}

/** Resumed: what waits is tried at once, and is given patience again. */
export const resumeQueues = (tx: Queryable, ids: readonly string[]): Promise<number> =>
  tx.execute(sql`
    update notify.webhook_queues set suspend_cause = '', dead_in_row = 0, next_at = now()
    where webhook_id = any(${ids}::uuid[])`)

/** To be suspended: nothing is delivered from here on, and the log is told by `suspender`. */
export const markSuspended = (tx: Queryable, id: string, cause: string): Promise<number> =>
  tx.execute(sql`
    update notify.webhook_queues set suspend_cause = ${cause}
    where webhook_id = ${id}::uuid and suspend_cause = ''`)

export interface Lease {
  readonly webhookId: string
  /** Of this process. */
  readonly holder: string
  readonly leaseMs: number
}

export interface LeaseWish {
  readonly holder: string
  readonly leaseMs: number
  readonly limit: number
  /** What waits of another one is from before a restore: the follower gives it up, but may not have done so yet. */
  readonly log: { readonly lineageId: string; readonly generation: number }
}

/** Endpoints that have something due, nobody delivers to and nothing speaks against; they are ours then. */
export async function leaseDue(
  tx: Queryable,
  { holder, leaseMs, limit, log }: LeaseWish,
): Promise<readonly string[]> {
  const rows = await tx.query<{ webhook_id: string }>(sql`
    update notify.webhook_queues set
      leased_by = ${holder}::uuid,
      leased_until = now() + ${leaseMs} * interval '1 millisecond'
    where webhook_id in (
      select q.webhook_id from notify.webhook_queues q
      join notify.webhooks w on w.webhook_id = q.webhook_id
      where q.pending > 0 and q.next_at <= now() and q.suspend_cause = ''
        and (q.leased_until is null or q.leased_until < now())
        and w.is_enabled and w.suspended_because = ''
        and exists (select from notify.webhook_position
          where lineage_id = ${log.lineageId}::uuid and generation = ${log.generation})
      order by q.next_at limit ${limit}
      for update of q skip locked
    )
    returning webhook_id`)
  return rows.map(({ webhook_id }) => webhook_id)
}

/** Gives an endpoint back; with a delay, nobody tries before. */
export const endLease = (
  tx: Queryable,
  { webhookId, holder }: Lease,
  next?: { readonly delayMs: number; readonly failure: string },
): Promise<number> =>
  tx.execute(sql`
    update notify.webhook_queues set leased_by = null, leased_until = null
      ${
        next
          ? sql`, next_at = now() + ${next.delayMs} * interval '1 millisecond', last_failure = ${next.failure}`
          : sql.empty
      }
    where webhook_id = ${webhookId}::uuid and leased_by = ${holder}::uuid`)

/** Bodies in memory for one endpoint; the first is always among them. */
const maxBytesInLine = 2 * 1024 * 1024

/** At most `limit`, fewer where they are large: each of them waits in memory for those before it. */
export async function firstInLine(
  tx: Queryable,
  webhookId: string,
  limit: number,
): Promise<readonly WaitingDelivery[]> {
  const rows = await tx.query<{
    delivery_id: string
    format: number
    body: string
    attempts: number
    dead_in_row: number
  }>(sql`
    select d.delivery_id, d.format, d.body, d.attempts, q.dead_in_row
    from (
      select webhook_id, delivery_id, format, body, attempts, place,
        sum(octet_length(body)) over (order by place) - octet_length(body) as before
      from (
        select webhook_id, delivery_id, format, body, attempts, place from notify.webhook_deliveries
        where webhook_id = ${webhookId}::uuid and state = 1 order by place limit ${limit}
      ) as line
    ) d join notify.webhook_queues q on q.webhook_id = d.webhook_id
    where d.before < ${maxBytesInLine} order by d.place`)
  return rows.map(({ delivery_id: deliveryId, dead_in_row: deadInRow, ...rest }) => ({
    deliveryId,
    deadInRow,
    ...rest,
  }))
}

/** What an attempt did to the first in line. */
export type Outcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'dead'; readonly suspendAfter: number }
  | { readonly kind: 'later'; readonly delayMs: number }
  | { readonly kind: 'gone' }

/**
 * Writes down what became of an attempt and renews the lease, in one statement. Undefined when the endpoint is not ours
 * any more or is gone; else whether to go on with the next one.
 *
 * Not waited for on disk: what a crash of the database takes back is delivered again, with its id.
 */
export async function settle(
  postgres: Postgres,
  lease: Lease,
  deliveryId: string,
  attempt: StoredAttempt,
  outcome: Outcome,
): Promise<{ readonly isSuspending: boolean; readonly deadInRow: number } | undefined> {
  const { webhookId, holder, leaseMs } = lease
  const isDead = outcome.kind === 'dead'
  const state = outcome.kind === 'delivered' ? 2 : isDead ? 3 : 1
  const isSettled = state !== 1
  const failure = attempt[3]
  const suspendCause =
    outcome.kind === 'gone'
      ? sql`'the endpoint answered 410 Gone'`
      : isDead
        ? sql`case when q.dead_in_row + 1 >= ${outcome.suspendAfter}
            then (q.dead_in_row + 1) || ' messages in a row could not be delivered; the last: ' || ${failure}
            else q.suspend_cause end`
        : sql`q.suspend_cause`
  const next =
    outcome.kind === 'later'
      ? sql`now() + ${outcome.delayMs} * interval '1 millisecond'`
      : sql`now()`
  const [row] = await postgres.query<{ suspend_cause: string; dead_in_row: number }>(sql`
      with d as (
        update notify.webhook_deliveries d set
          state = ${state}, attempts = attempts + 1,
          settled_at = case when ${isSettled} then now() end,
          recent = case when jsonb_array_length(recent) >= ${maxRecent} then recent - 0 else recent end
            || jsonb_build_array(${JSON.stringify(attempt)}::jsonb)
        where webhook_id = ${webhookId}::uuid and delivery_id = ${deliveryId}::uuid and state = 1
          and exists (select from notify.webhook_queues
            where webhook_id = ${webhookId}::uuid and leased_by = ${holder}::uuid)
        returning 1
      )
      update notify.webhook_queues q set
        pending = q.pending - ${isSettled ? 1 : 0},
        dead = q.dead + ${isDead ? 1 : 0},
        dead_in_row = case when ${isDead} then q.dead_in_row + 1
          when ${outcome.kind === 'delivered'} then 0 else q.dead_in_row end,
        last_success_at = case when ${outcome.kind === 'delivered'} then now() else q.last_success_at end,
        last_failure = case when ${failure === ''} then q.last_failure else ${failure} end,
        suspend_cause = ${suspendCause},
        next_at = ${next},
        leased_until = now() + ${leaseMs} * interval '1 millisecond'
      where webhook_id = ${webhookId}::uuid and leased_by = ${holder}::uuid and exists (select from d)
        -- Only until this statement's own commit.
        and (select set_config('synchronous_commit', 'off', true)) is not null
      returning q.suspend_cause, q.dead_in_row`)
  return row && { isSuspending: row.suspend_cause !== '', deadInRow: row.dead_in_row }
}

/** Sends again what is dead, or one delivery of any state, with its id: at the end of the queue, the oldest first. */
export async function replayDeliveries(
  postgres: Postgres,
  webhookId: string,
  deliveryId: string | undefined,
): Promise<number> {
  return await postgres.tx(async (tx: Transaction) => {
    // The queue first, as everybody who writes both: whoever holds it holds what is in it.
    await tx.execute(
      sql`select from notify.webhook_queues where webhook_id = ${webhookId}::uuid for update`,
    )
    const chosen = await tx.query<{ delivery_id: string; state: number }>(sql`
      select delivery_id, state from notify.webhook_deliveries
      where webhook_id = ${webhookId}::uuid
        and ${deliveryId === undefined ? sql`state = 3` : sql`delivery_id = ${deliveryId}::uuid`}`)
    const isWaiting = chosen.length === 1 && chosen[0]?.state === 1
    if (chosen.length === 0 || isWaiting) return chosen.length
    const ids = chosen.map(({ delivery_id }) => delivery_id)
    await tx.execute(sql`
      update notify.webhook_deliveries d set
        state = 1, attempts = 0, settled_at = null, place = again.place
      from (
        select delivery_id, nextval(pg_get_serial_sequence('notify.webhook_deliveries', 'place')) as place
        from (
          select delivery_id from notify.webhook_deliveries
          where webhook_id = ${webhookId}::uuid and delivery_id = any(${ids}::uuid[])
          order by place
        ) as in_order
      ) as again
      where d.webhook_id = ${webhookId}::uuid and d.delivery_id = again.delivery_id`)
    const dead = chosen.filter(({ state }) => state === 3).length
    await tx.execute(sql`
      update notify.webhook_queues set
        pending = pending + ${ids.length}, dead = dead - ${dead},
        next_at = case when pending = 0 then now() else next_at end
      where webhook_id = ${webhookId}::uuid`)
    return ids.length
  })
}

const pruneBatch = 5_000

/** Forgets what was settled long ago, a batch at a time; answers how many. */
export async function pruneDeliveries(
  postgres: Postgres,
  keep: { readonly deliveredMs: number; readonly deadMs: number },
): Promise<number> {
  const before = (state: 2 | 3, ms: number) => sql`
    select webhook_id, delivery_id, state from notify.webhook_deliveries
    where state = ${state} and settled_at < now() - ${ms} * interval '1 millisecond'
    limit ${pruneBatch}`
  let total = 0
  for (const [state, ms] of [
    [2, keep.deliveredMs],
    [3, keep.deadMs],
  ] as const) {
    const [row] = await postgres.query<{ count: bigint }>(sql`
      with gone as (
        delete from notify.webhook_deliveries d using (${before(state, ms)}) as old
        where d.webhook_id = old.webhook_id and d.delivery_id = old.delivery_id and d.state = old.state
        returning d.webhook_id
      ), counted as (
        update notify.webhook_queues q set dead = q.dead - g.n
        from (select webhook_id, count(*) as n from gone group by webhook_id) g
        where ${state === 3} and q.webhook_id = g.webhook_id
        returning 1
      )
      select (select count(*) from gone) as count, (select count(*) from counted) as queues`)
    total += Number(row?.count ?? 0)
  }
  return total
}
