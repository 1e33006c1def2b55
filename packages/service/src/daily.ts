/** Services start their nightly work one after the other, in this order. */
const order = ['auth', 'network', 'rules', 'audit', 'backup', 'notify']
const spreadMs = 10 * 60_000
const dayMs = 86_400_000

/** Milliseconds until the next `HH:MM` in UTC, later for some services than for others; more than 0, at most a day. */
export function untilNext(time: string, service: string, nowUnixMs: number): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  const offset = (hours * 60 + minutes) * 60_000 + Math.max(0, order.indexOf(service)) * spreadMs
  const sinceLast = (((nowUnixMs - offset) % dayMs) + dayMs) % dayMs
  return dayMs - sinceLast
}
