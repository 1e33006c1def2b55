import { type Postgres, sql } from '@holdfast/postgres'

/** A destruction of a key, and where the keysets follow it. */
export interface Erasure {
  readonly destroyedSequence: bigint
  /** Ids, sorted. */
  readonly rewritten: readonly string[]
  readonly unreached: readonly string[]
}

interface Raw {
  readonly destroyed_sequence: bigint
  readonly rewritten: string[]
  readonly unreached: string[]
  readonly is_told: boolean
}

const erasureOf = (raw: Raw): Erasure & { readonly isTold: boolean } => ({
  destroyedSequence: raw.destroyed_sequence,
  rewritten: [...raw.rewritten].sort(),
  unreached: [...raw.unreached].sort(),
  isTold: raw.is_told,
})

/** The last one; undefined: nothing was destroyed since there are keysets off-site. */
export async function lastErasure(
  postgres: Postgres,
): Promise<(Erasure & { readonly isTold: boolean }) | undefined> {
  const [row] = await postgres.query<Raw>(
    sql`select * from backup.offsite_erasures order by destroyed_sequence desc limit 1`,
  )
  return row && erasureOf(row)
}

/** That location follows the destruction now. */
export async function noteRewritten(
  postgres: Postgres,
  destroyedSequence: bigint,
  locationId: string,
): Promise<void> {
  await postgres.execute(sql`
    insert into backup.offsite_erasures as e (destroyed_sequence, rewritten)
    values (${destroyedSequence}, array[${locationId}::uuid])
    on conflict (destroyed_sequence) do update set
      rewritten = array(select distinct unnest(e.rewritten || excluded.rewritten)),
      unreached = array_remove(e.unreached, ${locationId}::uuid),
      is_told = e.is_told and ${locationId}::uuid = any(e.rewritten)`)
}

/** These keep the key still; others that were said to have followed since, or are gone. */
export async function noteUnreached(
  postgres: Postgres,
  destroyedSequence: bigint,
  locationIds: readonly string[],
): Promise<void> {
  const ids = [...locationIds].sort()
  await postgres.execute(sql`
    insert into backup.offsite_erasures as e (destroyed_sequence, unreached)
    values (${destroyedSequence}, ${ids}::uuid[])
    on conflict (destroyed_sequence) do update set unreached = excluded.unreached, is_told = false
      where e.unreached is distinct from excluded.unreached`)
}

export async function noteTold(postgres: Postgres, told: Erasure): Promise<void> {
  await postgres.execute(sql`
    update backup.offsite_erasures set is_told = true
    where destroyed_sequence = ${told.destroyedSequence}
      and rewritten @> ${told.rewritten}::uuid[] and rewritten <@ ${told.rewritten}::uuid[]
      and unreached @> ${told.unreached}::uuid[] and unreached <@ ${told.unreached}::uuid[]`)
}
