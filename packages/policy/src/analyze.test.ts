import { parseCidr, take } from '@holdfast/net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { analyze } from './analyze.ts'
import { inOrder } from './concerns.ts'
import { type IpPacket, judge } from './evaluate.ts'
import type { Action, HostFacts, Rule, RuleSet, RuleSettings } from './model.ts'
import { printPrefix } from './prefix.ts'
import { resolve } from './resolve.ts'
import { drawSmallPrefix, drawSmallRange, everySmallPacket } from './testing/small-world.ts'
import { generateFacts, generateRuleSet, passing, Random, shapes, testNow } from './testing.ts'

const facts: HostFacts = {
  ...generateFacts({ seed: 1, interfaces: 0, uplinks: 0 }),
  control: [],
  uplinks: [{ device: 'up0', firewall: passing }],
}

const open: RuleSettings = {
  name: 'x',
  action: 'deny',
  direction: 'ingress',
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

function drawRule(random: Random, index: number): Rule {
  const protocol = random.pick(['any', 'tcp', 'tcp', 'udp', 'icmp'] as const)
  const range = () =>
    protocol === 'icmp' || random.chance(0.5) ? undefined : drawSmallRange(random)
  const action: Action = random.weighted([
    ['allow', 45],
    ['deny', 45],
    ['log', 10],
  ])
  return {
    id: `r${index}`,
    order: index,
    settings: {
      ...open,
      name: `r${index}`,
      action,
      protocol,
      // Said even when it is any: without networks a rule would be of IPv6 too, which is not tried.
      source: printPrefix(4, drawSmallPrefix(random)),
      destination: printPrefix(4, drawSmallPrefix(random)),
      sourcePorts: range(),
      destinationPorts: range(),
      priority: random.pick([100, 100, 200]),
      continues: action === 'log' && random.chance(0.5),
      logs: random.chance(0.1),
    },
  }
}

/** What packet and records see of a rule set, packet by packet. */
function effects(rules: readonly Rule[]): string[] {
  const policy = resolve({ rules, isLockoutAllowed: true }, facts, 0)
  return everySmallPacket.map((packet) => {
    const { verdict, line, passed } = judge(policy, 'up0', 'ingress', packet)
    const recorded = [...passed, ...(line?.logs ? [line] : [])].map((one) => one.ruleId)
    return [verdict, ...recorded].join(' ')
  })
}

function deciders(rules: readonly Rule[]): Set<string | undefined> {
  const policy = resolve({ rules, isLockoutAllowed: true }, facts, 0)
  return new Set(
    everySmallPacket.flatMap((packet) => {
      const { line, passed } = judge(policy, 'up0', 'ingress', packet)
      return [line?.ruleId, ...passed.map((one) => one.ruleId)]
    }),
  )
}

test('calls a rule shadowed, redundant or tied exactly when trying every packet says so', () => {
  const seen = { shadowed: 0, redundant: 0, tie: 0 }
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 10 }), (seed, count) => {
      const random = new Random(seed)
      const rules = Array.from({ length: count }, (_, i) => drawRule(random, i))
      const { findings, undecided } = analyze({ rules, isLockoutAllowed: true }, [facts], 0)
      expect(undecided).toEqual([])
      const found = (kind: string): string[] =>
        findings.filter((one) => one.kind === kind).map((one) => one.ruleId)

      const alive = deciders(rules)
      const shadowed = inOrder(rules)
        .map((rule) => rule.id)
        .filter((id) => !alive.has(id))
      expect(found('shadowed')).toEqual(shadowed)

      const whole = effects(rules).join()
      const redundant = inOrder(rules)
        .filter(({ id, settings }) => {
          if (!alive.has(id) || settings.logs || settings.action === 'log') return false
          return effects(rules.filter((rule) => rule.id !== id)).join() === whole
        })
        .map((rule) => rule.id)
      expect(found('redundant')).toEqual(redundant)

      const tied = inOrder(rules)
        .filter((rule) => alive.has(rule.id) && isTied(rules, rule))
        .map((rule) => rule.id)
      expect(found('tie')).toEqual(tied)
      seen.shadowed += shadowed.length
      seen.redundant += redundant.length
      seen.tie += tied.length
    }),
    { numRuns: 150 },
  )
  expect(Math.min(seen.shadowed, seen.redundant, seen.tie)).toBeGreaterThan(20)
})

/** Whether making it the oldest of its priority would let it decide a packet that another action decides now. */
function isTied(rules: readonly Rule[], rule: Rule): boolean {
  if (rule.settings.continues) return false
  const policy = resolve({ rules, isLockoutAllowed: true }, facts, 0)
  const alone = resolve({ rules: [rule], isLockoutAllowed: true }, facts, 0)
  return everySmallPacket.some((packet) => {
    if (judge(alone, 'up0', 'ingress', packet).line === undefined) return false
    const { line } = judge(policy, 'up0', 'ingress', packet)
    const other = rules.find((one) => one.id === line?.ruleId)?.settings
    return (
      other !== undefined &&
      other.priority === rule.settings.priority &&
      other.action !== rule.settings.action
    )
  })
}

