import { printIp } from '@holdfast/net'
import type { IpPacket } from './evaluate.ts'
import { bits, type Family } from './family.ts'
import type { PortRange } from './model.ts'
import { prefixesBetween, printPrefix } from './prefix.ts'

/** Both ends included. */
export interface AddressRange {
  readonly first: bigint
  readonly last: bigint
}

/** Packets no rule of either set tells apart by protocol; `others` stands for all that neither names. */
export interface PacketKind {
  readonly protocol: number | 'others'
  /** TCP and UDP without the ports they would show. */
  readonly isLaterFragment: boolean
}

/** A set of packets of one family: each packet that fits in every respect. */
export interface PacketRegion {
  readonly family: Family
  /** Ascending, apart from each other, as all ranges here. */
  readonly sources: readonly AddressRange[]
  readonly destinations: readonly AddressRange[]
  readonly kinds: readonly PacketKind[]
  /** Every kind there is in this comparison; `kinds` are some of them. */
  readonly allKinds: readonly PacketKind[]
  /** All ports unless they are limited. */
  readonly sourcePorts: readonly PortRange[]
  readonly destinationPorts: readonly PortRange[]
  /** Whether fragments are meant: they are told apart only on devices that drop them. */
  readonly fragments: 'any' | 'none' | 'only'
}

/** Whether the packet is one of the region. */
export function regionHas(region: PacketRegion, packet: IpPacket): boolean {
  if (packet.family !== region.family) return false
  if (region.fragments === 'only' && !packet.isFragment) return false
  if (region.fragments === 'none' && packet.isFragment) return false
  if (!region.kinds.includes(kindOf(region.allKinds, packet))) return false
  const { source, destination } = packet.ports ?? { source: undefined, destination: undefined }
  return (
    hasAddress(region.sources, packet.source) &&
    hasAddress(region.destinations, packet.destination) &&
    hasPort(region.sourcePorts, source) &&
    hasPort(region.destinationPorts, destination)
  )
}

function kindOf(kinds: readonly PacketKind[], packet: IpPacket): PacketKind {
  const isHidden = (packet.protocol === 6 || packet.protocol === 17) && packet.isLaterFragment
  const found =
    kinds.find(
      ({ protocol, isLaterFragment }) =>
        protocol === packet.protocol && isLaterFragment === isHidden,
    ) ?? kinds.find(({ protocol }) => protocol === 'others')
  if (found === undefined) throw new RangeError('every packet is of a kind')
  return found
}

const hasAddress = (ranges: readonly AddressRange[], value: bigint): boolean =>
  ranges.some(({ first, last }) => value >= first && value <= last)

/** A packet that shows no ports is in a region that does not limit them. */
const hasPort = (ranges: readonly PortRange[], port: number | undefined): boolean =>
  port === undefined
    ? isEveryPort(ranges)
    : ranges.some(({ from, to }) => port >= from && port <= to)

export const isEveryPort = (ranges: readonly PortRange[]): boolean =>
  ranges.length === 1 && ranges[0]?.from === 0 && ranges[0].to === 65_535

export const isEveryAddress = (family: Family, ranges: readonly AddressRange[]): boolean =>
  ranges.length === 1 &&
  ranges[0]?.first === 0n &&
  ranges[0].last === (1n << BigInt(bits[family])) - 1n

/** What is not in the ranges. */
export function otherAddresses(family: Family, ranges: readonly AddressRange[]): AddressRange[] {
  const others: AddressRange[] = []
  let from = 0n
  for (const { first, last } of ranges) {
    if (first > from) others.push({ first: from, last: first - 1n })
    from = last + 1n
  }
  const end = (1n << BigInt(bits[family])) - 1n
  if (from <= end) others.push({ first: from, last: end })
  return others
}

/** As people write it: an address, a network, or the two ends. */
export function printAddresses(family: Family, { first, last }: AddressRange): string {
  const ip = (value: bigint): string => printIp({ family, value })
  if (first === last) return ip(first)
  const [prefix, ...more] = prefixesBetween(family, first, last)
  return prefix && more.length === 0 ? printPrefix(family, prefix) : `${ip(first)}-${ip(last)}`
}

/** Ranges of prefixes that are apart from each other, ascending; neighbours become one. */
export function rangesOf(
  family: Family,
  prefixes: readonly { readonly value: bigint; readonly length: number }[],
): AddressRange[] {
  const ranges: { first: bigint; last: bigint }[] = []
  const sorted = [...prefixes].sort((a, b) => (a.value < b.value ? -1 : 1))
  for (const { value: first, length } of sorted) {
    const last = first + (1n << BigInt(bits[family] - length)) - 1n
    const before = ranges.at(-1)
    if (before !== undefined && before.last + 1n === first) before.last = last
    else ranges.push({ first, last })
  }
  return ranges
}
