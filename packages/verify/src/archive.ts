import { readdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { type Damage, type ReadFiles, type ScannedGeneration, scanArchive } from '@holdfast/archive'
import { formatOrigin, type Origin, parseOrigin, TreeHead } from '@holdfast/merkle'
import { isAccessPath, verifyAccessArchive } from './access-archive.ts'
import { UsageError } from './arguments.ts'
import type { Auditor } from './auditor.ts'
import { judgeCheckpoints, type Proven } from './checkpoints.ts'
import { CommitCheck } from './commit-check.ts'
import { Findings } from './findings.ts'
import { LogKeys } from './log-keys.ts'
import type { VerifyProgress } from './progress-line.ts'
import { Restorations } from './restorations.ts'
import type { VerifyResult } from './result.ts'

/**
 * Verifies the archive of one generation: `directory` is that of the generation, or one above it that holds a single
 * one; or that of one epoch of ACCESS, `<lineage>/access/<epoch>`. Reads every byte, writes nothing. Throws a UsageError when there is no archive, or more than one.
 */
export async function verifyArchive(
  directory: string,
  auditor: Auditor,
  onProgress?: (progress: VerifyProgress) => void,
  files?: ReadFiles,
): Promise<VerifyResult> {
  if (isAccessPath(resolve(directory)))
    return await verifyAccessArchive(directory, auditor, onProgress, files)
  const { path, origin } = await findGeneration(directory, files?.list ?? namesIn)
  const findings = new Findings()
  const keys = new LogKeys(findings, origin, auditor.keys)
  const restorations = new Restorations(findings, keys)
  const check = new CommitCheck(findings, origin, keys, 1n, restorations)
  const known = new KnownTrees(auditor, origin)

  const scanned = await scanArchive(path, {
    onCommit: (commit, leaf) => {
      check.add(commit, () => known.rootBefore(commit.sequence))
      known.add(commit.sequence, leaf)
    },
    ...(onProgress ? { onProgress } : {}),
    ...(files ? { files } : {}),
  })
  const [generation] = scanned
  if (!generation || scanned.length > 1) throw new UsageError(`${directory} is no archive`)
  tellDamage(generation, findings)

  const judged = judgeCheckpoints({
    findings,
    keys,
    origin: formatOrigin(origin),
    found: generation.checkpoints.map(({ file, note, verdict }) => ({
      source: file,
      note,
      verdict,
    })),
    witnesses: auditor.witnesses,
    witnessesNeeded: auditor.witnessesNeeded,
  })
  restorations.judge()
  known.tell(findings, generation, restorations)
  tellCompleteness(generation, judged, auditor, findings)
  if (!keys.isPinned && !auditor.allowsUnpinned)
    findings.add('key_unpinned', 'no key is pinned: the one in the archive is taken')
  const { proven, checkpoints, checkpointCount, witnesses } = judged
  return {
    command: 'archive',
    operands: [directory],
    origin,
    findings,
    entries: generation.commits,
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

function tellDamage({ damage, missing, checkpoints }: ScannedGeneration, findings: Findings): void {
  const isJudged = ({ kind, file }: Damage) =>
    kind === 'checkpoint' && checkpoints.some((one) => one.file === file)
  const isTold = ({ kind, firstBadSequence }: Damage) =>
    kind === 'missing' && missing.some(({ first }) => first === firstBadSequence)
  for (const one of damage) {
    if (isJudged(one) || isTold(one)) continue
    const { kind, file, detail, firstBadSequence: first, lastBadSequence: last } = one
    if (kind === 'torn_tail') findings.add('end_missing', `${file}: ${detail}`, first)
    else if (kind === 'checkpoint') findings.add('checkpoint_unreadable', `${file}: ${detail}`)
    else findings.add('archive_damaged', `${file}: ${detail}`, first, last < first ? first : last)
  }
  for (const { first, last, shownBy } of missing)
    findings.add('entries_missing', `not in the archive, as ${shownBy} shows`, first, last || first)
}

function tellCompleteness(
  { commits, missing }: ScannedGeneration,
  { proven, signed, promised, checkpointCount }: Proven,
  { witnessesNeeded }: Auditor,
  findings: Findings,
): void {
  if (checkpointCount === 0)
    findings.add('checkpoint_missing', 'the archive holds no checkpoint', 1n)
  if (promised > commits && !missing.some(({ last }) => last >= promised))
    findings.add(
      'entries_missing',
      `a checkpoint vouches for ${promised} commits, and ${commits} in a row are here`,
      commits + 1n,
      promised,
    )
  // What is behind a bad commit cannot be proven; saying so once more helps nobody.
  if (findings.has('integrity') || findings.has('key') || checkpointCount === 0) return
  const covered = signed?.size ?? 0n
  if (covered < commits)
    findings.add('entries_uncovered', 'no checkpoint covers them', covered + 1n, commits)
  const cosigned = proven?.size ?? 0n
  if (witnessesNeeded > 0 && cosigned < covered)
    findings.add(
      'entries_unwitnessed',
      `fewer than ${witnessesNeeded} of the witnesses cosigned them`,
      cosigned + 1n,
      covered,
    )
}

/** Checkpoints the auditor kept, compared as the entries come by. */
class KnownTrees {
  readonly #known: Auditor['known']
  readonly #origin: Origin
  /** Of generations this log was restored from. */
  readonly #earlier: Auditor['known']
  readonly #foreign: Auditor['known']
  readonly #tree = TreeHead.empty()
  readonly #verdicts = new Map<Auditor['known'][number], boolean>()
  #isWhole = true

  constructor({ known }: Auditor, origin: Origin) {
    const ours = formatOrigin(origin)
    this.#origin = origin
    this.#known = known.filter((one) => one.origin === ours)
    this.#earlier = known.filter((one) => isEarlier(one.origin, origin))
    this.#foreign = known.filter((one) => one.origin !== ours && !this.#earlier.includes(one))
  }

  /** Undefined when something before it is missing. */
  rootBefore(sequence: bigint): Uint8Array | undefined {
    return this.#isWhole && this.#tree.size === sequence - 1n ? this.#tree.root() : undefined
  }

  add(sequence: bigint, leaf: Uint8Array): void {
    const isNeeded = this.#known.length > 0 || this.#origin.generation > 1
    if (!isNeeded || !this.#isWhole) return
    this.#isWhole = sequence === this.#tree.size + 1n
    if (!this.#isWhole) return
    this.#tree.append(leaf)
    for (const one of [...this.#known, ...this.#earlier])
      if (one.size === sequence)
        this.#verdicts.set(one, Buffer.compare(one.root, this.#tree.root()) === 0)
  }

  tell(
    findings: Findings,
    { commits }: ScannedGeneration,
    restorations: Pick<Restorations, 'common'>,
  ): void {
    for (const one of this.#earlier) {
      const common = restorations.common(parseOrigin(one.origin).generation)
      if (one.size > common)
        findings.add(
          'known_checkpoint_not_reached',
          `of the ${one.size} commits of ${one.source}, the checkpoint you hold, a restore took over ${common}`,
        )
      else if (one.size > 0n && this.#verdicts.get(one) === false)
        findings.add(
          'known_checkpoint_differs',
          `they are not the commits of ${one.source}, the checkpoint of size ${one.size} you hold`,
          1n,
          one.size,
        )
    }
    for (const one of this.#known) {
      const isSame = one.size === 0n || this.#verdicts.get(one)
      if (isSame === false)
        findings.add(
          'known_checkpoint_differs',
          `they are not the commits of ${one.source}, the checkpoint of size ${one.size} you hold`,
          1n,
          one.size,
        )
      else if (one.size > commits)
        findings.add(
          'entries_missing',
          `${one.source}, the checkpoint you hold, covers ${one.size} commits, and ${commits} in a row are here`,
          commits + 1n,
          one.size,
        )
    }
    for (const { source, size } of this.#foreign)
      findings.add(
        'known_checkpoint_not_reached',
        `${source}, the checkpoint of size ${size} you hold, is of another log or generation`,
      )
  }
}

/** Of the same lineage, and of a generation before. */
function isEarlier(origin: string, than: Origin): boolean {
  try {
    const { lineageId, generation } = parseOrigin(origin)
    return lineageId === than.lineageId && generation < than.generation
  } catch {
    return false // of some other log
  }
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const number = /^[1-9]\d{0,8}$/

async function findGeneration(
  directory: string,
  list: ReadFiles['list'],
): Promise<{ readonly path: string; readonly origin: Origin }> {
  const here = resolve(directory)
  const parent = basename(dirname(here))
  if (number.test(basename(here)) && uuid.test(parent))
    return { path: here, origin: { lineageId: parent, generation: Number(basename(here)) } }
  const namesOf = async (path: string, pattern: RegExp) =>
    (await list(path)).filter((name) => pattern.test(name)).sort()
  const lineages = uuid.test(basename(here)) ? [''] : await namesOf(here, uuid)
  const found: { path: string; origin: Origin }[] = []
  for (const lineage of lineages) {
    const lineageId = lineage || basename(here)
    for (const name of await namesOf(join(here, lineage), number))
      found.push({
        path: join(here, lineage, name),
        origin: { lineageId, generation: Number(name) },
      })
  }
  const [only] = found
  if (!only) throw new UsageError(`there is no archive in ${directory}`)
  if (found.length > 1)
    throw new UsageError(
      `${directory} holds ${found.length} archives; name one of ${found.map(({ path }) => path).join(', ')}`,
    )
  return only
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException // node:fs throws nothing else
    throw new UsageError(`${directory} cannot be read (${code})`)
  }
}
