/** Sequences from `first` to `last`, both included. */
export interface SequenceRange {
  readonly first: bigint
  readonly last: bigint
}

/** What is known of one copy of the log. */
export interface CopyFacts {
  /** The last sequence it has; 0 when it is empty. */
  readonly last: bigint
  /** What cannot be read of 1 to `last`: ascending, apart from each other. */
  readonly holes: readonly SequenceRange[]
}

/** What the position file says, seen against the two copies. */
export type PositionFacts =
  | { readonly type: 'none' }
  | { readonly type: 'damaged' }
  | {
      readonly type: 'known'
      readonly sequence: bigint
      /** Whether the copy has this very commit; undefined where it has none at that sequence. */
      readonly isInStream: boolean | undefined
      readonly isInArchive: boolean | undefined
    }

export interface Facts {
  readonly stream: CopyFacts
  readonly archive: CopyFacts
  /**
   * A sequence of each segment that lost no commit and is not as it was sealed: headers, footers, digests.
   * Such a segment is written anew.
   */
  readonly unsound: readonly bigint[]
  readonly position: PositionFacts
  /** The first sequence both copies can show, and show different. */
  readonly firstDifference: bigint | undefined
  /** Under `log` everything the stream has may have been acknowledged. */
  readonly durability: Durability
}

export type Durability = 'log' | 'log+archive'

/** Why nobody may write until a human has decided. */
export type FreezeCause = 'different' | 'both_damaged' | 'both_short' | 'rewritten' | 'unwitnessed'

/** What to do next. All but `open` and `frozen` are done, and then the copies are compared again. */
export type Verdict =
  | { readonly type: 'open' }
  /** The usual crash: the stream has commits the archive had no time to take. */
  | { readonly type: 'archive_tail'; readonly range: SequenceRange }
  | { readonly type: 'heal_log'; readonly range: SequenceRange }
  /** The archive lacks what it had; `lost` is its end, as far as the position file knows of it. */
  | {
      readonly type: 'heal_archive'
      readonly holes: readonly SequenceRange[]
      readonly unsound: readonly bigint[]
      readonly lost: SequenceRange | undefined
    }
  /** A stream with a hole is made anew; `dropped` was never acknowledged and stands behind a hole in it. */
  | {
      readonly type: 'rebuild_log'
      readonly holes: readonly SequenceRange[]
      readonly dropped: SequenceRange | undefined
    }
  | { readonly type: 'frozen'; readonly firstBad: bigint; readonly cause: FreezeCause }

/**
 * What follows from a comparison (ARCHITECTURE, section 2). Every commit that may have been
 * acknowledged has to stand in one copy at least, and no copy may contradict the other or the position
 * file; then each copy is completed from the other. Anything else is for a human, and `firstBad` is the
 * smallest sequence that is.
 */
export function judge(facts: Facts): Verdict {
  const { stream, archive, unsound, position } = facts
  const frozen = firstFrozen(facts)
  if (frozen) return frozen

  const known = position.type === 'known' ? position.sequence : 0n
  const lost = archive.last < known ? { first: archive.last + 1n, last: known } : undefined
  if (archive.holes.length > 0 || unsound.length > 0 || lost)
    return { type: 'heal_archive', holes: archive.holes, unsound, lost }

  const tailEnd = readableAfter(stream, archive.last)
  if (tailEnd > archive.last)
    return { type: 'archive_tail', range: { first: archive.last + 1n, last: tailEnd } }
  if (stream.holes.length > 0) {
    const dropped =
      stream.last > archive.last ? { first: archive.last + 1n, last: stream.last } : undefined
    return { type: 'rebuild_log', holes: stream.holes, dropped }
  }
  if (stream.last < archive.last)
    return { type: 'heal_log', range: { first: stream.last + 1n, last: archive.last } }
  return { type: 'open' }
}

function firstFrozen(facts: Facts): Verdict | undefined {
  const { stream, archive, position, firstDifference } = facts
  const found: { firstBad: bigint; cause: FreezeCause }[] = []
  if (firstDifference !== undefined) found.push({ firstBad: firstDifference, cause: 'different' })

  const end = acknowledgedEnd(facts)
  const lost = firstInNeither(stream, archive, end)
  if (lost !== undefined) {
    const isBeyondBoth = lost > stream.last && lost > archive.last
    found.push({ firstBad: lost, cause: isBeyondBoth ? 'both_short' : 'both_damaged' })
  }

  if (position.type === 'known') {
    const { isInStream, isInArchive, sequence } = position
    // Where one copy has it and the other does not, the two differ, which is found above.
    if ((isInStream === false || isInArchive === false) && !isInStream && !isInArchive)
      found.push({ firstBad: sequence, cause: 'rewritten' })
  } else if (stream.last > 0n && archive.last === 0n)
    // Neither witness is there: a stream that lost its end or was replaced would look the same.
    found.push({ firstBad: 1n, cause: 'unwitnessed' })

  const [first] = found.sort((a, b) =>
    a.firstBad < b.firstBad ? -1 : a.firstBad > b.firstBad ? 1 : 0,
  )
  return first && { type: 'frozen', ...first }
}

/** The greatest sequence that may have been acknowledged to anybody. */
function acknowledgedEnd({ stream, archive, position, durability }: Facts): bigint {
  const isStreamEnough = durability === 'log' || position.type !== 'known'
  return greatest(
    archive.last,
    position.type === 'known' ? position.sequence : 0n,
    isStreamEnough ? stream.last : 0n,
  )
}

/** The end of what can be read without a gap right behind `after`; `after` itself when there is nothing. */
function readableAfter({ last, holes }: CopyFacts, after: bigint): bigint {
  if (last <= after) return after
  const hole = holes.find((range) => range.last > after)
  if (!hole) return last
  return hole.first > after ? hole.first - 1n : after
}

/** The smallest sequence of 1 to `end` that neither copy can show. */
function firstInNeither(a: CopyFacts, b: CopyFacts, end: bigint): bigint | undefined {
  const missing = ({ last, holes }: CopyFacts): readonly SequenceRange[] =>
    last < end ? [...holes, { first: last + 1n, last: end }] : holes
  const others = missing(b)
  let found: bigint | undefined
  for (const range of missing(a)) {
    for (const other of others) {
      const first = greatest(range.first, other.first)
      if (first > range.last || first > other.last || first > end) continue
      if (found === undefined || first < found) found = first
    }
  }
  return found
}

const greatest = (...values: readonly [bigint, ...bigint[]]): bigint =>
  values.reduce((most, value) => (value > most ? value : most))

/** Adds a sequence behind all others of a list under construction. */
export function addHole(holes: SequenceRange[], first: bigint, last: bigint = first): void {
  const end = holes.at(-1)
  if (end && end.last >= first - 1n) {
    if (last > end.last) holes[holes.length - 1] = { first: end.first, last }
  } else holes.push({ first, last })
}
