import { createTelemetry } from '@holdfast/telemetry'
import { expect, test } from 'vitest'
import { tracedAppends } from './traced-appends.ts'
import type { Letter } from './transmitter.ts'

const letter = (commitId: string, traceparent?: string): Letter => ({
  subject: 'evt.network.node.1',
  commitId,
  expected: 0n,
  bytes: new Uint8Array(3),
  ...(traceparent === undefined ? {} : { traceparent }),
})
const context = (digit: string): string => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`

test('a chain goes as it came, in order, whether its commits bring traces or not', async () => {
  const sent: (readonly Letter[])[] = []
  const { appendChain, append } = tracedAppends({
    tracer: createTelemetry('test', { level: 'silent' }).tracer,
    stream: 'EVT_1',
    append: async (one) => {
      sent.push([one])
      return { type: 'stored', sequence: 7n }
    },
    appendChain: async (letters) => {
      sent.push(letters)
      return { type: 'stored', sequence: 8n }
    },
  })
  const mixed = [letter('a', context('a')), letter('b'), letter('c', context('c'))] as const
  expect(await appendChain([...mixed])).toEqual({ type: 'stored', sequence: 8n })
  expect(await appendChain([letter('d'), letter('e')])).toEqual({ type: 'stored', sequence: 8n })
  expect(await append(letter('f', context('f')), { commandId: 'x' })).toEqual({
    type: 'stored',
    sequence: 7n,
  })
  expect(sent.map((letters) => letters.map(({ commitId }) => commitId).join(''))).toEqual([
    'abc',
    'de',
    'f',
  ])
  // Nobody collects: what a caller brought goes on as it is.
  expect(sent[0]).toEqual(mixed)
})
