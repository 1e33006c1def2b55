import { type BpfMap, hfCounter, hfReason, hfStat, type Slots } from '@holdfast/bpf'
import type { Direction } from '@holdfast/policy'
import type { DeviceDrops, Hits, MapFigures } from '../backend.ts'
import { number64 } from './flow-log.ts'
import type { KernelMaps } from './kernel-maps.ts'
import { deviceAt, ruleAt } from './slot-owners.ts'

const readAtOnce = 4_096
const directions: readonly Direction[] = ['ingress', 'egress']

/** Hits of every rule that has any, summed over the CPUs. */
export function hitsIn({ counters }: KernelMaps, slots: Slots): Hits[] {
  const hits: Hits[] = []
  forEachElement(counters, counters.info.maxEntries, (index, values, at) => {
    const packets = sum(counters, values, at + hfCounter.atPackets)
    if (packets === 0) return // most of many rules
    const ruleId = ruleAt(slots, index >> 1)
    const direction = directions[index & 1]
    if (ruleId === undefined || direction === undefined) return
    hits.push({
      ruleId,
      direction,
      packets,
      bytes: sum(counters, values, at + hfCounter.atBytes),
      limitedPackets: sum(counters, values, at + hfCounter.atLimitedPackets),
    })
  })
  return hits
}

const reasonAt = (reason: number): number => hfStat.atCount + reason * 8

/** Packets no rule decided, by device. */
export function statsIn({ stats }: KernelMaps, slots: Slots): DeviceDrops[] {
  const found = new Map<string, DeviceDrops>()
  forEachElement(stats, stats.info.maxEntries, (index, values, at) => {
    const device = deviceAt(slots, index >> 1)
    if (device === undefined) return
    const before = found.get(device)
    const count = (reason: number): number => sum(stats, values, at + reasonAt(reason))
    found.set(device, {
      device,
      unparsable: (before?.unparsable ?? 0) + count(hfReason.rUnparsable),
      fragments: (before?.fragments ?? 0) + count(hfReason.rFragment),
      defaults: (before?.defaults ?? 0) + count(hfReason.rDefault),
    })
  })
  return [...found.values()]
}

/** What the flow log had no room for, on all devices, ever. */
export function lossesIn({ stats }: KernelMaps): {
  readonly flows: number
  readonly packets: number
} {
  let flows = 0
  let packets = 0
  forEachElement(stats, stats.info.maxEntries, (_index, values, at) => {
    flows += sum(stats, values, at + reasonAt(hfReason.rLostFlows))
    packets += sum(stats, values, at + reasonAt(hfReason.rLostPackets))
  })
  return { flows, packets }
}

/** Of arrays the slots that are given out, of hashes what is there; walking through 131,072 entries takes some 10 ms. */
export function fillOf(
  { counters, stats, buckets, sources, connections, flows }: KernelMaps,
  slots: Slots,
): MapFigures[] {
  const figures = (map: BpfMap, entries: number): MapFigures => {
    const { name, maxEntries } = map.info
    return { name, entries: Math.min(entries, maxEntries), maxEntries }
  }
  const counted = (map: BpfMap): MapFigures => {
    let entries = 0
    for (const { count } of map.batches(readAtOnce)) entries += count
    return figures(map, entries)
  }
  const [a, b] = flows.map(counted)
  return [
    // Two a line, and the first two are of packets no line decided.
    figures(counters, (slots.counters.size + 1) * 2),
    figures(stats, slots.devices.size * 2),
    figures(buckets, slots.buckets.size),
    counted(sources),
    counted(connections),
    // One is being filled while the other is empty or being read.
    ...(a && b ? [a.entries > b.entries ? a : b] : []),
  ]
}

/** Sets what new rules and limits are given to nothing; nobody uses it yet. */
export function zeroSlots(
  { counters, buckets }: KernelMaps,
  fresh: { readonly counters: readonly number[]; readonly buckets: readonly number[] },
): void {
  zero(
    counters,
    fresh.counters.flatMap((slot) => [slot * 2, slot * 2 + 1]),
  )
  zero(buckets, fresh.buckets)
}

function zero(map: BpfMap, indexes: readonly number[]): void {
  for (let from = 0; from < indexes.length; from += readAtOnce) {
    const some = indexes.slice(from, from + readAtOnce)
    map.updateBatch(
      new Uint8Array(Uint32Array.from(some).buffer),
      new Uint8Array(some.length * map.stride),
    )
  }
}

/** Elements of an array map, in order, up to `count`. */
function forEachElement(
  map: BpfMap,
  count: number,
  visit: (index: number, values: Buffer, at: number) => void,
): void {
  let index = 0
  for (const batch of map.batches(readAtOnce)) {
    for (let i = 0; i < batch.count; i++, index++) {
      if (index >= count) return
      visit(index, batch.values, i * map.stride)
    }
  }
}

/** Of one number in the values of all CPUs. */
function sum(map: BpfMap, values: Buffer, at: number): number {
  let total = 0
  for (let offset = 0; offset < map.stride; offset += map.slotBytes) {
    total += number64(values, at + offset)
  }
  return total
}
