import { rfc3339 } from '@holdfast/domain'

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
