import type { Actor } from '@holdfast/event-log'
import { type Postgres, type Queryable, sql } from '@holdfast/postgres'
import {
  askingUser,
  type ChangedField,
  type Counts,
  type ObjectChange,
  type RestoreService,
  type Scope,
} from './changes.ts'

export type PlanState = 'making' | 'ready' | 'failed'

export interface PlanOrder extends Scope {
  readonly planId: string
  readonly toUnixMs: number
  /** The restore it undoes; empty: none. */
  readonly undoes: string
  readonly actor: Actor
}

export interface Plan extends PlanOrder {
  readonly state: PlanState
  readonly headSequence: bigint
  readonly digest: string
  readonly counts: Counts
  readonly kinds: Readonly<Record<string, Counts>>
  readonly reach: PlanReach
  readonly warnings: readonly Warning[]
  readonly estimatedMs: number
  readonly isMeasured: boolean
  readonly failureCode: string
  readonly failureDetail: string
  readonly createdAtUnixMs: number
  readonly attempts: number
}

/** Hosts whose configuration changes: by node, and all of an organization whose rules change. */
export interface PlanReach {
  /** Changes by node id. */
  readonly nodes: Readonly<Record<string, number>>
  readonly organizations: Readonly<Record<string, number>>
}

export interface Warning {
  readonly code: string
  readonly detail: string
  readonly count: number
}

/** What a made plan holds besides its changes. */
export type MadePlan = Pick<
  Plan,
  | 'headSequence'
  | 'digest'
  | 'counts'
  | 'kinds'
  | 'reach'
  | 'warnings'
  | 'estimatedMs'
  | 'isMeasured'
>

export interface PlanLease {
  readonly planId: string
  readonly holder: string
  readonly leaseMs: number
}

/** FB-63 and the slots of imports keep as long. */
export const plansKeptDays = 7

interface PlanRow {
  readonly plan_id: string
  readonly state: PlanState
  readonly to_sequence: bigint
  readonly to_unix_ms: bigint
  readonly head_sequence: bigint
  readonly only_what: readonly string[]
  readonly organization_id: string | null
  readonly touched_by: string
  readonly undoes: string | null
  readonly actor: Actor
  readonly digest: string
  readonly counts: Counts
  readonly kinds: Readonly<Record<string, Counts>>
  readonly reach: PlanReach
  readonly warnings: readonly Warning[]
  readonly estimated_ms: bigint
  readonly is_measured: boolean
  readonly failure_code: string
  readonly failure_detail: string
  readonly created_at: Date
  readonly attempts: number
}

const columns = sql`p.plan_id, p.state, p.to_sequence, p.to_unix_ms, p.head_sequence, p.only_what,
  p.organization_id, p.touched_by, p.undoes, p.actor, p.digest, p.counts, p.kinds, p.reach,
  p.warnings, p.estimated_ms, p.is_measured, p.failure_code, p.failure_detail, p.created_at,
  p.attempts`

const toPlan = (row: PlanRow): Plan => ({
  planId: row.plan_id,
  state: row.state,
  toSequence: BigInt(row.to_sequence),
  toUnixMs: Number(row.to_unix_ms),
  headSequence: BigInt(row.head_sequence),
  only: row.only_what,
  organizationId: row.organization_id ?? '',
  touchedBy: row.touched_by,
  undoes: row.undoes ?? '',
  actor: row.actor,
  actorId: askingUser(row.actor),
  digest: row.digest,
  counts: row.counts,
  kinds: row.kinds,
  reach: row.reach,
  warnings: row.warnings,
  estimatedMs: Number(row.estimated_ms),
  isMeasured: row.is_measured,
  failureCode: row.failure_code,
  failureDetail: row.failure_detail,
  createdAtUnixMs: row.created_at.getTime(),
  attempts: row.attempts,
})

export const insertPlan = (tx: Queryable, order: PlanOrder): Promise<number> =>
  tx.execute(sql`
    insert into backup.restore_plans
      (plan_id, to_sequence, to_unix_ms, only_what, organization_id, touched_by, undoes, actor)
    values (${order.planId}::uuid, ${order.toSequence}, ${order.toUnixMs}, ${order.only}::text[],
      ${order.organizationId || null}::uuid, ${order.touchedBy}, ${order.undoes || null}::uuid,
      ${JSON.stringify(order.actor)}::jsonb)
    on conflict do nothing`)

export async function findPlan(tx: Queryable, id: string): Promise<Plan | undefined> {
  const [row] = await tx.query<PlanRow>(sql`
    select ${columns} from backup.restore_plans p where p.plan_id = ${id}::uuid`)
  return row && toPlan(row)
}

