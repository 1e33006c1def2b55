import { ObjectChanged } from './errors.ts'

/**
 * Throws `stale` when the caller has read an older one.
 *
 * Objects of one aggregate count their changes apart: an edit of a peer must not be refused because
 * another peer of the interface changed meanwhile, as the log's own revision would have it.
 */
export function requireRevision(expected: bigint | undefined, actual: bigint): void {
  if (expected !== undefined && expected !== actual) throw ObjectChanged({ expected, actual })
}
