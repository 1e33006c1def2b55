import { formatTreeOrigin, type Origin, TileBuilder, TreeHead } from '@holdfast/merkle'
import { type Queryable, type Sql, sql } from '@holdfast/postgres'
import { tilesIn } from '../tree/tile-store.ts'
import { sameBytes } from '../tree/tree-position.ts'

/** One tree of ACCESS. */
export interface Epoch {
  /** ms since 1970; its name in the tables. */
  readonly begun: bigint
  readonly origin: string
  readonly first: bigint
  readonly streamCreated: string
  readonly size: bigint
  readonly ended:
    | { readonly at: Date; readonly because: string; readonly keptTo: bigint }
    | undefined
}

interface EpochRow {
  readonly begun: bigint
  readonly origin: string
  readonly first: bigint
  readonly stream_created: string
  readonly size: bigint
  readonly ended_at: Date | null
  readonly ended_because: string | null
  readonly kept_to: bigint | null
}

/** `<begun>-<first>`, as in the origin. */
export const nameOf = ({ begun, first }: Pick<Epoch, 'begun' | 'first'>): string =>
  `${begun}-${first}`

/** Newest first. */
async function find(queryable: Queryable, where: Sql, limit: number): Promise<readonly Epoch[]> {
  const rows = await queryable.query<EpochRow>(sql`
    select begun, origin, first, stream_created, size, ended_at, ended_because, kept_to
    from audit.access_epochs where ${where} order by begun desc limit ${limit}`)
  return rows.map(({ begun, origin, first, stream_created, size, ...row }) => ({
    begun,
    origin,
    first,
    streamCreated: stream_created,
    size,
    ended:
      row.ended_at === null
        ? undefined
        : { at: row.ended_at, because: row.ended_because ?? '', keptTo: row.kept_to ?? 0n },
  }))
}

/** They end by accidents; more than this many there are not. */
const maxEpochs = 1_000

export const listEpochs = (queryable: Queryable): Promise<readonly Epoch[]> =>
  find(queryable, sql`true`, maxEpochs)

export async function lastEpoch(queryable: Queryable): Promise<Epoch | undefined> {
  return (await find(queryable, sql`true`, 1))[0]
}

export async function epochBegun(queryable: Queryable, begun: bigint): Promise<Epoch | undefined> {
  return (await find(queryable, sql`begun = ${begun}`, 1))[0]
}

/** The newest whose tree holds a sequence. */
export async function epochHolding(
  queryable: Queryable,
  sequence: bigint,
): Promise<Epoch | undefined> {
  const holds = sql`first <= ${sequence} and ${sequence} < first + size`
  return (await find(queryable, holds, 1))[0]
}

/** To stand in a transaction that has ended the one before. */
export async function beginEpoch(
  tx: Queryable,
  log: Origin,
  {
    first,
    streamCreated,
    now,
  }: {
    readonly first: bigint
    readonly streamCreated: string
    readonly now: number
  },
): Promise<void> {
  const before = await lastEpoch(tx)
  // A clock that was set back must not give two trees one name.
  const begun = before && before.begun >= BigInt(now) ? before.begun + 1n : BigInt(now)
  const origin = formatTreeOrigin({ ...log, access: { begunAtUnixMs: Number(begun), first } })
  await tx.execute(sql`
    insert into audit.access_epochs (begun, origin, first, stream_created, range)
    values (${begun}, ${origin}, ${first}, ${streamCreated}, ${TreeHead.empty().toBytes()})`)
}

export async function endEpoch(
  tx: Queryable,
  { begun }: Epoch,
  { at, because, keptTo }: NonNullable<Epoch['ended']>,
): Promise<void> {
  await tx.execute(sql`
    update audit.access_epochs
    set ended_at = ${at}, ended_because = ${because}, kept_to = ${keptTo}
    where begun = ${begun} and ended_at is null`)
}

/** To stand in the transaction that writes the tiles. */
export async function growEpoch(tx: Queryable, { begun }: Epoch, head: TreeHead): Promise<void> {
  await tx.execute(sql`
    update audit.access_epochs set size = ${head.size}, range = ${head.toBytes()}
    where begun = ${begun}`)
}

/** The tree of an epoch, ready to grow. Throws when what is written contradicts itself. */
export async function loadEpoch(queryable: Queryable, epoch: Epoch): Promise<TileBuilder> {
  const [row] = await queryable.query<{ range: Buffer }>(
    sql`select range from audit.access_epochs where begun = ${epoch.begun}`,
  )
  if (epoch.size === 0n) return TileBuilder.empty()
  const builder = await TileBuilder.restore(epoch.size, tilesIn(queryable, { epoch: epoch.begun }))
  const written = TreeHead.fromBytes(row?.range ?? new Uint8Array())
  if (written.size !== epoch.size || !sameBytes(written.root(), builder.root()))
    throw new Error('the tiles of the tree are not what its position says')
  return builder
}
