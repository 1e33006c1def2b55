import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commitTimeUs } from './commit-time.ts'
import { crcOf } from './crc.ts'
import { decodeFooter, footerOffset } from './footer.ts'
import { decodeFrame, encodeFrames } from './frame.ts'
import { decodeHeader, encodeHeader } from './header.ts'
import { messageIdOf } from './message-id.ts'
import { prepare, SegmentBuilder } from './segment-builder.ts'
import { openName, parseSegmentName, sealedName } from './segment-name.ts'
import {
  baseTimeUs,
  commitsOf,
  headersOf,
  identity,
  plain,
  timedPayload,
} from './testing/commits.ts'
import type { ArchivedCommit } from './types.ts'

const commit: fc.Arbitrary<ArchivedCommit> = fc
  .record({
    sequence: fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }),
    subject: fc.string({ unit: 'grapheme', maxLength: 60 }),
    id: fc.option(fc.uuid(), { nil: '' }),
    payload: fc.uint8Array({ maxLength: 3000 }),
    storedAtUnixNs: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  })
  .map(({ id, ...rest }) => ({
    ...rest,
    messageId: id,
    headers: id === '' ? new Uint8Array() : headersOf(id),
  }))

test('a frame decodes to what was encoded, and at no other place', () => {
  fc.assert(
    fc.property(commit, fc.nat({ max: 20 }), (one, before) => {
      const { bytes, sizes } = encodeFrames([one])
      const padded = Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(5)])
      const decoded = decodeFrame(padded, before, one.sequence)
      if (!('commit' in decoded)) throw new Error(decoded.reason)
      expect(plain([decoded.commit])).toEqual(plain([one]))
      expect(decoded.size).toBe(sizes[0])
      expect(decodeFrame(padded, before, one.sequence + 1n)).toMatchObject({ fault: 'sequence' })
      expect(decodeFrame(padded.subarray(0, before + 9), before, one.sequence)).toMatchObject({
        fault: 'short',
        needs: bytes.length,
      })
    }),
    { numRuns: 200 },
  )
})

test('no bytes make a frame of themselves, throw, or ask for much', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, isSealed) => {
      const bytes = Buffer.from(noise)
      // Half of them with a length and CRC that hold, so that what is inside is looked at.
      if (isSealed && bytes.length >= 34) {
        bytes.writeUInt32BE(bytes.length - 8, 0)
        bytes.writeUInt32BE(crcOf(bytes.subarray(0, 4), bytes.subarray(8)), 4)
      }
      const decoded = decodeFrame(bytes, 0, 1n)
      if ('needs' in decoded) expect(decoded.needs).toBeLessThanOrEqual(16 * 1024 * 1024 + 8)
      expect(typeof decodeHeader(bytes)).toBe('string')
      expect(typeof decodeFooter(bytes, 1)).toBe('string')
    }),
    { numRuns: 500 },
  )
})

test.each([
  ['a length beyond 16 MiB', 0, 0x0100_0001, 'length'],
  ['a length of nothing', 0, 0, 'length'],
  ['a length beyond the end', 0, 0x00ff_ffff, 'short'],
])('%s is refused before anything is read', (_, at, value, fault) => {
  const { bytes } = encodeFrames(commitsOf(1, 1))
  bytes.writeUInt32BE(value, at)
  expect(decodeFrame(bytes, 0, 1n)).toMatchObject({ fault })
})

test.each([
  ['a subject longer than its frame', 24, 0xffff, 2],
  ['headers longer than their frame', 26 + 23, 0xffff_ffff, 4],
])('%s is refused, though its CRC holds', (_, at, value, size) => {
  const { bytes } = encodeFrames(commitsOf(1, 1))
  bytes.writeUIntBE(value, at, size)
  bytes.writeUInt32BE(crcOf(bytes.subarray(0, 4), bytes.subarray(8)), 4)
  expect(decodeFrame(bytes, 0, 1n)).toMatchObject({ fault: 'body' })
})

