import type { Action, Line, Policy } from '@holdfast/policy'
import { expect, test } from 'vitest'
import { dropLedger } from './drop-ledger.ts'
import { hitLedger } from './hit-ledger.ts'
import { packetTotals } from './packet-totals.ts'

const hits = (ruleId: string, packets: number, limitedPackets = 0) => ({
  ruleId,
  direction: 'ingress' as const,
  packets,
  bytes: packets * 100,
  limitedPackets,
})

test('hits are totals since the start of the agent, of what changed', () => {
  const ledger = hitLedger()
  expect(ledger.take([hits('a', 50), hits('b', 7)])).toEqual([])
  expect(ledger.take([hits('a', 53, 1), hits('b', 7)])).toEqual([
    { ruleId: 'a', direction: 'ingress', packets: 3, bytes: 300, limitedPackets: 1 },
  ])
  // A new rule begins at zero.
  expect(ledger.take([hits('a', 53, 1), hits('b', 7), hits('c', 2)])).toMatchObject([
    { ruleId: 'c', packets: 2 },
  ])
  // Counters that began anew count on.
  expect(ledger.take([hits('a', 4), hits('b', 7), hits('c', 2)])).toMatchObject([
    { ruleId: 'a', packets: 7 },
  ])
})

test('a rule that goes and comes back counts on from its total', () => {
  const ledger = hitLedger()
  ledger.take([])
  ledger.take([hits('a', 5)])
  ledger.take([])
  expect(ledger.take([hits('a', 2)])).toMatchObject([{ packets: 7 }])
})

test('drops of a device are since the start of the agent', () => {
  const ledger = dropLedger()
  const drops = (defaults: number) => [{ device: 'wg0', unparsable: 1, fragments: 0, defaults }]
  ledger.take(drops(9))
  expect(ledger.of('wg0')).toEqual({ unparsable: 0, fragments: 0, defaults: 0 })
  ledger.take(drops(12))
  expect(ledger.of('wg0')).toEqual({ unparsable: 0, fragments: 0, defaults: 3 })
  expect(ledger.of('wg1').defaults).toBe(0)
})

test('packets are summed by verdict, and one a rule passes on is not counted twice', () => {
  const line = (ruleId: string, action: Action, continues = false) =>
    ({ ruleId, action, continues }) as Line // as: nothing else of it is looked at
  const view = {
    ingress4: [line('a', 'allow'), line('d', 'deny'), line('l', 'log', true)],
    egress4: [line('r', 'rate_limit')],
    ingress6: [line('a', 'allow')],
    egress6: [],
  }
  const policy = { views: [view] } as unknown as Policy // as: likewise
  const sums = packetTotals()
  sums.take([hits('a', 10), hits('d', 4), hits('l', 99)], policy)
  const limited = { ...hits('r', 9, 3), direction: 'egress' as const }
  sums.take([hits('a', 15), limited], policy)
  expect(sums.totals()).toEqual([
    { direction: 'ingress', verdict: 'pass', packets: 15 },
    { direction: 'ingress', verdict: 'drop', packets: 4 },
    { direction: 'egress', verdict: 'pass', packets: 6 },
    { direction: 'egress', verdict: 'limited', packets: 3 },
  ])
})
