import type { Checkpoint, Commit } from '@holdfast/event-log'
import { commitHash, LogForked, LogGap } from '@holdfast/event-log'
import { type Folded, foldCommits, lastBefore, type Poison } from './fold.ts'
import { type Build, checkpointAt } from './ledger.ts'
import type { LogReader, Projection } from './types.ts'

/** A build the loop feeds. Checkpoints are individual: a fresh build may be behind, a halted one stays behind. */
export interface Target {
  readonly projection: Projection
  readonly build: Build
  /** What is committed. */
  checkpoint: Checkpoint
  /** What is folded, possibly not yet written. */
  planned: Checkpoint
  isHalted: boolean
}

/** What one batch does to one target. */
export interface Part {
  readonly target: Target
  readonly commits: readonly Commit[]
  readonly folded: Folded
  readonly from: Checkpoint
  readonly to: Checkpoint
  /** Where the target halts once this is written. */
  readonly poison: Poison | undefined
}

export const targetOf = (projection: Projection, build: Build): Target => ({
  projection,
  build,
  checkpoint: build.checkpoint,
  planned: build.checkpoint,
  isHalted: false,
})

/** Throws `log.gap` or `log.forked` when the log does not hold the commit the target read last. */
export async function verifyCheckpoint(log: LogReader, target: Target): Promise<void> {
  const { sequence, hash } = target.checkpoint
  if (sequence === 0n) return
  const reader = target.projection.name
  const commit = await log.read(sequence)
  if (!commit) throw LogGap({ reader, expected: sequence, found: await log.head() })
  if (!isCommit(commit, hash)) throw LogForked({ reader, sequence })
}

const isCommit = (commit: Commit, hash: Uint8Array): boolean =>
  Buffer.from(commitHash(commit)).equals(hash)

/**
 * Folds a batch for a target, skipping what it has. Undefined when there is nothing to do. Throws `log.gap` when a
 * commit is missing in between, `log.forked` when the log differs from what the target has read.
 */
export function planPart(target: Target, batch: readonly Commit[]): Part | undefined {
  if (target.isHalted) return undefined
  const from = target.planned
  const known = batch.find(({ sequence }) => sequence === from.sequence)
  if (known && !isCommit(known, from.hash)) {
    throw LogForked({ reader: target.projection.name, sequence: from.sequence })
  }
  const commits = batch.filter(({ sequence }) => sequence > from.sequence)
  const [first] = commits
  if (!first) return undefined
  if (first.sequence !== from.sequence + 1n) {
    const expected = from.sequence + 1n
    throw LogGap({ reader: target.projection.name, expected, found: first.sequence })
  }
  const folded = foldCommits(target.projection, commits)
  const last = lastBefore(commits, folded.poison)
  const to = last ? checkpointAt(last) : from
  target.planned = to
  return { target, commits, folded, from, to, poison: folded.poison }
}
