import type { Columns } from './columns.ts'

/** Pairs of prefix lengths, numbered as they first appear in order of evaluation. */
export interface Tuples {
  readonly count: number
  /** By line. */
  readonly of: Uint16Array
  readonly sourceLength: Uint8Array
  readonly destinationLength: Uint8Array
  /** The first line in it. */
  readonly firstLine: Uint32Array
}

export function tuplesOf({ family, lines, sourceLength, destinationLength }: Columns): Tuples {
  const lengths = family === 4 ? 33 : 129
  const known = new Uint16Array(lengths * lengths)
  const of = new Uint16Array(lines.length)
  const first: number[] = []
  for (let i = 0; i < lines.length; i++) {
    const pair = (sourceLength[i] as number) * lengths + (destinationLength[i] as number)
    let number = known[pair] as number
    if (number === 0) {
      first.push(i)
      number = first.length
      known[pair] = number
    }
    of[i] = number - 1
  }
  return {
    count: first.length,
    of,
    sourceLength: Uint8Array.from(first, (i) => sourceLength[i] as number),
    destinationLength: Uint8Array.from(first, (i) => destinationLength[i] as number),
    firstLine: Uint32Array.from(first),
  }
}