test('every witness shows what its finding says', () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(...shapes), (seed, shape) => {
      const host = generateFacts({ seed })
      const ruleSet = generateRuleSet({ seed, size: 60, shape, facts: host })
      const policy = resolve(ruleSet, host, testNow)
      for (const { kind, ruleId, witness, otherRuleIds } of analyze(ruleSet, [host], testNow)
        .findings) {
        if (kind === 'expired') continue
        if (witness === undefined) throw new Error(`${kind} without a witness`)
        const said = judge(policy, witness.device, witness.direction, witness.packet)
        expect(said.line?.ruleId).toBe(witness.line?.ruleId)
        expect(said.line?.ruleId === ruleId).toBe(kind === 'redundant')
        if (kind === 'shadowed' && said.line?.implicit === '') {
          expect(matchesRule(ruleSet, ruleId, host, witness.packet, witness)).toBe(true)
        }
        if (kind === 'tie') expect(otherRuleIds).toContain(said.line?.ruleId)
      }
    }),
    { numRuns: 25 },
  )
})

function matchesRule(
  { rules }: RuleSet,
  ruleId: string,
  host: HostFacts,
  packet: IpPacket,
  at: { readonly device: string; readonly direction: 'ingress' | 'egress' },
): boolean {
  const only = rules.filter((rule) => rule.id === ruleId)
  const policy = resolve({ rules: only, isLockoutAllowed: true }, host, testNow)
  const { line, passed } = judge(policy, at.device, at.direction, packet)
  return line !== undefined || passed.length > 0
}

const cidr = (text: string) => take(parseCidr, text, 'cidr')
const one = (id: string, settings: Partial<RuleSettings>): Rule => ({
  id,
  order: Number(id.slice(1)),
  settings: { ...open, name: id, ...settings },
})

test('a rule that holds on two hosts is shadowed only if it is on both', () => {
  const elsewhere: HostFacts = { ...facts, nodeId: 'other' }
  const rules = [
    one('r1', { target: { kind: 'node', id: facts.nodeId }, source: cidr('10.0.0.0/8') }),
    one('r2', { source: cidr('10.1.0.0/16'), action: 'allow' }),
  ]
  const kinds = (hosts: HostFacts[]) =>
    analyze({ rules, isLockoutAllowed: true }, hosts, 0)
      .findings.filter((finding) => finding.ruleId === 'r2')
      .map((finding) => finding.kind)
  expect(kinds([facts])).toEqual(['shadowed'])
  expect(kinds([facts, elsewhere])).not.toContain('shadowed')
})

test('a union shadows, and its rules are named', () => {
  const rules = [
    one('r1', { source: cidr('10.0.0.0/9') }),
    one('r2', { source: cidr('10.128.0.0/9') }),
    one('r3', { source: cidr('10.0.0.0/8'), action: 'allow' }),
  ]
  const { findings } = analyze({ rules, isLockoutAllowed: true }, [facts], 0)
  expect(findings).toMatchObject([
    {
      kind: 'shadowed',
      ruleId: 'r3',
      otherRuleIds: ['r1', 'r2'],
      witness: { line: { ruleId: 'r1' } },
    },
  ])
})

test('expired, unused and too wide', () => {
  const rules = [
    one('r1', { expiresAtUnixMs: testNow - 1 }),
    one('r2', { source: cidr('10.0.0.0/8'), action: 'allow' }),
    one('r3', { source: cidr('11.0.0.0/8') }),
  ]
  const day = 86_400_000
  const { findings } = analyze({ rules, isLockoutAllowed: true }, [facts], testNow, {
    use: new Map([
      ['r2', { packets: 0, countedSinceUnixMs: testNow - 10 * day }],
      ['r3', { packets: 0, countedSinceUnixMs: testNow - 91 * day }],
    ]),
    observed: new Map([
      ['r2', { sources: ['10.1.2.3', '10.1.2.9'], destinations: [] }],
      ['r3', { sources: ['11.1.2.3'], destinations: [] }],
    ]),
  })
  expect(findings.map(({ kind, ruleId }) => `${kind} ${ruleId}`)).toEqual([
    'expired r1',
    'redundant r2',
    'too_wide r2',
    'unused r3',
  ])
  const wide = findings.find((finding) => finding.kind === 'too_wide')
  expect(wide?.message).toBe(
    'source allows 10.0.0.0/8, but only 2 hosts of it used the rule: 10.1.2.0/28 would do',
  )
  expect(wide?.witness).toMatchObject({ packet: { source: 0x0a800000n }, line: { ruleId: 'r2' } })
})
