import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { type ReadFiles, type ScannedAccess, scanAccess } from '@holdfast/archive'
import {
  FormatError,
  formatTreeOrigin,
  type KeyList,
  parseEpoch,
  parseKeyList,
  TreeHead,
  type TreeOrigin,
  TrustError,
} from '@holdfast/merkle'
import { UsageError } from './arguments.ts'
import type { Auditor } from './auditor.ts'
import { judgeCheckpoints, type Proven } from './checkpoints.ts'
import { Findings } from './findings.ts'
import { LogKeys } from './log-keys.ts'
import type { VerifyProgress } from './progress-line.ts'
import type { GivenUp, VerifyResult } from './result.ts'

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** `<lineage>/access/<epoch>`. */
export function isAccessPath(path: string): boolean {
  const folder = dirname(path)
  if (basename(folder) !== 'access' || !uuid.test(basename(dirname(folder)))) return false
  try {
    parseEpoch(basename(path))
    return true
  } catch (error) {
    if (error instanceof FormatError) return false
    throw error
  }
}

/**
 * Verifies the archive of one epoch of ACCESS: every byte, that the leaves of what is kept and of what was given up
 * lead to the roots that were signed, and that each tombstone is signed.
 */
export async function verifyAccessArchive(
  directory: string,
  auditor: Auditor,
  onProgress?: (progress: VerifyProgress) => void,
  files?: ReadFiles,
): Promise<VerifyResult> {
  const path = resolve(directory)
  const access = parseEpoch(basename(path))
  const lineageId = basename(dirname(dirname(path)))
  const known = new KnownRoots(auditor)
  const scanned = await scanAccess(path, {
    onLeaf: (_sequence, leaf) => known.add(leaf),
    ...(onProgress ? { onProgress } : {}),
    ...(files ? { files } : {}),
  })
  const { generation } = scanned
  if (generation === undefined) throw new UsageError(`${directory} holds no records of ACCESS`)
  const origin: TreeOrigin = { lineageId, generation, access }
  const findings = new Findings()
  const keys = new LogKeys(findings, origin, auditor.keys)
  const claim = await claimIn(join(dirname(path), 'keys.json'), findings)
  if (claim) keys.claim(claim)
  tellDamage(scanned, findings)
  const judged = judgeCheckpoints({
    findings,
    keys,
    origin: formatTreeOrigin(origin),
    first: access.first,
    found: scanned.checkpoints.map(({ file, note, verdict }) => ({ source: file, note, verdict })),
    witnesses: auditor.witnesses,
    witnessesNeeded: auditor.witnessesNeeded,
  })
  const givenUp = tellTombstones(scanned, origin, keys, findings)
  known.tell(findings, formatTreeOrigin(origin), scanned)
  tellCompleteness(scanned, judged, auditor, findings)
  if (!keys.isPinned && !auditor.allowsUnpinned)
    findings.add('key_unpinned', 'no key is pinned: the one in the archive is taken')
  const { proven, checkpoints, checkpointCount, witnesses } = judged
  return {
    command: 'archive',
    operands: [directory],
    origin,
    findings,
    entries: scanned.kept,
    gone: scanned.size - scanned.kept > 0n ? scanned.size - scanned.kept : 0n,
    givenUp,
    size: proven?.size ?? 0n,
    root: proven?.root,
    checkpoints,
    checkpointCount,
    witnesses,
    witnessesNeeded: auditor.witnessesNeeded,
    keys: keys.report(),
    isPinned: keys.isPinned,
  }
}

function tellDamage({ damage, missing, checkpoints }: ScannedAccess, findings: Findings): void {
  for (const { kind, file, detail, firstBadSequence: first, lastBadSequence: last } of damage) {
    if (kind === 'checkpoint') {
      if (!checkpoints.some((one) => one.file === file))
        findings.add('checkpoint_unreadable', `${file}: ${detail}`)
    } else findings.add('archive_damaged', `${file}: ${detail}`, first, last < first ? first : last)
  }
  for (const { first, last, shownBy } of missing)
    findings.add('entries_missing', `not in the archive, as ${shownBy} shows`, first, last)
}

