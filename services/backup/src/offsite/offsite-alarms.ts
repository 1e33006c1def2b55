import type { Alarm } from '@holdfast/service'
import type { DestinationState } from './destination.ts'

/** Below that a destination that is away for a moment is nobody's business. */
const behindMs = 5 * 60_000

/** What of the off-site copies somebody has to know. Call every few seconds. */
export function offsiteAlarms(states: readonly DestinationState[], now: number): readonly Alarm[] {
  return states.flatMap(({ location, lagMs, failure, totals, state }): Alarm[] => {
    const { id: key, name } = location
    const isLong = failure !== undefined && now - failure.sinceUnixMs >= behindMs
    const isBehind = lagMs >= behindMs || isLong || state === 'refused'
    return [
      {
        code: 'backup.offsite_behind',
        severity: 'critical',
        key,
        title: `The off-site copy at ${name} does not follow the log`,
        ...(isBehind
          ? {
              detail: failure
                ? `${failure.code}: ${failure.detail}`
                : `The oldest commit it has not is ${Math.round(lagMs / 1000)} s old.`,
            }
          : { isOver: true }),
      },
      {
        code: 'backup.offsite_damaged',
        severity: 'critical',
        key,
        title: `The off-site copy at ${name} is not what was put there`,
        ...(totals.damaged > 0
          ? {
              detail: `${totals.damaged} objects; what the archive still holds is put there again. See holdfast backup offsite status.`,
            }
          : { isOver: true }),
      },
    ]
  })
}
