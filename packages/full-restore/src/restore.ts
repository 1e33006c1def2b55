import { existsSync } from 'node:fs'
import { mkdir, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { newId } from '@holdfast/domain'
import { GenerationTaken, NewerRelease, TargetUnfit } from './errors.ts'
import type { Judged, RestoreActor } from './judged.ts'
import type { RestoreKey } from './key.ts'
import { LogFacts, type RestorePoint } from './log-facts.ts'
import { Pace, type RestoreProgress } from './progress.ts'
import type { RestorePlan, RestoreReport } from './report.ts'
import { reportJson } from './report.ts'
import type { BackupSource } from './source.ts'
import { copyTree, settle, stage } from './stage.ts'
import {
  carryPrograms,
  clearStages,
  examineTarget,
  heldName,
  mergeKeys,
  placeStage,
  type Standing,
  stageOf,
  type Target,
} from './target.ts'
import { judgeTrust } from './trust.ts'
import { syncDirectory, writePrivate } from './write-file.ts'

export interface PlanOptions {
  readonly source: BackupSource
  readonly key: RestoreKey
  /** Undefined: all there is. */
  readonly upTo?: RestorePoint | undefined
  /** This release. */
  readonly version: string
  readonly onProgress?: ((progress: RestoreProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export const restoreStages = ['judged', 'staging', 'staged', 'settled', 'placed'] as const
export type RestoreStage = (typeof restoreStages)[number]

export interface RestoreOptions extends PlanOptions {
  readonly target: Target
  /** The generation to begin; the next one unless told otherwise. */
  readonly generation?: number | undefined
  /** What is there is moved aside. */
  readonly force?: boolean
  /** The root key is put into no file: whoever starts it gives it, or unseals it by shards. */
  readonly isSealed?: boolean
  readonly actor?: RestoreActor
  readonly reason?: string
  readonly now?: () => number
  /** Between the steps; for tests. */
  readonly onStage?: (stage: RestoreStage) => void | Promise<void>
}

/** Reads and judges everything, writes nothing. Throws full_restore.…, the key's fault before anything else is read. */
export async function planInstance(options: PlanOptions): Promise<RestorePlan> {
  const pace = new Pace(options.onProgress, 1)
  return planOf(await judge(options, pace), options)
}

async function judge(options: PlanOptions, pace: Pace): Promise<Judged> {
  const { source, key, upTo, version, signal } = options
  pace.enter('key')
  const opened = await source.open(key, signal)
  const { header } = opened
  if (isNewer(header.version, version)) throw NewerRelease({ made: header.version, ours: version })
  pace.enter('verify', opened.totalBytes)
  const facts = new LogFacts(header.lineageId, upTo)
  const notes: { size: bigint; note: string }[] = []
  await opened.read(
    {
      commits(commits, leaves) {
        facts.add(commits, leaves)
        pace.commits(facts.last)
      },
      note(size, note) {
        notes.push({ size, note })
      },
    },
    { onBytes: (bytes) => pace.bytes(bytes), signal },
  )
  const { lineageId, generation } = header
  const { keyset, rootKey, signature } = opened
  const trusted = judgeTrust({ lineageId, generation, keyset, rootKey, facts, notes, signature })
  return { opened, facts, cut: facts.end(), trusted }
}

/**
 * The whole of it: judged, staged beside the target, put in its place by a rename. Until that the target is as it was,
 * whenever it is cut short; what was staged is removed, or by the next attempt.
 */
export async function restoreInstance(options: RestoreOptions): Promise<RestoreReport> {
  const { target, force = false, onStage, now = Date.now, signal } = options
  const standing = await examineTarget(target, force)
  const pace = new Pace(options.onProgress, 2)
  const startedAt = performance.now()
  const judged = await judge(options, pace)
  const plan = planOf(judged, options)
  const { keyset, kept } = mergeKeys(judged.opened.keyset, plan.lineageId, standing)
  const nextGeneration = nextOf(judged, standing, options.generation)
  await requireRoom(judged, standing)
  await onStage?.('judged')
  const judgedAt = performance.now()

  const restoreId = newId<string>()
  const restoredAtUnixMs = now()
  const directory = stageOf(standing.data, restoreId)
  const outside = archiveOf(standing.data, target.archive, plan.lineageId)
  const archive = outside ? join(outside, `.restoring-${restoreId}`) : join(directory, 'archive')
  const stale = await clearStages(standing.data)
  const movedAside = standing.isTaken ? freeName(standing.data, restoredAtUnixMs) : undefined
  let report: RestoreReport
  try {
    await mkdir(directory, { mode: 0o700 })
    await writeFile(join(directory, heldName), `${process.pid}\n`, { mode: 0o600 })
    await mkdir(archive, { recursive: true, mode: 0o700 })
    await onStage?.('staging')
    pace.enter('stage', judged.opened.totalBytes)
    const staged = await stage({
      ...judged,
      ...{ directory, archive, restoreId, restoredAtUnixMs, nextGeneration, keyset },
      actor: options.actor ?? { kind: 'service', id: 'restore' },
      reason: options.reason ?? '',
      isSealed: options.isSealed === true,
      read: { onBytes: (bytes) => pace.bytes(bytes), signal },
      onCommits: (count) => pace.commits(count),
    })
    await carryPrograms(standing, copyTree, directory)
    await onStage?.('staged')
    const stagedAt = performance.now()
    pace.enter('place')
    const { notes, hasEnvironment, ...made } = staged
    report = {
      ...{ ...plan, nextGeneration, restoreId, restoredAtUnixMs, ...made },
      warnings: [...plan.warnings, ...notes],
      data: standing.data,
      archive: outside ?? join(standing.data, 'archive'),
      movedAside,
      rootKeyFile: options.isSealed ? undefined : join(standing.data, 'root.key'),
      environment: hasEnvironment ? join(standing.data, 'restored/environment.env') : undefined,
      ...{ keptKeys: kept.length, removed: stale },
      verifyMs: Math.round(judgedAt - startedAt),
      stageMs: Math.round(stagedAt - judgedAt),
    }
    await writePrivate(
      join(directory, 'restored.json'),
      `${JSON.stringify(reportJson(report), undefined, 2)}\n`,
    )
    await settle(directory, archive)
    await onStage?.('settled')
    signal?.throwIfAborted()
    if (outside) {
      await rename(join(archive, plan.lineageId), join(outside, plan.lineageId))
      await syncDirectory(outside)
      await rm(archive, { recursive: true, force: true })
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    if (outside) await rm(archive, { recursive: true, force: true })
    throw error
  }
  // From here on what is under the stage's name may be what was there before: nobody removes it.
  await placeStage(standing, directory, movedAside)
  await onStage?.('placed')
  return report
}

/** Where what is there goes; two restores within a second are two. */
function freeName(data: string, unixMs: number): string {
  const stamp = new Date(unixMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
  const name = `${data}.before-${stamp}Z`
  for (let count = 1; ; count++) {
    const next = count === 1 ? name : `${name}-${count}`
    if (!existsSync(next)) return next
  }
}

function planOf(
  { opened, facts, cut, trusted }: Judged,
  { source, key }: PlanOptions,
): RestorePlan {
  const { header, keyset } = opened
  const missing = header.missing.filter(({ part }) => part !== 'keys/root-key.age')
  return {
    source: source.label,
    backup: header.name,
    madeAtUnixMs: header.createdAtUnixMs,
    madeBy: header.version,
    lineageId: header.lineageId,
    generation: header.generation,
    nextGeneration: header.latestGeneration + 1,
    lastSequence: facts.last,
    rootAtEnd: facts.rootAtEnd(),
    upTo: cut.size,
    root: cut.root,
    upToTimeUnixMs: Math.floor(cut.timeUs / 1000),
    signedUpTo: trusted.signedUpTo,
    keyUsed: key.how,
    keyShown: key.shown,
    rootKeyFingerprint: keyset.rootKeyFingerprint,
    recipients: header.recipients,
    logBytes: facts.bytes,
    missing,
    warnings: [
      ...trusted.warnings,
      ...missing.map(({ part, reason }) => `without ${part}: ${reason}`),
    ],
  }
}

function nextOf(judged: Judged, standing: Standing, wanted: number | undefined): number {
  const { header } = judged.opened
  const { instance } = standing
  const known = instance?.lineageId === header.lineageId ? instance.generation : 0
  const least = Math.max(header.latestGeneration, known) + 1
  if (wanted === undefined) return least
  if (wanted < least) throw GenerationTaken({ generation: wanted, least })
  return wanted
}

/** Undefined: it is in the data directory. */
function archiveOf(data: string, given: string | undefined, lineageId: string): string | undefined {
  if (given === undefined) return undefined
  const archive = resolve(given)
  if (archive === join(data, 'archive') || archive.startsWith(`${data}/`)) {
    if (archive === join(data, 'archive')) return undefined
    throw TargetUnfit({
      directory: archive,
      reason: 'an archive that lies in the data directory is called `archive`',
    })
  }
  const taken = join(archive, lineageId)
  if (existsSync(taken))
    throw TargetUnfit({
      directory: taken,
      reason:
        'an archive of this instance stands there: move it away, it may hold more than the backup',
    })
  return archive
}

const spareBytes = 64 * 1024 * 1024

async function requireRoom({ facts }: Judged, { data }: Standing): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(data))
  const free = bavail * bsize
  // Once in the archive, and once more when the log is filled from it.
  const needed = Math.ceil(facts.bytes * 2.2) + spareBytes
  if (free < needed)
    throw TargetUnfit({
      directory: data,
      reason: `there is room for ${free} bytes beside it, and ${needed} are needed`,
    })
}

/** Releases are ordered by their numbers; what follows a hyphen is before the release. */
export function isNewer(made: string, ours: string): boolean {
  const numbers = (version: string): readonly number[] =>
    (version.split(/[-+]/)[0] ?? '').split('.').map(Number)
  const [theirs, mine] = [numbers(made), numbers(ours)]
  for (let at = 0; at < 3; at++) {
    const difference = (theirs[at] ?? 0) - (mine[at] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}
