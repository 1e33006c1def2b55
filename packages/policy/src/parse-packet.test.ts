import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePacket } from './parse-packet.ts'
import {
  type Dress,
  drawDress,
  drawPacket,
  dressed,
  encodePacket,
  hostileBytes,
  Random,
} from './testing.ts'

const seeds = fc.nat({ max: 2 ** 31 })
const linkLayers = fc.constantFrom<Dress['linkLayer']>('ethernet', 'ip')
const families = fc.constantFrom<4 | 6>(4, 6)

test('what was encoded is parsed, in whatever dress', () => {
  fc.assert(
    fc.property(seeds, linkLayers, families, (seed, linkLayer, family) => {
      const random = new Random(seed)
      const dress = drawDress(random, linkLayer)
      const packet = dressed(drawPacket(random, family, []), dress)
      expect(parsePacket(encodePacket(packet, dress), { linkLayer })).toEqual(packet)
    }),
    { numRuns: 2000 },
  )
})

test('any bytes give an answer, and cutting a packet anywhere before its end makes it unparsable', () => {
  fc.assert(
    fc.property(seeds, linkLayers, families, (seed, linkLayer, family) => {
      const random = new Random(seed)
      const packet = drawPacket(random, family, [])
      expect(parsePacket(hostileBytes(random, packet, linkLayer), { linkLayer }).kind).toBeTypeOf(
        'string',
      )
      const dress = { ...drawDress(random, linkLayer), padding: 0 }
      const bytes = encodePacket(packet, dress)
      const cut = bytes.slice(0, random.below(bytes.length))
      expect(parsePacket(cut, { linkLayer }).kind).toBe('unparsable')
    }),
    { numRuns: 2000 },
  )
})

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'))

const udp4 = '45000024 00000000 4011 0000 0a000001 0a000002 0035 1234 0010 0000 0000000000000000'

test('IPv4, field by field', () => {
  expect(parsePacket(hex(udp4), { linkLayer: 'ip' })).toEqual({
    kind: 'ip',
    family: 4,
    source: 0x0a000001n,
    destination: 0x0a000002n,
    protocol: 17,
    ports: { source: 53, destination: 0x1234 },
    isFragment: false,
    isLaterFragment: false,
    tcpFlags: 0,
    bytes: 36,
  })
})

const ip = { linkLayer: 'ip' } as const
const zeros = (bytes: number): string => '00'.repeat(bytes)
const header6 = (payload: number, next: string): string =>
  `60000000 ${payload.toString(16).padStart(4, '0')} ${next}40 ${zeros(15)}01 ${zeros(15)}02`

test.each([
  ['nothing at all', '', 'version'],
  ['version 5', `55${zeros(40)}`, 'version'],
  ['19 bytes', `45${zeros(18)}`, 'ip-truncated'],
  ['a header of 4 words', `44000014${zeros(16)}`, 'header-length'],
  ['options longer than the packet says', `46000014${zeros(20)}`, 'total-length'],
  ['options beyond what is there', `4f000014${zeros(16)}`, 'total-length'],
  ['a total length beyond what is there', `45000016${zeros(17)}`, 'total-length'],
  ['a total length of zero', `45000000${zeros(36)}`, 'total-length'],
  [
    'a first fragment that hides its ports',
    `45000018 0000 2000 4006 ${zeros(14)}`,
    'ports-truncated',
  ],
  ['TCP of 19 bytes', `45000027 0000 0000 4006 ${zeros(29)}`, 'ports-truncated'],
  ['UDP of 7 bytes, padded to 8', `4500001b 0000 0000 4011 ${zeros(18)}`, 'ports-truncated'],
  ['IPv6 of 39 bytes', `60${zeros(38)}`, 'ip-truncated'],
  ['a payload beyond what is there', header6(1, '3b'), 'payload-length'],
  ['a jumbogram', `${header6(0, '00')} 3b00 c204 00010000`, 'extension-truncated'],
  ['an extension header cut short', `${header6(7, '3c')} ${zeros(7)}`, 'extension-truncated'],
  [
    'an extension longer than the packet',
    `${header6(8, '3c')} 3b01 ${zeros(6)}`,
    'extension-truncated',
  ],
  [
    'a later fragment of destination options',
    `${header6(8, '2c')} 3c00 0008 ${zeros(4)}`,
    'fragment-of-extension',
  ],
  [
    'nine extension headers',
    `${header6(72, '3c')} ${`3c00${zeros(6)}`.repeat(8)} 3b00${zeros(6)}`,
    'extension-depth',
  ],
  [
    'TCP behind an AH that reaches the end',
    `${header6(12, '33')} 0601 ${zeros(10)}`,
    'ports-truncated',
  ],
])('%s is unparsable', (_, bytes, reason) => {
  expect(parsePacket(hex(bytes), ip)).toEqual({ kind: 'unparsable', reason })
})

test('eight extension headers are walked', () => {
  const bytes = hex(`${header6(64, '3c')} ${`3c00${zeros(6)}`.repeat(7)} 3b00${zeros(6)}`)
  expect(parsePacket(bytes, ip)).toMatchObject({ kind: 'ip', protocol: 59, ports: undefined })
})

test('an atomic fragment is none; a later one shows its protocol and no ports', () => {
  const atomic = hex(`${header6(16, '2c')} 1100 0000 ${zeros(4)} 00350035 0008 0000`)
  expect(parsePacket(atomic, ip)).toMatchObject({ isFragment: false, ports: { source: 53 } })
  const later = hex(`${header6(8, '2c')} 1100 0008 ${zeros(4)}`)
  expect(parsePacket(later, ip)).toMatchObject({
    protocol: 17,
    isFragment: true,
    isLaterFragment: true,
    ports: undefined,
  })
})

test("what is not IP is other, and the kernel's word outweighs the version", () => {
  const arp = hex(`${zeros(12)}0806${zeros(28)}`)
  expect(parsePacket(arp, { linkLayer: 'ethernet' })).toEqual({ kind: 'other' })
  expect(parsePacket(hex(udp4), { linkLayer: 'ip', etherType: 0x0806 })).toEqual({ kind: 'other' })
  expect(parsePacket(hex(udp4), { linkLayer: 'ip', etherType: 0x86dd })).toEqual({
    kind: 'unparsable',
    reason: 'ip-truncated',
  })
})

test('two VLAN tags are skipped, a third is too much', () => {
  const frame = (tags: number): Uint8Array =>
    hex(`${zeros(12)}${'81000007'.repeat(tags)}0800${udp4}`)
  const parse = (tags: number) => parsePacket(frame(tags), { linkLayer: 'ethernet' })
  expect(parse(2)).toMatchObject({ kind: 'ip', protocol: 17 })
  expect(parse(3)).toEqual({ kind: 'unparsable', reason: 'vlan-depth' })
})
