import { gather } from '@holdfast/domain'
import { hashBytes, type Tile, type TileReader, tileWidth } from '@holdfast/merkle'
import { type Queryable, sql, unnest } from '@holdfast/postgres'
import { TreeBehind } from '../domain/errors.ts'

/** Whose tiles: those of the log, or of an epoch of ACCESS by its name in `access_epochs`. */
export type TileOwner = 'log' | { readonly epoch: bigint }

/** Reads tiles as they stand in the database, each time. Throws `audit.tree_behind` where there are fewer hashes. */
export function tilesIn(queryable: Pick<Queryable, 'query'>, owner: TileOwner = 'log'): TileReader {
  const stored =
    owner === 'log'
      ? sql`audit.tiles`
      : sql`(select level, tile, hashes from audit.access_tiles where epoch = ${owner.epoch})`
  // The hashes of one proof are wanted at the same moment and come with one statement.
  const fetch = gather<Place, Uint8Array | undefined>(async (places) => {
    const rows = await queryable.query<{ at: number; hashes: Buffer }>(sql`
      select wanted.at, t.hashes
      from ${unnest({ at: 'integer', level: 'integer', tile: 'bigint' }, places.map(rowOf))} as wanted
      join ${stored} t on t.level = wanted.level and t.tile = wanted.tile`)
    const found = new Map(rows.map(({ at, hashes }) => [at, hashes]))
    return places.map((_, at) => found.get(at))
  })
  return async (level, index, width) => {
    const hashes = await fetch({ level, index })
    if (!hashes || hashes.length < width * hashBytes) throw TreeBehind({})
    return new Uint8Array(hashes.subarray(0, width * hashBytes))
  }
}

interface Place {
  readonly level: number
  readonly index: bigint
}

const rowOf = ({ level, index }: Place, at: number) => ({ at, level, tile: index })

/** The same with full tiles kept, which never change while a tree stands: at most `max` of 8 KiB. */
export class CachedTiles {
  readonly #fetch: TileReader
  readonly #max: number
  readonly #full = new Map<string, Uint8Array>()

  constructor(fetch: TileReader, max = 1024) {
    this.#fetch = fetch
    this.#max = max
  }

  readonly read: TileReader = async (level, index, width) => {
    if (width < tileWidth) return await this.#fetch(level, index, width)
    const key = `${level}/${index}`
    const known = this.#full.get(key)
    if (known) {
      // The oldest in the map is the one not asked for the longest.
      this.#full.delete(key)
      this.#full.set(key, known)
      return known
    }
    const tile = await this.#fetch(level, index, width)
    this.#full.set(key, tile)
    for (const oldest of this.#full.keys()) {
      if (this.#full.size <= this.#max) break
      this.#full.delete(oldest)
    }
    return tile
  }

  /** After the tree was made again. */
  forget(): void {
    this.#full.clear()
  }
}

/** Writes new tiles and longer ones over shorter ones. */
export async function writeTiles(
  tx: Queryable,
  tiles: readonly Tile[],
  owner: TileOwner = 'log',
): Promise<void> {
  if (tiles.length === 0) return
  const rows = tiles.map(({ level, index, bytes }) => ({ level, tile: index, hashes: bytes }))
  const columns = { level: 'integer', tile: 'bigint', hashes: 'bytea' } as const
  const given = unnest(columns, rows)
  await tx.execute(
    owner === 'log'
      ? sql`
        insert into audit.tiles (level, tile, hashes)
        select level, tile, hashes from ${given} as u
        on conflict (level, tile) do update set hashes = excluded.hashes`
      : sql`
        insert into audit.access_tiles (epoch, level, tile, hashes)
        select ${owner.epoch}, level, tile, hashes from ${given} as u
        on conflict (epoch, level, tile) do update set hashes = excluded.hashes`,
  )
}
