/** Something that happened, perhaps several times at once. */
export interface Happened {
  /** ms since 1970. */
  readonly at: number
  readonly count: number
}

/** What lately matched a rule with a threshold; fewer entries than the threshold. */
export type AlertWindow = readonly Happened[]

export interface WindowRule {
  /** 0 and 1 mean each. */
  readonly threshold: number
  readonly windowMs: number
}

/**
 * Adds what happened. When as many as the threshold lie within the window that ends with it, `fired` is how many there
 * were, and the next ones are counted afresh. A clock that went back does not lengthen a window: what comes later is
 * never earlier.
 */
export function fill(
  window: AlertWindow,
  happened: Happened,
  { threshold, windowMs }: WindowRule,
): { readonly window: AlertWindow; readonly fired: number } {
  if (threshold <= 1) return { window: [], fired: happened.count }
  const last = window.at(-1)
  const at = last && last.at > happened.at ? last.at : happened.at
  const within = window.filter((one) => one.at > at - windowMs)
  const latest = within.at(-1)
  const filled =
    latest?.at === at
      ? [...within.slice(0, -1), { at, count: latest.count + happened.count }]
      : [...within, { at, count: happened.count }]
  const sum = filled.reduce((total, { count }) => total + count, 0)
  return sum >= threshold ? { window: [], fired: sum } : { window: filled, fired: 0 }
}
