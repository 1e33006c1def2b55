import type { IpPacket } from '../evaluate.ts'
import { showsPorts, tcp } from '../protocol-numbers.ts'
import type { Random } from './random.ts'

/** Bytes of a packet, so that `parsePacket` gives the packet back. */

/** What may stand around a packet without changing what it is. */
export interface Dress {
  readonly linkLayer: 'ethernet' | 'ip'
  /** VLAN tags, at most 2; only with a link layer. */
  readonly vlanTags?: number
  /** Bytes behind the end, as Ethernet pads short frames. */
  readonly padding?: number
  /** 32-bit words of IPv4 options, at most 10. */
  readonly options?: number
  /** IPv6 extension headers before the fragment header or the payload: 0, 43, 51 or 60. */
  readonly extensions?: readonly number[]
}

/** As long as `packet.bytes` says, if headers and ports fit in there. */
export function encodePacket(packet: IpPacket, dress: Dress): Uint8Array {
  const ip = packet.family === 4 ? encodeIpv4(packet, dress) : encodeIpv6(packet, dress)
  const padded = concat([ip, new Uint8Array(dress.padding ?? 0)])
  if (dress.linkLayer === 'ip') return padded
  const tags = Array.from({ length: dress.vlanTags ?? 0 }, (_, i) =>
    Uint8Array.of(
      i === 0 && dress.vlanTags === 2 ? 0x88 : 0x81,
      i === 0 && dress.vlanTags === 2 ? 0xa8 : 0,
      0,
      7 + i,
    ),
  )
  const type = packet.family === 4 ? [0x08, 0x00] : [0x86, 0xdd]
  return concat([
    Uint8Array.of(2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2),
    ...tags,
    Uint8Array.from(type),
    padded,
  ])
}

/** The packet, longer by what the dress adds to its headers. */
export const dressed = (packet: IpPacket, dress: Dress): IpPacket => ({
  ...packet,
  bytes: headerBytes(packet, dress) + payloadBytes(packet, { linkLayer: 'ip' }),
})

const headerBytes = (packet: IpPacket, dress: Dress): number =>
  packet.family === 4
    ? 20 + 4 * (dress.options ?? 0)
    : 40 + 8 * (dress.extensions ?? []).length + (packet.isFragment ? 8 : 0)

const payloadBytes = (packet: IpPacket, dress: Dress): number =>
  Math.max(
    packet.ports === undefined ? 0 : packet.protocol === tcp ? 20 : 8,
    packet.bytes - headerBytes(packet, dress),
  )

function encodeIpv4(packet: IpPacket, dress: Dress): Uint8Array {
  const options = dress.options ?? 0
  const header = new Uint8Array(20 + 4 * options).fill(1, 20)
  const payload = payloadOf(packet, dress)
  const view = new DataView(header.buffer)
  view.setUint8(0, 0x40 | (5 + options))
  view.setUint16(2, header.length + payload.length)
  view.setUint16(6, fragmentField(packet))
  view.setUint8(8, 64)
  view.setUint8(9, packet.protocol)
  view.setUint32(12, Number(packet.source))
  view.setUint32(16, Number(packet.destination))
  view.setUint16(10, checksum(header))
  return concat([header, payload])
}

/** IPv4's flags and offset; the IPv6 field is the same number with the offset 3 bits higher. */
const fragmentField = ({ isFragment, isLaterFragment }: IpPacket): number =>
  isLaterFragment ? 185 : isFragment ? 0x2000 : 0

function encodeIpv6(packet: IpPacket, dress: Dress): Uint8Array {
  const chain = [...(dress.extensions ?? []), ...(packet.isFragment ? [44] : [])]
  const following = [...chain, packet.protocol]
  const extensions = chain.map((kind, i) => {
    const next = following[i + 1] ?? packet.protocol
    if (kind !== 44) return Uint8Array.of(next, 0, 1, 4, 0, 0, 0, 0)
    const field = packet.isLaterFragment ? 185 << 3 : 1
    return Uint8Array.of(next, 0, field >> 8, field & 255, 0, 0, 0, 9)
  })
  const rest = concat([...extensions, payloadOf(packet, dress)])
  const header = new Uint8Array(40)
  const view = new DataView(header.buffer)
  view.setUint8(0, 0x60)
  view.setUint16(4, rest.length)
  view.setUint8(6, following[0] ?? packet.protocol)
  view.setUint8(7, 64)
  view.setBigUint64(8, packet.source >> 64n)
  view.setBigUint64(16, BigInt.asUintN(64, packet.source))
  view.setBigUint64(24, packet.destination >> 64n)
  view.setBigUint64(32, BigInt.asUintN(64, packet.destination))
  return concat([header, rest])
}

function payloadOf(packet: IpPacket, dress: Dress): Uint8Array {
  const payload = new Uint8Array(payloadBytes(packet, dress))
  const { ports, protocol } = packet
  if (ports === undefined || !showsPorts(protocol)) return payload
  const view = new DataView(payload.buffer)
  view.setUint16(0, ports.source)
  view.setUint16(2, ports.destination)
  if (protocol === tcp) {
    view.setUint8(12, 0x50)
    view.setUint8(13, packet.tcpFlags)
  } else view.setUint16(4, payload.length)
  return payload
}

function checksum(header: Uint8Array): number {
  const view = new DataView(header.buffer)
  let sum = 0
  for (let i = 0; i < header.length; i += 2) sum += view.getUint16(i)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  return ~sum & 0xffff
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** A dress that is hard on parsers and changes nothing. */
export function drawDress(random: Random, linkLayer: Dress['linkLayer']): Dress {
  return {
    linkLayer,
    vlanTags: linkLayer === 'ethernet' && random.chance(0.2) ? random.between(1, 2) : 0,
    padding: random.chance(0.2) ? random.below(40) : 0,
    options: random.chance(0.2) ? random.between(1, 10) : 0,
    // A fragment header may come behind these, and eight in all are walked.
    extensions: random.chance(0.25)
      ? Array.from({ length: random.between(1, 7) }, () => random.pick([0, 43, 51, 60]))
      : [],
  }
}
