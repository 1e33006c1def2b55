import { defineError } from '@holdfast/errors'
import type { ParsedPacket } from './intermediate.ts'
import { type PacketOrigin, parsePacket } from './parse-packet.ts'

/**
 * Classic capture files (libpcap 2.4): both byte orders, micro- and nanoseconds, Ethernet and raw IP. A packet cut by
 * the snap length is what it was on the wire if its headers are there, and unparsable otherwise.
 */

export const CaptureUnreadable = defineError(
  'policy.capture_unreadable',
  'invalid',
  (d: { reason: string }) => `this capture cannot be read: ${d.reason}`,
)

export interface CapturedPacket {
  readonly timeUnixNs: bigint
  readonly packet: ParsedPacket
}

/** Packets that are read of a capture; a longer one is refused. */
export const maxCapturedPackets = 100_000
const maxSnapLength = 262_144

const linkLayers: ReadonlyMap<number, PacketOrigin> = new Map([
  [1, { linkLayer: 'ethernet' }],
  [12, { linkLayer: 'ip' }],
  [14, { linkLayer: 'ip' }],
  [101, { linkLayer: 'ip' }],
  [228, { linkLayer: 'ip', etherType: 0x0800 }],
  [229, { linkLayer: 'ip', etherType: 0x86dd }],
])

/** Throws `policy.capture_unreadable`; a cut last packet too, because nobody knows what else is missing. */
export function readPcap(bytes: Uint8Array): CapturedPacket[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 24) throw CaptureUnreadable({ reason: 'it is shorter than its header' })
  const { isLittle, nsPerUnit } = formatOf(view)
  const linkType = view.getUint32(20, isLittle) & 0xffff
  const origin = linkLayers.get(linkType)
  if (origin === undefined) {
    throw CaptureUnreadable({
      reason: `link type ${linkType} is neither Ethernet (1) nor raw IP (12, 101, 228, 229)`,
    })
  }
  const packets: CapturedPacket[] = []
  for (let at = 24; at < bytes.length; ) {
    if (packets.length === maxCapturedPackets) {
      throw CaptureUnreadable({ reason: `it has more than ${maxCapturedPackets} packets` })
    }
    if (bytes.length - at < 16) throw cut(packets.length)
    const captured = view.getUint32(at + 8, isLittle)
    const onWire = view.getUint32(at + 12, isLittle)
    if (captured > maxSnapLength || onWire > maxSnapLength || captured > onWire) {
      throw CaptureUnreadable({
        reason: `packet ${packets.length + 1} claims ${captured} of ${onWire} bytes`,
      })
    }
    const start = at + 16
    if (bytes.length - start < captured) throw cut(packets.length)
    packets.push({
      timeUnixNs:
        BigInt(view.getUint32(at, isLittle)) * 1_000_000_000n +
        BigInt(view.getUint32(at + 4, isLittle)) * nsPerUnit,
      packet: parseCut(bytes.subarray(start, start + captured), onWire, origin),
    })
    at = start + captured
  }
  return packets
}

const cut = (before: number): Error =>
  CaptureUnreadable({ reason: `it ends inside packet ${before + 1}` })

function formatOf(view: DataView): { isLittle: boolean; nsPerUnit: bigint } {
  for (const isLittle of [true, false]) {
    const magic = view.getUint32(0, isLittle)
    if (magic === 0xa1b2c3d4) return { isLittle, nsPerUnit: 1000n }
    if (magic === 0xa1b23c4d) return { isLittle, nsPerUnit: 1n }
  }
  throw CaptureUnreadable({
    reason: 'it is no capture in the classic pcap format (save as pcap, not pcapng)',
  })
}

/** Two VLAN tags around the longest IPv6 packet: what is behind is never read. */
const longest = 22 + 40 + 65_535
const scratch = new Uint8Array(longest)

/**
 * A snap length cuts packets that were whole on the wire. Whatever the missing bytes were, they decide nothing if the
 * packet is the same with zeros and with ones in their place; otherwise its headers are missing.
 */
function parseCut(captured: Uint8Array, onWire: number, origin: PacketOrigin): ParsedPacket {
  if (captured.length === onWire) return parsePacket(captured, origin)
  const length = Math.min(onWire, longest)
  const filled = (byte: number): ParsedPacket => {
    scratch.fill(byte, 0, length)
    scratch.set(captured.subarray(0, length))
    return parsePacket(scratch.subarray(0, length), origin)
  }
  const zeros = filled(0)
  const ones = filled(255)
  return isSame(zeros, ones) ? zeros : { kind: 'unparsable', reason: 'not-captured' }
}

function isSame(a: ParsedPacket, b: ParsedPacket): boolean {
  if (a.kind !== 'ip' || b.kind !== 'ip') return a.kind === b.kind
  return (
    a.source === b.source &&
    a.destination === b.destination &&
    a.protocol === b.protocol &&
    a.isFragment === b.isFragment &&
    a.isLaterFragment === b.isLaterFragment &&
    a.ports?.source === b.ports?.source &&
    a.ports?.destination === b.ports?.destination &&
    a.tcpFlags === b.tcpFlags &&
    a.bytes === b.bytes
  )
}
