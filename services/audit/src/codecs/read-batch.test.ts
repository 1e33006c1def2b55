import { randomUUID } from 'node:crypto'
import type { holdfast } from '@holdfast/proto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aBatch, aRecord } from '../testing/batches.ts'
import { readBatch } from './read-batch.ts'

const nodeId = randomUUID()
const subject = `tlm.node.${nodeId}.flows`
const read = (data: Uint8Array, about = subject) =>
  readBatch({ subject: about, data, storedAtUnixMs: Date.now() })

const octets = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
)
const id = fc.oneof(fc.constant(new Uint8Array()), fc.uint8Array({ minLength: 16, maxLength: 16 }))
const record = fc.record({
  age: fc.nat({ max: 60_000 }),
  span: fc.nat({ max: 60_000 }),
  verdict: fc.integer({ min: 1, max: 5 }),
  direction: fc.integer({ min: 1, max: 2 }),
  addresses: octets.chain((source) =>
    fc
      .uint8Array({ minLength: source.length, maxLength: source.length })
      .map((destination) => ({ source, destination })),
  ),
  protocol: fc.nat({ max: 255 }),
  sourcePort: fc.nat({ max: 65_535 }),
  destinationPort: fc.nat({ max: 65_535 }),
  packets: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  bytes: fc.maxSafeNat(),
  device: fc.stringMatching(/^[a-z0-9.@-]{1,15}$/),
  ruleId: id,
  interfaceId: id,
  peerId: id,
})

test('what a host may send is read whole', () => {
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 20 }),
      fc.integer({ min: 1, max: 1e9 }),
      (all, number) => {
        const now = Date.now()
        const flows = all.map(({ age, span, addresses, ...rest }) => ({
          ...rest,
          ...addresses,
          lastUnixMs: now - age,
          firstUnixMs: now - age - span,
        })) as holdfast.agent.v1.FlowRecord.$Properties[]
        const reading = read(aBatch(nodeId, number, { flows }))
        expect(reading).toMatchObject({ ok: true, batch: { nodeId, number, malformedFlows: 0 } })
        if (!reading.ok) return
        expect(reading.batch.flows).toHaveLength(all.length)
        reading.batch.flows.forEach((flow, i) => {
          expect(flow.packets).toBe(all[i]?.packets)
          expect(flow.sourcePort ?? 0).toBe(all[i]?.sourcePort)
          expect(flow.source.includes(':')).toBe(all[i]?.addresses.source.length === 16)
        })
      },
    ),
  )
})

test('any bytes are an answer, never an error', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void read(bytes)))
  const good = aBatch(nodeId, 1, { flows: [aRecord(), aRecord()] })
  const damage = fc.array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 8,
  })
  fc.assert(
    fc.property(damage, fc.nat({ max: good.length }), (changes, length) => {
      const bytes = Uint8Array.from(good)
      for (const [at, value] of changes) bytes[at] = value
      const reading = read(bytes.subarray(0, length))
      if (!reading.ok) return
      for (const flow of reading.batch.flows) {
        expect(flow.lastUnixMs).toBeGreaterThanOrEqual(flow.firstUnixMs)
        expect(Math.abs(flow.lastUnixMs - Date.now())).toBeLessThan(26 * 3_600_000)
        expect(flow.device).toMatch(/^[\x21-\x7e]{1,15}$/)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('a node speaks for itself alone', () => {
  expect(read(aBatch(randomUUID(), 1))).toEqual({ ok: false, nodeId, reason: 'node' })
  const data = aBatch(nodeId, 1)
  for (const about of [
    'tlm.node.x.flows',
    `tlm.node.${nodeId}.flows.more`,
    'tlm',
    `a.b.${nodeId}.flows`,
  ]) {
    expect(read(data, about)).toEqual({ ok: false, nodeId: undefined, reason: 'subject' })
  }
})

test('a clock that is off moves all times of the batch alike', () => {
  const sentAtUnixMs = 1_000_000_000_000
  const flows = [aRecord({ firstUnixMs: sentAtUnixMs - 700, lastUnixMs: sentAtUnixMs - 200 })]
  const storedAtUnixMs = 1_800_000_000_000
  const data = aBatch(nodeId, 1, { sentAtUnixMs, flows })
  expect(readBatch({ subject, data, storedAtUnixMs })).toMatchObject({
    ok: true,
    batch: {
      isShifted: true,
      flows: [{ firstUnixMs: storedAtUnixMs - 700, lastUnixMs: storedAtUnixMs - 200 }],
    },
  })
})
