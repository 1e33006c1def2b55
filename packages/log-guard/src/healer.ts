import { type Archive, ArchiveDamaged, type ArchivedCommit } from '@holdfast/archive'
import type { SequenceRange, Verdict } from './judge.ts'
import type { LogStream } from './log-stream.ts'
import type { IncidentKind } from './state.ts'

export interface HealContext {
  readonly stream: LogStream
  readonly archive: Archive
  /** Keeps what is about to be given up, and says where. */
  readonly setAside: (
    what: string,
    commits: AsyncIterable<readonly ArchivedCommit[]>,
  ) => Promise<string>
}

export interface Healed {
  readonly kind: IncidentKind
  readonly range: SequenceRange
  readonly detail: string
}

type Action = Exclude<Verdict, { readonly type: 'open' | 'frozen' }>

/**
 * Completes one copy from the other. Every step may be cut short at any point: what it leaves is again
 * a case `judge` knows. Undefined when it is nothing to tell of: the archive had not come so far yet.
 */
export async function heal(
  { stream, archive, setAside }: HealContext,
  action: Action,
): Promise<Healed | undefined> {
  switch (action.type) {
    case 'archive_tail':
      await archiveRange(stream, archive, action.range)
      return undefined
    case 'heal_archive': {
      await fillHoles(stream, archive, action.holes)
      for (const sequence of action.unsound) await writeAnew(archive, sequence)
      if (action.lost) await archiveRange(stream, archive, action.lost)
      const ranges = [...action.holes, ...(action.lost ? [action.lost] : [])]
      const [unsound] = action.unsound
      if (ranges.length === 0 && unsound !== undefined)
        return {
          kind: 'archive_healed',
          range: { first: unsound, last: unsound },
          detail: `a segment at commit ${unsound} was not as it was sealed; it was written anew`,
        }
      return {
        kind: 'archive_healed',
        range: around(ranges),
        detail: `the archive had lost ${told(ranges)}; they were taken from the log again`,
      }
    }
    case 'heal_log': {
      const { first, last } = action.range
      await stream.restore(first - 1n, archive.read(first, last))
      return {
        kind: 'log_healed',
        range: action.range,
        detail: `the log had lost ${told([action.range])}; they were put back from the archive`,
      }
    }
    case 'rebuild_log': {
      const { holes, dropped } = action
      const aside =
        dropped && (await setAside('never-acknowledged', stream.read(dropped.first, dropped.last)))
      await stream.clear()
      const last = archive.last.sequence
      if (last > 0n) await stream.restore(0n, archive.read(1n, last))
      const end = aside ? `; what stood behind was never acknowledged and is kept in ${aside}` : ''
      return {
        kind: 'log_rebuilt',
        range: around(holes),
        detail: `the log could not read ${told(holes)}; it was made anew from the archive${end}`,
      }
    }
  }
}

/** Writes the segments with holes anew: what is missing from the log, the rest as it is. */
export async function fillHoles(
  stream: LogStream,
  archive: Archive,
  holes: readonly SequenceRange[],
): Promise<void> {
  const [start] = holes
  const end = holes.at(-1)
  if (!start || !end) return
  try {
    for (const { first, last } of holes)
      await archive.replace(first, last, stream.read(first, last))
  } catch (error) {
    if (!ArchiveDamaged.is(error) || holes.length === 1) throw error
    // A segment with several holes can only be written once, with all of them.
    await archive.replace(start.first, end.last, mended(stream, archive, holes))
  }
}

/** The segment that begins with a sequence, from its own commits. */
async function writeAnew(archive: Archive, sequence: bigint): Promise<void> {
  if (sequence <= archive.last.sequence)
    await archive.replace(sequence, sequence, archive.read(sequence, sequence))
  // Nothing but a broken beginning: it is put aside.
  else await archive.replace(sequence, sequence - 1n, nothing(), { tail: 'drop' })
}

export async function* nothing(): AsyncGenerator<readonly ArchivedCommit[], void> {
  // a range without commits
}

async function* mended(stream: LogStream, archive: Archive, holes: readonly SequenceRange[]) {
  let next = holes[0]?.first ?? 1n
  for (const { first, last } of holes) {
    if (next < first) yield* archive.read(next, first - 1n)
    yield* stream.read(first, last)
    next = last + 1n
  }
}

async function archiveRange(
  stream: LogStream,
  archive: Archive,
  { first, last }: SequenceRange,
): Promise<void> {
  for await (const batch of stream.read(first, last)) await archive.append(batch)
}

const around = (ranges: readonly SequenceRange[]): SequenceRange => ({
  first: ranges[0]?.first ?? 0n,
  last: ranges.at(-1)?.last ?? 0n,
})

const told = (ranges: readonly SequenceRange[]): string => {
  const shown = ranges
    .slice(0, 3)
    .map(({ first, last }) => (first === last ? `commit ${first}` : `commits ${first} to ${last}`))
  const more = ranges.length > 3 ? ` and ${ranges.length - 3} more ranges` : ''
  return `${shown.join(', ')}${more}`
}
