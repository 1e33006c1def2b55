/** Sorting many numbers by their value: a few passes over 11 bits each instead of n log n comparisons. */

import { scratch } from './scratch.ts'

const digitBits = 11
const buckets = 1 << digitBits
const passes = 3

/**
 * The order in which keys of several 32-bit words ascend, the most significant word first; equal keys keep their
 * places. The answer is good until the next call.
 */
export function ascending(words: readonly Uint32Array[], count: number): Uint32Array {
  let order = scratch('order', count)
  for (let i = 0; i < count; i++) order[i] = i
  let next = scratch('next-order', count)
  const starts = new Uint32Array(buckets)
  for (let word = words.length - 1; word >= 0; word--) {
    const keys = words[word] as Uint32Array
    for (let pass = 0; pass < passes; pass++) {
      const shift = pass * digitBits
      starts.fill(0)
      for (let i = 0; i < count; i++) {
        const digit = ((keys[i] as number) >>> shift) & (buckets - 1)
        starts[digit] = (starts[digit] as number) + 1
      }
      const first = ((keys[0] as number) >>> shift) & (buckets - 1)
      if (count > 0 && starts[first] === count) continue // all the same
      for (let digit = 0, sum = 0; digit < buckets; digit++) {
        const size = starts[digit] as number
        starts[digit] = sum
        sum += size
      }
      for (let i = 0; i < count; i++) {
        const index = order[i] as number
        const digit = ((keys[index] as number) >>> shift) & (buckets - 1)
        const at = starts[digit] as number
        starts[digit] = at + 1
        next[at] = index
      }
      ;[order, next] = [next, order]
    }
  }
  return order
}
