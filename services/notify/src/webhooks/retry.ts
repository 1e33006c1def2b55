/** Delays of the Standard Webhooks specification, from one attempt to the next. */
export const standardRetries = '5s,5m,30m,2h,5h,10h,14h,20h,24h'

const longestWaitMs = 24 * 3_600_000
/** Attempts an endpoint gets for a message that has just let another one die. */
const attemptsWhileFailing = 3

export type Verdict =
  /** 2xx. */
  | 'delivered'
  /** Worth another attempt. */
  | 'failed'
  /** The receiver has looked at this very message and will not have it: another attempt changes nothing. */
  | 'refused'
  /** 410: nobody is there any more. */
  | 'gone'

const refusals: ReadonlySet<number> = new Set([400, 413, 415, 422])

export const verdictOf = (status: number): Verdict =>
  status >= 200 && status < 300
    ? 'delivered'
    : status === 410
      ? 'gone'
      : refusals.has(status)
        ? 'refused'
        : 'failed'

export interface RetryWish {
  /** Attempts made so far, 1 or more. */
  readonly attempts: number
  /** Deliveries before it that died, with none in between that did not. */
  readonly deadInRow: number
  /** What the receiver asked for. */
  readonly retryAfterMs: number | undefined
  /** Evenly distributed in [0, 1). */
  readonly random: number
}

/** How long to wait for the next attempt; undefined when there is none. A receiver may ask for longer, not for shorter. */
export function retryDelay(schedule: readonly number[], wish: RetryWish): number | undefined {
  const { attempts, deadInRow, retryAfterMs = 0, random } = wish
  if (deadInRow > 0 && attempts >= attemptsWhileFailing) return undefined
  const delay = schedule[attempts - 1]
  if (delay === undefined) return undefined
  // Up to a fifth longer, so that many endpoints that failed together do not come back together.
  return Math.max(Math.round(delay * (1 + random / 5)), Math.min(retryAfterMs, longestWaitMs))
}

/** `Retry-After` in seconds or as a date; undefined for what is neither. */
export function parseRetryAfter(header: string | undefined, nowUnixMs: number): number | undefined {
  if (header === undefined) return undefined
  if (/^[0-9]{1,9}$/.test(header)) return Number(header) * 1000
  // Only the date format of HTTP: Date.parse takes much else.
  const date = /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$/.test(header)
    ? Date.parse(header)
    : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowUnixMs)
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** The setting as milliseconds. Throws for what is no list of spans. */
export function parseSchedule(words: readonly string[]): readonly number[] {
  if (words.length > 20) throw new Error('HOLDFAST_NOTIFY_WEBHOOK_RETRIES: 20 delays at most')
  return words.map((word) => {
    const match = /^([0-9]{1,6})(ms|s|m|h)$/.exec(word)
    if (!match)
      throw new Error(`HOLDFAST_NOTIFY_WEBHOOK_RETRIES: ${word} is no span such as 5s or 30m`)
    return Number(match[1]) * (units[match[2] ?? ''] ?? 0)
  })
}
