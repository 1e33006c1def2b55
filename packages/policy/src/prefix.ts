import { type Cidr, printNetwork } from '@holdfast/net'
import { bits, type Family } from './family.ts'
import type { Prefix } from './intermediate.ts'

/** Arithmetic on prefixes of one family; nobody mixes families. */

export const anyPrefix: Prefix = Object.freeze({ value: 0n, length: 0 })

/** The last address; `value` is the first. */
export const lastOf = (family: Family, prefix: Prefix): bigint =>
  prefix.value + (1n << BigInt(bits[family] - prefix.length)) - 1n

export function prefixHas(family: Family, prefix: Prefix, address: bigint): boolean {
  if (prefix.length === 0) return true
  return (prefix.value ^ address) >> BigInt(bits[family] - prefix.length) === 0n
}

/** Whether every address of `inner` is one of `outer`. */
export const prefixCovers = (family: Family, outer: Prefix, inner: Prefix): boolean =>
  outer.length <= inner.length && prefixHas(family, outer, inner.value)

/** Two prefixes share nothing, or one of them. */
export function intersectPrefixes(family: Family, a: Prefix, b: Prefix): Prefix | undefined {
  if (prefixCovers(family, a, b)) return b
  return prefixCovers(family, b, a) ? a : undefined
}

/** The fewest prefixes that are exactly the addresses from `first` to `last`, ascending. */
export function prefixesBetween(family: Family, first: bigint, last: bigint): Prefix[] {
  const found: Prefix[] = []
  let from = first
  while (from <= last) {
    let size = 0
    while (size < bits[family]) {
      const wider = BigInt(size + 1)
      if ((from >> wider) << wider !== from || from + (1n << wider) - 1n > last) break
      size++
    }
    found.push({ value: from, length: bits[family] - size })
    from += 1n << BigInt(size)
  }
  return found
}

export const printPrefix = (family: Family, prefix: Prefix): Cidr =>
  printNetwork({
    family,
    first: prefix.value,
    last: lastOf(family, prefix),
    prefixLength: prefix.length,
  })
