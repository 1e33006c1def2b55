/** Numbers that did not come, first to last, and when that was noticed. */
export interface Gap {
  readonly first: number
  readonly last: number
  /** Start of the ten minutes it is booked on, ms since 1970. */
  readonly slot: number
}

/** What is known of one run of an agent. */
export interface Source {
  readonly lastNumber: number
  /** Oldest first, at most `maxGaps`. */
  readonly gaps: readonly Gap[]
}

export const unheard: Source = { lastNumber: 0, gaps: [] }

/** Beyond these the oldest is taken for lost: what comes of it later is refused. */
export const maxGaps = 16

export interface Taken {
  readonly source: Source
  /** False for a batch that was stored before. */
  readonly isNew: boolean
  /** Batches to book as missing (negative: to strike out, one came late). */
  readonly missing: number
  /** On which ten minutes. */
  readonly slot: number
}

/**
 * Takes a batch by its number, each number once, whatever the order they come in. Numbers that were left out are
 * missing until they come.
 */
export function take(source: Source, number: number, slot: number): Taken {
  const { lastNumber, gaps } = source
  if (number > lastNumber) {
    const missing = number - lastNumber - 1
    const gap = { first: lastNumber + 1, last: number - 1, slot }
    const known = missing > 0 ? [...gaps, gap].slice(-maxGaps) : gaps
    return { source: { lastNumber: number, gaps: known }, isNew: true, missing, slot }
  }
  const at = gaps.findIndex(({ first, last }) => first <= number && number <= last)
  const gap = gaps[at]
  if (!gap) return { source, isNew: false, missing: 0, slot }
  const rest = [
    { ...gap, last: number - 1 },
    { ...gap, first: number + 1 },
  ].filter(({ first, last }) => first <= last)
  const left = [...gaps.slice(0, at), ...rest, ...gaps.slice(at + 1)].slice(-maxGaps)
  return { source: { lastNumber, gaps: left }, isNew: true, missing: -1, slot: gap.slot }
}
