import { ArchiveDamaged, ArchiveForeign, ArchiveFull, ArchiveUnavailable } from '@holdfast/archive'
import { MessageUnreadable } from '@holdfast/event-log/admin'
import { Forked } from './errors.ts'
import { forkReason, gapReason } from './reasons.ts'

/** Where the keeper stands. */
export type Phase =
  | { readonly type: 'checking'; readonly reason: string; readonly isInDoubt?: boolean }
  | { readonly type: 'open'; readonly serverId: string }
  /** The archive's disk has no room. */
  | { readonly type: 'exhausted'; readonly reason: string }
  | {
      readonly type: 'frozen'
      readonly reason: string
      /** 0 when it is about no commit. */
      readonly firstBad: bigint
      /** Who ends it: a human by `repair`, or the cause by going away, which is looked for now and then. */
      readonly remedy: 'repair' | 'cause'
      readonly kind: 'frozen' | 'drift'
      /** The disk did not do as it was told: nothing on it is trusted before it is written again. */
      readonly isSuspect?: boolean
    }

/** Nobody may write until something has happened. */
export class Freeze extends Error {
  readonly phase: Extract<Phase, { readonly type: 'frozen' }>

  constructor(
    reason: string,
    firstBad: bigint,
    remedy: 'repair' | 'cause' = 'repair',
    kind: 'frozen' | 'drift' = 'frozen',
  ) {
    super(reason)
    this.phase = { type: 'frozen', reason, firstBad, remedy, kind }
  }
}

/** Log and archive were seen to differ while the log was open: close, and look at everything. */
export class Doubt extends Error {}

/** What an error leaves the keeper in. Whatever is not known is tried again. */
export function phaseAfter(error: unknown): Phase {
  if (error instanceof Freeze) return error.phase
  const reason = error instanceof Error ? error.message : 'unknown'
  if (ArchiveFull.is(error) || hasCode(error, 'ENOSPC', 'EDQUOT'))
    return { type: 'exhausted', reason: `${reason}; make room, then it goes on by itself` }
  if (ArchiveUnavailable.is(error) || hasCode(error, 'EIO', 'EROFS', 'ENODEV', 'EACCES', 'EPERM'))
    return {
      type: 'frozen',
      reason: `${reason}; look at the disk, it is tried again every few seconds`,
      firstBad: 0n,
      remedy: 'cause',
      kind: 'frozen',
      isSuspect: true,
    }
  if (ArchiveForeign.is(error))
    return {
      type: 'frozen',
      reason: `${reason}; HOLDFAST_ARCHIVE_DIR has to name the archive of this log`,
      firstBad: 0n,
      remedy: 'cause',
      kind: 'frozen',
    }
  if (MessageUnreadable.is(error)) {
    const sequence = BigInt(error.details['sequence'] ?? 0)
    return new Freeze(gapReason(sequence), sequence).phase
  }
  if (Forked.is(error)) {
    const sequence = BigInt(error.details['sequence'] ?? 0)
    return new Freeze(forkReason(sequence), sequence).phase
  }
  const isInDoubt = error instanceof Doubt || ArchiveDamaged.is(error)
  return { type: 'checking', reason, isInDoubt }
}

const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  codes.includes(error.code)
