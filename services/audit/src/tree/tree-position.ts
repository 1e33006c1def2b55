import { TileBuilder, TreeHead } from '@holdfast/merkle'
import { type Queryable, sql } from '@holdfast/postgres'
import { tilesIn } from './tile-store.ts'

/** How many leaves the tiles hold; undefined when there is no tree of this log. */
export async function treeSize(queryable: Queryable, origin: string): Promise<bigint | undefined> {
  const [row] = await queryable.query<{ size: bigint }>(
    sql`select size from audit.tree_position where origin = ${origin}`,
  )
  return row?.size
}

/**
 * The tree as it was written last, ready to grow; an empty one when there is none of this log. Throws when what is
 * written contradicts itself: then it has to be made again.
 */
export async function loadTree(queryable: Queryable, origin: string): Promise<TileBuilder> {
  const [row] = await queryable.query<{ size: bigint; range: Buffer }>(
    sql`select size, range from audit.tree_position where origin = ${origin}`,
  )
  if (!row) return TileBuilder.empty()
  const builder = await TileBuilder.restore(row.size, tilesIn(queryable))
  const written = TreeHead.fromBytes(row.range)
  if (written.size !== row.size || !sameBytes(written.root(), builder.root()))
    throw new Error('the tiles of the tree are not what its position says')
  return builder
}

/** To stand in the transaction that writes the tiles. */
export async function movePosition(
  tx: Queryable,
  origin: string,
  head: Pick<TreeHead, 'size' | 'toBytes'>,
): Promise<void> {
  await tx.execute(sql`
    insert into audit.tree_position (origin, size, range)
    values (${origin}, ${head.size}, ${head.toBytes()})
    on conflict (is_only) do update
      set origin = excluded.origin, size = excluded.size, range = excluded.range`)
}

/** Takes the tree away; the log has all of it. */
export async function dropTree(tx: Queryable): Promise<void> {
  await tx.execute(sql`truncate audit.tiles, audit.tree_position`)
}

export const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  Buffer.compare(one, other) === 0
