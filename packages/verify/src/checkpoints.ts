import {
  type Checkpoint,
  FormatError,
  parseCheckpoint,
  parseNote,
  type SignedCheckpoint,
  TrustError,
  type VerifierKey,
} from '@holdfast/merkle'
import { clip, type Findings } from './findings.ts'
import type { LogKeys } from './log-keys.ts'
import type { CheckpointReport, WitnessReport } from './result.ts'

/** A checkpoint as found, and what the entries say of its root. */
export interface FoundCheckpoint {
  readonly note: string
  /** Where it stands, for people. */
  readonly source: string
  readonly verdict: CheckpointReport['verdict']
}

/** What checkpoints show together. */
export interface Proven {
  /** The largest that is signed, met by the entries, and cosigned as asked. */
  readonly proven: CheckpointReport | undefined
  /** The largest that is signed and met by the entries. */
  readonly signed: CheckpointReport | undefined
  /** The largest size the log's key vouches for, met or not. */
  readonly promised: bigint
  readonly checkpoints: readonly CheckpointReport[]
  readonly checkpointCount: number
  readonly witnesses: readonly WitnessReport[]
}

export interface JudgeOptions {
  readonly findings: Findings
  readonly keys: LogKeys
  /** Of the log, `holdfast/<lineage>/<generation>`, or of an epoch of ACCESS. */
  readonly origin: string
  /** Sequence of leaf 0. Default 1. */
  readonly first?: bigint
  readonly found: readonly FoundCheckpoint[]
  readonly witnesses: readonly VerifierKey[]
  readonly witnessesNeeded: number
}

/** Of those that failed, and of the last ones; more are only counted. */
const shownCheckpoints = 100

/** Verifies the signatures of all checkpoints and says which sizes they prove. Findings name sizes as sequences. */
export function judgeCheckpoints(options: JudgeOptions): Proven {
  const { findings, witnessesNeeded } = options
  const reports = options.found.flatMap((found) => judgeOne(found, options) ?? [])
  tellUnknown(reports, options)
  tellDifferent(reports, findings, options.first ?? 1n)

  const good = reports.filter(({ signedBy, verdict }) => signedBy && verdict === 'same')
  const proven = largest(good.filter(({ cosignedBy }) => cosignedBy.length >= witnessesNeeded))
  return {
    proven,
    signed: largest(good),
    promised: largest(reports.filter(({ signedBy }) => signedBy))?.size ?? 0n,
    checkpoints: shown(reports),
    checkpointCount: options.found.length,
    witnesses: options.witnesses.map(({ text }) => ({
      verifierKey: text,
      size: largest(good.filter(({ cosignedBy }) => cosignedBy.includes(text)))?.size,
    })),
  }
}

interface Judged extends CheckpointReport {
  readonly note: string
}

/** Undefined when it is of no use at all; that has been told then. */
function judgeOne(found: FoundCheckpoint, options: JudgeOptions): Judged | undefined {
  const { findings, origin } = options
  const { source, note, verdict } = found
  let checkpoint: Checkpoint
  try {
    checkpoint = parseCheckpoint(parseNote(note).text)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    findings.add('checkpoint_unreadable', `${source} is no checkpoint (${error.reason})`)
    return undefined
  }
  const { size, root } = checkpoint
  if (checkpoint.origin !== origin) {
    const detail = `${source} is of another log, ${clip(checkpoint.origin)}, not ${origin}`
    findings.add('origin_foreign', detail)
    return undefined
  }
  const unsigned = { size, root, source, verdict, note, signedBy: undefined, cosignedBy: [] }
  try {
    const { signedBy, cosignatures } = open(found, options)
    const cosignedBy = [...new Set(cosignatures.map(({ key }) => key.text))]
    return { ...unsigned, signedBy: signedBy.introduced.text, cosignedBy }
  } catch (error) {
    if (!(error instanceof TrustError)) throw error
    if (error.code === 'key_unknown') return unsigned // told together, later
    const code = error.code === 'key_retired' ? 'key_retired' : 'signature_invalid'
    findings.add(code, `${source} of size ${size}: ${error.message}`, atLeastOne(size))
    return undefined
  }
}

/** A wrong cosignature is told, and takes nothing away from what the log signed. */
function open(
  { note, source }: FoundCheckpoint,
  { keys, witnesses, findings }: JudgeOptions,
): SignedCheckpoint {
  try {
    return keys.open(note, witnesses)
  } catch (error) {
    if (!(error instanceof TrustError && error.code === 'signature_invalid')) throw error
    const signed = keys.open(note, [])
    const { size } = signed
    findings.add(
      'signature_invalid',
      `${source} of size ${size}: ${error.message}`,
      atLeastOne(size),
    )
    return signed
  }
}

/**
 * A key nobody knows, everywhere, is a wrong --key or another log; one beside known ones was put there. Neither are keys
 * from before the pinned one, and keys that may have come with commits that are not shown: what they signed proves nothing.
 */
function tellUnknown(reports: readonly Judged[], { findings, keys }: JudgeOptions): void {
  const earlier = keys.earlierKeys()
  const isEarlier = ({ note }: Judged) =>
    parseNote(note).signatures.some((signature) =>
      earlier.some(({ name, keyId }) => name === signature.name && keyId === signature.keyId),
    )
  const unknown = reports.filter(
    (report) => !report.signedBy && report.verdict !== 'beyond' && !isEarlier(report),
  )
  if (unknown.length === 0) return
  if (!reports.some(({ signedBy }) => signedBy)) {
    const count = `${unknown.length} checkpoint${unknown.length === 1 ? '' : 's'}`
    findings.add('key_unknown', `${count}, and none is signed by a key you trust`)
    return
  }
  for (const { source, size } of unknown)
    findings.add(
      'signature_invalid',
      `${source} of size ${size} is signed by no key of this log`,
      atLeastOne(size),
    )
}

/** The first root that differs says where; those after it cannot but differ too. */
function tellDifferent(
  reports: readonly CheckpointReport[],
  findings: Findings,
  leafZero: bigint,
): void {
  const signed = reports.filter(({ signedBy }) => signedBy)
  const first = signed
    .filter(({ verdict }) => verdict === 'different')
    .reduce<CheckpointReport | undefined>((a, b) => (a && a.size <= b.size ? a : b), undefined)
  if (!first) return
  const { size, source } = first
  const last =
    largest(signed.filter((one) => one.verdict === 'same' && one.size < size))?.size ?? 0n
  findings.add(
    'root_differs',
    `they do not lead to the root in ${source}`,
    last + leafZero,
    size + leafZero - 1n,
  )
}

/** The empty tree has no first commit; whatever is wrong with it begins there. */
const atLeastOne = (size: bigint): bigint => (size === 0n ? 1n : size)

const largest = <T extends CheckpointReport>(reports: readonly T[]): T | undefined =>
  reports.reduce<T | undefined>((a, b) => (a && a.size >= b.size ? a : b), undefined)

function shown(reports: readonly CheckpointReport[]): readonly CheckpointReport[] {
  const isBad = ({ signedBy, verdict }: CheckpointReport) => !signedBy || verdict === 'different'
  const bad = reports.filter(isBad).slice(0, shownCheckpoints)
  const good = reports.filter((report) => !isBad(report)).slice(-shownCheckpoints)
  return [...bad, ...good]
}
