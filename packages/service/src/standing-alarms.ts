import type { Alarm } from './alarm.ts'

export interface StandingAlarms {
  /**
   * What stands now, looked at every few seconds; what is known to be fine may be said with `isOver`. What was said to
   * stand and is missing is over.
   */
  say(alarms: readonly Alarm[]): void
}

const repeatMs = 60_000
/** How often in a row something is said to be over before it is forgotten. */
const farewells = 5

interface Said {
  readonly alarm: Alarm
  at: number
  isOver: boolean
  farewells: number
}

/**
 * Alarms of states that last. Each is told at once and then once a minute, over or not: an alarm may get lost, and
 * whoever hears it may have been away.
 */
export function standingAlarms(
  send: (alarm: Alarm) => void,
  /** ms since 1970. */
  now: () => number = Date.now,
): StandingAlarms {
  const said = new Map<string, Said>()

  function tell(alarm: Alarm, isForgotten: boolean): void {
    const key = keyOf(alarm)
    const isOver = alarm.isOver === true
    const before = said.get(key)
    const isNew = before?.isOver !== isOver
    if (!isNew && now() - before.at < repeatMs) return
    send(alarm)
    const farewell = !isNew && isForgotten ? before.farewells + 1 : 0
    if (farewell >= farewells) said.delete(key)
    else said.set(key, { alarm, at: now(), isOver, farewells: farewell })
  }

  return {
    say(alarms) {
      const named = new Set(alarms.map(keyOf))
      for (const [key, { alarm }] of [...said]) {
        if (named.has(key)) continue
        const { detail: _, ...rest } = alarm
        tell({ ...rest, isOver: true }, true)
      }
      for (const alarm of alarms) tell(alarm, false)
    },
  }
}

const keyOf = ({ code, key = '', organizationId = '' }: Alarm): string =>
  `${code}|${key}|${organizationId}`
