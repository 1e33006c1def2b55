import {
  type BundleHeader,
  parseBundleLine,
  type SignedCheckpoint,
  type VerifierKey,
  verifyBundle as verifyLines,
} from '@holdfast/merkle'
import type { Auditor } from './auditor.ts'
import { CommitCheck } from './commit-check.ts'
import { Findings } from './findings.ts'
import { LogKeys } from './log-keys.ts'
import type { VerifyProgress } from './progress-line.ts'
import type { CheckpointReport, VerifyResult } from './result.ts'

/** In the result; more are only counted. */
const shownCheckpoints = 100

/**
 * Verifies a bundle as it streams by. Holds one line, one hash for each bit of the size and one number for each
 * aggregate.
 */
export async function verifyBundle(
  chunks: AsyncIterable<Uint8Array>,
  auditor: Auditor,
  onProgress?: (progress: VerifyProgress) => void,
): Promise<VerifyResult> {
  const findings = new Findings()
  const { header, all } = await peek(chunks)
  const pinned = choosePinned(auditor.keys, header)
  const origin = header && { lineageId: header.lineageId, generation: header.generation }
  const keys = origin && new LogKeys(findings, origin, pinned ? [pinned] : [])
  if (header) keys?.claim(header)
  const check = origin && keys && new CommitCheck(findings, origin, keys, header.first)

  const checkpoints: CheckpointReport[] = []
  let checkpointCount = 0
  let proven: CheckpointReport | undefined
  const cosigned = new Map<string, bigint>()
  const onCheckpoint = (checkpoint: SignedCheckpoint): void => {
    const report = reportOf(checkpoint, header)
    checkpointCount++
    if (checkpoints.length === shownCheckpoints) checkpoints.shift()
    checkpoints.push(report)
    for (const key of report.cosignedBy) cosigned.set(key, report.size)
    if (report.cosignedBy.length >= auditor.witnessesNeeded) proven = report
  }

  const reading = verifyLines(all, {
    pinned,
    witnesses: auditor.witnesses,
    minWitnesses: auditor.witnessesNeeded,
    known: auditor.known,
    onEntry: (entry) => {
      check?.add(entry)
      if (onProgress && header && (entry.sequence & 0x3fffn) === 0n)
        onProgress({ sequence: entry.sequence, lastSequence: header.last })
    },
    onCheckpoint,
  })
  let unknown: bigint | undefined
  let step = await reading.next()
  for (; step.done !== true; step = await reading.next()) {
    const { code, detail, sequence, toSequence, line } = step.value
    if (code === 'key_unpinned' && auditor.allowsUnpinned) continue
    if (code === 'key_unknown' && line > 1) {
      unknown ??= sequence ?? 1n
      continue
    }
    const place = sequence === undefined && line > 0 ? `line ${line}: ` : ''
    findings.add(code, `${place}${detail}`, sequence, toSequence)
  }
  // One key nobody knows is a wrong --key, or another log; one beside known ones was put there. What keys before the
  // pinned one signed is neither: nobody vouches for it, and nobody needs it.
  if (unknown !== undefined && checkpointCount === 0)
    findings.add('key_unknown', 'none of the checkpoints is signed by a key you trust')
  else if (unknown !== undefined && isFirst(pinned, header))
    findings.add('signature_invalid', 'a checkpoint is signed by no key of this log', unknown)
  const { entries } = step.value
  return {
    command: 'bundle',
    operands: [],
    origin,
    findings,
    entries,
    size: proven?.size ?? 0n,
    root: proven?.root,
    checkpoints,
    checkpointCount,
    witnesses: auditor.witnesses.map(({ text }) => ({
      verifierKey: text,
      size: cosigned.get(text),
    })),
    witnessesNeeded: auditor.witnessesNeeded,
    keys: keys?.report() ?? [],
    isPinned: pinned !== undefined,
  }
}

const reportOf = (
  { size, root, signedBy, cosignatures }: SignedCheckpoint,
  header: BundleHeader | undefined,
): CheckpointReport => ({
  size,
  root,
  source: 'the bundle',
  verdict: header && size > header.last ? 'beyond' : 'same',
  signedBy: signedBy.introduced.text,
  cosignedBy: [...new Set(cosignatures.map(({ key }) => key.text))],
})

const isFirst = (pinned: VerifierKey | undefined, header: BundleHeader | undefined): boolean =>
  !pinned || !header || Buffer.compare(pinned.publicKey, header.firstKey.publicKey) === 0

/** Of several keys the auditor brought, the one this log goes by. */
function choosePinned(
  keys: readonly VerifierKey[],
  header: BundleHeader | undefined,
): VerifierKey | undefined {
  const prefix = header && `holdfast/${header.lineageId}/`
  return keys.find(({ name }) => prefix && name.startsWith(prefix)) ?? keys[0]
}

/** The header beforehand, if the first line is one; what is wrong with it is told by whoever reads all. */
async function peek(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly header: BundleHeader | undefined; readonly all: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]()
  const head: Uint8Array[] = []
  let bytes = 0
  for (;;) {
    const next = await iterator.next()
    if (next.done === true) break
    head.push(next.value)
    bytes += next.value.length
    if (next.value.includes(10) || bytes > maxHeaderBytes) break
  }
  return { header: headerIn(Buffer.concat(head)), all: rejoin(head, iterator) }
}

const maxHeaderBytes = 4 * 1024 * 1024

function headerIn(bytes: Buffer): BundleHeader | undefined {
  const end = bytes.indexOf(10)
  if (end < 0) return undefined
  try {
    const line = parseBundleLine(bytes.toString('utf8', 0, end))
    return line.type === 'header' ? line.header : undefined
  } catch {
    return undefined
  }
}

async function* rejoin(
  head: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* head
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}
