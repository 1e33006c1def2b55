import { formatEpoch, formatTreeOrigin, type TreeOrigin, type Verdict } from '@holdfast/merkle'
import type { Command } from './arguments.ts'
import type { Auditor } from './auditor.ts'
import { type Finding, type Findings, sentence } from './findings.ts'

/** What scripts rely on; docs/verify.md says more. */
export const exitCodes = { ok: 0, failed: 1, incomplete: 2, wrongKeyOrUsage: 3 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** One checkpoint that was looked at. */
export interface CheckpointReport {
  readonly size: bigint
  /** 32 bytes. */
  readonly root: Uint8Array
  /** Where it stands, for people: a file's name, or `the bundle`. */
  readonly source: string
  /**
   * `same`: the evidence gives this root. `different`: it gives another. `beyond`: it does not reach as far.
   * `unread`: something before it is missing.
   */
  readonly verdict: 'same' | 'different' | 'beyond' | 'unread'
  /** Verifier key of the log that signed it; undefined when none of the trusted did. */
  readonly signedBy: string | undefined
  /** Verifier keys of those witnesses asked for that cosigned it. */
  readonly cosignedBy: readonly string[]
}

export interface WitnessReport {
  readonly verifierKey: string
  /** The largest size it cosigned; undefined when none. */
  readonly size: bigint | undefined
}

export interface KeyReport {
  readonly verifierKey: string
  /** `pinned`: brought by the auditor. `rotated`: vouched for by the key before. `evidence`: taken from what is judged. */
  readonly source: 'pinned' | 'rotated' | 'evidence'
  /** The commit that brought it; undefined when the evidence does not hold it. */
  readonly since: bigint | undefined
  /** The commit that brought the next one. */
  readonly until: bigint | undefined
}

/** What the tombstones say that a key of the log signed: claims of whoever has that key, for the auditor to judge. */
export interface GivenUp {
  readonly tombstones: number
  /** Records the archive never had. */
  readonly neverArchived: bigint
  /** How old the youngest record was when it was given up; undefined when only such are gone that were never archived. */
  readonly leastAgeMs: number | undefined
}

export interface VerifyResult {
  readonly command: Command
  /** What was given: file or directory names. */
  readonly operands: readonly string[]
  /** Undefined when the evidence does not even say. */
  readonly origin: TreeOrigin | undefined
  readonly findings: Findings
  /** Entries that were read. */
  readonly entries: bigint
  /** Records of ACCESS whose content was given up under a tombstone. Default none. */
  readonly gone?: bigint
  readonly givenUp?: GivenUp | undefined
  /** The largest size that is proven: its root met by the evidence, signed, and cosigned as asked. 0: none. */
  readonly size: bigint
  /** Of that size. */
  readonly root: Uint8Array | undefined
  /** The last hundred, and before them a hundred of those that failed; `checkpointCount` is how many there were. */
  readonly checkpoints: readonly CheckpointReport[]
  readonly checkpointCount: number
  readonly witnesses: readonly WitnessReport[]
  readonly witnessesNeeded: number
  readonly keys: readonly KeyReport[]
  /** False when the key was taken from the evidence: trust on first use. */
  readonly isPinned: boolean
}

/** What is known before any checkpoint was judged; all there is when the evidence cannot be read. */
export const unjudged = (
  command: Command,
  origin: TreeOrigin | undefined,
  findings: Findings,
  auditor: Pick<Auditor, 'keys' | 'witnesses' | 'witnessesNeeded'>,
): VerifyResult => ({
  command,
  operands: [],
  origin,
  findings,
  entries: 0n,
  size: 0n,
  root: undefined,
  checkpoints: [],
  checkpointCount: 0,
  witnesses: auditor.witnesses.map(({ text }) => ({ verifierKey: text, size: undefined })),
  witnessesNeeded: auditor.witnessesNeeded,
  keys: [],
  isPinned: auditor.keys.length > 0,
})

export function exitCodeOf({ findings }: { readonly findings: Findings }): ExitCode {
  if (findings.has('integrity')) return exitCodes.failed
  if (findings.has('key')) return exitCodes.wrongKeyOrUsage
  if (findings.has('completeness')) return exitCodes.incomplete
  return exitCodes.ok
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const decimal = (value: bigint | undefined): string | null => value?.toString() ?? null

const problem = (finding: Finding) => ({
  code: finding.code,
  first_sequence: decimal(finding.first),
  last_sequence: decimal(finding.last),
  message: sentence(finding),
})

/** As `--json` prints it. 64-bit numbers are decimal strings, hashes base64. */
export function toJson(result: VerifyResult): Record<string, unknown> {
  const { findings } = result
  const problems = (...verdicts: readonly Verdict[]) =>
    findings.kept.filter(({ verdict }) => verdicts.includes(verdict)).map(problem)
  return {
    format: 1,
    command: result.command,
    operands: result.operands,
    exit_code: exitCodeOf(result),
    integrity: {
      verdict: integrityOf(findings),
      problem_count: findings.count('integrity') + findings.count('key'),
      problems: problems('integrity', 'key'),
    },
    completeness: {
      verdict: findings.has('completeness') ? 'incomplete' : 'complete',
      up_to: result.size.toString(),
      problem_count: findings.count('completeness'),
      problems: problems('completeness'),
    },
    first_bad_sequence: decimal(findings.firstBad),
    lineage_id: result.origin?.lineageId ?? null,
    generation: result.origin?.generation ?? null,
    access_epoch: result.origin?.access ? formatEpoch(result.origin.access) : null,
    entries: result.entries.toString(),
    entries_given_up: (result.gone ?? 0n).toString(),
    given_up: result.givenUp
      ? {
          tombstone_count: result.givenUp.tombstones,
          never_archived: result.givenUp.neverArchived.toString(),
          least_age_ms: result.givenUp.leastAgeMs ?? null,
        }
      : null,
    size: result.size.toString(),
    root: result.root ? base64(result.root) : null,
    key_is_pinned: result.isPinned,
    keys: result.keys.map(({ verifierKey, source, since, until }) => ({
      verifier_key: verifierKey,
      source,
      since_sequence: decimal(since),
      until_sequence: decimal(until),
    })),
    checkpoint_count: result.checkpointCount,
    checkpoints: result.checkpoints.map((checkpoint) => ({
      size: checkpoint.size.toString(),
      root: base64(checkpoint.root),
      source: checkpoint.source,
      verdict: checkpoint.verdict,
      signed_by: checkpoint.signedBy ?? null,
      cosigned_by: checkpoint.cosignedBy,
    })),
    witnesses_needed: result.witnessesNeeded,
    witnesses: result.witnesses.map(({ verifierKey, size }) => ({
      verifier_key: verifierKey,
      size: decimal(size),
    })),
  }
}

const integrityOf = (findings: Findings): 'ok' | 'failed' | 'untrusted' =>
  findings.has('integrity') ? 'failed' : findings.has('key') ? 'untrusted' : 'ok'

const shownFindings = 20
const keyWords = {
  pinned: 'pinned',
  rotated: 'vouched for by the key before it',
  evidence: 'from the evidence itself',
} as const satisfies Record<KeyReport['source'], string>

/** For people: the two verdicts first, one line for each problem last. */
export function toText(result: VerifyResult): string {
  const { findings, origin, root, size } = result
  const lines = [
    ['integrity', integrityLine(findings)],
    ['completeness', completenessLine(result)],
    ...(origin ? [['log', formatTreeOrigin(origin)]] : []),
    ...(root ? [['proven', `size ${size}, root ${base64(root)}`]] : []),
    ...(result.gone ? [['given up', givenUpLine(result.gone, result.givenUp)]] : []),
    ...result.keys.map(({ verifierKey, source }) => [
      'key',
      `${verifierKey} (${keyWords[source]})`,
    ]),
    ...result.witnesses.map((witness) => ['witness', witnessLine(witness)]),
  ].map(([name, text]) => `${`${name}:`.padEnd(14)} ${text}`)
  if (!result.isPinned)
    lines.push(
      `${'note:'.padEnd(14)} the key comes from the evidence itself (trust on first use); --key shows that it is the log you mean`,
    )
  for (const finding of findings.kept.slice(0, shownFindings))
    lines.push(`${words[finding.verdict]}: ${sentence(finding)}`)
  const count = findings.count('integrity') + findings.count('completeness') + findings.count('key')
  if (count > shownFindings) lines.push(`and ${count - shownFindings} more (--json shows 100)`)
  return `${lines.join('\n')}\n`
}

const words = {
  integrity: 'FAILED',
  completeness: 'INCOMPLETE',
  key: 'WRONG KEY',
} as const satisfies Record<Verdict, string>

const integrityLine = (findings: Findings): string => {
  const verdict = integrityOf(findings)
  if (verdict === 'untrusted') return 'NOT SHOWN under a key you trust'
  if (verdict === 'ok') return 'ok'
  return findings.firstBad === undefined ? 'FAILED' : `FAILED at commit ${findings.firstBad}`
}

const completenessLine = ({ findings, size, command }: VerifyResult): string => {
  if (findings.has('completeness'))
    return size === 0n ? 'INCOMPLETE, nothing is proven' : `INCOMPLETE, proven up to size ${size}`
  if (findings.has('integrity') || findings.has('key')) return `proven up to size ${size}`
  return command === 'entry' ? `proven in the log of size ${size}` : `complete up to size ${size}`
}

/** By the clock of whoever signed. */
function givenUpLine(gone: bigint, givenUp: GivenUp | undefined): string {
  if (!givenUp) return `${gone} of them, under tombstones no key of the log signed`
  const { tombstones, neverArchived, leastAgeMs } = givenUp
  return [
    `${gone} of them, under ${tombstones} tombstone${tombstones === 1 ? '' : 's'}`,
    ...(leastAgeMs === undefined ? [] : [`the youngest after ${span(leastAgeMs)}`]),
    ...(neverArchived > 0n ? [`${neverArchived} were never archived`] : []),
  ].join(', ')
}

const span = (ms: number): string =>
  ms >= 172_800_000
    ? `${Math.floor(ms / 86_400_000)} days`
    : ms >= 7_200_000
      ? `${Math.floor(ms / 3_600_000)} h`
      : `${Math.floor(ms / 60_000)} min`

const witnessLine = ({ verifierKey, size }: WitnessReport): string =>
  `${verifierKey} (${size === undefined ? 'cosigned nothing here' : `cosigned size ${size}`})`
