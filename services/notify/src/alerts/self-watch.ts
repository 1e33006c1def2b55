import type { EventLog } from '@holdfast/event-log'
import { type Alarm, standingAlarms } from '@holdfast/service'

export interface SelfWatch {
  start(): void
  stop(): void
}

export interface SelfWatchPace {
  readonly everyMs: number
  /** Restarts of the server and of the archiver take less. */
  readonly patienceMs: number
}

export const usualSelfPace: SelfWatchPace = { everyMs: 5_000, patienceMs: 30_000 }

interface Found {
  readonly detail: string
  /** Nothing but a person can change it: no need to wait and see. */
  readonly isCertain: boolean
}

/**
 * What this process can see of the log by itself, without anybody to tell it: whoever guards the log may be what has
 * failed. Alarms found here go to the database directly, not through NATS.
 */
export function selfWatch(parts: {
  readonly log: Pick<EventLog, 'status' | 'head' | 'safe'>
  readonly hear: (alarm: Alarm) => void
  readonly pace: SelfWatchPace
  /** ms since 1970. */
  readonly now: () => number
}): SelfWatch {
  const { log, hear, pace, now } = parts
  const alarms = standingAlarms(hear, now)
  const since = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let safeBefore = -1n
  let isLooking = false

  function frozen(): Found | undefined {
    const { isWritable, isRefused, reason = '' } = log.status()
    return isWritable ? undefined : { detail: reason, isCertain: isRefused === true }
  }

  /** Something is in the log that is not safe, and nothing became safe since the last look. */
  async function notArchived(): Promise<Found | undefined> {
    const safe = log.safe.current()
    const stands = safe === safeBefore
    safeBefore = safe
    if (!stands || !log.status().isWritable) return undefined
    const head = await log.head()
    if (head <= safe) return undefined
    return { detail: `The log is at ${head}, and safe up to ${safe}.`, isCertain: false }
  }

  /** The alarm, once it has stood for long enough; undefined while that is not known. */
  function judge(code: string, title: string, found: Found | undefined): readonly Alarm[] {
    const alarm = { code, title, severity: 'critical' } as const
    if (!found) {
      since.delete(code)
      return [{ ...alarm, isOver: true }]
    }
    const began = since.get(code) ?? now()
    since.set(code, began)
    const isSure = found.isCertain || now() - began >= pace.patienceMs
    return isSure ? [{ ...alarm, detail: found.detail }] : []
  }

  async function look(): Promise<void> {
    if (isLooking) return
    isLooking = true
    try {
      alarms.say([
        ...judge('log.frozen', 'The log takes no changes', frozen()),
        ...judge(
          'backup.archive_behind',
          'The archive does not follow the log',
          await notArchived(),
        ),
      ])
    } catch {
      // The log cannot be asked; the next look is soon, and `frozen` says why.
    } finally {
      isLooking = false
    }
  }

  return {
    start() {
      timer = setInterval(() => void look(), pace.everyMs)
      timer.unref()
    },
    stop: () => clearInterval(timer),
  }
}
