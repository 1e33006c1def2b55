import { ObjectChanged } from './errors.ts'

/** Throws `stale` when the caller has read an older one. */
export function requireRevision(expected: bigint | undefined, actual: bigint): void {
  if (expected !== undefined && expected !== actual) throw ObjectChanged({ expected, actual })
}
