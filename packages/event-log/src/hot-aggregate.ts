import type { CommitReader } from './commit-reader.ts'
import { CommitUnreadable } from './errors.ts'
import { SerialQueue } from './serial-queue.ts'
import type { Aggregate, CommandContext, Commit, Outcome } from './types.ts'

/** A command in the history of one aggregate. */
export interface RecentCommand {
  readonly sequence: bigint
  readonly requestHash: Uint8Array | undefined
  readonly actorId: string
}

/** A command whose turn has not come. */
export interface Waiting<C, E, S> {
  readonly command: C
  readonly context: CommandContext
  readonly resolve: (outcome: Outcome<S, E>) => void
  readonly reject: (reason: unknown) => void
}

/** How many past commands an aggregate remembers; older ones are in the registry. */
const maxRecent = 512

/** An aggregate in memory. Everything that changes it runs through its queue. */
export class HotAggregate<C, E, S> {
  readonly aggregate: Aggregate<C, E, S>
  readonly subject: string
  readonly queue = new SerialQueue()
  readonly recent = new Map<string, RecentCommand>()
  /** Commands that may go as one chain, in the order they came. */
  readonly waiting: Waiting<C, E, S>[] = []
  /** Version of the last event; 0 before the first. */
  version = 0n
  /** Sequence of the last commit; 0 before the first. */
  revision = 0n
  /** False until the history has been read once, and after something went wrong. */
  isLoaded = false
  state: S

  constructor(aggregate: Aggregate<C, E, S>, subject: string) {
    this.aggregate = aggregate
    this.subject = subject
    this.state = aggregate.decider.initial()
  }

  /** Folds what is newer than the revision; whether there was anything. */
  async refresh(reader: CommitReader): Promise<boolean> {
    const before = this.revision
    try {
      for await (const commit of reader.history(this.subject, this.revision)) this.take(commit)
      this.isLoaded = true
    } catch (error) {
      // Whatever was folded so far may be half of a commit.
      this.forget()
      throw error
    }
    return this.revision !== before
  }

  /** Folds one commit. `events` spares decoding what this process has just decided. */
  take(commit: Commit, events?: readonly E[]): void {
    if (commit.aggregateVersion !== this.version + 1n) {
      throw CommitUnreadable({
        subject: commit.subject,
        sequence: commit.sequence,
        reason: `version ${commit.aggregateVersion} follows ${this.version}`,
      })
    }
    this.evolve(
      events ?? commit.events.map((event) => this.aggregate.codec.decode(event)),
      commit.sequence,
    )
    this.remember(commit.commandId, {
      sequence: commit.sequence,
      requestHash: commit.requestHash,
      actorId: commit.actor.id,
    })
  }

  evolve(events: readonly E[], sequence: bigint): void {
    this.foresee(events)
    this.revision = sequence
  }

  /** Folds facts that are about to be stored. Whoever does sets the revision afterwards, or forgets it all. */
  foresee(events: readonly E[]): void {
    const { decider } = this.aggregate
    for (const event of events) this.state = decider.evolve(this.state, event)
    this.version += BigInt(events.length)
  }

  remember(commandId: string, command: RecentCommand): void {
    this.recent.set(commandId, command)
    if (this.recent.size > maxRecent) {
      const oldest = this.recent.keys().next()
      if (!oldest.done) this.recent.delete(oldest.value)
    }
  }

  /** Back to the beginning; the next use reads the whole history again. */
  forget(): void {
    this.state = this.aggregate.decider.initial()
    this.version = 0n
    this.revision = 0n
    this.isLoaded = false
    this.recent.clear()
  }
}