function tellTombstones(
  { gone }: ScannedAccess,
  origin: TreeOrigin,
  keys: LogKeys,
  findings: Findings,
): GivenUp | undefined {
  const ours = formatTreeOrigin(origin)
  let tombstones = 0
  let neverArchived = 0n
  let leastAgeMs: number | undefined
  for (const { file, note, tombstone } of gone) {
    const { first, last } = tombstone
    const invalid = (why: string) =>
      findings.add('tombstone_invalid', `${file}: ${why}`, first, last)
    if (tombstone.origin !== ours) {
      invalid('it is about another tree')
      continue
    }
    try {
      const { reason, droppedAtUnixMs, newestAtUnixMs } = keys.openTombstone(note)
      tombstones += 1
      if (reason === 'never_archived') neverArchived += last - first + 1n
      else {
        const ageMs = droppedAtUnixMs - newestAtUnixMs
        leastAgeMs = leastAgeMs === undefined || ageMs < leastAgeMs ? ageMs : leastAgeMs
      }
    } catch (error) {
      if (!(error instanceof TrustError || error instanceof FormatError)) throw error
      invalid(error.message)
    }
  }
  return tombstones > 0 ? { tombstones, neverArchived, leastAgeMs } : undefined
}

function tellCompleteness(
  { size, first, missing }: ScannedAccess,
  { proven, signed, promised, checkpointCount }: Proven,
  { witnessesNeeded }: Auditor,
  findings: Findings,
): void {
  const end = first + size - 1n
  if (checkpointCount === 0)
    findings.add('checkpoint_missing', 'the archive holds no checkpoint', first)
  if (promised > size && missing.length === 0)
    findings.add(
      'entries_missing',
      `a checkpoint vouches for ${promised} records, and ${size} in a row are here`,
      end + 1n,
      first + promised - 1n,
    )
  if (findings.has('integrity') || findings.has('key') || checkpointCount === 0) return
  const covered = signed?.size ?? 0n
  if (covered < size)
    findings.add('entries_uncovered', 'no checkpoint covers them', first + covered, end)
  const cosigned = proven?.size ?? 0n
  if (witnessesNeeded > 0 && cosigned < covered)
    findings.add(
      'entries_unwitnessed',
      'witnesses cosign the log, not ACCESS',
      first + cosigned,
      first + covered - 1n,
    )
}

/** Checkpoints the auditor kept, compared as the leaves come by. */
class KnownRoots {
  readonly #known: Auditor['known']
  readonly #tree = TreeHead.empty()
  readonly #roots = new Map<bigint, Uint8Array>()

  constructor({ known }: Auditor) {
    this.#known = known
  }

  add(leaf: Uint8Array): void {
    if (this.#known.length === 0) return
    this.#tree.append(leaf)
    if (this.#known.some(({ size }) => size === this.#tree.size))
      this.#roots.set(this.#tree.size, this.#tree.root())
  }

  tell(findings: Findings, origin: string, { first, size: here }: ScannedAccess): void {
    for (const { source, origin: theirs, size, root } of this.#known) {
      const found = this.#roots.get(size)
      if (theirs !== origin)
        findings.add(
          'known_checkpoint_not_reached',
          `${source}, the checkpoint of size ${size} you hold, is of another log or epoch`,
        )
      else if (found && Buffer.compare(found, root) !== 0)
        findings.add(
          'known_checkpoint_differs',
          `they are not the records of ${source}, the checkpoint of size ${size} you hold`,
          first,
          first + size - 1n,
        )
      else if (size > here)
        findings.add(
          'entries_missing',
          `${source}, the checkpoint you hold, covers ${size} records, and ${here} in a row are here`,
          first + here,
          first + size - 1n,
        )
    }
  }
}

/** The keys the archive names; a claim. */
async function claimIn(path: string, findings: Findings): Promise<KeyList | undefined> {
  let text: Buffer
  try {
    text = await readFile(path)
  } catch {
    return undefined
  }
  try {
    return parseKeyList(new Uint8Array(text))
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    findings.add('line_malformed', `keys.json names no keys (${error.message})`)
    return undefined
  }
}
