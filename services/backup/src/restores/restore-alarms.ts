import type { Alarm } from '@holdfast/service'
import type { RestoreJob } from './restore-store.ts'

/** A step was begun that often, and still is not done: whoever waits for it is told. */
const stuckAttempts = 5

/** A restore that cannot go on, as long as it cannot. */
export function stuckAlarm(job: RestoreJob | undefined): Alarm {
  const isStuck = job !== undefined && job.trouble !== '' && job.stepAttempts >= stuckAttempts
  return {
    code: 'restore.stuck',
    severity: 'error',
    title: 'A restore cannot go on',
    ...(isStuck
      ? {
          detail:
            `Restore ${job.restoreId}, at "${job.step}": ${job.trouble}. It is tried again and again, and goes on when that is mended: holdfast restore status ${job.restoreId}.`.slice(
              0,
              2_000,
            ),
        }
      : { isOver: true }),
  }
}
