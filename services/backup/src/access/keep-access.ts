import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type AccessArchive,
  ArchiveDamaged,
  ArchiveForeign,
  type Damage,
  openAccessArchive,
} from '@holdfast/archive'
import type { EventLog } from '@holdfast/event-log'
import type { AccessReader } from '@holdfast/event-log/admin'
import { formatTreeOrigin, parseEpoch } from '@holdfast/merkle'
import type { holdfast, ProofService } from '@holdfast/proto'
import type { Alarm, Client } from '@holdfast/service'
import { Gauge, type Logger, type Registry } from '@holdfast/telemetry'
import type { RootKeyNames } from '../guard/root-keys.ts'
import { copyEpoch, type EpochGoal, NotWhatWasSigned } from './copy-epoch.ts'
import { giveUpExpired } from './give-up.ts'
import { auditKeys } from './log-keys.ts'

export interface KeepAccessOptions {
  readonly log: Pick<EventLog, 'onSignal' | 'lineageId' | 'generation'>
  readonly proofs: Pick<
    Client<typeof ProofService>,
    'listSigningKeys' | 'listAccessEpochs' | 'getConsistencyProof' | 'signAccessTombstone'
  >
  readonly reader: AccessReader
  /** Of the archive. */
  readonly directory: string
  readonly rootKeys: RootKeyNames
  /** How long content is kept; 0 without end. */
  readonly retentionMs: number
  readonly alarm: (alarm: Alarm) => void
  readonly logger: Logger
  readonly registry: Registry
  /** ms since 1970. */
  readonly now: () => number
  /** How old a record may be that only the stream has. Default 10 minutes. */
  readonly sealAfterMs?: number
  /** Default 8 MiB. */
  readonly sealAtBytes?: number
  /** How often what has expired is looked for. Default once a day: each time makes a file. */
  readonly retireEveryMs?: number
}

export interface AccessArchiver {
  /** Resolves when all that is due has been done; for tests and shutdown. */
  idle(): Promise<void>
  stop(): Promise<void>
}

type Epoch = holdfast.audit.v1.AccessEpoch.$Properties

const lookEveryMs = 60_000
const callMs = 5_000
const damagedCode = 'backup.access_archive_damaged'
const differsCode = 'backup.access_archive_differs'

/**
 * Archives ACCESS: what audit has signed is copied into segments, after it was compared with the signature, and given
 * up when it is older than the retention. Audit's checkpoints are the clock; a look a minute makes up for lost ones.
 */
