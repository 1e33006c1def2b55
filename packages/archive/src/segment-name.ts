/** `seg-<first>-<last>.hfs` and `open-<first>.hfs`, with 20 digits each, so that names sort as sequences do. */
export interface SegmentName {
  readonly name: string
  readonly first: bigint
  /** Undefined for the open segment. */
  readonly last: bigint | undefined
}

const digits = (sequence: bigint): string => sequence.toString().padStart(20, '0')

export const sealedName = (first: bigint, last: bigint): string =>
  `seg-${digits(first)}-${digits(last)}.hfs`
export const openName = (first: bigint): string => `open-${digits(first)}.hfs`

/** Undefined for every other file; nothing else of an archive is ever read as a segment. */
export function parseSegmentName(name: string): SegmentName | undefined {
  const match = /^(?:seg-(\d{20})-(\d{20})|open-(\d{20}))\.hfs$/.exec(name)
  if (match === null) return undefined
  const first = BigInt(match[1] ?? match[3] ?? 0)
  const last = match[2] === undefined ? undefined : BigInt(match[2])
  if (first < 1n || (last !== undefined && last < first)) return undefined
  return { name, first, last }
}
