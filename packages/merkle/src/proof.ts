import { FormatError } from './format-error.ts'
import { emptyRoot, hashBytes, nodeHash } from './hash.ts'
import { checkTile, type TileReader, tileWidth } from './tiles.ts'

/** Hashes of a proof: no tree of 2^63 leaves needs more. */
export const maxPathHashes = 63

/**
 * The audit path of leaf `index` in the tree of `size`, from the leaf upwards (RFC 9162, 2.1.3.1). Reads
 * two tiles a level at most. Throws FormatError when index or size are out of range or a tile is short.
 */
export async function inclusionProof(of: {
  readonly index: bigint
  readonly size: bigint
  readonly tiles: TileReader
}): Promise<readonly Uint8Array[]> {
  const { index, size } = of
  if (index < 0n || index >= size) throw new FormatError('proof', 'index is not in the tree')
  const ranges: Range[] = []
  let start = 0n
  let end = size
  while (end - start > 1n) {
    const middle = start + splitOf(end - start)
    if (index < middle) {
      ranges.push([middle, end])
      end = middle
    } else {
      ranges.push([start, middle])
      start = middle
    }
  }
  return new Subtrees(size, of.tiles).all(ranges.reverse())
}

/**
 * That the tree of `toSize` begins with the tree of `fromSize` (RFC 9162, 2.1.4.1). Empty when nothing needs proving:
 * equal sizes, or from the empty tree. Throws FormatError as `inclusionProof` does.
 */
export async function consistencyProof(of: {
  readonly fromSize: bigint
  readonly toSize: bigint
  readonly tiles: TileReader
}): Promise<readonly Uint8Array[]> {
  const { fromSize, toSize } = of
  if (fromSize < 0n || fromSize > toSize) throw new FormatError('proof', 'sizes are out of order')
  if (fromSize === 0n) return []
  const ranges: Range[] = []
  let start = 0n
  let end = toSize
  while (fromSize < end) {
    const middle = start + splitOf(end - start)
    if (fromSize <= middle) {
      ranges.push([middle, end])
      end = middle
    } else {
      ranges.push([start, middle])
      start = middle
    }
  }
  // The verifier has the old root itself where the old tree is a full subtree of the new one.
  if (start > 0n) ranges.push([start, end])
  return new Subtrees(toSize, of.tiles).all(ranges.reverse())
}

/** The root of the first `size` leaves. Throws FormatError when a tile is short. */
export async function rootFromTiles(size: bigint, tiles: TileReader): Promise<Uint8Array> {
  if (size === 0n) return emptyRoot
  return new Subtrees(size, tiles).range([0n, size])
}

/** RFC 9162, 2.1.3.2. False for a path of the wrong length, too. */
export function verifyInclusion(claim: {
  readonly leaf: Uint8Array
  readonly index: bigint
  readonly size: bigint
  readonly path: readonly Uint8Array[]
  readonly root: Uint8Array
}): boolean {
  const { leaf, index, size, path, root } = claim
  if (index < 0n || index >= size || !areHashes([leaf, root, ...path])) return false
  const sides = sidesOf(index, size - 1n, path.length)
  if (!sides) return false
  const hash = path.reduce(
    (inner, sibling, step) =>
      sides[step] === 'left' ? nodeHash(sibling, inner) : nodeHash(inner, sibling),
    leaf,
  )
  return equalBytes(hash, root)
}

/**
 * On which side each hash of a path stands, on the way from node `at` of a level whose last node is `last` up to the root
 * (RFC 9162, 2.1.3.2 and 2.1.4.2). Undefined when a path of this length does not end there.
 */
function sidesOf(
  at: bigint,
  last: bigint,
  length: number,
): readonly ('left' | 'right')[] | undefined {
  const sides: ('left' | 'right')[] = []
  while (sides.length < length) {
    if (last === 0n) return undefined
    const isFromLeft = at % 2n === 1n || at === last
    sides.push(isFromLeft ? 'left' : 'right')
    // Where a right edge is not full, levels without a sibling are passed over.
    while (isFromLeft && at % 2n === 0n && at !== 0n) {
      at >>= 1n
      last >>= 1n
    }
    at >>= 1n
    last >>= 1n
  }
  return last === 0n ? sides : undefined
}

/**
 * The same for a consistency proof without its first hash: the way begins at the largest full subtree that ends the
 * smaller tree. What stands on the left belongs to both trees, what stands on the right to the larger one alone.
 */
export function consistencySides(
  fromSize: bigint,
  toSize: bigint,
  length: number,
): readonly ('left' | 'right')[] | undefined {
  let at = fromSize - 1n
  let last = toSize - 1n
  while (at % 2n === 1n) {
    at >>= 1n
    last >>= 1n
  }
  return sidesOf(at, last, length)
}

