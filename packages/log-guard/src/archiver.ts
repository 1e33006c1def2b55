import type { Archive } from '@holdfast/archive'
import { leafHash } from '@holdfast/merkle'
import { Forked } from './errors.ts'
import type { LogStream } from './log-stream.ts'
import type { PositionFile } from './position-file.ts'

export interface ArchiverOptions {
  readonly stream: LogStream
  readonly archive: Archive
  readonly position: PositionFile
  readonly signal: AbortSignal
  /** Called as soon as these commits cannot get lost any more. */
  readonly onArchived: (group: { readonly commits: number; readonly seconds: number }) => void
}

/**
 * Takes every commit into the archive as it comes, until the signal aborts. What arrives while a group is
 * written is the next group, so one disk flush serves as many writers as wait; an idle log is archived at once.
 *
 * Starts at the last commit it has: a stream that shows another one there is not the one that was
 * archived. Rejects with `backup.forked`, `log.message_unreadable` (a gap), and what log and archive throw.
 */
export async function archiveOnward(options: ArchiverOptions): Promise<void> {
  const { stream, archive, position, signal, onArchived } = options
  const { lineageId, generation } = archive.identity
  const known = archive.last
  let isProven = known.sequence === 0n
  await stream.follow(isProven ? 1n : known.sequence, signal, async (commits) => {
    let group = commits
    if (!isProven) {
      const [first] = commits
      if (!first || !Buffer.from(leafHash(first)).equals(known.hash))
        throw Forked({ sequence: known.sequence })
      isProven = true
      group = commits.slice(1)
    }
    const last = group.at(-1)
    if (!last) return
    const startedAt = performance.now()
    const { sequence } = last
    const done = await Promise.allSettled([
      archive.append(group),
      position.write({ lineageId, generation, sequence, hash: leafHash(last) }),
    ])
    for (const result of done) if (result.status === 'rejected') throw result.reason
    onArchived({ commits: group.length, seconds: (performance.now() - startedAt) / 1000 })
  })
}
