import type { ObjectKind, ObjectName } from '@holdfast/full-backup'
import { type Postgres, type Queryable, sql, unnest } from '@holdfast/postgres'

/** An object that stands at a location, as it was put. */
export interface StoredRow extends ObjectName {
  /** Hex. */
  readonly sha256: string
  readonly bytes: number
  /** Hex; empty where not known. */
  readonly lastHash: string
  /** Hex; empty where it does not matter. */
  readonly contentSha256: string
  /** The operator's; undefined: not known any more. */
  readonly recipients: readonly string[] | undefined
  readonly putAtUnixMs: number
  readonly namedFrom: number | undefined
  readonly namedTo: number | undefined
  /** When it was last read back and judged; 0: never. */
  readonly verifiedAtUnixMs: number
  readonly damage: string
}

export interface LocationRow {
  readonly pushedAtUnixMs: number
  readonly verifyingSinceUnixMs: number
  readonly verifiedAtUnixMs: number
  readonly verifiedSequence: bigint
  readonly sampledAtUnixMs: number
  readonly keysetDestroyedSequence: bigint
}

interface Raw {
  readonly key: string
  readonly kind: ObjectKind
  readonly generation: bigint
  readonly first_sequence: bigint
  readonly last_sequence: bigint
  readonly sha256: Buffer
  readonly bytes: bigint
  readonly last_hash: Buffer | null
  readonly content_sha256: Buffer | null
  readonly recipients: string[] | null
  readonly put_at: Date
  readonly named_from: bigint | null
  readonly named_to: bigint | null
  readonly verified_at: Date | null
  readonly damage: string
}

const rowOf = (raw: Raw): StoredRow => ({
  key: raw.key,
  kind: raw.kind,
  generation: Number(raw.generation),
  first: raw.first_sequence,
  last: raw.last_sequence,
  sha256: raw.sha256.toString('hex'),
  bytes: Number(raw.bytes),
  lastHash: raw.last_hash?.toString('hex') ?? '',
  contentSha256: raw.content_sha256?.toString('hex') ?? '',
  recipients: raw.recipients ?? undefined,
  putAtUnixMs: raw.put_at.getTime(),
  namedFrom: raw.named_from === null ? undefined : Number(raw.named_from),
  namedTo: raw.named_to === null ? undefined : Number(raw.named_to),
  verifiedAtUnixMs: raw.verified_at?.getTime() ?? 0,
  damage: raw.damage,
})

const columns = {
  key: 'text',
  kind: 'text',
  generation: 'bigint',
  first_sequence: 'bigint',
  last_sequence: 'bigint',
  sha256: 'bytea',
  bytes: 'bigint',
  last_hash: 'bytea',
  content_sha256: 'bytea',
  recipients: 'text[]',
  put_at: 'timestamptz',
  named_from: 'bigint',
  named_to: 'bigint',
} as const
const bytesOf = (hex: string): Uint8Array | null => (hex === '' ? null : Buffer.from(hex, 'hex'))
const pageSize = 1_000

/** The objects of one location. Every write is one statement or one transaction: a crash leaves all of it or nothing. */
export interface ObjectStore {
  location(): Promise<LocationRow>
  note(change: Partial<LocationRow>): Promise<void>
  all(): Promise<readonly StoredRow[]>
  /** Also replaces: what is known of an earlier object by that key is gone. */
  put(rows: readonly NewRow[]): Promise<void>
  remove(keys: readonly string[]): Promise<void>
  /** Of the object that was read: one put meanwhile has another hash. `atUnixMs` 0: it was not read, only missed. */
  judge(key: string, sha256: string, damage: string, atUnixMs: number): Promise<void>
  /** It stands, and names every object that is not retired. */
  manifest(row: NewRow): Promise<void>
  /** Newer manifests will not name them. */
  retire(keys: readonly string[], lastManifestUnixMs: number): Promise<void>
}

export type NewRow = Omit<StoredRow, 'verifiedAtUnixMs' | 'damage'>

const dateOf = (unixMs: number): Date => new Date(unixMs)
const msOf = (date: Date | null): number => date?.getTime() ?? 0

