import type { Direction, Policy } from '@holdfast/policy'
import type { Hits } from './backend.ts'

export const packetVerdicts = ['pass', 'drop', 'limited'] as const
export type PacketVerdict = (typeof packetVerdicts)[number]

/** Packets that rules decided since the agent started. */
export interface PacketTotal {
  readonly direction: Direction
  readonly verdict: PacketVerdict
  readonly packets: number
}

type Counted = Pick<Hits, 'packets' | 'limitedPackets'>
const nothing: Counted = { packets: 0, limitedPackets: 0 }

/**
 * Sums of what rules counted, by what they do with a packet: two directions and three verdicts, however many rules
 * there are. A rule that lets the next one decide is left out, or a packet would count twice.
 */
export function packetTotals(): {
  /** `hits` are totals since the start, as of `hitLedger`; those left out have not changed. */
  take(hits: readonly Hits[], policy: Policy | undefined): void
  totals(): readonly PacketTotal[]
} {
  const before = new Map<string, Counted>()
  const sums = new Map<string, PacketTotal>()
  let known:
    | { readonly policy: Policy; readonly verdicts: ReadonlyMap<string, PacketVerdict> }
    | undefined

  const add = (direction: Direction, verdict: PacketVerdict, packets: number): void => {
    const key = `${direction} ${verdict}`
    sums.set(key, { direction, verdict, packets: (sums.get(key)?.packets ?? 0) + packets })
  }

  return {
    take(hits, policy) {
      if (policy && known?.policy !== policy) known = { policy, verdicts: verdictsIn(policy) }
      for (const { ruleId, direction, packets, limitedPackets } of hits) {
        const key = `${direction} ${ruleId}`
        const last = before.get(key) ?? nothing
        before.set(key, { packets, limitedPackets })
        const verdict = known?.verdicts.get(ruleId)
        if (verdict === undefined) continue
        const limited = limitedPackets - last.limitedPackets
        add(direction, verdict, packets - last.packets - limited)
        if (limited > 0) add(direction, 'limited', limited)
      }
    },
    totals: () => [...sums.values()],
  }
}

function verdictsIn({ views }: Policy): Map<string, PacketVerdict> {
  const found = new Map<string, PacketVerdict>()
  for (const { ingress4, egress4, ingress6, egress6 } of views) {
    for (const lines of [ingress4, egress4, ingress6, egress6]) {
      for (const { ruleId, action, continues } of lines) {
        if (ruleId !== '' && !continues) found.set(ruleId, action === 'deny' ? 'drop' : 'pass')
      }
    }
  }
  return found
}
