import { FormatError } from './format-error.ts'
import { hashBytes } from './hash.ts'
import { TreeHead } from './tree-head.ts'

/** Hashes in a full tile (https://c2sp.org/tlog-tiles). */
export const tileWidth = 256
const tileHeight = 8
const widthOf = BigInt(tileWidth)

/**
 * Where a tile is: `level` 0 holds leaf hashes, each hash of level n + 1 is the root of a full tile
 * of level n. `width` is 256, or less at the right edge of a tree.
 */
export interface TileAddress {
  readonly level: number
  readonly index: bigint
  readonly width: number
}

export interface Tile extends TileAddress {
  /** `width` hashes of 32 bytes. */
  readonly bytes: Uint8Array
}

/** Answers `width` hashes of a tile, the first of those there are when it holds more. */
export type TileReader = (level: number, index: bigint, width: number) => Promise<Uint8Array>

/** Every tile of a tree of `size`, level by level, a partial one last on its level. */
export const tilesOf = (size: bigint): Generator<TileAddress> => newTiles(0n, size)

/** Tiles of a tree of `toSize` that one of `fromSize` has not, or has narrower. */
export function* newTiles(fromSize: bigint, toSize: bigint): Generator<TileAddress> {
  let from = fromSize
  let to = toSize
  for (let level = 0; to > 0n; level += 1, from /= widthOf, to /= widthOf) {
    if (from === to) continue
    const full = to / widthOf
    for (let index = from / widthOf; index < full; index += 1n)
      yield { level, index, width: tileWidth }
    const rest = Number(to % widthOf)
    if (rest > 0) yield { level, index: full, width: rest }
  }
}

/** As C2SP puts it: `tile/0/x001/x234/067`, a partial one with `.p/<width>`. */
export function tilePath({ level, index, width }: TileAddress): string {
  let path = (index % 1000n).toString().padStart(3, '0')
  for (let rest = index / 1000n; rest > 0n; rest /= 1000n)
    path = `x${(rest % 1000n).toString().padStart(3, '0')}/${path}`
  return `tile/${level}/${path}${width === tileWidth ? '' : `.p/${width}`}`
}

const pathPattern =
  /^tile\/(0|[1-5]?[1-9]|[1-6]0|6[1-3])\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/

/** Throws FormatError. */
export function parseTilePath(path: string): TileAddress {
  const [, level, digits, partial] = pathPattern.exec(path) ?? []
  if (level === undefined || digits === undefined || digits.startsWith('x000'))
    throw new FormatError('tile', 'the path is not one of a tile')
  const width = partial === undefined ? tileWidth : Number(partial)
  if (partial !== undefined && width >= tileWidth)
    throw new FormatError('tile', 'a partial tile has at most 255 hashes')
  return { level: Number(level), index: BigInt(digits.replaceAll(/[x/]/g, '')), width }
}

/**
 * Grows a tree and cuts it into tiles: `append` answers those it filled. Holds the right edge only,
 * one tile a level.
 */
export class TileBuilder {
  readonly #head: TreeHead
  /** Hashes of the tile being filled, per level. */
  readonly #open: Uint8Array[][]

  private constructor(head: TreeHead, open: Uint8Array[][]) {
    this.#head = head
    this.#open = open
  }

  static empty(): TileBuilder {
    return new TileBuilder(TreeHead.empty(), [])
  }

  /** Reads the right edge back, at most one tile a level. Throws FormatError when one is too short. */
  static async restore(size: bigint, read: TileReader): Promise<TileBuilder> {
    const open: Uint8Array[][] = []
    const hashes: Uint8Array[] = []
    for (let level = 0, rest = size; rest > 0n; level += 1, rest /= widthOf) {
      const width = Number(rest % widthOf)
      const bytes = width === 0 ? new Uint8Array() : await read(level, rest / widthOf, width)
      open.push(splitTile(bytes, width))
      hashes.unshift(...edgeOf(open[level] ?? []))
    }
    return new TileBuilder(TreeHead.restore({ size, hashes }), open)
  }

  get size(): bigint {
    return this.#head.size
  }

  root(): Uint8Array {
    return this.#head.root()
  }

  /** The tree alone; it does not follow the builder. */
  head(): TreeHead {
    return this.#head.clone()
  }

  /** Takes the next leaf hash; answers the tiles it filled, lowest level first: mostly none. */
  append(leafHash: Uint8Array): readonly Tile[] {
    const size = this.#head.size
    let full: Tile[] | undefined
    this.#head.append(leafHash, (height, hash) => {
      if (height % tileHeight !== 0) return
      const level = height / tileHeight
      const hashes = this.#open[level] ?? []
      this.#open[level] = hashes
      hashes.push(hash)
      if (hashes.length < tileWidth) return
      full ??= []
      const index = size >> BigInt(tileHeight * (level + 1))
      full.push({ level, index, width: tileWidth, bytes: new Uint8Array(Buffer.concat(hashes)) })
      this.#open[level] = []
    })
    return full ?? []
  }

  /** The partial tiles of the present size, lowest level first: at most one a level. */
  partial(): readonly Tile[] {
    const size = this.#head.size
    return this.#open.flatMap((hashes, level) => {
      if (hashes.length === 0) return []
      const index = size >> BigInt(tileHeight * (level + 1))
      const bytes = new Uint8Array(Buffer.concat(hashes))
      return [{ level, index, width: hashes.length, bytes }]
    })
  }
}

/** The same bytes. Throws FormatError unless they are exactly `width` hashes. */
export function checkTile(bytes: Uint8Array, width: number): Uint8Array {
  if (bytes.length === width * hashBytes) return bytes
  throw new FormatError('tile', `${bytes.length} bytes where ${width} hashes should be`)
}

function splitTile(bytes: Uint8Array, width: number): Uint8Array[] {
  checkTile(bytes, width)
  return Array.from({ length: width }, (_, i) => bytes.slice(i * hashBytes, (i + 1) * hashBytes))
}

/** Roots of the full subtrees a partial tile consists of, largest first. */
function edgeOf(hashes: readonly Uint8Array[]): readonly Uint8Array[] {
  const head = TreeHead.empty()
  for (const hash of hashes) head.append(hash)
  return head.state().hashes
}

/** Tiles in memory, for tests and small trees. */
export class MemoryTiles {
  readonly #tiles = new Map<string, Uint8Array>()
  #reads = 0

  /** How many tiles were asked for. */
  get reads(): number {
    return this.#reads
  }

  write(tiles: readonly Tile[]): void {
    for (const { level, index, bytes } of tiles) this.#tiles.set(`${level}/${index}`, bytes)
  }

  /** Throws FormatError when the tile is not there, or narrower. */
  readonly read: TileReader = async (level, index, width) => {
    this.#reads += 1
    const bytes = this.#tiles.get(`${level}/${index}`)?.subarray(0, width * hashBytes)
    if (bytes?.length !== width * hashBytes)
      throw new FormatError('tile', `${level}/${index} of width ${width} is not there`)
    return bytes
  }
}
