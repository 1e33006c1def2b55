import type { Columns } from './columns.ts'
import { hash4, hash6, seedOf } from './hash.ts'
import { scratch } from './scratch.ts'
import type { Tuples } from './tuples.ts'
/** Lines with the same pair of prefixes: a hash table of pairs, each with its lines in order of evaluation. */
export interface Pairs {
  readonly count: number
  /** By pair, in the order pairs first appear: the first line. */
  readonly first: Uint32Array
  /** By line: the next line of the same pair, 0 for none (no line follows itself to the first one). */
  readonly next: Uint32Array
  /** By pair: the kernel's hash. */
  readonly hash: Uint32Array
}

const nobody = 0xffffffff

/** The answer is good until the next call. */
export function pairsOf(columns: Columns, tuples: Tuples): Pairs {
  const lines = columns.lines.length
  const hashes = hashesOf(columns, tuples)
  const mask = 2 ** Math.ceil(Math.log2(lines * 2 + 2)) - 1
  const table = scratch('pair table', mask + 1).fill(nobody)
  const first = scratch('pair first', lines)
  const last = scratch('pair last', lines)
  const hash = scratch('pair hash', lines)
  const next = scratch('pair next', lines).fill(0)
  const words = [...columns.source, ...columns.destination]
  let count = 0
  for (let line = 0; line < lines; line++) {
    let at = (hashes[line] as number) & mask
    for (;;) {
      const pair = table[at] as number
      if (pair === nobody) {
        table[at] = count
        first[count] = line
        last[count] = line
        hash[count++] = hashes[line] as number
        break
      }
      if (hash[pair] === hashes[line] && isPair(words, tuples.of, first[pair] as number, line)) {
        next[last[pair] as number] = line
        last[pair] = line
        break
      }
      at = (at + 1) & mask
    }
  }
  return { count, first: first.subarray(0, count), next, hash: hash.subarray(0, count) }
}

function isPair(
  words: readonly Uint32Array[],
  tupleOf: Uint16Array,
  a: number,
  b: number,
): boolean {
  if (tupleOf[a] !== tupleOf[b]) return false
  for (const word of words) if (word[a] !== word[b]) return false
  return true
}

function hashesOf({ family, source, destination, lines }: Columns, tuples: Tuples): Uint32Array {
  const hashes = scratch('line hash', lines.length)
  const seeds = Uint32Array.from({ length: tuples.count }, (_, tuple) => seedOf(tuple))
  if (family === 4) {
    const [src, dst] = [source[0] as Uint32Array, destination[0] as Uint32Array]
    for (let i = 0; i < lines.length; i++) {
      hashes[i] = hash4(src[i] as number, dst[i] as number, seeds[tuples.of[i] as number] as number)
    }
    return hashes
  }
  const src = new Uint32Array(4)
  const dst = new Uint32Array(4)
  for (let i = 0; i < lines.length; i++) {
    for (let word = 0; word < 4; word++) {
      src[word] = swapped((source[word] as Uint32Array)[i] as number)
      dst[word] = swapped((destination[word] as Uint32Array)[i] as number)
    }
    hashes[i] = hash6(src, dst, seeds[tuples.of[i] as number] as number)
  }
  return hashes
}

/** Network order as a little-endian machine reads it. */
export const swapped = (word: number): number =>
  ((word >>> 24) | ((word >>> 8) & 0xff00) | ((word << 8) & 0xff0000) | (word << 24)) >>> 0

/** Places for pairs in a table of `slots`, found as the kernel looks for them; undefined when a way is too long. */
export function place(
  hash: Uint32Array,
  slots: number,
  spare: number,
  maxProbe: number,
): { at: Uint32Array; longestProbe: number } | undefined {
  const taken = new Uint8Array(slots + spare)
  const at = scratch('pair at', hash.length)
  let longest = 0
  for (let pair = 0; pair < hash.length; pair++) {
    const start = Math.floor(((hash[pair] as number) * slots) / 0x100000000)
    let slot = start
    while (taken[slot] === 1) slot++
    // The way ends at an empty slot, and the spare ones behind the table must not run out.
    if (slot - start + 2 > maxProbe || slot >= slots + spare - 1) return undefined
    longest = Math.max(longest, slot - start + 1)
    taken[slot] = 1
    at[pair] = slot
  }
  return { at, longestProbe: longest }
}
