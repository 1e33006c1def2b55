import { FormatError } from './format-error.ts'
import { emptyRoot, hashBytes, nodeHash } from './hash.ts'

/** What a TreeHead remembers: roots of the full subtrees, largest first, one for each bit of `size`. */
export interface TreeState {
  readonly size: bigint
  readonly hashes: readonly Uint8Array[]
}

/** Told of each full subtree as it closes: `height` 0 is the leaf itself. */
export type OnSubtree = (height: number, hash: Uint8Array) => void

/**
 * The right edge of a growing tree: takes leaf hashes in order and knows the root at any time, with
 * one hash for each bit of the size. Sizes go up to 2^53 − 1.
 */
export class TreeHead {
  readonly #hashes: Uint8Array[]
  #size: number

  private constructor(size: number, hashes: readonly Uint8Array[]) {
    this.#size = size
    this.#hashes = [...hashes]
  }

  static empty(): TreeHead {
    return new TreeHead(0, [])
  }

  /** Throws FormatError when the number of hashes does not fit the size. */
  static restore({ size, hashes }: TreeState): TreeHead {
    if (size < 0n || size > BigInt(Number.MAX_SAFE_INTEGER))
      throw new FormatError('tree', 'size is out of range')
    if (hashes.length !== bitCount(size))
      throw new FormatError('tree', `size ${size} needs ${bitCount(size)} hashes`)
    if (hashes.some((hash) => hash.length !== hashBytes))
      throw new FormatError('tree', 'a hash is not 32 bytes')
    return new TreeHead(Number(size), hashes)
  }

  /** The inverse of `toBytes`. Throws FormatError. */
  static fromBytes(bytes: Uint8Array): TreeHead {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    if (view.length < 8 || (view.length - 8) % hashBytes !== 0)
      throw new FormatError('tree', 'length is wrong')
    const hashes: Uint8Array[] = []
    for (let at = 8; at < view.length; at += hashBytes)
      hashes.push(new Uint8Array(view.subarray(at, at + hashBytes)))
    return TreeHead.restore({ size: view.readBigUInt64BE(0), hashes })
  }

  get size(): bigint {
    return BigInt(this.#size)
  }

  append(leafHash: Uint8Array, onSubtree?: OnSubtree): void {
    if (leafHash.length !== hashBytes) throw new FormatError('tree', 'a leaf hash is not 32 bytes')
    let hash = leafHash
    let height = 0
    onSubtree?.(0, hash)
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      hash = nodeHash(this.#hashes.pop() ?? emptyRoot, hash)
      height += 1
      onSubtree?.(height, hash)
    }
    this.#hashes.push(hash)
    this.#size += 1
  }

  /** MTH of all leaves so far (RFC 6962, 2.1). */
  root(): Uint8Array {
    let root = this.#hashes.at(-1)
    if (root === undefined) return emptyRoot
    for (const left of this.#hashes.slice(0, -1).reverse()) root = nodeHash(left, root)
    return root
  }

  state(): TreeState {
    return { size: this.size, hashes: [...this.#hashes] }
  }

  clone(): TreeHead {
    return new TreeHead(this.#size, this.#hashes)
  }

  /** u64 size, then the hashes, largest subtree first: at most 8 + 53 · 32 bytes. */
  toBytes(): Uint8Array {
    const size = Buffer.alloc(8)
    size.writeBigUInt64BE(this.size)
    return new Uint8Array(Buffer.concat([size, ...this.#hashes]))
  }
}

function bitCount(value: bigint): number {
  let count = 0
  for (let rest = value; rest > 0n; rest >>= 1n) count += Number(rest & 1n)
  return count
}
