import { uuidFromBytes } from '@holdfast/domain'
import { holdfast } from '@holdfast/proto'

export const counterDirections = ['ingress', 'egress'] as const
export type CounterDirection = (typeof counterDirections)[number]

/** Packets, their bytes, and how many of them were beyond a rate limit. */
export interface Tally {
  readonly packets: number
  readonly bytes: number
  readonly limited: number
}

const nothing: Tally = { packets: 0, bytes: 0, limited: 0 }

/**
 * What a node counted for a rule since it was last written down. A host counts from the start of its agent, so
 * what is new follows from what it said last, which stands in the database:
 * what `open` grew by (all of it when it began anew), and all of `later`.
 */
export interface PendingCount {
  readonly nodeId: string
  readonly ruleId: string
  readonly direction: CounterDirection
  /** The first run of counting of this stretch: which start of the agent, its first and its last word. */
  readonly openInstanceId: string
  readonly openFirstPackets: number
  readonly open: Tally
  /** All that later runs counted: the agent, or the counter, started again meanwhile. */
  readonly later: Tally
  /** Where the next stretch goes on. */
  readonly instanceId: string
  readonly last: Tally
  readonly hitAtUnixMs: number
}

interface Sample {
  readonly fromMs: number
  readonly toMs: number
  readonly packets: number
}

/** The last word about a rule on a node, for its rate. */
interface Recent {
  readonly instanceId: string
  readonly packets: number
  /** Of the last `rateOverMs`. */
  samples: readonly Sample[]
}

/** What rates are averaged over. */
export const rateOverMs = 10_000
/** Counters whose last value stays in memory, for rates; the longest silent go first. */
const maxRecent = 200_000
/** Counters changed between two writes; a host that names more rules than there can be is not believed. */
const maxPendingOfNode = 250_000
/** A node that said nothing for so long may have been counting all that time. */
const silenceMs = 15_000

const keyOf = (nodeId: string, ruleId: string, direction: CounterDirection): string =>
  `${nodeId}/${ruleId}/${direction}`

/**
 * Hits as nodes count them, until they are written down, and how fast they come. Memory is bounded by what
 * changes between two writes; totals are the database's.
 */
export class CounterBoard {
  private pending = new Map<string, PendingCount>()
  private readonly pendingOfNode = new Map<string, number>()
  private readonly recent = new Map<string, Recent>()
  private readonly senders = new Map<string, { instanceId: string; sentAtUnixMs: number }>()
  private readonly heard = new Map<string, number>()

  /** The node is there: what it does not mention did not happen. */
  hear(nodeId: string, now: number): void {
    this.heard.set(nodeId, now)
  }

  /** Takes a report in; `now` is our own clock. Whatever is malformed or outdated is passed over. */
  take(nodeId: string, data: Uint8Array, now: number): void {
    const report = readCounters(data)
    if (report?.nodeId !== nodeId) return
    const { sentAtUnixMs } = report
    const instanceId = report.instanceId.replaceAll('\0', '').slice(0, 64)
    const sender = this.senders.get(nodeId)
    if (sender?.instanceId === instanceId && sender.sentAtUnixMs > sentAtUnixMs) return
    this.senders.set(nodeId, { instanceId, sentAtUnixMs })
    const since = Math.max(this.heard.get(nodeId) ?? 0, now - silenceMs)
    this.heard.set(nodeId, now)
    for (const properties of report.counters) {
      const m = new holdfast.agent.v1.RuleCounter(properties)
      const direction = counterDirections[m.direction - 1]
      if (m.ruleId.length !== 16 || direction === undefined) continue
      const tally = {
        packets: whole(m.packets),
        bytes: whole(m.bytes),
        limited: whole(m.limitedPackets),
      }
      const of = { nodeId, ruleId: uuidFromBytes(m.ruleId), direction }
      this.rate(keyOf(nodeId, of.ruleId, direction), instanceId, tally.packets, since, now)
      this.add(of, instanceId, tally, now)
    }
  }

  /** Packets a second over the last ten, on these nodes, in both directions. */
  packetsPerSecond(nodeIds: Iterable<string>, ruleId: string, now: number): number {
    let packets = 0
    for (const nodeId of nodeIds) {
      for (const direction of counterDirections) {
        const samples = this.recent.get(keyOf(nodeId, ruleId, direction))?.samples ?? []
        for (const sample of samples) packets += within(sample, now - rateOverMs)
      }
    }
    return packets / (rateOverMs / 1000)
  }

