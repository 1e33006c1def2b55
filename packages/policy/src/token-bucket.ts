import type { LineRate } from './intermediate.ts'

/**
 * A token bucket as the kernel keeps it (GCRA): one number, no refill. Time is in sixteenths of a nanosecond, so
 * that the interval between two packets is exact enough for any rate: at a million packets a second it is off by
 * less than 0.01 %.
 */

/** What `packages/bpf` writes beside a rule. */
export interface RateUnits {
  /** Between two packets at the rate, 1/16 ns. */
  readonly interval: bigint
  /** How far ahead of time the bucket may be for another packet to pass, 1/16 ns: `interval` × (burst - 1). */
  readonly tolerance: bigint
}

const sixteenthsPerSecond = 16_000_000_000n

export function rateUnits({ pps, burst }: Pick<LineRate, 'pps' | 'burst'>): RateUnits {
  const interval = sixteenthsPerSecond / BigInt(pps)
  return { interval, tolerance: interval * BigInt(burst - 1) }
}

export class TokenBucket {
  readonly #units: RateUnits
  /** Theoretical arrival time: when a packet at the rate would be due. */
  #due = 0n

  constructor(rate: Pick<LineRate, 'pps' | 'burst'>) {
    this.#units = rateUnits(rate)
  }

  /** Whether a packet at this time passes; a packet that does not takes nothing. */
  take(nowNs: bigint): boolean {
    const now = nowNs * 16n
    const due = this.#due > now ? this.#due : now
    if (due - now > this.#units.tolerance) return false
    this.#due = due + this.#units.interval
    return true
  }
}
