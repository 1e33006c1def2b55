import type { Commit, EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import { EntryNotFound } from '../domain/errors.ts'
import { changesOfMany, type EntryChange } from '../objects/changes.ts'

/** Asked of the log at once. */
const maxAtOnce = 128

export interface Details {
  readonly changes: readonly EntryChange[]
  /** Size of the stored commit. */
  readonly bytes: number
}

/**
 * What these commits changed, read from the log, in their order; as many as `maxBytes` of the log hold, one at least.
 * How many are asked for at once follows from how large they were so far, so that memory stays bounded.
 */
export async function detailsOf(
  log: Pick<EventLog, 'read'>,
  postgres: Postgres,
  sequences: readonly bigint[],
  maxBytes: number,
): Promise<readonly Details[]> {
  const commits: Commit[] = []
  let bytes = 0
  let largest = maxBytes / 8
  read: while (commits.length < sequences.length) {
    const fitting = Math.max(1, Math.min(Math.floor((maxBytes - bytes) / largest), maxAtOnce))
    const wanted = sequences.slice(commits.length, commits.length + fitting)
    const found = await Promise.all(wanted.map((sequence) => log.read(sequence)))
    largest = 1
    for (const [at, commit] of found.entries()) {
      if (!commit) throw EntryNotFound({ sequence: String(wanted[at]) })
      if (commits.length > 0 && bytes + commit.bytes.length > maxBytes) break read
      commits.push(commit)
      bytes += commit.bytes.length
      largest = Math.max(largest, commit.bytes.length)
    }
    if (bytes >= maxBytes) break
  }
  const changes = await changesOfMany(postgres, commits)
  return commits.map((commit, at) => ({
    changes: changes[at] ?? [],
    bytes: commit.bytes.length,
  }))
}
