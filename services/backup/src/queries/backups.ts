import {
  containing,
  type Page,
  type PageWish,
  type Postgres,
  type Queryable,
  type ReadScope,
  relation,
  type Sql,
  sequenceOf,
  sql,
  toPage,
} from '@holdfast/postgres'
import type { BackupOutcome, Protection } from '../domain/backup.ts'
import type { BackupKind, Contents } from '../domain/contents.ts'

export interface BackupView {
  readonly id: string
  /** Empty: of the whole instance. */
  readonly organizationId: string
  readonly name: string
  readonly kind: BackupKind
  readonly contents: Contents
  readonly protection: Protection
  readonly storageLocationId: string
  /** Empty: it is gone, or not to be seen. */
  readonly storageLocationName: string
  readonly storageKind: string
  readonly scheduleId: string
  readonly slotUnixMs: number
  readonly rollbackFor: string
  readonly keptUntilUnixMs: number
  readonly status: BackupOutcome
  readonly createdAtUnixMs: number
  readonly endedAtUnixMs: number
  readonly objectKey: string
  readonly bytes: number
  readonly sha256: Uint8Array
  readonly sequence: bigint
  readonly recipients: readonly string[]
  readonly failureCode: string
  readonly failureDetail: string
  readonly verifiedAtUnixMs: number
  readonly verifyFailure: string
}

interface BackupRow {
  readonly backup_id: string
  readonly organization_id: string | null
  readonly name: string
  readonly kind: BackupKind
  readonly contents: Contents
  readonly protection: Protection
  readonly storage_location_id: string
  readonly location_name: string | null
  readonly storage_kind: string
  readonly schedule_id: string | null
  readonly slot_unix_ms: bigint
  readonly rollback_for: string
  readonly kept_until_unix_ms: bigint
  readonly status: BackupOutcome
  readonly created_at_unix_ms: bigint
  readonly ended_at_unix_ms: bigint
  readonly object_key: string
  readonly bytes: bigint
  readonly sha256: Buffer | null
  readonly sequence: bigint
  readonly recipients: readonly string[]
  readonly failure_code: string
  readonly failure_detail: string
  readonly verified_at_unix_ms: bigint
  readonly verify_failure: string
}

/** All but the manifest, which may be long. */
const columns = sql`b.backup_id, b.organization_id, b.name, b.kind, b.contents, b.protection,
  b.storage_location_id, l.name as location_name, b.storage_kind, b.schedule_id, b.slot_unix_ms,
  b.rollback_for, b.kept_until_unix_ms, b.status, b.created_at_unix_ms, b.ended_at_unix_ms,
  b.object_key, b.bytes, b.sha256, b.sequence, b.recipients, b.failure_code, b.failure_detail,
  b.verified_at_unix_ms, b.verify_failure`

const rows = ({ at }: ReadScope): Sql =>
  sql`${relation('backup', 'backups', at)} b
    left join ${relation('backup', 'storage_locations', at)} l
      on l.location_id = b.storage_location_id`

const toView = (row: BackupRow): BackupView => ({
  id: row.backup_id,
  organizationId: row.organization_id ?? '',
  name: row.name,
  kind: row.kind,
  contents: row.contents,
  protection: row.protection,
  storageLocationId: row.storage_location_id,
  storageLocationName: row.location_name ?? '',
  storageKind: row.storage_kind,
  scheduleId: row.schedule_id ?? '',
  slotUnixMs: Number(row.slot_unix_ms),
  rollbackFor: row.rollback_for,
  keptUntilUnixMs: Number(row.kept_until_unix_ms),
  status: row.status,
  createdAtUnixMs: Number(row.created_at_unix_ms),
  endedAtUnixMs: Number(row.ended_at_unix_ms),
  objectKey: row.object_key,
  bytes: Number(row.bytes),
  sha256: row.sha256 ?? new Uint8Array(),
  sequence: row.sequence,
  recipients: row.recipients,
  failureCode: row.failure_code,
  failureDetail: row.failure_detail,
  verifiedAtUnixMs: Number(row.verified_at_unix_ms),
  verifyFailure: row.verify_failure,
})

export async function findBackup(
  postgres: Postgres,
  scope: ReadScope,
  id: string,
): Promise<BackupView | undefined> {
  const [row] = await postgres.read(scope, (tx) =>
    tx.query<BackupRow>(sql`
      select ${columns} from ${rows(scope)} where b.backup_id = ${id}::uuid`),
  )
  return row && toView(row)
}

/** Empty fields: any. */
export interface BackupFilter {
  readonly organizationId: string
  readonly kind: BackupKind | undefined
  readonly status: BackupOutcome | undefined
  /** Of those that are not over: whose job stands there. */
  readonly ids: readonly string[] | undefined
  readonly storageKind: string
  readonly search: string
  readonly siteId: string
  readonly scheduleId: string
  readonly rollbackFor: string
}

