import type { Direction } from '@holdfast/policy'
import type { Hits } from './backend.ts'
import { grown } from './drop-ledger.ts'

interface Counts {
  readonly packets: number
  readonly bytes: number
  readonly limitedPackets: number
}

const zero: Counts = { packets: 0, bytes: 0, limitedPackets: 0 }

/**
 * Hits since the agent started. The kernel's counters live through swaps and restarts of the agent; what stood there
 * at the start is left out, and a rule that appears later begins at zero.
 */
export function hitLedger(): {
  /** Takes the kernel's counters; answers the totals of what changed. */
  take(hits: readonly Hits[]): readonly Hits[]
} {
  const before = new Map<string, Counts>()
  const totals = new Map<string, Counts>()
  let isFirst = true
  return {
    take(hits) {
      const changed: Hits[] = []
      for (const now of hits) {
        const key = keyOf(now.ruleId, now.direction)
        const last = before.get(key) ?? (isFirst ? now : zero)
        before.set(key, now)
        const packets = grown(now.packets, last.packets)
        if (packets === 0) continue
        const total = totals.get(key) ?? zero
        const next = {
          packets: total.packets + packets,
          bytes: total.bytes + grown(now.bytes, last.bytes),
          limitedPackets: total.limitedPackets + grown(now.limitedPackets, last.limitedPackets),
        }
        totals.set(key, next)
        changed.push({ ruleId: now.ruleId, direction: now.direction, ...next })
      }
      isFirst = false
      const present = new Set(hits.map(({ ruleId, direction }) => keyOf(ruleId, direction)))
      for (const key of before.keys()) {
        if (present.has(key)) continue
        before.delete(key) // a rule that comes back counts from zero in the kernel
      }
      return changed
    },
  }
}

const keyOf = (ruleId: string, direction: Direction): string => `${direction}:${ruleId}`
