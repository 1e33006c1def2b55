import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Approval, decodeApproval, encodeApproval } from './approval.ts'

const approval: Approval = {
  stream: 'EVT_1',
  lineageId: randomUUID(),
  generation: 1,
  serverIds: ['NABC'],
  allowsBatches: true,
  durability: 'log+archive',
  sequence: 12_345_678_901n,
  approvedAtUnixMs: 1,
}

test('an approval survives the wire', () => {
  expect(decodeApproval(encodeApproval(approval))).toEqual(approval)
})

test('a refusal survives the wire, and approves no server', () => {
  const refusal = { code: 'log.frozen', reason: 'commit 7 differs', firstBadSequence: 7n }
  for (const why of [refusal, { code: 'log.frozen', reason: 'no archive' }]) {
    const refused: Approval = { ...approval, serverIds: [], refusal: why }
    expect(decodeApproval(encodeApproval(refused))).toEqual(refused)
    expect(decodeApproval(encodeApproval({ ...refused, serverIds: ['NABC'] }))).toBeUndefined()
  }
})

test('what cannot be read approves nothing', () => {
  const plain = JSON.parse(Buffer.from(encodeApproval(approval)).toString())
  const bad = [
    { ...plain, format: 2 },
    { ...plain, serverIds: 'NABC' },
    { ...plain, serverIds: [1] },
    { ...plain, sequence: '-1' },
    { ...plain, sequence: 5 },
    { ...plain, durability: undefined },
    { ...plain, durability: 'none' },
    { ...plain, serverIds: [], refusal: 'no' },
    { ...plain, serverIds: [], refusal: { code: 'x' } },
    { ...plain, stream: undefined },
    [],
    null,
    'text',
  ]
  for (const value of bad)
    expect(decodeApproval(Buffer.from(JSON.stringify(value)))).toBeUndefined()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(decodeApproval(bytes)).toBeUndefined()
    }),
  )
})
