import { randomBytes } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { holdfast } from '@holdfast/proto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readBytesFields, readCommit, readEvents } from './commit.ts'
import { entryOf, smallEntries, uuidOf } from './testing/small-log.ts'
import { WireError } from './wire.ts'

const { Commit, EventList } = holdfast.log.v1
const spec = {
  context: 'network',
  type: 'interface',
  aggregate: uuidOf('a'),
  version: 3,
  events: [{ type: 'PeerAdded', data: Buffer.from('x') }],
}
const good = entryOf(1n, spec).payload
const changed = (change: holdfast.log.v1.ICommit) =>
  Commit.encode({ ...Commit.decode(good), ...change }).finish()

test('reads what protobufjs writes', () => {
  fc.assert(
    fc.property(
      fc.record({
        version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        generation: fc.integer({ min: 1, max: 0xffff_ffff }),
        reason: fc.string({ maxLength: 200 }),
        timeUnixUs: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        events: fc.array(
          fc.record({
            type: fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' }),
            schema: fc.integer({ min: 1, max: 99 }),
            data: fc.uint8Array({ maxLength: 300 }),
          }),
          { minLength: 1, maxLength: 5 },
        ),
        isCompressed: fc.boolean(),
      }),
      ({ version, generation, reason, timeUnixUs, events, isCompressed }) => {
        const list = EventList.encode({ events }).finish()
        const payload = changed({
          aggregateVersion: version,
          generation,
          reason,
          timeUnixUs,
          ...(isCompressed
            ? { events: [], compressedEvents: deflateRawSync(list), inflatedBytes: list.length }
            : { events }),
        })
        expect(readCommit(payload)).toMatchObject({
          aggregateVersion: version,
          generation,
          eventCount: events.length,
          aggregateType: 'interface',
          aggregateId: spec.aggregate,
        })
        const read = readEvents(payload)
        expect(read.map(({ type, schema }) => ({ type, schema }))).toEqual(
          events.map(({ type, schema }) => ({ type, schema })),
        )
        for (const [i, { data }] of read.entries())
          expect(Buffer.compare(data, events[i]?.data ?? new Uint8Array())).toBe(0)
      },
    ),
    { numRuns: 60 },
  )
})

describe('hostile bytes', () => {
  test('never surprise the reader', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc
            .tuple(fc.nat(good.length - 1), fc.nat(255))
            .map(([at, value]) => Uint8Array.from(good).fill(value, at, at + 1)),
          fc.nat(good.length - 1).map((length) => good.slice(0, length)),
        ),
        (bytes) => {
          for (const read of [readCommit, readEvents, readBytesFields])
            try {
              read(bytes)
            } catch (error) {
              expect(error).toBeInstanceOf(WireError)
            }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('are refused for what is wrong with them', () => {
    const refused = (bytes: Uint8Array, why: string) => expect(() => readCommit(bytes)).toThrow(why)
    const list = EventList.encode({ events: [{ type: 'A', schema: 1 }] }).finish()
    refused(changed({ format: 2 }), 'format 2')
    refused(changed({ commitId: randomBytes(15) }), 'commit id has 15 bytes')
    refused(changed({ aggregateVersion: 0 }), 'no aggregate version')
    refused(changed({ events: [] }), 'no events')
    refused(
      changed({ compressedEvents: deflateRawSync(list), inflatedBytes: list.length }),
      'both plain and compressed',
    )
    const compressed = { events: [], compressedEvents: deflateRawSync(Buffer.alloc(1 << 27)) }
    refused(changed({ ...compressed, inflatedBytes: 1 << 26 }), 'cannot be inflated')
    refused(changed({ ...compressed, inflatedBytes: 1 << 27 }), 'inflate to 134217728 bytes')
    // Another reader might go by the second of two.
    refused(Buffer.concat([good, good]), 'stands in it twice')
    // A number in more bytes than it needs is the same number to other readers.
    refused(Buffer.concat([good, Buffer.from([0x88, 0x00, 0x01])]), 'longer than it need be')
    refused(Buffer.concat([good, Buffer.from([0xa3, 0x01])]), 'of a kind nobody writes')
    refused(Buffer.concat([good, Buffer.from([0xa2, 0x01, 0x05])]), 'ends inside a field')
  })
})

test('fields a later release adds are passed over', () => {
  const payload = new Uint8Array([...good, 0xa2, 0x01, 1, 0x78, 0xa8, 0x01, 7])
  expect(readCommit(payload)).toEqual(readCommit(good))
  expect(readEvents(payload)).toEqual(readEvents(good))
})

test('reads the commits of the small log', () => {
  expect(smallEntries.map(({ payload }) => readCommit(payload).eventCount)).toEqual([
    1, 1, 2, 1, 1, 1, 1, 1, 1, 1,
  ])
})
