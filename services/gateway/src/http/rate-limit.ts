import { isIPv6 } from 'node:net'

/** What a client has left in the present minute. */
export interface Allowance {
  readonly limit: number
  readonly remaining: number
  /** Seconds until the minute is over. */
  readonly resetSeconds: number
  readonly isExceeded: boolean
}

export interface RateLimit {
  take(client: string, nowMs: number): Allowance
}

const windowMs = 60_000
/** Beyond it the table starts anew: forgetting a count is better than running out of memory. */
const maxClients = 100_000

/**
 * Counts requests of a client in fixed minutes. Everything happens in one map access: this sits in
 * front of every request, where a promise a call would be felt.
 *
 * @param limit requests a minute; zero switches the limit off
 */
export function rateLimit(limit: number): RateLimit {
  let counts = new Map<string, number>()
  let windowStart = 0
  return {
    take(client, nowMs) {
      if (nowMs - windowStart >= windowMs || counts.size > maxClients) {
        counts = new Map()
        windowStart = nowMs - (nowMs % windowMs)
      }
      const count = (counts.get(client) ?? 0) + 1
      counts.set(client, count)
      return {
        limit,
        remaining: Math.max(0, limit - count),
        resetSeconds: Math.max(1, Math.ceil((windowStart + windowMs - nowMs) / 1000)),
        isExceeded: limit > 0 && count > limit,
      }
    },
  }
}

/** One client by address: IPv6 by its /64, since a host owns a whole one. */
export function clientOf(address: string): string {
  if (!isIPv6(address)) return address
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7)
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  const groups = [...left, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...right]
  return `${groups.slice(0, 4).join(':')}::/64`
}
