import {
  type EntryProof,
  FormatError,
  firstOf,
  formatTreeOrigin,
  leafHash,
  parseCheckpoint,
  parseEntryProof,
  parseNote,
  parseTreeOrigin,
  type TreeOrigin,
  verifyInclusion,
} from '@holdfast/merkle'
import type { Auditor } from './auditor.ts'
import { judgeCheckpoints } from './checkpoints.ts'
import { CommitCheck } from './commit-check.ts'
import { Findings } from './findings.ts'
import { LogKeys } from './log-keys.ts'
import { unjudged, type VerifyResult } from './result.ts'

/** Verifies one entry with its proof (docs/formats/proof.md). */
export function verifyEntry(file: Uint8Array, auditor: Auditor): VerifyResult {
  const findings = new Findings()
  const document = parse(file, findings)
  const origin = document && originOf(document.proof.note, findings)
  const nothing = unjudged('entry', origin, findings, auditor)
  if (!document || !origin) return nothing

  const { entry, proof } = document
  const { sequence } = entry
  const keys = new LogKeys(findings, origin, auditor.keys)
  keys.claim(document)
  const { size, root } = parseCheckpoint(parseNote(proof.note).text)
  const { index, path } = proof
  const isAtItsPlace = index === sequence - firstOf(origin)
  const isIn = isAtItsPlace && verifyInclusion({ leaf: leafHash(entry), index, size, path, root })
  if (!isAtItsPlace)
    findings.add('proof_invalid', `the proof is for commit ${index + firstOf(origin)}`, sequence)
  else if (!isIn)
    findings.add('proof_invalid', 'its hashes do not lead to the checkpoint', sequence)
  // A later part of the log: one entry alone says nothing of versions. Records of ACCESS are no commits.
  if (isIn && !origin.access)
    new CommitCheck(findings, origin, keys, sequence > 1n ? sequence : 1n).add(entry)

  const verdict = isIn ? ('same' as const) : ('unread' as const)
  const judged = judgeCheckpoints({
    findings,
    keys,
    origin: formatTreeOrigin(origin),
    found: [{ note: proof.note, source: 'the proof', verdict }],
    witnesses: auditor.witnesses,
    witnessesNeeded: auditor.witnessesNeeded,
  })
  if (judged.signed && !judged.proven)
    findings.add(
      'entries_unwitnessed',
      `fewer than ${auditor.witnessesNeeded} of the witnesses cosigned the checkpoint`,
      sequence,
    )
  compareKnown({ size, root }, origin, auditor, findings)
  if (!keys.isPinned && !auditor.allowsUnpinned)
    findings.add('key_unpinned', 'no key is pinned: the one in the file is taken')
  return {
    ...nothing,
    entries: 1n,
    size: judged.proven?.size ?? 0n,
    root: judged.proven?.root,
    checkpoints: judged.checkpoints,
    checkpointCount: judged.checkpointCount,
    witnesses: judged.witnesses,
    keys: keys.report(),
  }
}

function parse(file: Uint8Array, findings: Findings): EntryProof | undefined {
  try {
    return parseEntryProof(file)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    findings.add('line_malformed', `the file is no entry with its proof (${error.message})`)
    return undefined
  }
}

/** Of the checkpoint; undefined, and told, when it is none of ours. */
export function originOf(note: string, findings: Findings): TreeOrigin | undefined {
  try {
    return parseTreeOrigin(parseCheckpoint(parseNote(note).text).origin)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    findings.add('checkpoint_unreadable', `it is no checkpoint of a Holdfast log (${error.reason})`)
    return undefined
  }
}

/** What can be said without a proof between the two: the same size has the same root. */
export function compareKnown(
  shown: { readonly size: bigint; readonly root: Uint8Array },
  origin: TreeOrigin,
  { known }: Auditor,
  findings: Findings,
): void {
  for (const one of known) {
    const isOurs = one.origin === formatTreeOrigin(origin)
    if (isOurs && one.size === shown.size) {
      if (Buffer.compare(one.root, shown.root) !== 0)
        findings.add(
          'known_checkpoint_differs',
          `${one.source}, the checkpoint of size ${one.size} you hold, has another root`,
          1n,
          one.size,
        )
    } else if (!isOurs || one.size > 0n) {
      findings.add(
        'known_checkpoint_not_reached',
        isOurs
          ? `${one.source}, the checkpoint of size ${one.size} you hold, has to be compared with that of size ${shown.size} by \`consistency\``
          : `${one.source}, the checkpoint you hold, is of another log or generation`,
      )
    }
  }
}
