import { addSignatures, parseSignatureLine } from '@holdfast/merkle'
import { type Queryable, type Sql, sql } from '@holdfast/postgres'

/** A checkpoint as it was signed. */
export interface StoredCheckpoint {
  readonly size: bigint
  /** 32 bytes. */
  readonly root: Uint8Array
  /** Without cosignatures. */
  readonly note: string
  readonly signedAt: Date
}

/** The same with who cosigned it. */
export interface CosignedCheckpoint extends StoredCheckpoint {
  /** Node ids, in order. */
  readonly witnesses: readonly string[]
  readonly cosignedNote: string
}

interface CheckpointRow {
  readonly size: bigint
  readonly root: Buffer
  readonly note: string
  readonly signed_at: Date
}

/** Cosignatures in one note; a verifier needs a few it knows, and a note may not grow without bound. */
const maxCosignatures = 64

/** The last one signed, or what `where` finds. */
async function find(queryable: Queryable, origin: string, where: Sql, limit: number) {
  const rows = await queryable.query<CheckpointRow>(sql`
    select size, root, note, signed_at from audit.checkpoints
    where origin = ${origin} and ${where} order by size desc limit ${limit}`)
  return rows.map(
    ({ size, root, note, signed_at }): StoredCheckpoint => ({
      size,
      root: new Uint8Array(root),
      note,
      signedAt: signed_at,
    }),
  )
}

export async function lastCheckpoint(
  queryable: Queryable,
  origin: string,
): Promise<StoredCheckpoint | undefined> {
  const [last] = await find(queryable, origin, sql`true`, 1)
  return last
}

export async function checkpointAt(
  queryable: Queryable,
  origin: string,
  size: bigint,
): Promise<StoredCheckpoint | undefined> {
  const [found] = await find(queryable, origin, sql`size = ${size}`, 1)
  return found
}

/** Newest first, smaller than `below`. */
export const checkpointsBelow = (
  queryable: Queryable,
  origin: string,
  below: bigint | undefined,
  limit: number,
): Promise<readonly StoredCheckpoint[]> =>
  find(queryable, origin, below === undefined ? sql`true` : sql`size < ${below}`, limit)

/** False when there is one of that size. */
export async function storeCheckpoint(
  tx: Queryable,
  origin: string,
  { size, root, note, signedAt }: StoredCheckpoint,
): Promise<boolean> {
  const count = await tx.execute(sql`
    insert into audit.checkpoints (origin, size, root, note, signed_at)
    values (${origin}, ${size}, ${root}, ${note}, ${signedAt})
    on conflict (origin, size) do nothing`)
  return count === 1
}

/** Attaches what witnesses signed. */
export async function withCosignatures(
  queryable: Queryable,
  origin: string,
  checkpoints: readonly StoredCheckpoint[],
): Promise<readonly CosignedCheckpoint[]> {
  const sizes = checkpoints.map(({ size }) => size)
  const rows = await queryable.query<{ size: bigint; node_id: string; line: string }>(sql`
    select size, node_id, line from (
      select size, node_id, line, row_number() over (partition by size order by node_id) as place
      from audit.cosignatures where origin = ${origin} and size = any(${sizes}::bigint[])) c
    where place <= ${maxCosignatures} order by size, node_id`)
  return checkpoints.map((checkpoint) => {
    const ours = rows.filter(({ size }) => size === checkpoint.size)
    const signatures = ours.map(({ line }) => parseSignatureLine(line))
    return {
      ...checkpoint,
      witnesses: ours.map(({ node_id }) => node_id),
      cosignedNote:
        signatures.length === 0 ? checkpoint.note : addSignatures(checkpoint.note, ...signatures),
    }
  })
}
