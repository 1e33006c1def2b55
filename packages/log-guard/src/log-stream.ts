import type { ArchivedCommit } from '@holdfast/archive'

/** How the stream stands, by the server's own account. */
export interface StreamStanding {
  /** 0 when it is empty. */
  readonly last: bigint
  readonly bytes: number
  /** When it was made; another one after it was made anew. */
  readonly created: string
  readonly allowsBatches: boolean
}

/** The log, seen by the one who guards it. Everything fails with `log.unavailable` without a server. */
export interface LogStream {
  /** Undefined when there is no such stream. */
  standing(): Promise<StreamStanding | undefined>
  /** What can be read of `from` to `to`, in order, batch by batch. What cannot is left out. */
  read(from: bigint, to: bigint): AsyncIterable<readonly ArchivedCommit[]>
  /** Undefined when it cannot be read. */
  at(sequence: bigint): Promise<ArchivedCommit | undefined>
  /**
   * Hands over every commit from `from` on, in order and without a gap, until the signal aborts; resolves
   * then. Rejects with `log.message_unreadable` at a gap and with what the callback throws.
   */
  follow(
    from: bigint,
    signal: AbortSignal,
    onCommits: (commits: readonly ArchivedCommit[]) => Promise<void>,
  ): Promise<void>
  /**
   * Appends exactly these commits behind `after`, each at the sequence it had. Throws when the stream
   * does not end at `after`.
   */
  restore(after: bigint, commits: AsyncIterable<readonly ArchivedCommit[]>): Promise<void>
  /** Makes an empty stream where there is none. */
  create(): Promise<void>
  /** Deletes the stream and makes an empty one of the same settings. */
  clear(): Promise<void>
}
