import { defineError } from '@holdfast/errors'

/** There is nothing a human would have to decide. */
export const NothingToRepair = defineError(
  'backup.nothing_to_repair',
  'illegal_state',
  (d: { writes: string }) => `log and archive need no decision (writes are ${d.writes})`,
)

/** What is wrong is no longer what the human was shown. */
export const RepairStale = defineError(
  'backup.repair_stale',
  'stale',
  (d: { shown: bigint; actual: bigint }) =>
    `the first bad sequence is ${d.actual} and not ${d.shown}; look again before deciding`,
)

/** The log changed under a repair, or under a comparison. Nothing is decided. */
export const ComparisonFailed = defineError(
  'backup.comparison_failed',
  'unavailable',
  (d: { reason: string }) => `log and archive could not be compared: ${d.reason}`,
)

/** The log shows other bytes at a sequence than the archive has. */
export const Forked = defineError(
  'backup.forked',
  'internal',
  (d: { sequence: bigint }) =>
    `the log has another commit at sequence ${d.sequence} than the archive`,
)
