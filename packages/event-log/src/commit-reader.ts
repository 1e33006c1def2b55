import { decodeCommit } from './commit-codec.ts'
import { LogUnavailable } from './errors.ts'
import type { JetStreamApi } from './jetstream-api.ts'
import type { ServerGate } from './server-gate.ts'
import type { Commit } from './types.ts'

/** Reads commits by position, without a consumer. */
export interface CommitReader {
  at(sequence: bigint): Promise<Commit | undefined>
  /** The last commit of a subject. */
  last(subject: string): Promise<Commit | undefined>
  /** Commits of a subject after a revision, oldest first, as many as one answer holds; none at the end. */
  page(subject: string, after: bigint): Promise<readonly Commit[]>
  /** All of them. */
  history(subject: string, after: bigint): AsyncGenerator<Commit, void>
}

/** Runs a read, on a server the guard has looked at, and again when its answer does not come. */
export type Patiently = <T>(read: () => Promise<T>) => Promise<T>

/** How long a read outlasts a server that is away or not looked at yet. */
const maxWaitMs = 5_000
const retryDelayMs = 50

/** Throws `log.unavailable` when the wait was in vain. */
export const patience =
  (gate: ServerGate): Patiently =>
  async (read) => {
    const deadline = Date.now() + maxWaitMs
    for (;;) {
      if (!gate.isReadable() && !(await gate.readable(deadline)))
        throw LogUnavailable({ reason: gate.status().reason ?? 'no answer' })
      try {
        return await read()
      } catch (error) {
        if (!LogUnavailable.is(error) || Date.now() > deadline) throw error
        await new Promise((resolve) => setTimeout(resolve, retryDelayMs))
      }
    }
  }

/** Throws `log.unavailable`, and `log.commit_unreadable` for what is not a commit. */
export function commitReader(
  api: JetStreamApi,
  stream: string,
  patiently: Patiently,
): CommitReader {
  const page = async (subject: string, after: bigint): Promise<readonly Commit[]> => {
    const messages = await patiently(() => api.messagesFrom(stream, after + 1n, subject))
    return messages.map(decodeCommit)
  }
  return {
    page,
    async at(sequence) {
      if (sequence < 1n) return undefined
      const message = await patiently(() => api.message(stream, sequence))
      return message && decodeCommit(message)
    },
    async last(subject) {
      const message = await patiently(() => api.lastOf(stream, subject))
      return message && decodeCommit(message)
    },
    async *history(subject, after) {
      let position = after
      for (;;) {
        const commits = await page(subject, position)
        const last = commits.at(-1)
        if (!last) return
        yield* commits
        position = last.sequence
      }
    },
  }
}
