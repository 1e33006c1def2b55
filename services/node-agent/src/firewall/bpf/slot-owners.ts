import type { Slots } from '@holdfast/bpf'

type Numbers = ReadonlyMap<string, number>

/** Names by their numbers. Maps of slots may gain entries while they are in use, and lose none. */
const known = new WeakMap<Numbers, { readonly size: number; readonly names: readonly string[] }>()

function nameAt(numbers: Numbers, slot: number): string | undefined {
  let found = known.get(numbers)
  if (found?.size !== numbers.size) {
    const names: string[] = []
    for (const [name, number] of numbers) names[number] = name
    found = { size: numbers.size, names }
    known.set(numbers, found)
  }
  return found.names[slot]
}

/** The rule that has a counter; undefined for an implicit line. */
export function ruleAt({ counters }: Slots, slot: number): string | undefined {
  const key = nameAt(counters, slot)
  return key?.startsWith('!') ? undefined : key
}

export const deviceAt = ({ devices }: Slots, slot: number): string | undefined =>
  nameAt(devices, slot)
