import type { RuleSettings } from '@holdfast/policy'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cidr, nodeIdOf, ruleIdOf, settingsOf } from './fixtures.ts'
import type { RuleState } from './rule-set-state.ts'
import { noRulesInOrder, putInOrder } from './rules-in-order.ts'
import { tieWarnings } from './ties.ts'

const rule = (n: number, settings: Partial<RuleSettings> = {}): RuleState => ({
  id: ruleIdOf(n),
  settings: settingsOf(n, settings),
  order: n,
  revision: 1,
})
const warnings = (changed: readonly RuleState[], ...others: readonly RuleState[]) => {
  const inOrder = noRulesInOrder<RuleState>()
  for (const one of [...changed, ...others]) putInOrder(inOrder, one)
  return tieWarnings(changed, inOrder)
}
const ties = (a: Partial<RuleSettings>, b: Partial<RuleSettings>) =>
  warnings([rule(2, { action: 'allow', ...b })], rule(1, a)).length > 0

test('says which of two decides, and what to do', () => {
  expect(warnings([rule(2, { action: 'allow' })], rule(1))).toEqual([
    'rule-1 (deny) and rule-2 (allow) overlap at priority 100: rule-1 is older and decides; give them different priorities to say so',
  ])
})

test.each<[string, boolean, Partial<RuleSettings>, Partial<RuleSettings>]>([
  ['another priority', false, { priority: 99 }, {}],
  ['the same action', false, { action: 'allow' }, {}],
  ['another direction', false, { direction: 'egress' }, {}],
  ['both directions', true, { direction: 'both' }, { direction: 'egress' }],
  ['another protocol', false, { protocol: 'tcp' }, { protocol: 'udp' }],
  ['any protocol', true, { protocol: 'any' }, { protocol: 'icmp' }],
  [
    'any protocol with ports, against icmp',
    false,
    { destinationPorts: { from: 1, to: 2 } },
    { protocol: 'icmp' },
  ],
  [
    'ports that touch',
    true,
    { protocol: 'tcp', destinationPorts: { from: 1, to: 80 } },
    { protocol: 'tcp', destinationPorts: { from: 80, to: 90 } },
  ],
  [
    'ports apart',
    false,
    { protocol: 'tcp', sourcePorts: { from: 1, to: 79 } },
    { protocol: 'tcp', sourcePorts: { from: 80, to: 90 } },
  ],
  ['a network within', true, { source: cidr('10.0.0.0/8') }, { source: cidr('10.255.255.255/32') }],
  ['the next network', false, { source: cidr('10.0.0.0/8') }, { source: cidr('11.0.0.0/32') }],
  ['all of IPv4', true, { source: cidr('0.0.0.0/0') }, { source: cidr('255.0.0.0/8') }],
  ['another family', false, { source: cidr('::/0') }, { source: cidr('0.0.0.0/0') }],
  ['IPv6 within', true, { source: cidr('fd00::/8') }, { source: cidr('fd12::/16') }],
  ['IPv6 apart', false, { destination: cidr('fd00::/16') }, { destination: cidr('fd01::/16') }],
  ['one network and any', true, { destination: cidr('fd00::/16') }, {}],
  [
    'two nodes',
    false,
    { target: { kind: 'node', id: nodeIdOf(1) } },
    { target: { kind: 'node', id: nodeIdOf(2) } },
  ],
  ['a node and everything', true, { target: { kind: 'node', id: nodeIdOf(1) } }, {}],
  ['an inactive one', false, { isActive: false }, {}],
  ['one that goes on', false, { action: 'log', continues: true }, {}],
])('%s: %s', (_, expected, a, b) => {
  expect(ties(a, b)).toBe(expected)
  expect(ties({ ...b, action: 'allow' }, { action: 'deny', ...a })).toBe(expected)
})

test('many changed at once tell the same pairs as one by one', () => {
  const network = fc.constantFrom(
    undefined,
    ...['10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/24', '11.0.0.0/8', 'fd00::/8', 'fd01::/16'].map(
      cidr,
    ),
  )
  const settings = fc.record({
    action: fc.constantFrom('allow', 'deny'),
    source: network,
    destination: network,
    priority: fc.constantFrom(1, 2),
  }) as fc.Arbitrary<Partial<RuleSettings>>
  fc.assert(
    fc.property(fc.array(settings, { minLength: 9, maxLength: 14 }), (list) => {
      const rules = list.map((one, i) => rule(i + 1, one))
      const pairs = rules.flatMap((one, i) =>
        rules.slice(i + 1).filter((other) => warnings([other], one).length > 0),
      ).length
      const told = warnings(rules)
      const more = Number(/^(\d+) more pairs/.exec(told.at(-1) ?? '')?.[1] ?? 0)
      expect(more > 0 ? more + told.length - 1 : told.length).toBe(pairs)
    }),
  )
})

// Looking at each pair would take minutes here: the test's time limit would end it.
test('100,000 rules of one priority are looked through', () => {
  const rules = Array.from({ length: 100_000 }, (_, i) =>
    rule(i, {
      action: i % 3 === 0 ? 'allow' : 'deny',
      source: cidr(`10.${(i >> 8) & 255}.${i & 255}.0/24`),
    }),
  )
  expect(warnings(rules).at(-1)).toMatch(/more pairs of rules overlap/)
})
