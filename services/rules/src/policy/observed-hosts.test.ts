import { newId } from '@holdfast/domain'
import { holdfast } from '@holdfast/proto'
import { expect, test } from 'vitest'
import { organizationId, ruleIdOf, settingsOf } from '../domain/fixtures.ts'
import { type FlowClient, observedHosts } from './observed-hosts.ts'

const dayMs = 86_400_000
const now = 1000 * dayMs
const call = { signal: new AbortController().signal, correlationId: newId<string>() }
const rule = (n: number, ageDays: number, more: Parameters<typeof settingsOf>[1] = {}) => ({
  id: ruleIdOf(n),
  settings: settingsOf(n, { action: 'allow', logs: true, ...more }),
  order: n,
  updatedAtUnixMs: now - ageDays * dayMs,
})
const flow = (last: number) => ({
  records: 1,
  flow: {
    record: {
      source: Buffer.from([10, 20, 1, last]),
      destination: Buffer.from([10, 10, 0, 5]),
      protocol: 6,
    },
  },
})

/** Audit with these flows of each rule. */
function fakeFlows(of: Readonly<Record<string, number>>) {
  const asked: { ruleId: string; days: number }[] = []
  const client: FlowClient = {
    getFlow: () => Promise.reject(new Error('nobody asks for one')),
    summarizeFlows: ({ filter, limit }) => {
      const { ruleId, fromUnixMs, toUnixMs } = new holdfast.audit.v1.FlowFilter(filter ?? {})
      asked.push({ ruleId, days: (toUnixMs - fromUnixMs) / dayMs })
      const flows = Array.from({ length: of[ruleId] ?? 0 }, (_, i) => flow(i % 256))
      const coverage = ['flows are kept since 1 May']
      const shown = flows.slice(0, limit ?? 0)
      return Promise.resolve(
        new holdfast.audit.v1.SummarizeFlowsResponse({ flows: shown, coverage }),
      )
    },
  }
  return { client, asked }
}

test('hosts seen in the flows of a rule are told, as far as flows tell anything', async () => {
  const { client, asked } = fakeFlows({ [ruleIdOf(1)]: 3, [ruleIdOf(2)]: 5000 })
  const rules = [
    rule(1, 90),
    rule(2, 10),
    rule(3, 3), // changed lately
    rule(4, 90, { logs: false }), // leaves no flows behind
    rule(5, 90, { action: 'deny' }),
    rule(6, 90, { isActive: false }),
    rule(7, 90), // never seen
  ]
  const { observed, coverage } = await observedHosts(client, organizationId, rules, now, call)
  expect([...observed]).toEqual([
    [
      ruleIdOf(1),
      { sources: ['10.20.1.0', '10.20.1.1', '10.20.1.2'], destinations: ['10.10.0.5'] },
    ],
  ])
  expect(asked).toEqual([
    { ruleId: ruleIdOf(1), days: 30 },
    { ruleId: ruleIdOf(2), days: 10 },
    { ruleId: ruleIdOf(7), days: 30 },
  ])
  expect(coverage).toEqual(['flows are kept since 1 May'])
})

test('what was not looked at is said', async () => {
  const { client, asked } = fakeFlows({})
  const rules = Array.from({ length: 33 }, (_, n) => rule(n, 90))
  const { coverage } = await observedHosts(client, organizationId, rules, now, call)
  expect(asked).toHaveLength(30)
  expect(coverage).toContain('flows of 3 rule(s) were not looked at')
})
