export interface MailRate {
  /** Mails to one recipient within the window that go out at once. */
  readonly atOnce: number
  /** Beyond that: one in so long, telling of all that came meanwhile. */
  readonly spacingMs: number
  readonly windowMs: number
}

/** To one recipient at most 12 mails in an hour: 6 at once and one each 10 minutes. */
export const usualMailRate: MailRate = { atOnce: 6, spacingMs: 600_000, windowMs: 3_600_000 }

/**
 * When the next mail to a recipient may be written, in ms since 1970; `now` or earlier: at once. `before` are the times of
 * the mails to it within the window.
 */
export function nextMailAt(before: readonly number[], now: number, rate: MailRate): number {
  const recent = before.filter((at) => at > now - rate.windowMs)
  return recent.length < rate.atOnce ? now : Math.max(...recent) + rate.spacingMs
}
