import type { CommandContext } from '@holdfast/event-log'
import { type Postgres, type Queryable, sql } from '@holdfast/postgres'
import type { DeletionCause } from '../domain/backup.ts'

/** An object to remove, and the record with it when there is a cause. */
export interface Removal {
  readonly backupId: string
  readonly storageLocationId: string
  /** Empty: there is no object. */
  readonly objectKey: string
  readonly cause: DeletionCause | undefined
  /** Whose command that is; undefined: nobody's but ours. */
  readonly context: CommandContext | undefined
  readonly attempts: number
}

/** Of a context what outlives its call. */
type StoredContext = Omit<CommandContext, 'signal' | 'requestHash' | 'expectedRevision'>

interface RemovalRow {
  readonly backup_id: string
  readonly storage_location_id: string
  readonly object_key: string
  readonly cause: DeletionCause | null
  readonly context: StoredContext | null
  readonly attempts: number
}

/**
 * Asks for a removal, not before `delayMs`. One that is asked for already takes a cause on, and keeps the one it has:
 * the first who wanted it deleted is told of.
 */
export const insertRemoval = (
  tx: Queryable,
  removal: Omit<Removal, 'attempts'>,
  delayMs = 0,
): Promise<number> => {
  const {
    signal: _,
    requestHash: _hash,
    expectedRevision: _revision,
    ...context
  } = removal.context ?? ({} as Partial<CommandContext>)
  const stored = removal.context === undefined ? null : JSON.stringify(context)
  return tx.execute(sql`
    insert into backup.backup_removals as r
      (backup_id, storage_location_id, object_key, cause, context, next_at)
    values (${removal.backupId}::uuid, ${removal.storageLocationId}::uuid, ${removal.objectKey},
      ${removal.cause ?? null}, ${stored}::jsonb, now() + ${delayMs} * interval '1 millisecond')
    on conflict (backup_id) do update set
      cause = coalesce(r.cause, excluded.cause),
      object_key = case when r.object_key = '' then excluded.object_key else r.object_key end,
      context = case when r.cause is null then excluded.context else r.context end,
      requested_at = case when r.cause is null then now() else r.requested_at end,
      -- Whoever was uploading is given its time.
      next_at = case when r.attempts = 0 then greatest(r.next_at, excluded.next_at)
        else excluded.next_at end`)
}

/** The next that is due, or this one if it is, for `leaseMs`. */
export async function claimRemoval(
  postgres: Postgres,
  leaseMs: number,
  backupId?: string,
): Promise<Removal | undefined> {
  const which = backupId === undefined ? sql`true` : sql`backup_id = ${backupId}::uuid`
  const [row] = await postgres.query<RemovalRow>(sql`
    update backup.backup_removals r set attempts = r.attempts + 1,
      leased_until = now() + ${leaseMs} * interval '1 millisecond'
    from (
      select backup_id from backup.backup_removals
      where next_at <= now() and ${which} and (leased_until is null or leased_until <= now())
      order by next_at limit 1 for update skip locked
    ) due
    where r.backup_id = due.backup_id
    returning r.backup_id, r.storage_location_id, r.object_key, r.cause, r.context, r.attempts`)
  return (
    row && {
      backupId: row.backup_id,
      storageLocationId: row.storage_location_id,
      objectKey: row.object_key,
      cause: row.cause ?? undefined,
      context: row.context ?? undefined,
      attempts: row.attempts,
    }
  )
}

/** What was asked for is done. Who asked for more meanwhile, the record too or an object, has it done next. */
export async function endRemoval(
  postgres: Postgres,
  { backupId, cause, objectKey }: Pick<Removal, 'backupId' | 'cause' | 'objectKey'>,
): Promise<void> {
  await postgres.tx(async (tx) => {
    const ended = await tx.execute(sql`
      delete from backup.backup_removals where backup_id = ${backupId}::uuid
        and cause is not distinct from ${cause ?? null} and object_key = ${objectKey}`)
    if (ended > 0) return
    await tx.execute(sql`
      update backup.backup_removals set leased_until = null, next_at = now()
      where backup_id = ${backupId}::uuid`)
  })
}

export const deferRemoval = (
  tx: Queryable,
  backupId: string,
  delayMs: number,
  failure: string,
): Promise<number> =>
  tx.execute(sql`
    update backup.backup_removals set leased_until = null, failure = ${failure.slice(0, 500)},
      next_at = now() + ${delayMs} * interval '1 millisecond'
    where backup_id = ${backupId}::uuid`)

/** Nobody uploads it any more. */
export const hurryRemoval = (tx: Queryable, backupId: string, delayMs: number): Promise<number> =>
  tx.execute(sql`
    update backup.backup_removals
    set next_at = least(next_at, now() + ${delayMs} * interval '1 millisecond')
    where backup_id = ${backupId}::uuid and attempts = 0`)

export interface RemovalView {
  readonly requestedAtUnixMs: number
  readonly failure: string
}

/** Those of backups somebody wants deleted. */
export async function removalsOf(
  tx: Queryable,
  backupIds: readonly string[],
): Promise<ReadonlyMap<string, RemovalView>> {
  if (backupIds.length === 0) return new Map()
  const rows = await tx.query<{ backup_id: string; requested_at: Date; failure: string }>(sql`
    select backup_id, requested_at, failure from backup.backup_removals
    where backup_id = any (${backupIds}::uuid[]) and cause is not null`)
  return new Map(
    rows.map(({ backup_id, requested_at, failure }) => [
      backup_id,
      { requestedAtUnixMs: requested_at.getTime(), failure },
    ]),
  )
}
