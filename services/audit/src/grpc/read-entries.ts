import type { Commit, EventLog } from '@holdfast/event-log'
import { EntryNotFound } from '../domain/errors.ts'

/** Of one answer. */
const maxEntries = 1_000
const maxBytes = 4 * 1024 * 1024
/** Asked of the log at once. */
const maxAtOnce = 128

/**
 * Commits from a sequence up to another, as many as one answer holds, one at least; `next` is 0 when nothing is left.
 * How many are asked for at once follows from how large they were so far, so that memory stays bounded.
 */
export async function readEntries(
  log: Pick<EventLog, 'read'>,
  from: bigint,
  to: bigint,
): Promise<{ readonly commits: readonly Commit[]; readonly next: bigint }> {
  const commits: Commit[] = []
  let bytes = 0
  let largest = maxBytes / 8
  let next = from < 1n ? 1n : from
  while (next <= to && commits.length < maxEntries) {
    const fitting = Math.floor((maxBytes - bytes) / largest)
    const count = Math.max(1, Math.min(fitting, maxAtOnce, maxEntries - commits.length))
    const wanted = Array.from({ length: count }, (_, at) => next + BigInt(at)).filter(
      (sequence) => sequence <= to,
    )
    const found = await Promise.all(wanted.map((sequence) => log.read(sequence)))
    largest = 1
    for (const [at, commit] of found.entries()) {
      if (!commit) throw EntryNotFound({ sequence: String(next) })
      if (at > 0 && bytes + commit.bytes.length > maxBytes) return { commits, next }
      commits.push(commit)
      bytes += commit.bytes.length
      largest = Math.max(largest, commit.bytes.length)
      next += 1n
    }
    if (bytes >= maxBytes) break
  }
  return { commits, next: next > to ? 0n : next }
}
