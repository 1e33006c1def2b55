import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  FormatError,
  formatNote,
  type KeyChain,
  openTreeCheckpoint,
  parseNote,
  rootFromTiles,
  type SignedCheckpoint,
  TrustError,
} from '@holdfast/merkle'
import type { Postgres, Queryable } from '@holdfast/postgres'
import { type TileOwner, tilesIn } from '../tree/tile-store.ts'
import { sameBytes, treeSize } from '../tree/tree-position.ts'
import { checkpointAt, storeCheckpoint } from './checkpoint-store.ts'
import { Inconsistent, lockSigning } from './sign-checkpoint.ts'

/**
 * Takes in a checkpoint somebody kept for us: whatever our key signed is on record from then on, and nothing that
 * contradicts it is signed. False for one that is known, or not of this log. Throws Inconsistent when two were signed
 * that cannot both be true.
 */
export function adoptCheckpoint(options: {
  readonly postgres: Postgres
  readonly origin: string
  readonly chain: KeyChain
  readonly note: string
  /** Default: the log's. */
  readonly tiles?: { readonly owner: TileOwner; readonly size: (tx: Queryable) => Promise<bigint> }
  readonly now: () => number
}): Promise<boolean> {
  const { postgres, origin, chain, note, now, tiles } = options
  const treeOf = tiles?.size ?? (async (tx: Queryable) => (await treeSize(tx, origin)) ?? 0n)
  const found = opened(note, chain)
  if (found?.origin !== origin) return Promise.resolve(false)
  const { size, root } = found
  return postgres.tx(async (tx) => {
    await lockSigning(tx)
    const known = await checkpointAt(tx, origin, size)
    if (known) {
      if (sameBytes(known.root, root)) return false
      throw new Inconsistent(`two checkpoints of size ${size} were signed`, false)
    }
    if (size <= (await treeOf(tx))) {
      const ours = await rootFromTiles(size, tilesIn(tx, tiles?.owner))
      if (!sameBytes(ours, root)) {
        throw new Inconsistent(
          `the log does not begin with the ${size} commits of a checkpoint that was signed`,
          false,
        )
      }
    }
    const { text, signatures } = parseNote(note)
    const plain = signatures.filter(({ name }) => name === origin)
    await storeCheckpoint(tx, origin, {
      size,
      root,
      note: formatNote({ text, signatures: plain }),
      signedAt: new Date(now()),
    })
    return true
  })
}

/** Undefined for what is no note, or none of ours. */
function opened(note: string, chain: KeyChain): SignedCheckpoint | undefined {
  try {
    return openTreeCheckpoint(note, chain)
  } catch (error) {
    if (error instanceof FormatError || error instanceof TrustError) return undefined
    throw error
  }
}

/** Notes looked at, the largest first: the rest is older than what a database may have lost. */
const maxNotes = 10_000

/**
 * Checkpoints the archive keeps of trees larger than `above`, smallest first; none where it is out of reach.
 * `tree` is `<lineage>` for the log, `<lineage>/access/<epoch>` for an epoch of ACCESS.
 */
export async function archivedNotes(
  archiveDir: string,
  tree: string,
  above: bigint,
): Promise<readonly string[]> {
  const directory = join(archiveDir, tree, 'checkpoints')
  const names = (await namesIn(directory))
    .map((name) => ({ name, size: BigInt(/^(\d{1,20})\.note$/.exec(name)?.[1] ?? -1) }))
    .filter(({ size }) => size > above)
    .sort((one, other) => (one.size < other.size ? -1 : 1))
    .slice(-maxNotes)
  const notes: string[] = []
  for (const { name } of names) notes.push(await readFile(join(directory, name), 'utf8'))
  return notes
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
