/** Milliseconds take the upper 42 bits (until 2109), the sequence's low 21 bits tell apart what shares one. */
const sequenceBits = 21n
const sequenceMask = (1n << sequenceBits) - 1n
const lastMs = (1 << 21) * (1 << 20) * 2 - 1

export const trails = ['log', 'access'] as const
export type TrailName = (typeof trails)[number]

/**
 * Where an entry stands in its trail: by time, then by sequence, in one number. It never changes, so pages stay
 * whole while entries are added; and one bigint makes every index small. Two commits have one position only when two
 * million others lie between them and all of them name the same millisecond.
 */
export const positionOf = (atUnixMs: number, sequence: bigint): bigint =>
  (BigInt(Math.max(0, Math.min(lastMs, Math.trunc(atUnixMs)))) << sequenceBits) |
  (sequence & sequenceMask)

/** The first position of a millisecond. */
export const startOf = (atUnixMs: number): bigint => positionOf(atUnixMs, 0n)

export const timeOf = (position: bigint): number => Number(position >> sequenceBits)
