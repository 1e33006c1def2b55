import { readFileSync } from 'node:fs'

/** CPUs that may ever come up, which is what per-CPU values have a slot for: `0-3,8` is 9. */
export function parsePossibleCpus(text: string): number {
  const last = text.trim().split(',').at(-1)?.split('-').at(-1) ?? ''
  if (!/^\d+$/.test(last)) throw new Error(`not a list of CPUs: ${text.slice(0, 100)}`)
  // The kernel numbers slots by CPU, holes included.
  return Number(last) + 1
}

let known: number | undefined

export function possibleCpus(): number {
  known ??= parsePossibleCpus(readFileSync('/sys/devices/system/cpu/possible', 'utf8'))
  return known
}
