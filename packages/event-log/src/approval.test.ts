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

test('what cannot be read approves nothing', () => {
  const plain = JSON.parse(Buffer.from(encodeApproval(approval)).toString())
  const bad = [
    { ...plain, format: 2 },
    { ...plain, serverIds: 'NABC' },
    { ...plain, serverIds: [1] },
    { ...plain, sequence: '-1' },
    { ...plain, sequence: 5 },
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