export function keepAccess(options: KeepAccessOptions): AccessArchiver {
  const { log, proofs, reader, directory, logger, alarm, now } = options
  const { retentionMs, retireEveryMs = 86_400_000 } = options
  const { lineageId, generation } = log
  const folder = join(directory, lineageId, 'access')
  const keys = auditKeys(proofs, folder)
  const source = {
    proofs,
    reader,
    keys,
    sealAtBytes: options.sealAtBytes ?? 8 * 1024 * 1024,
    sealAfterMs: options.sealAfterMs ?? 600_000,
    now,
  }
  const stopping = new AbortController()
  /** The one that is written to; others are opened when something is to be done. */
  let present: { readonly name: string; readonly archive: AccessArchive } | undefined
  /** Ended, copied whole, and without content that is ever given up. */
  const done = new Set<string>()
  /** Ended and copied whole: opening one reads all of it, which is for when something may have expired. */
  const copied = new Set<string>()
  const raised = new Set<string>()
  /** When each epoch was last looked through for what has expired: one that is damaged holds up no other. */
  const retiredAt = new Map<string, number>()
  let isWanted = true
  let working: Promise<void> | undefined
  let wake = () => {}
  accessMetrics(options.registry, () => present?.archive)

  async function opened(name: string): Promise<AccessArchive> {
    if (present?.name === name) return present.archive
    return await openAccessArchive({
      directory,
      identity: {
        lineageId,
        generation,
        rootKeyFingerprint: options.rootKeys.present,
        formerRootKeys: options.rootKeys.former,
      },
      epoch: parseEpoch(name),
    })
  }

  async function goalOf({ epoch, checkpoint, endedBecause, keptToSequence }: Epoch) {
    const name = epoch ?? ''
    const note = checkpoint?.note
    if (!note) return undefined
    const opened = await keys.openCheckpoint(note)
    const origin = formatTreeOrigin({ lineageId, generation, access: parseEpoch(name) })
    if (opened.origin !== origin) throw new NotWhatWasSigned(`a checkpoint is not of ${name}`)
    const keptTo = endedBecause ? BigInt(keptToSequence ?? 0) : undefined
    return { name, note, checkpoint: opened, keptTo } satisfies EpochGoal
  }

  async function keep(epoch: Epoch): Promise<void> {
    const name = epoch.epoch ?? ''
    const hasEnded = (epoch.endedBecause ?? '') !== ''
    const isDue = now() - (retiredAt.get(name) ?? Number.NEGATIVE_INFINITY) >= retireEveryMs
    const mayRetire = retentionMs > 0 && isDue
    if (done.has(name) || (copied.has(name) && !mayRetire)) return
    const goal = await goalOf(epoch)
    if (!goal) {
      if (hasEnded) done.add(name)
      return
    }
    const archive = await opened(name)
    // One that has ended is not held in memory.
    if (!hasEnded) present = { name, archive }
    try {
      const [damage] = archive.damage
      if (damage) throw damaged(damage)
      await copyEpoch(archive, goal, source)
      const { origin } = goal.checkpoint
      if (mayRetire) {
        const count = await giveUpExpired(archive, { ...options, keys, origin, epoch: name })
        retiredAt.set(name, now())
        if (count > 0n)
          logger.info({ epoch: name, count: count.toString() }, 'content of ACCESS is given up')
      }
      for (const code of [damagedCode, differsCode]) over(code, name)
      if (hasEnded && archive.head.size === goal.checkpoint.size)
        (retentionMs > 0 && archive.kept.length > 0 ? copied : done).add(name)
    } catch (error) {
      // What the directory holds is known again when it was read again.
      present = undefined
      throw error
    }
  }

  function raise(code: string, epoch: string, detail: string): void {
    if (!raised.has(`${code} ${epoch}`)) logger.error({ epoch, detail }, 'ACCESS is not archived')
    raised.add(`${code} ${epoch}`)
    const title =
      code === damagedCode
        ? 'The archive of the access records is damaged'
        : 'The access records are not those that were signed'
    alarm({ code, severity: 'critical', title, detail, key: epoch })
  }

  function over(code: string, epoch: string): void {
    if (!raised.delete(`${code} ${epoch}`)) return
    alarm({
      code,
      severity: 'info',
      title: 'The access records are archived again',
      key: epoch,
      isOver: true,
    })
  }

  async function round(): Promise<void> {
    const { epochs } = await proofs.listAccessEpochs({}, { timeoutMs: callMs })
    for (const epoch of [...epochs].reverse()) {
      try {
        await keep(epoch)
      } catch (error) {
        const name = epoch.epoch ?? ''
        if (error instanceof NotWhatWasSigned) raise(differsCode, name, error.message)
        else if (ArchiveDamaged.is(error) || ArchiveForeign.is(error))
          raise(damagedCode, name, error.message)
        else logger.info({ err: error, epoch: name }, 'ACCESS is not archived yet, trying again')
      }
    }
  }

  async function run(): Promise<void> {
    const { signal } = stopping
    while (!signal.aborted) {
      if (isWanted) {
        isWanted = false
        working = round().catch((error: unknown) => {
          if (!signal.aborted) logger.info({ err: error }, 'ACCESS is not archived yet')
        })
        await working
        continue
      }
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      const timer = new AbortController()
      const tick = pause(lookEveryMs, undefined, { signal: timer.signal }).catch(() => undefined)
      await Promise.race([woken, tick])
      timer.abort()
      isWanted = true
    }
  }

  const want = () => {
    isWanted = true
    wake()
  }
  const stopListening = log.onSignal('ctl.audit.access-checkpoint', want)
  const running = run()
  return {
    async idle() {
      want()
      while (isWanted && !stopping.signal.aborted) await pause(1)
      await working
    },
    async stop() {
      stopListening()
      stopping.abort()
      wake()
      await running
      await reader.close()
    },
  }
}

const damaged = ({ file, firstBadSequence, detail }: Damage) =>
  ArchiveDamaged({ file, firstBadSequence, reason: detail })

function accessMetrics(registry: Registry, archive: () => AccessArchive | undefined): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: (archive: AccessArchive) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const now = archive()
        this.set(now ? read(now) : 0)
      },
    })
  gauge('holdfast_access_archive_sequence', 'Last archived record of ACCESS.', ({ next }) =>
    Number(next - 1n),
  )
  gauge(
    'holdfast_access_archive_segments',
    'Segments of ACCESS with content.',
    ({ kept }) => kept.length,
  )
}
