import { defineError } from '@holdfast/errors'

/** One object changed since the caller read it. Same code as the log's own. */
const Stale = defineError(
  'stale',
  'stale',
  (d: { expected: bigint; actual: bigint }) =>
    `it changed meanwhile: revision ${d.expected} was expected, ${d.actual} is current`,
)

/** Throws `stale` when the caller has read an older one. */
export function requireRevision(expected: bigint | undefined, actual: bigint): void {
  if (expected !== undefined && expected !== actual) throw Stale({ expected, actual })
}