test('a header has one spelling', () => {
  const header = { identity, firstSequence: 5n, previousHash: new Uint8Array(32).fill(7) }
  const bytes = encodeHeader(header)
  expect(decodeHeader(Buffer.concat([bytes, Buffer.alloc(9)]))).toEqual({
    header,
    size: bytes.length,
  })
  const respell = (change: (json: string) => string): Buffer => {
    const json = Buffer.from(change(bytes.toString('utf8', 12, bytes.length - 4)))
    const other = Buffer.concat([bytes.subarray(0, 12), json, Buffer.alloc(4)])
    other.writeUInt16BE(json.length, 10)
    other.writeUInt32BE(crcOf(other.subarray(0, -4)), other.length - 4)
    return other
  }
  expect(decodeHeader(respell((json) => json))).toMatchObject({ header })
  for (const change of [
    (json: string) => ` ${json}`,
    (json: string) => json.replace('{', '{"more":1,'),
    (json: string) => json.replace('"generation":1', '"generation":1.0'),
    (json: string) => json.replace('"generation":1', '"generation":0'),
    (json: string) => json.replace('"first":"5"', '"first":"05"'),
    (json: string) => json.replace('"first":"5"', '"first":"1"'),
    (json: string) => json.replace('"first":"5"', '"first":"9999999999999999999"'),
    (json: string) => json.replace('0707', '07'),
    (json: string) => json.replace('0707', '0G07'),
    (json: string) => json.replace(identity.lineageId, '../../../etc/passwd'),
    (json: string) => json.replace('rootKey', '__proto__'),
    () => 'null',
    () => '[]',
    () => '{',
    () => '"'.repeat(1025),
  ])
    expect(typeof decodeHeader(respell(change))).toBe('string')
})

test('names of segments are theirs alone', () => {
  for (const [first, last] of [
    [1n, 1n],
    [257n, 9_223_372_036_854_775_807n],
  ] as const) {
    expect(parseSegmentName(sealedName(first, last))).toMatchObject({ first, last })
    expect(parseSegmentName(openName(first))).toMatchObject({ first, last: undefined })
  }
  for (const name of [
    'seg-1-2.hfs',
    `${sealedName(1n, 2n)}.damaged-1`,
    `${openName(1n)}.tmp`,
    `../${openName(1n)}`,
    sealedName(3n, 2n),
    openName(0n),
    `${openName(1n)}\n`,
  ])
    expect(parseSegmentName(name)).toBeUndefined()
})

test('the message id is found as the server finds it', () => {
  const of = (block: string): string => messageIdOf(Buffer.from(block))
  expect(of('NATS/1.0\r\nNats-Msg-Id: a\r\nNats-Msg-Id: b\r\n\r\n')).toBe('a')
  expect(of('NATS/1.0\r\nX-Nats-Msg-Id: a\r\nNats-Msg-Id:b\r\n\r\n')).toBe('b')
  expect(of('NATS/1.0\r\nnats-msg-id: a\r\n\r\n')).toBe('')
  expect(of('')).toBe('')
})

test('the commit time is field 13 of the payload, wherever it stands', () => {
  expect(commitTimeUs(timedPayload(baseTimeUs, 'text'))).toBe(baseTimeUs)
  // Fixed and length-delimited fields before it.
  const before = [9, 1, 2, 3, 4, 5, 6, 7, 8, 21, 1, 2, 3, 4, 0x1a, 3, 0x68, 1, 0x68]
  expect(commitTimeUs(new Uint8Array([...before, 0x68, 5]))).toBe(5)
  for (const other of [
    [],
    [0x68],
    [0x68, 255],
    [0x6b, 1],
    [0],
    [0x1a, 200, 0x68, 1],
    Array(30).fill(255),
  ])
    expect(commitTimeUs(new Uint8Array(other))).toBe(0)
  fc.assert(fc.property(fc.uint8Array(), (noise) => Number.isSafeInteger(commitTimeUs(noise))))
})

/** Three commits, one of them with nothing in it. */
const vector: readonly ArchivedCommit[] = [
  ...commitsOf(1, 1, 'one'),
  {
    sequence: 2n,
    subject: '',
    messageId: '',
    headers: new Uint8Array(),
    payload: new Uint8Array(),
    storedAtUnixNs: 0n,
  },
  ...commitsOf(3, 3, 'drei – 三'),
]

test('a segment of three commits is the one that was published', () => {
  const builder = new SegmentBuilder({
    identity,
    firstSequence: 1n,
    previousHash: new Uint8Array(),
    runningMaxTimeUs: 0,
  })
  const frames = prepare(vector)
  builder.add(frames)
  const bytes = Buffer.concat([builder.header, frames.bytes, builder.footer()])
  const path = new URL('../vectors/segment-3-commits.hex', import.meta.url)
  const published = readFileSync(path, 'latin1').replace(/#.*$/gm, '').replace(/\s/g, '')
  expect(bytes.toString('hex')).toBe(published)

  // Read again by nothing but the layout.
  const offset = footerOffset(bytes.subarray(-20), bytes.length) ?? 0
  const decoded = decodeFooter(bytes.subarray(offset), offset)
  if (typeof decoded === 'string') throw new Error(decoded)
  expect(decoded.footer).toEqual(builder.summary())
  expect(Buffer.from(decoded.sha256)).toEqual(
    createHash('sha256').update(bytes.subarray(0, -52)).digest(),
  )
})
