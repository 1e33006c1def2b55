import { randomBytes, randomUUID } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { holdfast } from '@holdfast/proto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CommitContent, decodeCommit, encodeCommit } from './commit-codec.ts'
import { commitHash } from './commit-hash.ts'
import { CommitTooLarge, CommitUnreadable } from './errors.ts'
import { parseSubject, subjectOf } from './subject.ts'
import { actorKinds, authenticationMethods } from './types.ts'

const uuid = fc.uuid({ version: [4, 5, 7] })

const contents: fc.Arbitrary<CommitContent> = fc.record(
  {
    commitId: uuid,
    lineageId: uuid,
    generation: fc.integer({ min: 1, max: 1000 }),
    aggregateType: fc.constantFrom('interface', 'rule_set'),
    aggregateId: fc.array(uuid, { minLength: 1, maxLength: 3 }).map((ids) => ids.join('.')),
    aggregateVersion: fc.bigInt({ min: 1n, max: 1n << 40n }),
    organizationId: uuid,
    actor: fc.record(
      {
        kind: fc.constantFrom(...actorKinds),
        id: uuid,
        method: fc.constantFrom(...authenticationMethods),
        sessionId: uuid,
      },
      { requiredKeys: ['kind', 'id'] },
    ),
    commandId: uuid,
    correlationId: uuid,
    causationId: uuid,
    requestHash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    timeUnixUs: fc.bigInt({ min: 0n, max: 1n << 52n }),
    reason: fc.string({ minLength: 1, maxLength: 500 }),
    events: fc.array(
      fc.record({
        type: fc.constantFrom('PeerAdded', 'PeerRemoved'),
        schema: fc.integer({ min: 1, max: 9 }),
        data: fc.uint8Array({ maxLength: 9000 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  },
  {
    requiredKeys: [
      'commitId',
      'lineageId',
      'generation',
      'aggregateType',
      'aggregateId',
      'aggregateVersion',
      'actor',
      'commandId',
      'correlationId',
      'timeUnixUs',
      'events',
    ],
  },
)

const example: CommitContent = {
  commitId: randomUUID(),
  lineageId: randomUUID(),
  generation: 1,
  aggregateType: 'interface',
  aggregateId: randomUUID(),
  aggregateVersion: 1n,
  actor: { kind: 'service', id: 'network' },
  commandId: randomUUID(),
  correlationId: randomUUID(),
  timeUnixUs: 1_700_000_000_000_123n,
  events: [{ type: 'PeerAdded', schema: 1, data: new Uint8Array([1, 2, 3]) }],
}

const stored = (content: CommitContent, bytes = encodeCommit(content)) => ({
  sequence: 7n,
  subject: subjectOf('network', content.aggregateType, content.aggregateId),
  bytes,
})

const plain = (bytes: Uint8Array | undefined) => bytes && [...bytes]

test('what is written is what is read', () => {
  fc.assert(
    fc.property(contents, (content) => {
      const commit = decodeCommit(stored(content))
      for (const [key, value] of Object.entries(content)) {
        if (key === 'events' || key === 'requestHash') continue
        expect(commit).toHaveProperty(key, value)
      }
      expect(plain(commit.requestHash)).toEqual(plain(content.requestHash))
      expect(commit.events.map((e) => ({ ...e, data: plain(e.data) }))).toEqual(
        content.events.map((e) => ({ ...e, data: plain(e.data) })),
      )
      expect(commit.timeUnixMs).toBe(Number(content.timeUnixUs / 1000n))
    }),
    { numRuns: 60 },
  )
})

test('bulky events are compressed', () => {
  const events = Array.from({ length: 3000 }, (_, i) => ({
    type: 'PeerAdded',
    schema: 1,
    data: Buffer.from(`peer number ${i} with an ordinary name`),
  }))
  const bytes = encodeCommit({ ...example, events })
  expect(bytes.length).toBeLessThan(60_000)
  expect(decodeCommit(stored(example, bytes)).events).toHaveLength(3000)
})

test('a commit beyond the limit is refused by size', () => {
  const events = [{ type: 'PeerAdded', schema: 1, data: randomBytes(8 * 1024 * 1024) }]
  expect(() => encodeCommit({ ...example, events })).toThrowError(
    expect.objectContaining({ code: CommitTooLarge.code }),
  )
})

describe('hostile bytes', () => {
  const { Commit, EventList } = holdfast.log.v1
  const refused = (bytes: Uint8Array) =>
    expect(() => decodeCommit(stored(example, bytes))).toThrowError(
      expect.objectContaining({ code: CommitUnreadable.code }),
    )
  const changed = (change: holdfast.log.v1.ICommit) =>
    Commit.encode({ ...Commit.decode(encodeCommit(example)), ...change }).finish()

  test('never surprise the reader', () => {
    const good = encodeCommit(example)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 400 }),
          fc
            .tuple(fc.nat(good.length - 1), fc.nat(255))
            .map(([at, value]) => Uint8Array.from(good).fill(value, at, at + 1)),
          fc.nat(good.length - 1).map((length) => good.slice(0, length)),
        ),
        (bytes) => {
          try {
            decodeCommit(stored(example, bytes))
          } catch (error) {
            expect(CommitUnreadable.is(error)).toBe(true)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('inflate no further than stated', () => {
    const bomb = deflateRawSync(Buffer.alloc(100 * 1024 * 1024))
    refused(changed({ events: [], compressedEvents: bomb, inflatedBytes: 64 * 1024 * 1024 }))
    refused(changed({ events: [], compressedEvents: bomb, inflatedBytes: 100 * 1024 * 1024 }))
    refused(changed({ events: [], compressedEvents: bomb, inflatedBytes: 10 }))
    const list = EventList.encode({ events: [...example.events] }).finish()
    refused(changed({ compressedEvents: deflateRawSync(list), inflatedBytes: list.length }))
    refused(changed({ inflatedBytes: 5 }))
  })

  test('of another format, aggregate or shape are refused', () => {
    refused(changed({ format: 2 }))
    refused(changed({ aggregateId: randomUUID() }))
    refused(changed({ aggregateType: 'peer' }))
    refused(changed({ events: [] }))
    refused(changed({ commitId: new Uint8Array(15) }))
    refused(changed({ requestHash: new Uint8Array(31) }))
    refused(changed({ aggregateVersion: 0 }))
    refused(changed({ actor: null }))
    refused(changed({ events: [{ type: '', schema: 1 }] }))
  })
})

test('the hash covers position, subject, id and bytes', () => {
  const message = { ...stored(example), commitId: example.commitId }
  const hash = (change: Partial<typeof message>) =>
    Buffer.from(commitHash({ ...message, ...change })).toString('hex')
  const all = [
    hash({}),
    hash({ sequence: 8n }),
    hash({ subject: `${message.subject}0` }),
    hash({ commitId: randomUUID() }),
    hash({ bytes: message.bytes.slice(1) }),
  ]
  expect(new Set(all).size).toBe(5)
})

test('subjects are made of ids only', () => {
  const id = randomUUID()
  const subject = subjectOf('network', 'interface', `${id}.${id}`)
  expect(parseSubject(subject)).toEqual({
    context: 'network',
    aggregateType: 'interface',
    aggregateId: `${id}.${id}`,
  })
  for (const bad of ['', '*', '>', 'a', `${id}.>`, `${id} `, `${id}.`, id.toUpperCase()]) {
    expect(() => subjectOf('network', 'interface', bad)).toThrow(RangeError)
  }
  expect(() => subjectOf('net.work', 'interface', id)).toThrow(RangeError)
  expect(() => subjectOf('network', '*', id)).toThrow(RangeError)
})
