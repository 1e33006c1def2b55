import { isTraced } from '@holdfast/telemetry'
import type { Msg } from 'nats'
import type { DeliveryPosition } from './ack-subject.ts'
import { decodeCommit } from './commit-codec.ts'
import { commitHash } from './commit-hash.ts'
import { CommitUnreadable, LogForked, LogGap } from './errors.ts'
import { messageIdIn, rawHeaderOf, traceparentIn } from './raw-header.ts'
import type { Checkpoint, Commit } from './types.ts'

/**
 * Where a reader stands, and the only judge of what may come next.
 *
 * Without a filter sequences are contiguous: anything else is a hole in the log. With a filter they
 * have holes by nature; then the consumer's own count is contiguous, and so are the versions of every
 * aggregate.
 */
export class ReaderPosition {
  readonly #reader: string
  readonly #lineageId: string
  readonly #isFiltered: boolean
  readonly #nextVersions = new Map<string, bigint>()
  #consumerSequence = 0
  #proof: Checkpoint | undefined
  #last: Commit | undefined
  #sequence: bigint
  readonly #start: bigint

  constructor(options: {
    readonly reader: string
    readonly lineageId: string
    readonly isFiltered: boolean
    readonly from: bigint
  }) {
    this.#reader = options.reader
    this.#lineageId = options.lineageId
    this.#isFiltered = options.isFiltered
    this.#start = options.from - 1n
    this.#sequence = this.#start
  }

  /** The last sequence taken, or the one before the first wanted. */
  get sequence(): bigint {
    return this.#sequence
  }

  /** The last commit taken. */
  get last(): Commit | undefined {
    return this.#last
  }

  /**
   * A new consumer counts from 1 again. With `proof` it starts at a commit that was read before, and
   * shows it first.
   */
  restart(proof?: Checkpoint): void {
    this.#consumerSequence = 0
    this.#proof = proof
  }

  /**
   * Goes back behind commits that were taken and not handed over, oldest first: what was not safe yet
   * may be gone when the log is there again, and others in its place.
   */
  rewind(unread: readonly Commit[], last: Commit | undefined): void {
    this.#last = last
    if (unread.length === 0) return
    this.#sequence = last?.sequence ?? this.#start
    for (const { subject, aggregateVersion } of [...unread].reverse())
      this.#nextVersions.set(subject, aggregateVersion)
  }

  /**
   * The commit, when it is the next one; `lost` when messages were lost on the way, so that the
   * consumer has to be made again; `proven` for the commit that was asked for as a proof. Throws
   * `log.gap`, `log.forked` and `log.commit_unreadable`.
   */
  take(message: Msg, position: DeliveryPosition): Commit | 'lost' | 'proven' {
    const { streamSequence, consumerSequence } = position
    if (consumerSequence !== this.#consumerSequence + 1) return 'lost'
    if (this.#proof) {
      const { sequence, hash } = this.#proof
      const { subject, data } = message
      const commitId = messageIdIn(rawHeaderOf(message))
      const found = commitHash({ sequence: streamSequence, subject, commitId, bytes: data })
      if (!Buffer.from(found).equals(hash)) throw LogForked({ reader: this.#reader, sequence })
      this.#consumerSequence = consumerSequence
      this.#proof = undefined
      return 'proven'
    }
    const expected = this.#sequence + 1n
    const follows = this.#isFiltered ? streamSequence >= expected : streamSequence === expected
    if (!follows) throw LogGap({ reader: this.#reader, expected, found: streamSequence })

    const { subject, data } = message
    const decoded = decodeCommit({ sequence: streamSequence, subject, bytes: data })
    const header = rawHeaderOf(message)
    const traceparent = isTraced() ? traceparentIn(header) : ''
    const commit = traceparent === '' ? decoded : { ...decoded, traceparent }
    if (commit.lineageId !== this.#lineageId) {
      const reason = `it belongs to lineage ${commit.lineageId}`
      throw CommitUnreadable({ subject, sequence: streamSequence, reason })
    }
    if (messageIdIn(header) !== commit.commitId) {
      const reason = 'its message id is not its commit id'
      throw CommitUnreadable({ subject, sequence: streamSequence, reason })
    }
    if (this.#isFiltered) this.#countVersion(commit)
    this.#consumerSequence = consumerSequence
    this.#sequence = streamSequence
    this.#last = commit
    return commit
  }

  #countVersion(commit: Commit): void {
    const expected = this.#nextVersions.get(commit.subject)
    if (expected !== undefined && commit.aggregateVersion !== expected) {
      const reason = `version ${commit.aggregateVersion} came where ${expected} was due`
      throw CommitUnreadable({ subject: commit.subject, sequence: commit.sequence, reason })
    }
    this.#nextVersions.set(commit.subject, commit.aggregateVersion + BigInt(commit.events.length))
  }
}