/** Snapshots of the site's organization, or of all, from while there was one. */
const holdsSite = (siteId: string): Sql => sql`exists (
  select from backup.sites s
  where s.site_id = ${siteId}::uuid and b.kind = 'snapshot'
    and (b.organization_id is null or b.organization_id = s.organization_id)
    and b.status = 'completed' and b.sequence >= s.created_sequence
    and (s.deleted_sequence is null or b.sequence < s.deleted_sequence))`

export const chosen = (filter: BackupFilter): Sql => sql`
  ${filter.organizationId === '' ? sql`true` : sql`b.organization_id = ${filter.organizationId}::uuid`}
  and ${filter.kind === undefined ? sql`true` : sql`b.kind = ${filter.kind}`}
  and ${filter.status === undefined ? sql`true` : sql`b.status = ${filter.status}`}
  and ${filter.ids === undefined ? sql`true` : sql`b.backup_id = any (${[...filter.ids]}::uuid[])`}
  and ${filter.storageKind === '' ? sql`true` : sql`b.storage_kind = ${filter.storageKind}`}
  and ${filter.search === '' ? sql`true` : sql`b.name_key like ${containing(filter.search.toLowerCase())}`}
  and ${filter.scheduleId === '' ? sql`true` : sql`b.schedule_id = ${filter.scheduleId}::uuid`}
  and ${filter.rollbackFor === '' ? sql`true` : sql`b.rollback_for = ${filter.rollbackFor}`}
  and ${filter.siteId === '' ? sql`true` : holdsSite(filter.siteId)}`

/** Newest first. */
export async function listBackups(
  postgres: Postgres,
  scope: ReadScope,
  filter: BackupFilter,
  page: PageWish,
): Promise<Page<BackupView>> {
  const { after, limit } = page
  const beyond = after
    ? sql`(b.created_at_unix_ms, b.backup_id) < (${sequenceOf(after)}, ${after.id}::uuid)`
    : sql`true`
  const found = await postgres.read(scope, (tx) =>
    tx.query<BackupRow>(sql`
      select ${columns} from ${rows(scope)}
      where ${beyond} and ${chosen(filter)}
      order by b.created_at_unix_ms desc, b.backup_id desc limit ${limit + 1}`),
  )
  const listed = toPage(found, page, (row) => ({
    key: row.created_at_unix_ms.toString(),
    id: row.backup_id,
  }))
  return { rows: listed.rows.map(toView), nextCursor: listed.nextCursor }
}

/** The clear manifest, JSON. For this service itself: the caller has looked who asks. */
export async function manifestOf(tx: Queryable, id: string): Promise<string | undefined> {
  const [row] = await tx.query<{ manifest: string }>(sql`
    select manifest from backup.backups where backup_id = ${id}::uuid`)
  return row?.manifest
}

/** Why it failed; empty when it did not. */
export async function failureOf(
  tx: Queryable,
  id: string,
): Promise<{ readonly code: string; readonly detail: string }> {
  const [row] = await tx.query<{ code: string; detail: string }>(sql`
    select failure_code as code, failure_detail as detail
    from backup.backups where backup_id = ${id}::uuid`)
  return row ?? { code: '', detail: '' }
}

/** Whether anything that is not deleted lies there, or is to. */
export async function usesLocation(tx: Queryable, locationId: string): Promise<boolean> {
  const [row] = await tx.query<{ is_used: boolean }>(sql`
    select exists (select from backup.backups where storage_location_id = ${locationId}::uuid)
      or exists (select from backup.backup_removals where storage_location_id = ${locationId}::uuid)
      or exists (select from backup.backup_jobs
        where storage_location_id = ${locationId}::uuid and state <> 'ended') as is_used`)
  return row?.is_used ?? false
}

/** Locations something of ours may lie at. */
export async function usedLocations(tx: Queryable): Promise<readonly string[]> {
  const found = await tx.query<{ id: string }>(sql`
    select storage_location_id as id from backup.backups
    union select storage_location_id from backup.backup_jobs`)
  return found.map(({ id }) => id)
}

/** Requests the log has that no job carries out; older than `ageMs`. */
export async function lostRequests(
  tx: Queryable,
  ageMs: number,
): Promise<readonly { readonly id: string; readonly organizationId: string }[]> {
  const found = await tx.query<{ backup_id: string; organization_id: string | null }>(sql`
    select backup_id, organization_id from backup.backups b
    where status = 'requested'
      and created_at_unix_ms < extract(epoch from now()) * 1000 - ${ageMs}
      and not exists (select from backup.backup_jobs j
        where j.backup_id = b.backup_id and j.state <> 'ended')
    order by backup_id limit 100`)
  return found.map(({ backup_id, organization_id }) => ({
    id: backup_id,
    organizationId: organization_id ?? '',
  }))
}
