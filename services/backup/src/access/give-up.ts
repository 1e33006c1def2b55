import { type AccessArchive, type KeptSegment, maxGone } from '@holdfast/archive'
import { hashBytes, TreeHead } from '@holdfast/merkle'
import { holdfast, type ProofService } from '@holdfast/proto'
import type { Client } from '@holdfast/service'
import { NotWhatWasSigned } from './copy-epoch.ts'
import type { AuditKeys } from './log-keys.ts'

const { TombstoneReason } = holdfast.audit.v1

export interface GiveUpOptions {
  readonly proofs: Pick<Client<typeof ProofService>, 'signAccessTombstone'>
  readonly keys: AuditKeys
  /** Of the tree, and its name. */
  readonly origin: string
  readonly epoch: string
  readonly retentionMs: number
  /** ms since 1970. */
  readonly now: () => number
}

const callMs = 15_000

/**
 * Puts tombstones in the place of segments whose newest record is older than the retention; answers how many records
 * that were. Audit signs, after it has compared their leaves with its own.
 */
export async function giveUpExpired(
  archive: AccessArchive,
  { proofs, keys, origin, epoch, retentionMs, now }: GiveUpOptions,
): Promise<bigint> {
  let count = 0n
  for (;;) {
    const run = expired(archive.kept, now() - retentionMs)
    const first = run[0]?.first
    const last = run.at(-1)?.last
    if (first === undefined || last === undefined) return count
    const leaves = await archive.leaves(first, last)
    const { note } = await proofs.signAccessTombstone(
      {
        epoch,
        firstSequence: Number(first),
        lastSequence: Number(last),
        root: rootOf(leaves),
        newestAtUnixMs: Math.max(...run.map(({ newestAtUnixMs }) => newestAtUnixMs)),
        reason: TombstoneReason.TOMBSTONE_REASON_EXPIRED,
      },
      { timeoutMs: callMs },
    )
    const tombstone = await keys.openTombstone(note)
    if (tombstone.origin !== origin || tombstone.first !== first || tombstone.last !== last)
      throw new NotWhatWasSigned(`a tombstone is not of records ${first} to ${last}`)
    await archive.bury(note, leaves)
    count += last - first + 1n
  }
}

/** The oldest segments one behind the other, as many as one tombstone takes. */
function expired(kept: readonly KeptSegment[], before: number): readonly KeptSegment[] {
  const run: KeptSegment[] = []
  for (const segment of kept) {
    const previous = run.at(-1)
    const start = run[0]?.first ?? segment.first
    const follows = previous === undefined || previous.last + 1n === segment.first
    if (segment.newestAtUnixMs >= before || !follows) break
    if (segment.last - start + 1n > BigInt(maxGone)) break
    run.push(segment)
  }
  return run
}

function rootOf(leaves: Uint8Array): Uint8Array {
  const head = TreeHead.empty()
  for (let at = 0; at < leaves.length; at += hashBytes)
    head.append(leaves.slice(at, at + hashBytes))
  return head.root()
}
