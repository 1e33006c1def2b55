import {
  consistencyProof,
  formatCheckpoint,
  type KeyChain,
  openTreeCheckpoint,
  rootFromTiles,
  type Signer,
  signNote,
  verifyConsistency,
} from '@holdfast/merkle'
import { type Postgres, type Queryable, sql } from '@holdfast/postgres'
import { type TileOwner, tilesIn } from '../tree/tile-store.ts'
import { sameBytes } from '../tree/tree-position.ts'
import { lastCheckpoint, type StoredCheckpoint, storeCheckpoint } from './checkpoint-store.ts'

/** Why nothing may be signed. */
export class Inconsistent extends Error {
  /** Whether the tree may be what is wrong, so that making it again from the log may help. */
  readonly mayBeTree: boolean

  constructor(message: string, mayBeTree: boolean, cause?: unknown) {
    super(message, { cause })
    this.mayBeTree = mayBeTree
  }
}

export interface KeysNow {
  readonly signer: Signer
  readonly chain: KeyChain
}

export interface SigningRequest {
  readonly postgres: Postgres
  readonly origin: string
  /** Default: the log's. */
  readonly tiles?: TileOwner
  /** Further lines of the checkpoint, as they are to be when it is signed. Default: none. */
  readonly extensions?: (tx: Queryable) => Promise<readonly string[]>
  /** What signs, and all that ever did, as the log has it now. */
  readonly keysNow: () => Promise<KeysNow>
  readonly size: bigint
  readonly root: Uint8Array
  /** What the first checkpoint of a restored generation has to begin with. */
  readonly begun?: Pick<StoredCheckpoint, 'size' | 'root'> | undefined
  readonly now: () => number
}

/**
 * Signs a tree that only grew since the last checkpoint, and stores what was signed before anybody sees it. The proof
 * is made of the tiles as they stand in the database and held against the note that was signed, in the transaction
 * that stores the new one. `held` while the signing key is being changed, `unchanged` when there is nothing new.
 * Throws Inconsistent, `audit.signing_key_missing`, and what log and database throw.
 */
export function signCheckpoint(
  request: SigningRequest,
): Promise<StoredCheckpoint | 'held' | 'unchanged'> {
  const { postgres, origin, keysNow, size, root, now, tiles = 'log' } = request
  return postgres.tx(async (tx) => {
    await lockSigning(tx)
    const [change] = await tx.query(sql`select from audit.key_changes`)
    if (change) return 'held'
    // Not before: a key that was replaced meanwhile must not sign any more.
    const { signer, chain } = await keysNow()
    const last = await lastCheckpoint(tx, origin)
    if (last) requireOurs(last, chain)
    if (last && last.size > size) {
      throw new Inconsistent(
        `the log has ${size} commits, and a checkpoint of ${last.size} was signed`,
        false,
      )
    }
    await requireGrown(tx, tiles, last ?? request.begun, { size, root })
    if (last?.size === size) return 'unchanged'

    const extensions = (await request.extensions?.(tx)) ?? []
    const note = signNote(formatCheckpoint({ origin, size, root, extensions }), signer)
    const checkpoint = { size, root, note, signedAt: new Date(now()) }
    await storeCheckpoint(tx, origin, checkpoint)
    return checkpoint
  })
}

/** Held to the end of the transaction by whoever signs, changes keys or takes in what was signed. */
export async function lockSigning(tx: Queryable): Promise<void> {
  await tx.query(
    sql`select pg_advisory_xact_lock(hashtext('holdfast'), hashtext('audit checkpoints'))`,
  )
}

/** The note is the truth, and its row says the same. */
function requireOurs(last: StoredCheckpoint, chain: KeyChain): void {
  const what = `the last checkpoint on record, of size ${last.size},`
  try {
    const { size, root } = openTreeCheckpoint(last.note, chain)
    if (size === last.size && sameBytes(root, last.root)) return
  } catch (error) {
    throw new Inconsistent(`${what} was not signed by this log`, false, error)
  }
  throw new Inconsistent(`${what} is not what its note says`, false)
}

async function requireGrown(
  tx: Queryable,
  owner: TileOwner,
  last: Pick<StoredCheckpoint, 'size' | 'root'> | undefined,
  { size, root }: { readonly size: bigint; readonly root: Uint8Array },
): Promise<void> {
  const tiles = tilesIn(tx, owner)
  const isSame = await tilesSay(async () => sameBytes(await rootFromTiles(size, tiles), root))
  if (!isSame) throw new Inconsistent('the tiles of the tree are not what was written', true)
  if (!last) return
  const hasGrown = await tilesSay(async () =>
    verifyConsistency({
      fromSize: last.size,
      fromRoot: last.root,
      toSize: size,
      toRoot: root,
      path: await consistencyProof({ fromSize: last.size, toSize: size, tiles }),
    }),
  )
  if (!hasGrown) {
    throw new Inconsistent(
      `the log of ${size} commits does not begin with the ${last.size} that were signed`,
      true,
    )
  }
}

async function tilesSay(claim: () => Promise<boolean>): Promise<boolean> {
  try {
    return await claim()
  } catch (error) {
    throw new Inconsistent('tiles of the tree are missing', true, error)
  }
}