/**
 * RFC 9162, 2.1.4.2; for equal sizes the roots are equal and the path empty. Every tree follows from the empty one,
 * whose root has to be right all the same. False for a path of the wrong length, too.
 */
export function verifyConsistency(claim: {
  readonly fromSize: bigint
  readonly fromRoot: Uint8Array
  readonly toSize: bigint
  readonly toRoot: Uint8Array
  readonly path: readonly Uint8Array[]
}): boolean {
  const { fromSize, fromRoot, toSize, toRoot, path } = claim
  if (fromSize < 0n || fromSize > toSize || !areHashes([fromRoot, toRoot, ...path])) return false
  if (toSize === 0n && !equalBytes(toRoot, emptyRoot)) return false
  if (fromSize === 0n) return path.length === 0 && equalBytes(fromRoot, emptyRoot)
  if (fromSize === toSize) return path.length === 0 && equalBytes(fromRoot, toRoot)

  const isFullSubtree = (fromSize & (fromSize - 1n)) === 0n
  const [first, ...rest] = isFullSubtree ? [fromRoot, ...path] : path
  if (first === undefined || path.length === 0) return false
  const sides = consistencySides(fromSize, toSize, rest.length)
  if (!sides) return false
  let oldRoot = first
  let newRoot = first
  for (const [step, sibling] of rest.entries()) {
    if (sides[step] === 'left') {
      oldRoot = nodeHash(sibling, oldRoot)
      newRoot = nodeHash(sibling, newRoot)
    } else newRoot = nodeHash(newRoot, sibling)
  }
  return equalBytes(oldRoot, fromRoot) && equalBytes(newRoot, toRoot)
}

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

const areHashes = (hashes: readonly Uint8Array[]): boolean =>
  hashes.every((hash) => hash.length === hashBytes)

/** Leaves from the first up to, not including, the second. */
type Range = readonly [start: bigint, end: bigint]

/** The largest power of two below `leaves`; `leaves` > 1. */
const splitOf = (leaves: bigint): bigint => 1n << BigInt((leaves - 1n).toString(2).length - 1)

/** Hashes of a tree of one size, out of its tiles; a tile is read once. */
class Subtrees {
  readonly #size: bigint
  readonly #read: TileReader
  readonly #tiles = new Map<string, Promise<Uint8Array>>()

  constructor(size: bigint, read: TileReader) {
    this.#size = size
    this.#read = read
  }

  all(ranges: readonly Range[]): Promise<Uint8Array[]> {
    return Promise.all(ranges.map((range) => this.range(range)))
  }

  /** MTH of a range that is a subtree as RFC 6962 splits it: full ones side by side, ever smaller. */
  async range([start, end]: Range): Promise<Uint8Array> {
    const parts: Promise<Uint8Array>[] = []
    for (let at = start; at < end; ) {
      const height = (end - at).toString(2).length - 1
      parts.push(this.#full(height, at >> BigInt(height)))
      at += 1n << BigInt(height)
    }
    return (await Promise.all(parts)).reduceRight((right, left) => nodeHash(left, right))
  }

  /** Root of the full subtree of 2^height leaves that begins at leaf index · 2^height. */
  async #full(height: number, index: bigint): Promise<Uint8Array> {
    const level = Math.floor(height / 8)
    const width = 1 << (height % 8)
    const first = index * BigInt(width)
    const tile = await this.#tile(level, first / BigInt(tileWidth))
    const start = Number(first % BigInt(tileWidth)) * hashBytes
    return rootOf(tile.subarray(start, start + width * hashBytes))
  }

  #tile(level: number, index: bigint): Promise<Uint8Array> {
    const key = `${level}/${index}`
    const known = this.#tiles.get(key)
    if (known) return known
    const hashesOnLevel = this.#size >> BigInt(8 * level)
    const left = hashesOnLevel - index * BigInt(tileWidth)
    const width = left > BigInt(tileWidth) ? tileWidth : Number(left)
    const tile = this.#read(level, index, width).then((bytes) => checkTile(bytes, width))
    this.#tiles.set(key, tile)
    return tile
  }
}

/** Of the full subtree over hashes that stand side by side; their number is a power of two. */
function rootOf(hashes: Uint8Array): Uint8Array {
  if (hashes.length === hashBytes) return hashes.slice()
  const middle = hashes.length / 2
  return nodeHash(rootOf(hashes.subarray(0, middle)), rootOf(hashes.subarray(middle)))
}
