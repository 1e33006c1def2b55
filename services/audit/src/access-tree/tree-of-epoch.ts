import {
  FormatError,
  hashBytes,
  rootFromTiles,
  type Tile,
  TileBuilder,
  TreeHead,
  tileWidth,
} from '@holdfast/merkle'
import { type Session, sql } from '@holdfast/postgres'
import { TreeBehind } from '../domain/errors.ts'
import { tilesIn, writeTiles } from '../tree/tile-store.ts'
import { sameBytes } from '../tree/tree-position.ts'
import { type Epoch, growEpoch, loadEpoch } from './epoch-store.ts'

/** Tiles written at once while mending. */
const batchTiles = 256

/**
 * The tree of an epoch, ready to grow; undefined when its tiles are damaged beyond mending. Leaves stand nowhere else:
 * what is above them is made again from them, and they themselves are believed when they lead to the root that was
 * written beside them.
 */
export async function openTree(
  session: Session,
  epoch: Epoch,
  isDoubted: boolean,
): Promise<TileBuilder | undefined> {
  const owner = { epoch: epoch.begun }
  const loaded = await loadEpoch(session, epoch).catch(() => undefined)
  if (loaded && !isDoubted) return loaded
  const [row] = await session.query<{ range: Buffer }>(
    sql`select range from audit.access_epochs where begun = ${epoch.begun}`,
  )
  const written = row && rootOfRange(row.range)
  const read = tilesIn(session, owner)
  const builder = TileBuilder.empty()
  try {
    return await session.tx(async (tx) => {
      let tiles: Tile[] = []
      const write = async () => {
        await writeTiles(tx, tiles, owner)
        tiles = []
      }
      const width = BigInt(tileWidth)
      for (let tile = 0n; tile * width < epoch.size; tile += 1n) {
        const left = epoch.size - tile * width
        const leaves = await read(0, tile, left < width ? Number(left) : tileWidth)
        for (let at = 0; at < leaves.length; at += hashBytes)
          tiles.push(...builder.append(leaves.slice(at, at + hashBytes)))
        if (tiles.length >= batchTiles) await write()
      }
      tiles.push(...builder.partial())
      await write()
      if (!written || !sameBytes(written, builder.root())) throw new Beyond()
      await growEpoch(tx, epoch, builder.head())
      const made = await rootFromTiles(epoch.size, tilesIn(tx, owner))
      if (!sameBytes(made, builder.root())) throw new Beyond()
      return builder
    })
  } catch (error) {
    const isDamage = error instanceof Beyond || error instanceof FormatError
    if (isDamage || TreeBehind.is(error)) return undefined
    throw error
  }
}

/** Leaves do not lead to what was written; rolls back. */
class Beyond extends Error {}

function rootOfRange(range: Uint8Array): Uint8Array | undefined {
  try {
    return TreeHead.fromBytes(range).root()
  } catch {
    return undefined
  }
}
