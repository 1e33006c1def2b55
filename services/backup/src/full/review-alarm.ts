import type { Alarm } from '@holdfast/service'
import { reviewEveryMs } from '../grpc/recovery-handlers.ts'

/** Somebody ought to look at the keys once a quarter, and is told until it is done (SQ-16). Zero: nothing to look at yet. */
export function reviewAlarm(sinceUnixMs: number, nowUnixMs: number): Alarm {
  const dueAt = sinceUnixMs + reviewEveryMs
  const isDue = sinceUnixMs > 0 && nowUnixMs >= dueAt
  return {
    code: 'backup.key_review_due',
    severity: 'warning',
    title: 'The keys of the backups are due for a review',
    ...(isDue
      ? {
          detail: `Due since ${new Date(dueAt).toISOString().slice(0, 10)}: see that every recovery key can be found and opens a backup, then say so: holdfast recovery review.`,
        }
      : { isOver: true }),
  }
}
