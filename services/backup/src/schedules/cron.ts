import { accept, type Parser, refuse } from '@holdfast/net'
import { Cron } from 'croner'

/** The moments an expression stands for, ms since 1970. */
export interface Slots {
  /** The first one after that moment. */
  next(afterUnixMs: number): number | undefined
  upcoming(afterUnixMs: number, count: number): readonly number[]
  /** Those after the first and not after the second moment; undefined when there are none. */
  between(afterUnixMs: number, untilUnixMs: number): Passed | undefined
}

export interface Passed {
  readonly first: number
  readonly last: number
  /** The one before the last. */
  readonly beforeLast: number | undefined
  /** At most `maxCounted`. */
  readonly count: number
}

/** Who was away for longer hears "at least so many": counting a year of minutes would take its time. */
export const maxCounted = 500

const maxLength = 100
const names = /^(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|MON|TUE|WED|THU|FRI|SAT|SUN)$/i

/**
 * Five fields as cron has them: numbers, `*`, lists, ranges, steps, and names of months and days. Nothing of later
 * dialects: they mean other things elsewhere.
 */
export const parseCron: Parser<string> = (text) => {
  const expression = text.trim().replaceAll(/[ \t]+/g, ' ')
  if (expression === '') return refuse('required', 'must not be empty')
  if (expression.length > maxLength)
    return refuse('cron_invalid', `must have ${maxLength} characters at most`)
  const fields = expression.split(' ')
  if (fields.length !== 5)
    return refuse(
      'cron_invalid',
      'must have five fields: minute, hour, day of month, month, day of week; for example 0 2 * * *',
    )
  for (const field of fields) {
    const words = field.match(/[A-Za-z]+/g) ?? []
    if (!/^[0-9A-Za-z*,/-]+$/.test(field) || !words.every((word) => names.test(word)))
      return refuse(
        'cron_invalid',
        `${field.slice(0, 40)} is no field: numbers, *, lists, ranges, steps and names are`,
      )
  }
  try {
    if (slotsOf(expression, '').next(startOf2024) !== undefined) return accept(expression)
  } catch {
    return refuse('cron_invalid', 'has a number, range or step its field does not have')
  }
  return refuse('cron_never', 'never comes: there is no such date')
}

/** A leap year begins: every date there is comes within eight years. */
const startOf2024 = Date.UTC(2024, 0, 1)

/** An IANA name, as `timedatectl list-timezones` has them. The empty text is UTC. */
export const parseTimeZone: Parser<string> = (text) => {
  const refused = () =>
    refuse('time_zone_invalid', 'is no time zone this machine knows, such as Europe/Berlin')
  if (text === '') return accept('')
  // Offsets are zones to some releases of Node: they know no summer time, and nobody means that.
  if (text.length > 64 || !/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(text)) return refused()
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return accept(text)
  } catch {
    return refused()
  }
}

const hourMs = 3_600_000
/** A window with no slot bounds how many the next one can have. */
const windowsMs = [hourMs, 24 * hourMs, 32 * 24 * hourMs, 400 * 24 * hourMs]

/** Of what `parseCron` and `parseTimeZone` took; throws for anything else. */
export function slotsOf(expression: string, timeZone: string): Slots {
  const cron = new Cron(expression, {
    timezone: timeZone === '' ? 'UTC' : timeZone,
    mode: '5-part',
    paused: true,
  })

  const next = (after: number): number | undefined => cron.nextRun(new Date(after))?.getTime()

  function* from(after: number): Generator<number> {
    for (let slot = next(after); slot !== undefined; slot = next(slot)) yield slot
  }

  /** The last two between them at most, when there are too many to walk through. */
  function newest(after: number, until: number): readonly number[] {
    for (const window of windowsMs) {
      const since = Math.max(after, until - window)
      const found: number[] = []
      for (const slot of from(since)) {
        if (slot > until) break
        found.push(slot)
      }
      if (found.length > 1 || since === after) return found.slice(-2)
    }
    return []
  }

  return {
    next,
    upcoming(after, count) {
      const found: number[] = []
      for (const slot of from(after)) {
        if (found.length >= count) break
        found.push(slot)
      }
      return found
    },
    between(after, until) {
      let [first, last, beforeLast]: (number | undefined)[] = []
      let count = 0
      for (const slot of from(after)) {
        if (slot > until) break
        first ??= slot
        beforeLast = last
        last = slot
        if (++count >= maxCounted) {
          const tail = newest(last, until)
          if (tail.length > 0) [beforeLast = last, last = last] = [last, ...tail].slice(-2)
          break
        }
      }
      return first === undefined || last === undefined
        ? undefined
        : { first, last, beforeLast, count }
    },
  }
}
