/** 64-bit arithmetic of the kernel's hash, in halves: JavaScript has no cheap 64-bit numbers. */

const goldenHigh = 0x9e3779b9
const goldenLow = 0x7f4a7c15
const saltHigh = 0xc2b2ae3d
const saltLow = 0x27d4eb4f

/** The upper half of a product of two 32-bit numbers. */
function upperProduct(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const other = aLow * bHigh + (middle & 0xffff)
  return aHigh * bHigh + (middle >>> 16) + (other >>> 16)
}

/** Upper half of `hf_mix` of the key and the tuple's seed: hf_lookup4 in bpf/src/hf_lookup.h. */
export function hash4(source: number, destination: number, seed: number): number {
  const low = (destination + seed) >>> 0
  const high = (source + (low < seed ? 1 : 0)) >>> 0
  const folded = low ^ high
  return (
    (upperProduct(folded >>> 0, goldenLow) +
      Math.imul(folded, goldenHigh) +
      Math.imul(high, goldenLow)) >>>
    0
  )
}

/**
 * The same of an IPv6 key: hf_lookup6. Words are those of the addresses in network order as a little-endian machine
 * reads them, masked.
 */
export function hash6(source: Uint32Array, destination: Uint32Array, seed: number): number {
  // source upper + (lower ^ lower >> 32) * salt
  const [s0, s1, s2, s3] = source as unknown as [number, number, number, number]
  const [d0, d1, d2, d3] = destination as unknown as [number, number, number, number]
  let fold = (s2 ^ s3) >>> 0
  let low = (s0 + (Math.imul(fold, saltLow) >>> 0)) >>> 0
  let high =
    s1 +
    upperProduct(fold, saltLow) +
    Math.imul(fold, saltHigh) +
    Math.imul(s3, saltLow) +
    (low < s0 ? 1 : 0)
  // mix
  fold = (low ^ high) >>> 0
  let mixedHigh =
    upperProduct(fold, goldenLow) + Math.imul(fold, goldenHigh) + Math.imul(high, goldenLow)
  let mixedLow = Math.imul(fold, goldenLow) >>> 0
  // + destination upper
  low = (mixedLow + d0) >>> 0
  high = mixedHigh + d1 + (low < d0 ? 1 : 0)
  // + (lower ^ lower >> 32) * salt
  fold = (d2 ^ d3) >>> 0
  mixedLow = Math.imul(fold, saltLow) >>> 0
  mixedHigh = upperProduct(fold, saltLow) + Math.imul(fold, saltHigh) + Math.imul(d3, saltLow)
  low = (low + mixedLow) >>> 0
  high = high + mixedHigh + (low < mixedLow ? 1 : 0)
  // + seed, mix
  low = (low + seed) >>> 0
  high = (high + (low < seed ? 1 : 0)) >>> 0
  fold = (low ^ high) >>> 0
  return (
    (upperProduct(fold, goldenLow) + Math.imul(fold, goldenHigh) + Math.imul(high, goldenLow)) >>> 0
  )
}

/** So that the same addresses under other prefix lengths lie elsewhere. */
export const seedOf = (tuple: number): number => Math.imul(tuple + 1, 0x9e3779b1) >>> 0
