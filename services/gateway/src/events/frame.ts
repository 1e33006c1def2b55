import { printCommit } from '@holdfast/catalogue'
import type { Commit } from '@holdfast/event-log'

/** A commit as one Server-Sent Event: id, type and data, ready for the socket. */
export function frameOf(commit: Commit): string {
  const type = commit.events[0]?.type ?? 'Commit'
  return `id: ${commit.sequence}\nevent: ${type}\ndata: ${JSON.stringify(printCommit(commit))}\n\n`
}