/** The next that is to be made, if its maker is not there any more. */
export async function claimPlan(
  tx: Queryable,
  { holder, leaseMs }: Omit<PlanLease, 'planId'>,
): Promise<Plan | undefined> {
  const [row] = await tx.query<PlanRow>(sql`
    update backup.restore_plans p set leased_by = ${holder}::uuid, attempts = p.attempts + 1,
      leased_until = now() + ${leaseMs} * interval '1 millisecond'
    from (
      select plan_id from backup.restore_plans
      where state = 'making' and next_at <= now() and (leased_until is null or leased_until <= now())
      order by created_at limit 1 for update skip locked
    ) due
    where p.plan_id = due.plan_id
    returning ${columns}`)
  return row && toPlan(row)
}

const mine = ({ planId, holder }: PlanLease) =>
  sql`plan_id = ${planId}::uuid and leased_by = ${holder}::uuid and state = 'making'`

export const renewPlan = async (tx: Queryable, lease: PlanLease): Promise<boolean> =>
  (await tx.execute(sql`
    update backup.restore_plans set leased_until = now() + ${lease.leaseMs} * interval '1 millisecond'
    where ${mine(lease)}`)) === 1

/** What an attempt before left. */
export const clearChanges = (tx: Queryable, { planId }: PlanLease): Promise<number> =>
  tx.execute(sql`delete from backup.restore_plan_changes where plan_id = ${planId}::uuid`)

export async function insertChanges(
  tx: Queryable,
  { planId }: PlanLease,
  first: number,
  changes: readonly ObjectChange[],
): Promise<void> {
  if (changes.length === 0) return
  const rows = changes.map((change, i) => ({
    place: first + i,
    service: change.service,
    kind: change.kind,
    object_id: change.id,
    name: change.name,
    organization_id: change.organizationId,
    aggregate_id: change.aggregateId,
    change: change.change,
    fields: JSON.stringify(change.fields),
    code: change.code,
    reason: change.reason,
  }))
  await tx.execute(sql`
    insert into backup.restore_plan_changes
      (plan_id, place, service, kind, object_id, name, organization_id, aggregate_id, change,
        fields, code, reason)
    select ${planId}::uuid, place, service, kind, object_id, name, organization_id, aggregate_id,
      change, fields::jsonb, code, reason
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r
      (place integer, service text, kind text, object_id text, name text, organization_id text,
        aggregate_id text, change text, fields text, code text, reason text)`)
}

export const planMade = async (tx: Queryable, lease: PlanLease, made: MadePlan): Promise<boolean> =>
  (await tx.execute(sql`
    update backup.restore_plans set state = 'ready', leased_by = null, leased_until = null,
      head_sequence = ${made.headSequence}, digest = ${made.digest},
      counts = ${JSON.stringify(made.counts)}::jsonb, kinds = ${JSON.stringify(made.kinds)}::jsonb,
      reach = ${JSON.stringify(made.reach)}::jsonb,
      warnings = ${JSON.stringify(made.warnings)}::jsonb, estimated_ms = ${made.estimatedMs},
      is_measured = ${made.isMeasured}
    where ${mine(lease)}`)) === 1

export const planFailed = (
  tx: Queryable,
  lease: PlanLease,
  code: string,
  detail: string,
): Promise<number> =>
  tx.execute(sql`
    update backup.restore_plans set state = 'failed', leased_by = null, leased_until = null,
      failure_code = ${code}, failure_detail = ${detail}
    where ${mine(lease)}`)

export const releasePlan = (tx: Queryable, lease: PlanLease, delayMs: number): Promise<number> =>
  tx.execute(sql`
    update backup.restore_plans set leased_by = null, leased_until = null,
      next_at = now() + ${delayMs} * interval '1 millisecond'
    where ${mine(lease)}`)

export const prunePlans = (tx: Queryable): Promise<number> =>
  tx.execute(sql`
    delete from backup.restore_plans
    where created_at < now() - ${plansKeptDays} * interval '1 day'`)

export interface ChangesWish {
  readonly after: number
  readonly limit: number
  /** Empty: all. */
  readonly change: string
  readonly kind: string
}

export async function planChanges(
  tx: Postgres,
  planId: string,
  { after, limit, change, kind }: ChangesWish,
): Promise<readonly { readonly place: number; readonly change: ObjectChange }[]> {
  const rows = await tx.query<{
    place: number
    service: RestoreService
    kind: string
    object_id: string
    name: string
    organization_id: string
    aggregate_id: string
    change: ObjectChange['change']
    fields: readonly ChangedField[]
    code: string
    reason: string
  }>(sql`
    select place, service, kind, object_id, name, organization_id, aggregate_id, change, fields,
      code, reason
    from backup.restore_plan_changes
    where plan_id = ${planId}::uuid and place > ${after}
      and (${change} = '' or change = ${change}) and (${kind} = '' or kind = ${kind})
    order by place limit ${limit + 1}`)
  return rows.map(({ place, object_id, organization_id, aggregate_id, ...row }) => ({
    place,
    change: { ...row, id: object_id, organizationId: organization_id, aggregateId: aggregate_id },
  }))
}
