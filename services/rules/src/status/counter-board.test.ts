import { newId, uuidToBytes } from '@holdfast/domain'
import { holdfast } from '@holdfast/proto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CounterBoard, type PendingCount } from './counter-board.ts'

const { CounterReport, FlowDirection } = holdfast.agent.v1
const ruleId = newId<string>()
const ingress = FlowDirection.FLOW_DIRECTION_INGRESS

const report = (
  packets: number,
  more: holdfast.agent.v1.CounterReport.$Properties = {},
  direction = ingress,
): Uint8Array =>
  CounterReport.encode({
    nodeId: 'n1',
    instanceId: 'a',
    sentAtUnixMs: 1,
    counters: [{ ruleId: uuidToBytes(ruleId), direction, packets, bytes: packets * 100 }],
    ...more,
  }).finish()

/** What the database does with a stretch: see `saveCounters`. */
class Ledger {
  total = 0
  bytes = 0
  seen: { instanceId: string; packets: number; bytes: number } | undefined

  add(count: PendingCount): void {
    const { seen } = this
    const goesOn =
      seen?.instanceId === count.openInstanceId && count.openFirstPackets >= seen.packets
    const from = goesOn && seen ? seen : { packets: 0, bytes: 0 }
    this.total += count.open.packets - from.packets + count.later.packets
    this.bytes += count.open.bytes - from.bytes + count.later.bytes
    const { packets, bytes } = count.last
    this.seen = { instanceId: count.instanceId, packets, bytes }
  }
}

test('counts add up over restarts of the agent and resets of a counter', () => {
  const board = new CounterBoard()
  const ledger = new Ledger()
  const write = () => board.takePending().forEach((count) => void ledger.add(count))
  board.take('n1', report(100), 1)
  write()
  board.take('n1', report(150), 2)
  board.take('n1', report(10, { instanceId: 'b' }), 3)
  board.take('n1', report(30, { instanceId: 'b' }), 4)
  board.take('n1', report(5, { instanceId: 'b' }), 5) // the rule went and came back
  write()
  expect(ledger.total).toBe(150 + 30 + 5)
  expect(ledger.bytes).toBe(18_500)
})

test('whenever it is written down, and however often that fails, nothing is counted twice or lost', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('hits' as const), by: fc.nat(5) }),
    fc.record({ kind: fc.constant('restart' as const) }),
    fc.record({ kind: fc.constant('reset' as const) }),
    fc.record({ kind: fc.constant('write' as const) }),
    fc.record({ kind: fc.constant('fail' as const) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const board = new CounterBoard()
      const ledger = new Ledger()
      let [instance, value, truth] = [0, 0, 0]
      for (const one of steps) {
        if (one.kind === 'write') for (const count of board.takePending()) ledger.add(count)
        else if (one.kind === 'fail') board.returnPending(board.takePending())
        else {
          if (one.kind === 'restart') [instance, value] = [instance + 1, 0]
          if (one.kind === 'reset') value = 0
          const by = one.kind === 'hits' ? one.by : 0
          value += by
          truth += by
          board.take('n1', report(value, { instanceId: `i${instance}` }), 1)
        }
      }
      for (const count of board.takePending()) ledger.add(count)
      expect(ledger.total).toBe(truth)
      expect(ledger.bytes).toBe(truth * 100)
    }),
  )
})

test('what failed to be written joins what came meanwhile', () => {
  const board = new CounterBoard()
  const ledger = new Ledger()
  board.take('n1', report(10), 1)
  const failed = board.takePending()
  board.take('n1', report(4, { instanceId: 'b' }), 2)
  board.returnPending(failed)
  for (const count of board.takePending()) ledger.add(count)
  expect(ledger.total).toBe(14)
  expect(ledger.seen?.instanceId).toBe('b')
})

test('rates are over the last ten seconds, of these nodes, both directions', () => {
  const board = new CounterBoard()
  const at = 1_000_000
  const rate = (now: number) => board.packetsPerSecond(['n1'], ruleId, now)
  board.take('n1', report(5000), at)
  expect(rate(at)).toBe(0) // since when it counts, nobody knows
  board.take('n1', report(5100), at + 2000)
  const egress = report(0, { sentAtUnixMs: 2 }, FlowDirection.FLOW_DIRECTION_EGRESS)
  board.take('n1', egress, at + 2000)
  board.take('n1', report(5200, { sentAtUnixMs: 3 }), at + 4000)
  expect(rate(at + 4000)).toBe(20)
  expect(board.packetsPerSecond(['n2'], ruleId, at + 4000)).toBe(0)
  expect(rate(at + 13_000)).toBe(5)
  expect(rate(at + 14_000)).toBe(0)
  // Quiet, and known to be there: what is new came since it was heard last.
  board.hear('n1', at + 60_000)
  board.take('n1', report(5250, { sentAtUnixMs: 4 }), at + 61_000)
  expect(rate(at + 61_000)).toBe(5)
})

test('a host speaks for itself only, and nonsense is passed over', () => {
  const board = new CounterBoard()
  board.take('n2', report(1), 1)
  board.take('n1', Buffer.from('nonsense'), 1)
  board.take('n1', report(1, {}, 9 as typeof ingress), 1)
  board.take('n1', report(1, { counters: [{ ruleId: new Uint8Array(3), direction: 1 }] }), 1)
  expect(board.takePending()).toEqual([])
  board.take('n1', report(2 ** 60), 1)
  expect(board.takePending()[0]?.last.packets).toBe(0)
})
