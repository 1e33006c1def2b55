import { setTimeout as pause } from 'node:timers/promises'
import type { EventLog } from '@holdfast/event-log'
import type { AccessReader } from '@holdfast/event-log/admin'
import { formatOrigin } from '@holdfast/merkle'
import type { Postgres } from '@holdfast/postgres'
import type { KeyService } from '@holdfast/proto'
import { type Client, type Readiness, replaceDurably } from '@holdfast/service'
import type { Telemetry } from '@holdfast/telemetry'
import { accessMetrics } from './access-tree/access-metrics.ts'
import { accessTrees } from './access-tree/access-trees.ts'
import { AccessKeeper } from './access-tree/keep-access-tree.ts'
import { lastCheckpoint } from './checkpoints/checkpoint-store.ts'
import { type SigningPace, usualPace } from './checkpoints/clerk.ts'
import { keyFiles } from './checkpoints/key-files.ts'
import { type PushTarget, pusher } from './checkpoints/pusher.ts'
import { keysInOffice } from './checkpoints/signing-keys.ts'
import { webhook } from './checkpoints/webhook.ts'
import { signingKeyId } from './commands/aggregates.ts'
import { SigningFrozen, SigningPending } from './domain/errors.ts'
import { proofHandlers } from './grpc/proof-handlers.ts'
import { TreeKeeper } from './tree/keep-tree.ts'
import { openProver } from './tree/prover.ts'
import { CachedTiles, tilesIn } from './tree/tile-store.ts'
import { treeMetrics } from './tree/tree-metrics.ts'

export interface TreeParts {
  readonly log: EventLog
  readonly postgres: Postgres
  readonly telemetry: Telemetry
  readonly keyService: Pick<Client<typeof KeyService>, 'getDataKeys'>
  /** Of the private halves of signing keys. */
  readonly keysDir: string
  /** The archive of the log, when it is on this machine. */
  readonly archiveDir: string | undefined
  /** Where else new checkpoints go. */
  readonly push: {
    readonly file: string | undefined
    readonly webhook: { readonly url: string; readonly mayBeInner: boolean } | undefined
  }
  readonly access: {
    readonly reader: AccessReader
    /** How long records are kept, 0 without end. */
    readonly retentionMs: number
    /** One of its trees ended, for a reason nobody wants. */
    readonly onEnded: (epoch: string, because: string) => void
  }
  readonly pace?: Partial<SigningPace>
  /** ms since 1970. */
  readonly now: () => number
}

/** How long a call waits for a checkpoint. */
const signWaitMs = 15_000
const signPollMs = 25

/** The Merkle half of the service without its process. Throws for a webhook that is no URL. */
export function composeTree(parts: TreeParts) {
  const { log, postgres, telemetry, keysDir, keyService, now } = parts
  const { lineageId, generation } = log
  const origin = formatOrigin({ lineageId, generation })
  const tiles = new CachedTiles(tilesIn(postgres))
  const files = keyFiles({
    directory: keysDir,
    lineageId,
    objectId: signingKeyId(lineageId),
    keyService,
  })
  const push = pusher(targetsOf(parts), telemetry.log)
  const keeper = new TreeKeeper({
    log,
    postgres,
    logger: telemetry.log,
    tiles,
    origin,
    keyFiles: files,
    archiveDir: parts.archiveDir,
    pace: { ...usualPace, ...parts.pace },
    onSigned: (note) => push.push(note),
    now,
  })
  const accessKeeper = new AccessKeeper({
    log,
    postgres,
    logger: telemetry.log,
    reader: parts.access.reader,
    keyFiles: files,
    origin,
    archiveDir: parts.archiveDir,
    pace: { ...usualPace, ...parts.pace },
    onEnded: parts.access.onEnded,
    now,
  })
  const access = accessTrees({
    postgres,
    keeper: accessKeeper,
    reader: parts.access.reader,
    retentionMs: parts.access.retentionMs,
    origin,
    keysFor: (of) => keysInOffice({ log, keyFiles: files, origin: of }),
    now,
  })
  accessMetrics(telemetry.registry, () => accessKeeper.status(), now)
  treeMetrics(telemetry.registry, () => keeper.status(), now)
  const prover = openProver({ postgres, origin, tiles, onDamage: () => keeper.treeIsDamaged() })

  /** Returns when a checkpoint covers all that is safe now. */
  async function sign(signal: AbortSignal): Promise<void> {
    const safe = log.safe.current()
    const size = await prover.size()
    const wanted = safe > size ? safe : size
    const deadline = performance.now() + signWaitMs
    for (;;) {
      const last = await lastCheckpoint(postgres, origin)
      const { frozen } = keeper.status()
      if (frozen !== undefined) throw SigningFrozen({ reason: frozen })
      if (last && last.size >= wanted) return
      if (performance.now() > deadline) throw SigningPending({})
      keeper.want()
      await pause(signPollMs, undefined, { signal })
    }
  }

  return {
    proofs: proofHandlers({
      log,
      postgres,
      origin,
      prover,
      keyTools: { log, postgres, keyFiles: files, origin },
      access,
      sign,
    }),
    status: () => keeper.status(),
    accessStatus: () => accessKeeper.status(),
    /** What somebody who looks after the instance should know; reads and proofs go on. */
    readiness(): Readiness {
      const { frozen, refusing } = keeper.status()
      const reasons = [
        ...(frozen === undefined ? [] : [`no checkpoint is signed: ${frozen}`]),
        ...refusing
          .slice(0, 3)
          .map(({ nodeId, refusal }) => `witness ${nodeId} does not agree: ${refusal}`),
      ]
      return { isReady: true, ...(reasons.length > 0 ? { reason: reasons.join('; ') } : {}) }
    },
    /** Begins; the database must be migrated. */
    start(): void {
      keeper.start()
      accessKeeper.start()
    },
    async stop(): Promise<void> {
      await accessKeeper.stop()
      await keeper.stop()
      await push.stop()
    },
  }
}

function targetsOf({ push }: TreeParts): readonly PushTarget[] {
  const { file, webhook: hook } = push
  const poster = hook && webhook(hook.url, hook)
  return [
    ...(file === undefined
      ? []
      : [{ name: 'file' as const, push: (note: string) => replaceDurably(file, note) }]),
    ...(poster ? [{ name: 'webhook' as const, push: poster.post }] : []),
  ]
}
