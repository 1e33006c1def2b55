import type { Commit, KnownCommand } from '@holdfast/event-log'

/** More are not kept; who asks waits for the rows then. */
const maxKept = 50_000

interface Waiter {
  readonly sequence: bigint
  readonly settle: (isIncluded: boolean) => void
}

const keyOf = (organizationId: string | undefined, commandId: string): string =>
  `${organizationId ?? ''}/${commandId}`

/**
 * Commands read from the log whose rows are still on their way, so that a command with a key need not wait for
 * the database. Together with the rows they are all commands up to a sequence, while the log is being read.
 */
export class RecentCommands {
  readonly #context: string
  /** In the order of the log. */
  readonly #kept = new Map<string, KnownCommand>()
  readonly #waiters = new Set<Waiter>()
  /** Rows and `#kept` together hold everything up to here; undefined while nothing is read. */
  #included: bigint | undefined

  constructor(context: string) {
    this.#context = context
  }

  /** Reading begins: the rows include this sequence. */
  begin(sequence: bigint): void {
    this.end()
    this.#included = sequence
  }

  /** The next commits of the log. */
  take(commits: readonly Commit[]): void {
    const last = commits.at(-1)
    if (this.#included === undefined || !last) return
    for (const commit of commits) {
      if (commit.context !== this.#context) continue
      const { sequence, subject, requestHash, actor } = commit
      this.#kept.set(keyOf(commit.organizationId, commit.commandId), {
        sequence,
        subject,
        actorId: actor.id,
        ...(requestHash ? { requestHash } : {}),
      })
    }
    if (this.#kept.size > maxKept) {
      this.end()
      return
    }
    this.#included = last.sequence
    for (const waiter of [...this.#waiters])
      if (waiter.sequence <= last.sequence) waiter.settle(true)
  }

  /** The rows include this sequence now. */
  written(sequence: bigint): void {
    for (const [key, command] of this.#kept) {
      if (command.sequence > sequence) return
      this.#kept.delete(key)
    }
  }

  /** Nothing is read any more. */
  end(): void {
    this.#included = undefined
    this.#kept.clear()
    for (const waiter of [...this.#waiters]) waiter.settle(false)
  }

  /** Ask before the rows are asked: from here they move to there. */
  find(organizationId: string | undefined, commandId: string): KnownCommand | undefined {
    return this.#kept.get(keyOf(organizationId, commandId))
  }

  /** Whether it came to include the sequence, within `patienceMs`. Rejects with the signal's reason. */
  async reach(sequence: bigint, patienceMs: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#included === undefined) return false
    if (this.#included >= sequence) return true
    signal?.throwIfAborted()
    return await new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        this.#waiters.delete(waiter)
      }
      const waiter: Waiter = {
        sequence,
        settle(isIncluded) {
          leave()
          resolve(isIncluded)
        },
      }
      const onAbort = (): void => {
        leave()
        reject(signal?.reason)
      }
      const timer = setTimeout(() => waiter.settle(false), patienceMs)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiters.add(waiter)
    })
  }
}
