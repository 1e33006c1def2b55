/** How often something may happen: `burst` at once, `perMinute` in the long run. */
export interface Rate {
  readonly perMinute: number
  readonly burst: number
}

export interface RateLimit {
  /** Takes one; when none is left, answers how many seconds until there is. */
  take(key: string): { readonly retryAfterSeconds: number } | undefined
}

interface Bucket {
  tokens: number
  atMs: number
}

/** Keys remembered at once. The one unused for longest makes room; by then it is usually full again anyway. */
const maxKeys = 20_000

/**
 * Token buckets in memory. Each instance of the service counts for itself, which at most multiplies the
 * rate by their number; the lock after failed sign-ins is the one that is shared.
 */
export function rateLimit({ perMinute, burst }: Rate, now: () => number): RateLimit {
  const buckets = new Map<string, Bucket>()
  const perMs = perMinute / 60_000

  return {
    take(key) {
      const atMs = now()
      const bucket = buckets.get(key) ?? { tokens: burst, atMs }
      const elapsed = Math.max(0, atMs - bucket.atMs)
      const tokens = Math.min(burst, bucket.tokens + elapsed * perMs)
      const granted = tokens >= 1
      buckets.delete(key) // and put back at the end: the map stays in order of use
      buckets.set(key, { tokens: granted ? tokens - 1 : tokens, atMs })
      if (buckets.size > maxKeys) {
        const [oldest] = buckets.keys()
        if (oldest !== undefined) buckets.delete(oldest)
      }
      if (granted) return undefined
      return { retryAfterSeconds: Math.max(1, Math.ceil((1 - tokens) / perMs / 1000)) }
    },
  }
}
