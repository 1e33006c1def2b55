import type { Commit } from '@holdfast/event-log'
import { expect, test } from 'vitest'
import { frameOf } from './frame.ts'

test('a frame is one event of the stream', () => {
  const id = 'f0b5a1de-0000-7000-8000-0000000000ff'
  const commit: Partial<Commit> = {
    sequence: 42n,
    context: 'network',
    aggregateType: 'interface',
    aggregateId: id,
    organizationId: id,
    actor: { kind: 'user', id },
    commandId: id,
    correlationId: id,
    timeUnixMs: 1_790_000_000_000,
    reason: '',
    events: [{ type: 'InterfaceDeleted', schema: 1, data: new Uint8Array() }],
  }
  const text = frameOf(commit as Commit) // what printing reads of it
  expect(text).toMatch(/^id: 42\nevent: InterfaceDeleted\ndata: \{.*\}\n\n$/)
  expect(text.split('\n')).toHaveLength(5)
})