export function objectStore(postgres: Postgres, locationId: string): ObjectStore {
  async function insert(into: Queryable, objects: readonly NewRow[]): Promise<void> {
    const made = objects.map((each) => ({
      key: each.key,
      kind: each.kind,
      generation: each.generation,
      first_sequence: each.first,
      last_sequence: each.last,
      sha256: Buffer.from(each.sha256, 'hex'),
      bytes: each.bytes,
      last_hash: bytesOf(each.lastHash),
      content_sha256: bytesOf(each.contentSha256),
      recipients: each.recipients,
      put_at: dateOf(each.putAtUnixMs),
      named_from: each.namedFrom,
      named_to: each.namedTo,
    }))
    await into.execute(sql`
      insert into backup.offsite_objects (location_id, key, kind, generation, first_sequence, last_sequence, sha256, bytes,
        last_hash, content_sha256, recipients, put_at, named_from, named_to)
      select ${locationId}::uuid, key, kind, generation, first_sequence, last_sequence, sha256, bytes,
        last_hash, content_sha256, recipients, put_at, named_from, named_to
      from ${unnest(columns, made)} as u
      on conflict (location_id, key) do update set
        sha256 = excluded.sha256, bytes = excluded.bytes, last_hash = excluded.last_hash,
        content_sha256 = excluded.content_sha256, recipients = excluded.recipients, put_at = excluded.put_at,
        named_to = excluded.named_to, verified_at = null, damage = ''`)
  }

  return {
    async location() {
      const [row] = await postgres.query<{
        pushed_at: Date | null
        verifying_since: Date | null
        verified_at: Date | null
        verified_sequence: bigint
        sampled_at: Date | null
        keyset_destroyed_sequence: bigint
      }>(sql`select * from backup.offsite_locations where location_id = ${locationId}`)
      return {
        pushedAtUnixMs: msOf(row?.pushed_at ?? null),
        verifyingSinceUnixMs: msOf(row?.verifying_since ?? null),
        verifiedAtUnixMs: msOf(row?.verified_at ?? null),
        verifiedSequence: row?.verified_sequence ?? 0n,
        sampledAtUnixMs: msOf(row?.sampled_at ?? null),
        keysetDestroyedSequence: row?.keyset_destroyed_sequence ?? 0n,
      }
    },

    async note(change) {
      const at = (ms: number | undefined): Date | null => (ms ? dateOf(ms) : null)
      const { verifyingSinceUnixMs } = change
      await postgres.execute(sql`
        insert into backup.offsite_locations as l (location_id, pushed_at, verifying_since, verified_at, verified_sequence, sampled_at, keyset_destroyed_sequence)
        values (${locationId}, ${at(change.pushedAtUnixMs)}, ${at(verifyingSinceUnixMs)}, ${at(change.verifiedAtUnixMs)},
          ${change.verifiedSequence ?? 0n}, ${at(change.sampledAtUnixMs)}, ${change.keysetDestroyedSequence ?? 0n})
        on conflict (location_id) do update set
          pushed_at = coalesce(excluded.pushed_at, l.pushed_at),
          verifying_since = case when ${verifyingSinceUnixMs !== undefined} then excluded.verifying_since else l.verifying_since end,
          verified_at = coalesce(excluded.verified_at, l.verified_at),
          verified_sequence = case when ${change.verifiedSequence !== undefined} then excluded.verified_sequence else l.verified_sequence end,
          sampled_at = coalesce(excluded.sampled_at, l.sampled_at),
          keyset_destroyed_sequence = greatest(excluded.keyset_destroyed_sequence, l.keyset_destroyed_sequence)`)
    },

    async all() {
      const found: StoredRow[] = []
      for (let after = ''; ; after = found.at(-1)?.key ?? '') {
        const page = await postgres.query<Raw>(sql`
          select * from backup.offsite_objects where location_id = ${locationId} and key > ${after}
          order by key limit ${pageSize}`)
        found.push(...page.map(rowOf))
        if (page.length < pageSize) return found
      }
    },

    put: (objects) => insert(postgres, objects),

    async remove(keys) {
      await postgres.execute(
        sql`delete from backup.offsite_objects where location_id = ${locationId} and key = any(${keys}::text[])`,
      )
    },

    async judge(key, sha256, damage, atUnixMs) {
      await postgres.execute(sql`
        update backup.offsite_objects set verified_at = coalesce(${atUnixMs ? dateOf(atUnixMs) : null}, verified_at), damage = ${damage}
        where location_id = ${locationId} and key = ${key} and sha256 = ${Buffer.from(sha256, 'hex')}`)
    },

    async manifest(row) {
      const { first } = row
      await postgres.tx(async (tx) => {
        await insert(tx, [row])
        await tx.execute(sql`
          update backup.offsite_objects set named_from = ${first}
          where location_id = ${locationId} and named_from is null and named_to is null and kind <> 'manifest'`)
      })
    },

    async retire(keys, lastManifestUnixMs) {
      await postgres.execute(sql`
        update backup.offsite_objects set named_to = ${lastManifestUnixMs}
        where location_id = ${locationId} and key = any(${keys}::text[]) and named_to is null`)
    },
  }
}

/** The operator's recipients of all objects, with whoever opens what alone. */
export async function recipientSets(
  postgres: Queryable,
): Promise<readonly { readonly recipients: readonly string[]; readonly objects: number }[]> {
  const found = await postgres.query<{ recipients: string[]; objects: bigint }>(sql`
    select recipients, count(*) as objects from backup.offsite_objects
    where recipients is not null group by recipients`)
  return found.map(({ recipients, objects }) => ({ recipients, objects: Number(objects) }))
}

/** It is no location any more; what stands there is nobody's business here. */
export async function forgetLocation(postgres: Postgres, locationId: string): Promise<void> {
  await postgres.tx(async (tx) => {
    await tx.execute(sql`delete from backup.offsite_objects where location_id = ${locationId}`)
    await tx.execute(sql`delete from backup.offsite_locations where location_id = ${locationId}`)
  })
}
