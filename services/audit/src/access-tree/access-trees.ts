import { setTimeout as pause } from 'node:timers/promises'
import { invalid } from '@holdfast/errors'
import type { AccessReader } from '@holdfast/event-log/admin'
import { type AccessEpoch, FormatError, parseEpoch } from '@holdfast/merkle'
import type { Postgres } from '@holdfast/postgres'
import { lastCheckpoint } from '../checkpoints/checkpoint-store.ts'
import type { KeysNow } from '../checkpoints/sign-checkpoint.ts'
import { AccessEpochNotFound, SigningPending } from '../domain/errors.ts'
import { openProver, type Prover } from '../tree/prover.ts'
import { CachedTiles, tilesIn } from '../tree/tile-store.ts'
import { type Epoch, epochBegun, lastEpoch } from './epoch-store.ts'
import type { AccessKeeper } from './keep-access-tree.ts'

/** What is asked of the trees of ACCESS. */
export interface AccessTrees {
  readonly reader: AccessReader
  /** 0 keeps records without end. */
  readonly retentionMs: number
  /** ms since 1970. */
  readonly now: () => number
  /** By name, the last one for an empty name. Throws `audit.access_epoch_not_found`. */
  epoch(name: string): Promise<Epoch>
  tree(name: string): Promise<{ readonly origin: string; readonly prover: Prover }>
  proverOf(epoch: Epoch): Prover
  /** What signs in the name of that tree. */
  keysFor(origin: string): () => Promise<KeysNow>
  /** Leaves of the log's last checkpoint. */
  logSize(): Promise<bigint>
  /** Returns the origin of the tree when a checkpoint covers all the stream held at the call. */
  sign(signal: AbortSignal): Promise<string>
}

const signWaitMs = 15_000
const signPollMs = 25
/** Of the epoch read last; others are read as they stand. */
const cachedTiles = 256

export function accessTrees(options: {
  readonly postgres: Postgres
  readonly keeper: Pick<AccessKeeper, 'want' | 'treeIsDamaged'>
  readonly reader: AccessReader
  readonly retentionMs: number
  /** Of the log. */
  readonly origin: string
  readonly keysFor: AccessTrees['keysFor']
  readonly now: () => number
}): AccessTrees {
  const { postgres, keeper, reader } = options
  const caches = new Map<bigint, CachedTiles>()

  function tilesOf(begun: bigint): CachedTiles {
    const known = caches.get(begun)
    if (known) return known
    caches.clear()
    const made = new CachedTiles(tilesIn(postgres, { epoch: begun }), cachedTiles)
    caches.set(begun, made)
    return made
  }

  async function epoch(name: string): Promise<Epoch> {
    const asked = name === '' ? undefined : parseName(name)
    const found = asked
      ? await epochBegun(postgres, BigInt(asked.begunAtUnixMs))
      : await lastEpoch(postgres)
    if (!found || (asked && found.first !== asked.first)) throw AccessEpochNotFound({ epoch: name })
    return found
  }

  const proverOf = ({ begun, origin, first }: Epoch): Prover =>
    openProver({
      postgres,
      origin,
      first,
      tiles: tilesOf(begun),
      size: async () => (await epochBegun(postgres, begun))?.size ?? 0n,
      onDamage: () => keeper.treeIsDamaged(),
    })

  return {
    reader,
    retentionMs: options.retentionMs,
    now: options.now,
    keysFor: options.keysFor,
    logSize: async () => (await lastCheckpoint(postgres, options.origin))?.size ?? 0n,
    epoch,
    proverOf,
    async tree(name) {
      const found = await epoch(name)
      return { origin: found.origin, prover: proverOf(found) }
    },
    async sign(signal) {
      const { created, last } = await reader.state()
      const deadline = performance.now() + signWaitMs
      for (;;) {
        const present = await lastEpoch(postgres)
        const signed = present && (await lastCheckpoint(postgres, present.origin))
        const isSame = present?.streamCreated === created && !present.ended
        if (isSame && signed && present.first + signed.size > last) return present.origin
        if (isSame && present.first > last) throw AccessEpochNotFound({ epoch: '' })
        if (performance.now() > deadline) throw SigningPending({})
        keeper.want()
        await pause(signPollMs, undefined, { signal })
      }
    },
  }
}

function parseName(name: string): AccessEpoch {
  try {
    return parseEpoch(name)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw invalid({ field: 'epoch', code: 'invalid', detail: 'must be <begun>-<first>' })
  }
}
