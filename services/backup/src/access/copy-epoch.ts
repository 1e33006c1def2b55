import { type AccessArchive, type ArchivedCommit, maxGone, writeNoteIn } from '@holdfast/archive'
import type { AccessReader, RawMessage } from '@holdfast/event-log/admin'
import {
  hashBytes,
  type SignedCheckpoint,
  type TreeHead,
  verifyConsistency,
} from '@holdfast/merkle'
import { holdfast, type ProofService } from '@holdfast/proto'
import type { Client } from '@holdfast/service'
import type { AuditKeys } from './log-keys.ts'

const { Tree, TombstoneReason } = holdfast.audit.v1

export interface EpochSource {
  readonly proofs: Pick<Client<typeof ProofService>, 'getConsistencyProof' | 'signAccessTombstone'>
  readonly reader: AccessReader
  readonly keys: AuditKeys
  readonly sealAtBytes: number
  /** How old the oldest record may be that only the stream has. */
  readonly sealAfterMs: number
  /** ms since 1970. */
  readonly now: () => number
}

/** An epoch as audit has it. */
export interface EpochGoal {
  /** `<begun>-<first>` */
  readonly name: string
  readonly note: string
  /** Of the checkpoint: everything before it is to be archived. */
  readonly checkpoint: SignedCheckpoint
  /** The last sequence the stream had when the epoch ended; undefined while it goes on. */
  readonly keptTo: bigint | undefined
}

/** What is read is not what was signed. */
export class NotWhatWasSigned extends Error {}

const callMs = 15_000

/**
 * Brings the archive of an epoch up to its checkpoint, as far as a segment is due, and keeps the checkpoint beside it.
 * Nothing is written before its leaves are shown to be those of the signed tree. What the stream does not have any
 * more is stood for by a tombstone.
 */
export async function copyEpoch(
  archive: AccessArchive,
  goal: EpochGoal,
  source: EpochSource,
): Promise<void> {
  const { checkpoint, keptTo } = goal
  const end = archive.epoch.first + checkpoint.size - 1n
  const readable = keptTo === undefined || keptTo > end ? end : keptTo
  while (archive.next <= end) {
    const { next } = archive
    const oldest = next <= readable ? (await source.reader.state()).first : end + 1n
    if (oldest > next) {
      await standFor(archive, oldest <= end ? oldest - 1n : end, goal, source)
      continue
    }
    const records = await collect(source, next, readable)
    const last = records.at(-1)
    if (!last) return
    const isRest = last.sequence === readable && bytesOf(records) < source.sealAtBytes
    if (isRest && keptTo === undefined && !isDue(records, source)) return
    await requireSigned(archive.headWith(records), goal, source)
    await archive.append(records)
  }
  if (archive.head.size === checkpoint.size)
    await writeNoteIn(archive.directory, checkpoint.size, goal.note)
}

/** Records from a sequence on, as many as a segment holds, at least one. */
async function collect(
  { reader, sealAtBytes }: EpochSource,
  from: bigint,
  to: bigint,
): Promise<readonly ArchivedCommit[]> {
  const records: ArchivedCommit[] = []
  let bytes = 0
  for await (const messages of reader.read(from, to)) {
    for (const message of messages) {
      records.push(kept(message))
      bytes += message.payload.length + message.header.length
      if (bytes >= sealAtBytes || records.length >= maxGone) return records
    }
  }
  return records
}

/** The reader takes its arrays back. */
const kept = ({ sequence, subject, messageId, header, payload, storedAtUnixNs }: RawMessage) => ({
  sequence,
  subject,
  messageId,
  headers: new Uint8Array(header),
  payload: new Uint8Array(payload),
  storedAtUnixNs,
})

const bytesOf = (records: readonly ArchivedCommit[]): number =>
  records.reduce((sum, { payload, headers }) => sum + payload.length + headers.length, 0)

const isDue = ([oldest]: readonly ArchivedCommit[], { now, sealAfterMs }: EpochSource): boolean =>
  oldest !== undefined && now() - Number(oldest.storedAtUnixNs / 1_000_000n) >= sealAfterMs

/** That a tree is the beginning of the signed one. */
async function requireSigned(
  head: TreeHead,
  { name, checkpoint }: EpochGoal,
  { proofs }: EpochSource,
): Promise<void> {
  const fromSize = head.size
  const claim = {
    fromSize,
    fromRoot: head.root(),
    toSize: checkpoint.size,
    toRoot: checkpoint.root,
  }
  const { path } =
    fromSize === checkpoint.size
      ? { path: [] }
      : await proofs.getConsistencyProof(
          {
            fromSize: Number(fromSize),
            toSize: Number(checkpoint.size),
            tree: Tree.TREE_ACCESS,
            epoch: name,
          },
          { timeoutMs: callMs },
        )
  if (verifyConsistency({ ...claim, path })) return
  throw new NotWhatWasSigned(
    `the first ${fromSize} records of ${name} do not lead to the checkpoint of size ${checkpoint.size}`,
  )
}

async function standFor(
  archive: AccessArchive,
  to: bigint,
  goal: EpochGoal,
  source: EpochSource,
): Promise<void> {
  const first = archive.next
  const most = first + BigInt(maxGone) - 1n
  const last = to < most ? to : most
  const { note, leaves } = await source.proofs.signAccessTombstone(
    {
      epoch: goal.name,
      firstSequence: Number(first),
      lastSequence: Number(last),
      reason: TombstoneReason.TOMBSTONE_REASON_NEVER_ARCHIVED,
    },
    { timeoutMs: callMs },
  )
  const tombstone = await source.keys.openTombstone(note)
  const isOurs = tombstone.first === first && tombstone.last === last
  const head = archive.head
  for (let at = 0; at < leaves.length; at += hashBytes)
    head.append(leaves.slice(at, at + hashBytes))
  if (!isOurs || tombstone.origin !== goal.checkpoint.origin)
    throw new NotWhatWasSigned(`a tombstone is not of records ${first} to ${last}`)
  await requireSigned(head, goal, source)
  await archive.bury(note, new Uint8Array(leaves))
}
