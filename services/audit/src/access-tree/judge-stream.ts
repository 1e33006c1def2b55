import type { AccessState } from '@holdfast/event-log/admin'

/** An epoch as far as its tree goes. */
export interface EpochNow {
  readonly streamCreated: string
  readonly first: bigint
  readonly size: bigint
}

/** Whether an epoch goes on, or why it cannot and how far the stream still has it. */
export type StreamVerdict =
  | { readonly goesOn: true }
  | {
      readonly goesOn: false
      readonly because: string
      /** The greatest sequence of the epoch the stream still has as it was; less than the epoch's first for none. */
      readonly keptTo: bigint
    }

/**
 * Compares the stream with the tree made of it. ACCESS has no guard: a server that crashed may have lost the end of the
 * stream and counted on from there, and somebody may have made it anew. What a tree holds is never replaced; it ends.
 * `isSame` says whether the record at a sequence has the leaf the tree has; undefined where the stream has none.
 */
export async function judgeStream(
  { streamCreated, first, size }: EpochNow,
  stream: AccessState,
  isSame: (sequence: bigint) => Promise<boolean | undefined>,
): Promise<StreamVerdict> {
  const nothing = first - 1n
  const end = first + size - 1n
  if (stream.created !== streamCreated)
    return { goesOn: false, because: 'the stream was made anew', keptTo: nothing }
  if (stream.first > end + 1n) {
    const lost = `${end + 1n} to ${stream.first - 1n}`
    const because = `the stream dropped records ${lost} before they were read`
    return { goesOn: false, because, keptTo: nothing }
  }
  // Nothing has come since: there is nothing to compare, and nothing that could be another.
  if (size === 0n || (stream.last === end && stream.first > end)) {
    return stream.last >= end ? { goesOn: true } : lostEnd(stream.last, end)
  }
  if (stream.last >= end) {
    const isLastSame = await isSame(end)
    if (isLastSame) return { goesOn: true }
    if (stream.first > end) {
      const because = `record ${end} is gone, and what follows cannot be compared with it`
      return { goesOn: false, because, keptTo: nothing }
    }
    if (isLastSame === undefined) {
      const because = `record ${end} cannot be read any more`
      return { goesOn: false, because, keptTo: end - 1n }
    }
  }
  return lostEnd(await lastSame(stream, { first, end }, isSame), end)
}

const lostEnd = (keptTo: bigint, end: bigint): StreamVerdict => ({
  goesOn: false,
  because: `the stream lost records ${keptTo + 1n} to ${end}`,
  keptTo,
})

/** What is lost is lost from some record on: the last one before it, by halves. */
async function lastSame(
  stream: AccessState,
  epoch: { readonly first: bigint; readonly end: bigint },
  isSame: (sequence: bigint) => Promise<boolean | undefined>,
): Promise<bigint> {
  let good = (stream.first > epoch.first ? stream.first : epoch.first) - 1n
  let bad = (stream.last < epoch.end ? stream.last : epoch.end) + 1n
  while (bad - good > 1n) {
    const middle = (good + bad) / 2n
    if (await isSame(middle)) good = middle
    else bad = middle
  }
  return good
}
