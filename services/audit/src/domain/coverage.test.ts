import { expect, test } from 'vitest'
import { type Completeness, coverage } from './coverage.ts'

const facts = { fromUnixMs: 1_000_000, toUnixMs: 2_000_000, keptSinceUnixMs: 0, isCut: false }
const well: Completeness = {
  nodeName: 'gw',
  batches: 3,
  lostFlows: 0,
  lostPackets: 0,
  missingBatches: 0,
  malformedBatches: 0,
  malformedFlows: 0,
  shiftedBatches: 0,
  refusedFlows: 0,
  unreadBatches: 0,
}
const about = (more: Partial<Completeness>) =>
  coverage({ ...facts, nodes: [{ ...well, ...more }] }).slice(2)

test('says the time and what is never recorded', () => {
  expect(coverage({ ...facts, nodes: [well] })).toEqual([
    'recorded flows from 1970-01-01T00:16:40Z to 1970-01-01T00:33:20Z',
    'what no rule logs leaves no record',
  ])
})

test('says since when flows are kept, and when none are', () => {
  expect(coverage({ ...facts, keptSinceUnixMs: 1_500_000, nodes: [] })[1]).toBe(
    'flows are kept since 1970-01-01T00:25:00Z: nothing is known of before',
  )
  expect(coverage({ ...facts, keptSinceUnixMs: undefined, nodes: [] })[1]).toBe('no flows are kept')
})

test('says what is missing, node by node', () => {
  expect(about({ batches: 0 })).toEqual(['gw reported no flows'])
  expect(about({ lostFlows: 1, lostPackets: 20 })).toEqual([
    'gw had no room for 1 flow (20 packets)',
  ])
  expect(about({ missingBatches: 2 })).toEqual(['2 reports of gw did not arrive'])
  expect(about({ refusedFlows: 9 })).toEqual(['9 flows of gw found no room in the database'])
  expect(about({ nodeName: undefined, unreadBatches: 5 })).toEqual([
    '5 reports of nodes went before being stored',
  ])
})
