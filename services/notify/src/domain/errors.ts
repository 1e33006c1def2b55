import { defineError } from '@holdfast/errors'

/** One object changed since the caller read it. Same code as the log's own. */
export const ObjectChanged = defineError(
  'stale',
  'stale',
  (d: { expected: bigint; actual: bigint }) =>
    `it changed meanwhile: revision ${d.expected} was expected, ${d.actual} is current`,
)
