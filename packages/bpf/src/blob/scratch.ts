/**
 * Working memory that is used again by the next build: tens of megabytes fresh each time would keep the garbage
 * collector going through everything else. One build runs at a time on a thread, so a name has one user; what is in
 * the memory at first is what the last one left there.
 */
const kept = new Map<string, Uint32Array>()

export function scratch(name: string, length: number): Uint32Array {
  const known = kept.get(name)
  if (known !== undefined && known.length >= length && known.length <= length * 4 + 65536) {
    return known.subarray(0, length)
  }
  // Some more, for a policy that grows by a rule at a time.
  const made = new Uint32Array(length + (length >>> 3))
  kept.set(name, made)
  return made.subarray(0, length)
}
