import { parseCidr, take } from '@holdfast/net'
import { expect, test } from 'vitest'
import { judge } from './evaluate.ts'
import type { HostFacts, PolicyTest, RuleSettings } from './model.ts'
import { runPolicyTest } from './policy-test.ts'
import { resolve } from './resolve.ts'
import { generateFacts, passing } from './testing.ts'

const cidr = (text: string) => take(parseCidr, text, 'cidr')
const facts = generateFacts({ seed: 5, interfaces: 2, uplinks: 1 })

const open: RuleSettings = {
  name: 'x',
  action: 'deny',
  direction: 'both',
  protocol: 'any',
  source: undefined,
  destination: undefined,
  sourcePorts: undefined,
  destinationPorts: undefined,
  rate: undefined,
  priority: 100,
  isActive: true,
  continues: false,
  logs: false,
  target: { kind: 'everything' },
  expiresAtUnixMs: 0,
  tags: [],
  description: '',
}

const guests: PolicyTest = {
  id: 't',
  name: 'guests never reach the database',
  direction: 'both',
  protocol: 'tcp',
  source: cidr('10.9.0.0/16'),
  destination: cidr('10.1.0.5/32'),
  sourcePorts: undefined,
  destinationPorts: { from: 5432, to: 5432 },
  target: { kind: 'everything' },
  expectation: 'drop',
}

const run = (test: PolicyTest, rules: readonly Partial<RuleSettings>[], on: HostFacts = facts) => {
  const policy = resolve(
    {
      rules: rules.map((settings, i) => ({
        id: `r${i}`,
        order: i,
        settings: { ...open, ...settings },
      })),
      isLockoutAllowed: false,
    },
    on,
    0,
  )
  const result = runPolicyTest(policy, on, test)
  if (result.kind === 'failed') {
    // A witness is only one if the evaluator says so too.
    const said = judge(policy, result.device, result.direction, result.packet)
    expect(said.verdict).not.toBe(test.expectation)
    expect(said.line).toBe(result.line)
  }
  return result
}

test('holds when two rules together cover what it speaks of, and shows the gap when they do not', () => {
  const halves = [{ source: cidr('10.9.0.0/17') }, { source: cidr('10.9.128.0/17') }]
  expect(run(guests, halves).kind).toBe('passed')
  expect(run(guests, [...halves.slice(0, 1), { source: cidr('10.9.128.0/18') }])).toMatchObject({
    kind: 'failed',
    line: undefined,
    packet: { source: 0x0a09c000n, protocol: 6, ports: { destination: 5432 } },
  })
})

test('an earlier exception breaks it, and is named', () => {
  const exception = { action: 'allow', priority: 200, source: cidr('10.9.3.3/32') } as const
  expect(run(guests, [{}, exception])).toMatchObject({ kind: 'failed', line: { ruleId: 'r1' } })
})

test('holds only where its target says', () => {
  const id = facts.interfaces[0]?.id ?? ''
  const onOne = { ...guests, target: { kind: 'interface', id } } as const
  expect(run(onOne, [{ target: { kind: 'interface', id } }]).kind).toBe('passed')
  expect(run(guests, [{ target: { kind: 'interface', id } }])).toMatchObject({ device: 'up0' })
})

test('what may be a later fragment counts, unless the device drops fragments', () => {
  const tcpPasses = { ...guests, destinationPorts: undefined, expectation: 'pass' } as const
  const rules = [
    { protocol: 'tcp', action: 'allow', destinationPorts: { from: 0, to: 65535 } },
    { action: 'deny', direction: 'both' },
  ] as const
  expect(run(tcpPasses, rules)).toMatchObject({ kind: 'failed', packet: { isLaterFragment: true } })
  const whole: HostFacts = {
    ...facts,
    interfaces: [],
    uplinks: [{ device: 'up0', firewall: { ...passing, dropsFragments: true } }],
  }
  expect(run(tcpPasses, rules, whole).kind).toBe('passed')
})
