import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePacket } from './parse-packet.ts'
import { CaptureUnreadable, readPcap } from './pcap.ts'
import { drawDress, drawPacket, encodePacket, Random } from './testing.ts'

interface Format {
  readonly isLittle: boolean
  readonly magic: number
  readonly linkType: number
}

function pcap(
  packets: readonly Uint8Array[],
  { isLittle, magic, linkType }: Format,
  cutTo = 65535,
): Uint8Array {
  const header = new DataView(new ArrayBuffer(24))
  header.setUint32(0, magic, isLittle)
  header.setUint16(4, 2, isLittle)
  header.setUint16(6, 4, isLittle)
  header.setUint32(16, cutTo, isLittle)
  header.setUint32(20, linkType, isLittle)
  const records = packets.flatMap((bytes) => {
    const captured = bytes.slice(0, cutTo)
    const record = new DataView(new ArrayBuffer(16))
    record.setUint32(0, 1_700_000_000, isLittle)
    record.setUint32(4, 5, isLittle)
    record.setUint32(8, captured.length, isLittle)
    record.setUint32(12, bytes.length, isLittle)
    return [new Uint8Array(record.buffer), captured]
  })
  return Buffer.concat([new Uint8Array(header.buffer), ...records])
}

const micro = 0xa1b2c3d4
const nano = 0xa1b23c4d

test('both byte orders, both resolutions, Ethernet and raw IP', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.boolean(),
      fc.constantFrom(micro, nano),
      fc.constantFrom(1, 101),
      (seed, isLittle, magic, linkType) => {
        const random = new Random(seed)
        const linkLayer = linkType === 1 ? 'ethernet' : 'ip'
        const frames = Array.from({ length: 3 }, () =>
          encodePacket(drawPacket(random, random.pick([4, 6]), []), drawDress(random, linkLayer)),
        )
        const read = readPcap(pcap(frames, { isLittle, magic, linkType }))
        expect(read.map((one) => one.packet)).toEqual(
          frames.map((frame) => parsePacket(frame, { linkLayer })),
        )
        expect(read[0]?.timeUnixNs).toBe(
          1_700_000_000n * 1_000_000_000n + (magic === micro ? 5000n : 5n),
        )
      },
    ),
  )
})

test('a packet cut by the snap length is judged by its headers', () => {
  const packet = {
    ...drawPacket(new Random(1), 4, []),
    protocol: 47,
    ports: undefined,
    isFragment: false,
    isLaterFragment: false,
    bytes: 900,
    tcpFlags: 0,
  }
  const frame = encodePacket(packet, { linkLayer: 'ip' })
  const [read] = readPcap(pcap([frame], { isLittle: true, magic: micro, linkType: 101 }, 96))
  expect(read?.packet).toEqual(packet)
})

const good = pcap([new Uint8Array(40)], { isLittle: true, magic: micro, linkType: 1 })

test.each([
  ['nothing', new Uint8Array(0)],
  ['a pcapng', Uint8Array.from([10, 13, 13, 10, ...new Uint8Array(40)])],
  ['an unknown link type', pcap([], { isLittle: true, magic: micro, linkType: 105 })],
  ['half a record header', good.slice(0, 30)],
  ['half a packet', good.slice(0, 60)],
  ['a packet of 4 GB', Uint8Array.from(good).fill(255, 32, 40)],
])('%s is refused', (_, bytes) => {
  expect(() => readPcap(bytes)).toThrow(/this capture cannot be read/)
})

test('a packet cut inside its headers is unparsable, not one with ports of zero', () => {
  const packet = drawPacket(new Random(1), 4, [])
  const tcp = {
    ...packet,
    protocol: 6,
    ports: { source: 1, destination: 2 },
    isFragment: false,
    isLaterFragment: false,
    tcpFlags: 2,
    bytes: 60,
  }
  const frame = encodePacket(tcp, { linkLayer: 'ip' })
  const [read] = readPcap(pcap([frame], { isLittle: true, magic: micro, linkType: 101 }, 22))
  expect(read?.packet).toEqual({ kind: 'unparsable', reason: 'not-captured' })
})

test('any bytes are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (tail, isGood) => {
      try {
        readPcap(isGood ? Buffer.concat([good, tail]) : tail)
      } catch (error) {
        expect(CaptureUnreadable.is(error)).toBe(true)
      }
    }),
  )
})
