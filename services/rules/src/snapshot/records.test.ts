import { parseCidr } from '@holdfast/net'
import { protocols, type RuleSettings, rateScopes, ruleDirections } from '@holdfast/policy'
import { privilegedFields } from '@holdfast/snapshot'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PolicyTestId } from '../domain/ids.ts'
import { expectations } from '../domain/rule-set-state.ts'
import { contradictions } from '../domain/settings.ts'
import { readRule, readTest, ruleFields, ruleRecord, testFields, testRecord } from './records.ts'

const rule = {
  name: 'one',
  action: 'deny',
  priority: 100,
  src: '10.0.0.0/8',
  dst_ports: { from: 1, to: 2 },
  rate: { pps: 5 },
  target: { kind: 'peer', peer: 'laptop', interface: 'wg0', node: 'gw-1' },
  expect: 'drop',
}

test.each([
  ['rule', readRule, ruleFields],
  ['policy test', readTest, testFields],
] as const)(
  'any values of a record of a %s make a wish or say what is wrong',
  (_, read, fields) => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(...Object.values(rule)))
    const record = fc.record(Object.fromEntries(fields.map((field) => [field, value])), {
      requiredKeys: [],
    })
    fc.assert(
      fc.property(record, (given) => {
        const made = read(given as never)
        if ('wish' in made) expect(made.name.length).toBeGreaterThan(0)
        else expect(made.outcome.outcome).toBe('refused')
      }),
      { numRuns: 500 },
    )
    expect(fields.filter((field) => privilegedFields.includes(field))).toEqual([])
  },
)

const cidr = (text: string) => {
  const parsed = parseCidr(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.value
}
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,30}[A-Za-z0-9]$/)
const network = fc.constantFrom(undefined, cidr('10.0.0.0/8'), cidr('192.0.2.7/32'))
const ports = fc.option(
  fc.tuple(fc.nat({ max: 65_535 }), fc.nat({ max: 65_535 })).map(([a, b]) => ({
    from: Math.min(a, b),
    to: Math.max(a, b),
  })),
  { nil: undefined },
)
const everything = { kind: 'everything' } as const

test('a rule is read as it was written', () => {
  const settings: fc.Arbitrary<RuleSettings> = fc
    .record({
      name,
      action: fc.constantFrom('allow', 'deny', 'rate_limit', 'log'),
      direction: fc.constantFrom(...ruleDirections),
      protocol: fc.constantFrom(...protocols),
      source: network,
      destination: network,
      sourcePorts: ports,
      destinationPorts: ports,
      rate: fc.record({
        pps: fc.integer({ min: 1, max: 1e8 }),
        burst: fc.integer({ min: 1, max: 1e8 }),
        scope: fc.constantFrom(...rateScopes),
      }),
      priority: fc.nat({ max: 1000 }),
      isActive: fc.boolean(),
      continues: fc.boolean(),
      logs: fc.boolean(),
      target: fc.constant(everything),
      expiresAtUnixMs: fc.constantFrom(0, 1, 4e12),
      tags: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')).map((tags) => [...tags].sort()),
      description: fc.constantFrom('', 'two\nlines'),
    })
    .map((one) => ({ ...one, rate: one.action === 'rate_limit' ? one.rate : undefined }))
  fc.assert(
    fc.property(settings, (said) => {
      const text = JSON.stringify(ruleRecord(said, {}))
      const read = readRule(JSON.parse(text) as never)
      const isSound = contradictions(said).length === 0
      if (isSound)
        expect(read).toEqual({ name: said.name, wish: { settings: said, target: everything } })
      else expect(read).toMatchObject({ outcome: { outcome: 'refused' } })
    }),
    { numRuns: 500 },
  )
})

test('a policy test is read as it was written', () => {
  const tests = fc.record({
    id: fc.constant('' as PolicyTestId),
    name,
    direction: fc.constantFrom(...ruleDirections),
    protocol: fc.constantFrom('any', 'tcp', 'udp'),
    source: network,
    destination: network,
    sourcePorts: ports,
    destinationPorts: ports,
    target: fc.constant(everything),
    expectation: fc.constantFrom(...expectations),
  })
  fc.assert(
    fc.property(tests, (said) => {
      const text = JSON.stringify(testRecord(said as never, {}))
      expect(readTest(JSON.parse(text) as never)).toEqual({
        name: said.name,
        wish: { test: said, target: everything },
      })
    }),
  )
})

test.each([
  ['no action', { action: null }, 'action'],
  ['an action nobody knows', { action: 'explode' }, 'action'],
  ['a priority beyond all', { priority: 1001 }, 'priority'],
  ['no priority', { priority: null }, 'priority'],
  ['a network with host bits', { src: '10.0.0.1/8' }, 'src'],
  ['ports the wrong way round', { dst_ports: { from: 9, to: 1 } }, 'dst_port'],
  ['a port beyond all', { dst_ports: { from: 1, to: 70_000 } }, 'dst_ports.to'],
  ['a port of another name', { dst_ports: { from: 1, to: 2, step: 2 } }, 'dst_ports.step'],
  ['a limit nothing is limited by', { rate: { pps: 5 } }, 'rate_pps'],
  ['a target by id', { target: { kind: 'node', id: 'x' } }, 'target.id'],
  ['a target of no kind', { target: { node: 'gw-1' } }, 'target.kind'],
  ['seventeen tags', { tags: Array.from({ length: 17 }, (_, i) => `t${i}`) }, 'tags'],
  ['a day for a time', { expires_at: '2030-01-01' }, 'expires_at'],
])('%s is named', (_, change, field) => {
  const read = readRule({ name: 'one', action: 'deny', priority: 1, ...change })
  expect(read).toMatchObject({ outcome: { outcome: 'refused' } })
  expect('outcome' in read && read.outcome.detail).toContain(field)
})
