import type { IpPacket } from '../evaluate.ts'
import { concat, type Dress, drawDress, encodePacket } from './encode-packet.ts'
import type { Random } from './random.ts'

/** Bytes made of a good packet to find where two parsers disagree: cut, bent, stretched or plain noise. */
export function hostileBytes(
  random: Random,
  packet: IpPacket,
  linkLayer: Dress['linkLayer'],
): Uint8Array {
  const bytes = encodePacket(packet, drawDress(random, linkLayer))
  switch (random.below(8)) {
    case 0:
      return bytes.slice(0, random.below(bytes.length + 1))
    case 1:
      return random.bytes(random.below(120))
    case 2:
      return bendHeader(random, bytes, linkLayer)
    case 3:
      return bend(random, bytes)
    case 4:
      return encodePacket(packet, { linkLayer, extensions: chain(random) })
    case 5:
      return cutInside(random, packet, linkLayer)
    case 6:
      return tagged(random, bytes, linkLayer)
    default:
      return bendHeader(random, bend(random, bytes), linkLayer)
  }
}

/** Some bytes anywhere. */
function bend(random: Random, bytes: Uint8Array): Uint8Array {
  const bent = bytes.slice()
  for (let i = random.between(1, 4); i > 0 && bent.length > 0; i--) {
    bent[random.below(bent.length)] = random.below(256)
  }
  return bent
}

/** The fields on which a parse turns: version, lengths, fragments, next headers. */
function bendHeader(random: Random, bytes: Uint8Array, linkLayer: Dress['linkLayer']): Uint8Array {
  const bent = bytes.slice()
  const ip = linkLayer === 'ethernet' ? 14 : 0
  const at = ip + random.pick([0, 2, 3, 4, 5, 6, 7, 9, 40, 41, 42, 43, 48, 49])
  if (at < bent.length) {
    bent[at] = random.pick([
      0,
      1,
      0x3f,
      0x40,
      0x44,
      0x45,
      0x4f,
      0x60,
      0x20,
      6,
      17,
      43,
      44,
      51,
      58,
      59,
      60,
      255,
      random.below(256),
    ])
  }
  return bent
}

/** Chains of extension headers around the longest that is walked. */
const chain = (random: Random): number[] =>
  Array.from({ length: random.between(6, 10) }, () => random.pick([0, 43, 44, 51, 60]))

/** Lengths that tell less, or more, than there is. */
function cutInside(random: Random, packet: IpPacket, linkLayer: Dress['linkLayer']): Uint8Array {
  const bytes = encodePacket(packet, { linkLayer })
  const ip = linkLayer === 'ethernet' ? 14 : 0
  const view = new DataView(bytes.buffer)
  const field = ip + (packet.family === 4 ? 2 : 4)
  view.setUint16(field, Math.max(0, view.getUint16(field) + random.between(-60, 8)))
  return bytes
}

/** A third VLAN tag, a tag cut short, an unknown type. */
function tagged(random: Random, bytes: Uint8Array, linkLayer: Dress['linkLayer']): Uint8Array {
  if (linkLayer === 'ip') return bend(random, bytes)
  const tags = Array.from({ length: random.between(1, 3) }, () => Uint8Array.of(0x81, 0, 0, 1))
  const whole = concat([bytes.slice(0, 12), ...tags, bytes.slice(12)])
  return random.chance(0.5) ? whole : whole.slice(0, random.between(12, 32))
}
