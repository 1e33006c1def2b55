const dayMs = 86_400_000
/** The day last printed: neighbours in a list are mostly of one day. */
let day = -1
let date = ''

/**
 * RFC 3339 in UTC, as `Date.toISOString` prints it, at a fraction of its cost: a list of a thousand
 * peers has three thousand times.
 */
export function rfc3339(unixMs: number): string {
  const today = Math.floor(unixMs / dayMs)
  if (today !== day) {
    date = new Date(today * dayMs).toISOString().slice(0, -13)
    day = today
  }
  const ms = unixMs - today * dayMs
  const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`)
  const seconds = Math.floor(ms / 1000)
  const thousandths = `${1000 + (ms % 1000)}`.slice(1)
  return `${date}${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${thousandths}Z`
}

/** Milliseconds since 1970 as RFC 3339; zero and absence are null. */
export const timeOf = (unixMs: number | null | undefined): string | null =>
  unixMs ? rfc3339(unixMs) : null

/** A time that always is. */
export const momentOf = (unixMs: number | null | undefined): string => rfc3339(unixMs ?? 0)

/** A 64-bit number as the contract prints it. */
export const decimalOf = (value: number | null | undefined): string => String(value ?? 0)

/** An id, or null when the message leaves it empty. */
export const idOf = (value: string | null | undefined): string | null =>
  value === '' || value === undefined ? null : value

/** A part of an answer the contract promises. Its absence is a defect of the service, hence an internal error. */
export function present<T>(value: T | null | undefined, part: string): T {
  if (value === null || value === undefined) throw new Error(`the answer has no ${part}`)
  return value
}

/** The word of an enum value; `unknown` for one this release has no word for. */
export const wordOf = <const W extends string>(words: readonly W[], value: number): W | 'unknown' =>
  words[value - 1] ?? 'unknown'
