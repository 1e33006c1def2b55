import { isUuid } from '@holdfast/domain'
import {
  keyset,
  type Page,
  type PageWish,
  type Postgres,
  type Queryable,
  type ReadScope,
  relation,
  type Sql,
  sql,
  toPage,
} from '@holdfast/postgres'
import { holdfast } from '@holdfast/proto'
import { sealedFromBytes } from '../codecs/sealed.ts'
import { storageSettingsFrom } from '../codecs/storage-location-codec.ts'
import type { Sealed } from '../domain/sealed.ts'
import type { StorageLocationSettings } from '../domain/storage-location.ts'

export interface StorageLocationView {
  readonly id: string
  /** Empty: of the instance. */
  readonly organizationId: string
  readonly settings: StorageLocationSettings
  readonly credentialFields: readonly string[]
  readonly createdAtUnixMs: number
  readonly updatedAtUnixMs: number
  /** Zero: the built-in one, which never changes. */
  readonly revision: bigint
}

interface LocationRow {
  readonly location_id: string
  readonly organization_id: string | null
  readonly name: string
  readonly name_key: string
  readonly settings: Buffer
  readonly credential_fields: string
  readonly created_at_unix_ms: bigint
  readonly updated_at_unix_ms: bigint
  readonly revision: bigint
}

/** The location every instance has: in no event, for everybody, and named as nobody else may be. */
export const builtinName = 'local'
export const builtinSettings: StorageLocationSettings = {
  name: builtinName,
  kind: 'local',
  config: '{}',
  description: 'Built in: on the machine of the control plane.',
  isContinuous: false,
  isImmutable: false,
  keepDaily: 0,
  keepWeekly: 0,
  keepMonthly: 0,
}
export const builtinView = (lineageId: string): StorageLocationView => ({
  id: lineageId,
  organizationId: '',
  settings: builtinSettings,
  credentialFields: [],
  createdAtUnixMs: 0,
  updatedAtUnixMs: 0,
  revision: 0n,
})
const builtinBytes = holdfast.backup.v1.StorageLocationSettings.encode(builtinSettings).finish()

const columns = sql`location_id, organization_id, name, name_key, kind, settings, credential_fields,
  created_at_unix_ms, updated_at_unix_ms, revision`

const toView = (row: LocationRow): StorageLocationView => ({
  id: row.location_id,
  organizationId: row.organization_id ?? '',
  settings: storageSettingsFrom(holdfast.backup.v1.StorageLocationSettings.decode(row.settings)),
  credentialFields: row.credential_fields === '' ? [] : row.credential_fields.split(','),
  createdAtUnixMs: Number(row.created_at_unix_ms),
  updatedAtUnixMs: Number(row.updated_at_unix_ms),
  revision: row.revision,
})

/** Those a reader may see, and the built-in one. */
const rows = ({ at }: ReadScope, lineageId: string): Sql => sql`(
  select ${columns} from ${relation('backup', 'storage_locations', at)} l
  union all
  select ${lineageId}::uuid, null::uuid, ${builtinName}, ${builtinName}, ${builtinSettings.kind},
    ${builtinBytes}::bytea, '', 0::bigint, 0::bigint, 0::bigint) w`

/** Of that id, or of that name regardless of case; the exact spelling wins. At most 20. */
export async function matchStorageLocations(
  postgres: Postgres,
  scope: ReadScope,
  lineageId: string,
  idOrName: string,
): Promise<readonly StorageLocationView[]> {
  const found = await postgres.read(scope, (tx) =>
    tx.query<LocationRow>(sql`
      select ${columns} from ${rows(scope, lineageId)}
      where ${isUuid(idOrName) ? sql`location_id = ${idOrName}::uuid` : sql`name_key = ${idOrName.toLowerCase()}`}
      order by name_key, location_id limit 20`),
  )
  const exact = found.filter(({ name }) => name === idOrName)
  return (exact.length > 0 ? exact : found).map(toView)
}

export interface LocationFilter {
  /** Empty: any. Of one organization the built-in one is none. */
  readonly organizationId: string
  /** Empty: any. */
  readonly kind: string
}

/** By name, the built-in one among them. */
export async function listStorageLocations(
  postgres: Postgres,
  scope: ReadScope,
  lineageId: string,
  { organizationId, kind }: LocationFilter,
  page: PageWish,
): Promise<Page<StorageLocationView>> {
  const { where, tail } = keyset(page, sql`name_key`, sql`location_id`)
  const found = await postgres.read(scope, (tx) =>
    tx.query<LocationRow>(sql`
      select ${columns} from ${rows(scope, lineageId)}
      where ${where}
        and ${organizationId === '' ? sql`true` : sql`organization_id = ${organizationId}::uuid`}
        and ${kind === '' ? sql`true` : sql`kind = ${kind}`}
      ${tail}`),
  )
  const listed = toPage(found, page, (row) => ({ key: row.name_key, id: row.location_id }))
  return { rows: listed.rows.map(toView), nextCursor: listed.nextCursor }
}

/** One with its secrets, for this service itself. */
export async function storageLocationToOpen(
  tx: Queryable,
  id: string,
): Promise<(StorageLocationView & { readonly credentials: Sealed | undefined }) | undefined> {
  const [row] = await tx.query<LocationRow & { credentials: Buffer | null }>(sql`
    select ${columns}, credentials from backup.storage_locations
    where location_id = ${id}::uuid`)
  if (!row) return undefined
  const { credentials } = row
  return { ...toView(row), credentials: credentials ? sealedFromBytes(credentials) : undefined }
}

/** Those of the ids that are locations, without the built-in one. For this service itself. */
export async function locationsAmong(
  tx: Queryable,
  ids: readonly string[],
): Promise<readonly string[]> {
  const rows = await tx.query<{ location_id: string }>(sql`
    select location_id from backup.storage_locations where location_id = any(${ids}::uuid[])`)
  return rows.map((row) => row.location_id)
}

/** Of one organization, or of the instance (empty), by name. For this service itself. */
export async function storageLocationNamed(
  tx: Queryable,
  organizationId: string,
  name: string,
): Promise<StorageLocationView | undefined> {
  const [row] = await tx.query<LocationRow>(sql`
    select ${columns} from backup.storage_locations
    where name_key = ${name.toLowerCase()}
      and organization_id is not distinct from ${organizationId === '' ? null : organizationId}::uuid
    order by location_id limit 1`)
  return row && toView(row)
}

/** Those full backups are pushed to all the time. For this service itself. */
export async function continuousLocations(tx: Queryable): Promise<readonly StorageLocationView[]> {
  const found = await tx.query<LocationRow>(sql`
    select ${columns} from backup.storage_locations where is_continuous
    order by name_key, location_id`)
  return found.map(toView)
}
