import type { Commit } from '@holdfast/event-log'
import {
  consistencyProof,
  FormatError,
  hashBytes,
  inclusionProof,
  rootFromTiles,
  type TileReader,
  tileWidth,
  verifyConsistency,
  verifyInclusion,
} from '@holdfast/merkle'
import type { Postgres } from '@holdfast/postgres'
import { EntryAltered, EntryNotProven, SizeUnknown, TreeBehind } from '../domain/errors.ts'
import { leafOf } from './leaf-feed.ts'
import type { CachedTiles } from './tile-store.ts'
import { treeSize } from './tree-position.ts'

/** What a leaf is made of. */
export type Proven = Pick<Commit, 'sequence' | 'subject' | 'commitId' | 'bytes'>

type Root = { readonly size: bigint; readonly root: Uint8Array }

/** Makes proofs of what is signed. */
export interface Prover {
  /** Leaves the tree has. */
  size(): Promise<bigint>
  /**
   * That a commit is in a checkpoint. Throws `audit.entry_not_proven` when it is beyond, `audit.entry_altered` when
   * the log holds something else than what was signed.
   */
  inclusion(commit: Proven, checkpoint: Root): Promise<readonly Uint8Array[]>
  /** That one tree begins with another. Throws `audit.size_unknown` for what is beyond the last checkpoint. */
  consistency(
    fromSize: bigint,
    toSize: bigint,
    signedSize: bigint,
  ): Promise<{
    readonly fromRoot: Uint8Array
    readonly toRoot: Uint8Array
    readonly path: readonly Uint8Array[]
  }>
}

/**
 * Every proof is verified before it is handed out: one that does not hold means that tiles are damaged, which is told
 * and mended, and `audit.tree_behind` until it is.
 */
export function openProver(options: {
  readonly postgres: Postgres
  readonly origin: string
  readonly tiles: Pick<CachedTiles, 'read' | 'forget'>
  /** Sequence of leaf 0. Default 1. */
  readonly first?: bigint
  /** Of the tree, where it is not the log's. */
  readonly size?: () => Promise<bigint>
  readonly onDamage: () => void
}): Prover {
  const { postgres, origin, tiles, first = 1n, onDamage } = options

  /** Once more with fresh tiles when what is kept proves nothing. */
  async function proven<T>(prove: (read: TileReader) => Promise<T | undefined>): Promise<T> {
    for (let attempt = 1; attempt <= 2; attempt++) {
      const found = await prove(tiles.read).catch((error: unknown) => {
        if (error instanceof FormatError) return undefined
        throw error
      })
      if (found !== undefined) return found
      tiles.forget()
    }
    onDamage()
    throw TreeBehind({})
  }

  return {
    size: options.size ?? (async () => (await treeSize(postgres, origin)) ?? 0n),

    async inclusion(commit, { size, root }) {
      const { sequence } = commit
      const index = sequence - first
      if (index >= size)
        throw EntryNotProven({ sequence: sequence.toString(), size: size.toString() })
      return await proven(async (read) => {
        const path = await inclusionProof({ index, size, tiles: read })
        if (verifyInclusion({ leaf: leafOf(commit), index, size, path, root })) return path
        // Our own leaf leads to what was signed: then it is the log that changed.
        const leaf = await leafIn(read, index, size)
        if (verifyInclusion({ leaf, index, size, path, root }))
          throw EntryAltered({ sequence: sequence.toString() })
        return undefined
      })
    },

    async consistency(fromSize, toSize, signedSize) {
      for (const size of [fromSize, toSize]) {
        if (size > signedSize)
          throw SizeUnknown({ size: size.toString(), signed: signedSize.toString() })
      }
      return await proven(async (read) => {
        const [fromRoot, toRoot, path] = await Promise.all([
          rootFromTiles(fromSize, read),
          rootFromTiles(toSize, read),
          consistencyProof({ fromSize, toSize, tiles: read }),
        ])
        const isTrue = verifyConsistency({ fromSize, fromRoot, toSize, toRoot, path })
        return isTrue ? { fromRoot, toRoot, path } : undefined
      })
    },
  }
}

/** A leaf hash of a tree of `size`. */
export async function leafIn(read: TileReader, index: bigint, size: bigint): Promise<Uint8Array> {
  const tile = index / BigInt(tileWidth)
  const left = size - tile * BigInt(tileWidth)
  const width = left < BigInt(tileWidth) ? Number(left) : tileWidth
  const at = Number(index % BigInt(tileWidth)) * hashBytes
  return (await read(0, tile, width)).subarray(at, at + hashBytes)
}
