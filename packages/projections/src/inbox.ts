import type { Commit } from '@holdfast/event-log'

/** What may wait here; beyond it the log is not asked for more. */
const maxCommits = 20_000
const maxBytes = 64 * 1024 * 1024
/** A batch ends here even when it may hold more commits. */
const maxBatchBytes = 16 * 1024 * 1024

/** Commits between the reader of the log and the writer of rows. */
export class Inbox {
  readonly #commits: Commit[] = []
  #bytes = 0
  #isClosed = false
  #wakeReader: (() => void) | undefined
  #wakeWriter: (() => void) | undefined
  readonly #listeners = new Set<(commits: readonly Commit[]) => void>()

  get size(): number {
    return this.#commits.length
  }

  /** Resolves when there is room for more. */
  async push(commits: readonly Commit[]): Promise<void> {
    for (const commit of commits) {
      this.#commits.push(commit)
      this.#bytes += commit.bytes.length
    }
    this.#wakeWriter?.()
    for (const listener of this.#listeners) listener(commits)
    while (this.#isFull()) {
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve
      })
    }
  }

  /** Whether any commit here is one of those. */
  some(predicate: (commit: Commit) => boolean): boolean {
    return this.#commits.some(predicate)
  }

  /** Calls back after each `push`, with what was pushed. Returns the way to stop that. */
  onPush(listener: (commits: readonly Commit[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when something is there, true, or nothing will come any more, false. */
  async filled(): Promise<boolean> {
    while (this.#commits.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve
      })
    }
    return !this.#isClosed
  }

  /** The oldest commits, at most so many. */
  take(max: number): readonly Commit[] {
    let count = 0
    let bytes = 0
    for (const commit of this.#commits) {
      if (count === max || (count > 0 && bytes + commit.bytes.length > maxBatchBytes)) break
      bytes += commit.bytes.length
      count++
    }
    this.#bytes -= bytes
    const taken = this.#commits.splice(0, count)
    this.#wakeReader?.()
    return taken
  }

  /** Drops what is here; nobody waits any longer. */
  close(): void {
    this.#isClosed = true
    this.#commits.length = 0
    this.#bytes = 0
    this.#wakeReader?.()
    this.#wakeWriter?.()
  }

  #isFull(): boolean {
    return !this.#isClosed && (this.#commits.length > maxCommits || this.#bytes > maxBytes)
  }
}
