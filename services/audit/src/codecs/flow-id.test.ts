import { randomUUID } from 'node:crypto'
import { isUuid } from '@holdfast/domain'
import { expect, test } from 'vitest'
import { flowIds, timeOfFlowId } from './flow-id.ts'

test('the same place in the same batch has the same id, which tells its time', () => {
  const nodeId = randomUUID()
  const idOf = flowIds(nodeId, 'run-1', 7)
  const id = idOf(1_800_000_000_123, 3)
  expect(isUuid(id)).toBe(true)
  expect(timeOfFlowId(id)).toBe(1_800_000_000_123)
  expect(flowIds(nodeId, 'run-1', 7)(1_800_000_000_123, 3)).toBe(id)
  expect(idOf(1_800_000_000_123, 4)).not.toBe(id)
  expect(idOf(1_800_000_000_124, 3) > id).toBe(true)
  expect(flowIds(nodeId, 'run-1', 8)(1_800_000_000_123, 3)).not.toBe(id)
})
