import type { DeviceDrops } from './backend.ts'

type Counts = Omit<DeviceDrops, 'device'>

const zero: Counts = { unparsable: 0, fragments: 0, defaults: 0 }

/** Drops since the agent started: the kernel counts on whether there is an agent or not. */
export function dropLedger(): {
  take(counts: readonly DeviceDrops[]): void
  of(device: string): Counts
} {
  const before = new Map<string, Counts>()
  const totals = new Map<string, Counts>()
  return {
    take(counts) {
      for (const { device, ...now } of counts) {
        const last = before.get(device)
        before.set(device, now)
        if (!last) continue // what was counted before this start is not ours to tell
        const total = totals.get(device) ?? zero
        totals.set(device, {
          unparsable: total.unparsable + grown(now.unparsable, last.unparsable),
          fragments: total.fragments + grown(now.fragments, last.fragments),
          defaults: total.defaults + grown(now.defaults, last.defaults),
        })
      }
    },
    of: (device) => totals.get(device) ?? zero,
  }
}

/** A counter that is lower than before began anew. */
export const grown = (now: number, before: number): number => (now >= before ? now - before : now)
