import {
  type ConsistencyProof,
  FormatError,
  firstOf,
  formatTreeOrigin,
  verifyConsistency as isConsistent,
  parseCheckpoint,
  parseConsistencyProof,
  parseNote,
} from '@holdfast/merkle'
import type { Auditor } from './auditor.ts'
import { judgeCheckpoints } from './checkpoints.ts'
import { compareKnown, originOf } from './entry.ts'
import { Findings } from './findings.ts'
import { LogKeys } from './log-keys.ts'
import { unjudged, type VerifyResult } from './result.ts'

/** A file and what to call it. */
export interface NamedText {
  readonly name: string
  readonly text: string
}

/**
 * Verifies that of two checkpoints the later one's log begins with the earlier one's. The proof (docs/formats/proof.md) may be
 * left out when the sizes are equal; `notes` may be left out when the proof is there: it holds both.
 */
export function verifyConsistency(
  notes: readonly NamedText[],
  proof: NamedText | undefined,
  auditor: Auditor,
): VerifyResult {
  const findings = new Findings()
  const document = proof && parse(proof, findings)
  const pair =
    notes.length > 0
      ? notes
      : document
        ? [
            { name: 'the earlier checkpoint', text: document.from },
            { name: 'the later checkpoint', text: document.to },
          ]
        : []
  const origins = pair.map(({ text }) => originOf(text, findings))
  const origin = origins[0]
  const trees = origins.every((one) => one !== undefined)
    ? pair
        .map(({ name, text }) => ({ name, text, ...parseCheckpoint(parseNote(text).text) }))
        .sort((a, b) => (a.size < b.size ? -1 : a.size > b.size ? 1 : 0))
    : []
  const [older, newer] = trees
  const nothing = unjudged('consistency', origin, findings, auditor)
  if (!origin || !older || !newer) return nothing

  const follows = compare(older, newer, document, findings)
  const keys = new LogKeys(findings, origin, auditor.keys)
  if (document) keys.claim(document)
  const judged = judgeCheckpoints({
    findings,
    keys,
    origin: formatTreeOrigin(origin),
    first: firstOf(origin),
    found: trees.map(({ name, text }, i) => ({
      note: text,
      source: name,
      verdict: follows || i === 0 ? 'same' : 'beyond',
    })),
    witnesses: auditor.witnesses,
    witnessesNeeded: auditor.witnessesNeeded,
  })
  if (judged.signed && (judged.proven?.size ?? 0n) < judged.signed.size)
    findings.add(
      'entries_unwitnessed',
      `fewer than ${auditor.witnessesNeeded} of the witnesses cosigned the checkpoint of size ${judged.signed.size}`,
      (judged.proven?.size ?? 0n) + 1n,
      judged.signed.size,
    )
  compareKnown(newer, origin, auditor, findings)
  if (!keys.isPinned && !auditor.allowsUnpinned)
    findings.add(
      'key_unpinned',
      document ? 'no key is pinned: the one in the proof is taken' : 'no key is pinned',
    )
  return {
    ...nothing,
    size: judged.proven?.size ?? 0n,
    root: judged.proven?.root,
    checkpoints: judged.checkpoints,
    checkpointCount: judged.checkpointCount,
    witnesses: judged.witnesses,
    keys: keys.report(),
  }
}

interface Tree {
  readonly name: string
  readonly origin: string
  readonly size: bigint
  readonly root: Uint8Array
}

function compare(
  older: Tree,
  newer: Tree,
  document: ConsistencyProof | undefined,
  findings: Findings,
): boolean {
  if (older.origin !== newer.origin) {
    findings.add('origin_foreign', `${older.name} and ${newer.name} are of two logs or generations`)
    return false
  }
  const claim = {
    fromSize: older.size,
    fromRoot: older.root,
    toSize: newer.size,
    toRoot: newer.root,
  }
  const needsNone = older.size === newer.size || older.size === 0n
  if (!document && !needsNone) {
    findings.add(
      'proof_missing',
      `no proof leads from size ${older.size} to size ${newer.size}`,
      older.size + 1n,
      newer.size,
    )
    return false
  }
  if (isConsistent({ ...claim, path: needsNone ? [] : (document?.path ?? []) })) return true
  findings.add(
    'consistency_invalid',
    needsNone
      ? `${older.name} and ${newer.name} have one size and two roots`
      : `${newer.name} (size ${newer.size}) does not follow from ${older.name} (size ${older.size})`,
    1n,
    newer.size,
  )
  return false
}

function parse({ name, text }: NamedText, findings: Findings): ConsistencyProof | undefined {
  try {
    return parseConsistencyProof(text)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    findings.add('line_malformed', `${name} is no consistency proof (${error.message})`)
    return undefined
  }
}
