import { expect, test } from 'vitest'
import { cidr, organizationId, ruleIdOf, settingsOf, testIdOf } from '../domain/fixtures.ts'
import type { PolicyTest } from '../domain/rule-set-state.ts'
import { host, interfaceIdOf, nodeIdOf } from '../testing/host-fixtures.ts'
import type { Host } from '../topology/host.ts'
import { runTests, testsOf } from './policy-tests.ts'

const guests: PolicyTest = {
  id: testIdOf(1),
  name: 'guests never reach the database',
  direction: 'both',
  protocol: 'tcp',
  source: cidr('10.20.0.0/16'),
  destination: cidr('10.10.0.5/32'),
  sourcePorts: undefined,
  destinationPorts: { from: 5432, to: 5432 },
  target: { kind: 'everything' },
  expectation: 'drop',
}
const hosts: readonly Host[] = [host(1), host(2)]
const rule = (n: number, more: Parameters<typeof settingsOf>[1]) => ({
  id: ruleIdOf(n),
  settings: settingsOf(n, more),
  order: n,
})
const denied = rule(1, { source: cidr('10.20.0.0/16'), direction: 'both' })
const outcomeOf = (rules: readonly ReturnType<typeof rule>[], one: PolicyTest = guests) => {
  const ruleSet = { rules, isLockoutAllowed: true }
  return runTests({ ruleSet, hosts, atUnixMs: 0 }, [one])[0]
}

test('a test holds where every packet it speaks of meets its fate', () => {
  expect(outcomeOf([denied])).toMatchObject({ isPassed: true, message: '', witness: undefined })
})

test('one that does not hold says which packet, where, and by which rule', () => {
  const allowed = rule(2, { action: 'allow', priority: 200, source: cidr('10.20.7.0/24') })
  const outcome = outcomeOf([denied, allowed])
  expect(outcome).toMatchObject({ isPassed: false, ruleId: ruleIdOf(2) })
  expect(outcome?.message).toMatch(
    /^tcp 10\.20\.7\.\d+ port \d+ to 10\.10\.0\.5 port 5432 passes on wg1 of gw-1, ingress, by rule-2$/,
  )
  expect(outcomeOf([])?.message).toContain('for no rule matches it')
})

test('a test for one place speaks of that place only', () => {
  const only = rule(3, { direction: 'both', target: { kind: 'node', id: nodeIdOf(2) } })
  const there = { kind: 'interface', id: interfaceIdOf(2) } as const
  expect(outcomeOf([only])?.isPassed).toBe(false)
  expect(outcomeOf([only], { ...guests, target: there })?.isPassed).toBe(true)
})

test('what judges writes knows the hosts of the organization as they are', async () => {
  const asked: string[] = []
  const now = async (id: string) => {
    asked.push(id)
    return { sequence: 1n, hosts }
  }
  const check = await testsOf({ now }, () => 0)(organizationId)
  const proposed = { organizationId, isLockoutAllowed: true, tests: [guests] }
  expect(check({ ...proposed, rules: [denied] })).toEqual([])
  expect(check({ ...proposed, rules: [] })).toMatchObject([{ test: guests }])
  expect(asked).toEqual([organizationId])
})