  /** What is to be written down since the last call. */
  takePending(): readonly PendingCount[] {
    const taken = [...this.pending.values()]
    this.pending = new Map()
    this.pendingOfNode.clear()
    return taken
  }

  /** Those could not be written: what was counted since goes on from them. */
  returnPending(counts: readonly PendingCount[]): void {
    for (const earlier of counts) {
      const key = keyOf(earlier.nodeId, earlier.ruleId, earlier.direction)
      const since = this.pending.get(key)
      if (!since) this.count(earlier.nodeId)
      this.pending.set(key, since ? joined(earlier, since) : earlier)
    }
  }

  private add(
    of: Pick<PendingCount, 'nodeId' | 'ruleId' | 'direction'>,
    instanceId: string,
    tally: Tally,
    now: number,
  ): void {
    const key = keyOf(of.nodeId, of.ruleId, of.direction)
    const before = this.pending.get(key)
    if (!before && !this.count(of.nodeId)) return
    const fresh: PendingCount = {
      ...of,
      openInstanceId: instanceId,
      openFirstPackets: tally.packets,
      open: tally,
      later: nothing,
      instanceId,
      last: tally,
      hitAtUnixMs: now,
    }
    this.pending.set(key, before ? joined(before, fresh) : fresh)
  }

  /** False when the node has more than it can have. */
  private count(nodeId: string): boolean {
    const count = this.pendingOfNode.get(nodeId) ?? 0
    if (count >= maxPendingOfNode) return false
    this.pendingOfNode.set(nodeId, count + 1)
    return true
  }

  private rate(key: string, instanceId: string, packets: number, since: number, now: number): void {
    const before = this.recent.get(key)
    const isSameRun = before?.instanceId === instanceId && before.packets <= packets
    // The first word after our own start says nothing about how long it took to get there.
    const grown = before === undefined ? 0 : isSameRun ? packets - before.packets : packets
    const samples = (before?.samples ?? []).filter(({ toMs }) => toMs > now - rateOverMs)
    if (grown > 0) samples.push({ fromMs: Math.min(since, now - 1), toMs: now, packets: grown })
    this.recent.delete(key)
    this.recent.set(key, { instanceId, packets, samples })
    if (this.recent.size <= maxRecent) return
    for (const oldest of this.recent.keys()) {
      this.recent.delete(oldest)
      break
    }
  }
}

/** Two stretches of counting, one after the other, as one. */
export function joined(earlier: PendingCount, later: PendingCount): PendingCount {
  const goesOn =
    later.openInstanceId === earlier.instanceId && later.openFirstPackets >= earlier.last.packets
  const { instanceId, last } = later
  const hitAtUnixMs = Math.max(earlier.hitAtUnixMs, later.hitAtUnixMs)
  const isOneRun = goesOn && isZero(earlier.later) && earlier.openInstanceId === earlier.instanceId
  if (isOneRun && earlier.open.packets === earlier.last.packets) {
    return { ...earlier, open: later.open, later: later.later, instanceId, last, hitAtUnixMs }
  }
  const grown = goesOn ? minus(later.open, earlier.last) : later.open
  return {
    ...earlier,
    later: plus(plus(earlier.later, grown), later.later),
    instanceId,
    last,
    hitAtUnixMs,
  }
}

const isZero = ({ packets, bytes, limited }: Tally): boolean => packets + bytes + limited === 0
const plus = (a: Tally, b: Tally): Tally => ({
  packets: a.packets + b.packets,
  bytes: a.bytes + b.bytes,
  limited: a.limited + b.limited,
})
const minus = (a: Tally, b: Tally): Tally => ({
  packets: a.packets - b.packets,
  bytes: Math.max(0, a.bytes - b.bytes),
  limited: Math.max(0, a.limited - b.limited),
})

/** The part of a sample that lies after `start`, as if its packets had come evenly. */
function within({ fromMs, toMs, packets }: Sample, start: number): number {
  if (toMs <= start) return 0
  return packets * ((toMs - Math.max(fromMs, start)) / (toMs - fromMs))
}

/** A host may send any 64-bit number; those no count can reach are taken for zero. */
const whole = (value: number): number => (Number.isSafeInteger(value) && value >= 0 ? value : 0)

function readCounters(data: Uint8Array): holdfast.agent.v1.CounterReport | undefined {
  try {
    return holdfast.agent.v1.CounterReport.decode(data)
  } catch {
    return undefined // not a report; a host may send what it likes
  }
}
