import type { LogKeeperState } from '@holdfast/log-guard'
import type { Alarm } from '@holdfast/service'

/** Room below so many times the reserve is nearly none. */
const lowReserves = 2n
/** The log may take so much of what it is allowed to, in percent, before somebody should let it grow. */
const fillingPercent = 80
/** Looks in a row at which the archive has not moved although it has something to do. */
const patientLooks = 6

/** What of the guard's state somebody has to know; each is said to be fine while it is. Call every few seconds. */
export function guardAlarms(): (state: LogKeeperState) => readonly Alarm[] {
  let archivedBefore = -1n
  let stoodFor = 0

  return (state) => {
    const { writes, reason, volumes, logBytes, logMaxBytes } = state
    const { lastSequence, archivedSequence } = state
    const isBehind = archivedSequence < lastSequence
    stoodFor = isBehind && archivedSequence === archivedBefore ? stoodFor + 1 : 0
    archivedBefore = archivedSequence
    const percent = logMaxBytes > 0 ? Math.round((logBytes / logMaxBytes) * 100) : 0
    return [
      {
        code: 'log.frozen',
        severity: 'critical',
        title: 'The log takes no changes',
        ...(writes === 'frozen' || writes === 'exhausted' ? { detail: reason } : { isOver: true }),
      },
      {
        code: 'backup.archive_behind',
        severity: 'critical',
        title: 'The archive does not follow the log',
        ...(stoodFor >= patientLooks
          ? { detail: `The log is at ${lastSequence}, the archive at ${archivedSequence}.` }
          : { isOver: true }),
      },
      {
        code: 'backup.log_filling',
        severity: 'error',
        title: `The log has used ${percent} % of the room it may take`,
        ...(percent >= fillingPercent
          ? { detail: 'Let it grow: holdfast operator log grow.' }
          : { isOver: true }),
      },
      ...volumes.map(({ name, directory, freeBytes, reserveBytes }): Alarm => {
        const isLow = reserveBytes > 0n && freeBytes < lowReserves * reserveBytes
        return {
          code: 'backup.disk_low',
          severity: 'error',
          key: name,
          title: `The disk of the ${name} is nearly full`,
          ...(isLow
            ? {
                detail: `${directory}: ${mebibytes(freeBytes)} MiB free; writes stop below ${mebibytes(reserveBytes)} MiB.`,
              }
            : { isOver: true }),
        }
      }),
    ]
  }
}

const mebibytes = (count: bigint): string => (count / 1024n ** 2n).toString()
