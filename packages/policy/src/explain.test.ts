import { parseCidr, take } from '@holdfast/net'
import { expect, test } from 'vitest'
import { explain } from './explain.ts'
import type { Rule, RuleSettings } from './model.ts'
import { packetOf } from './packet-of.ts'
import { resolve } from './resolve.ts'
import { generateFacts, generateRuleSet } from './testing.ts'

const facts = generateFacts({ seed: 1, interfaces: 0 })
const template = generateRuleSet({ seed: 1, size: 1, shape: 'acl', words: 'classify' }).rules[0]
const cidr = (text: string) => take(parseCidr, text, 'cidr')

function rule(id: string, settings: Partial<RuleSettings>): Rule {
  if (template === undefined) throw new RangeError('no template')
  const open = {
    source: undefined,
    destination: undefined,
    sourcePorts: undefined,
    destinationPorts: undefined,
  }
  return { id, order: 1, settings: { ...template.settings, ...open, protocol: 'any', ...settings } }
}

const packet = packetOf({
  source: '10.0.0.1',
  destination: '10.0.0.2',
  protocol: 6,
  sourcePort: 4000,
  destinationPort: 443,
})
const explained = (...rules: Rule[]) =>
  explain(resolve({ rules, isLockoutAllowed: true }, facts, 0), 'up0', 'ingress', packet)

test('says in words why the rules before the deciding one did not match', () => {
  const { steps, judgement } = explained(
    rule('net', { source: cidr('10.1.0.0/16'), protocol: 'udp' }),
    rule('port', { destinationPorts: { from: 80, to: 90 } }),
    rule('all', {}),
    rule('never', {}),
  )
  expect(judgement).toMatchObject({ decidedBy: 'line', line: { ruleId: 'all' } })
  expect(steps.map(({ line, reason }) => [line.ruleId, reason])).toEqual([
    ['net', 'the protocol is tcp, not udp; source 10.0.0.1 is outside 10.1.0.0/16'],
    ['port', 'destination port 443 is outside 80-90'],
    ['all', ''],
  ])
})

test('of many misses the nearest are told, in order', () => {
  const far = Array.from({ length: 200 }, (_, i) =>
    rule(`far-${i}`, { source: cidr('10.1.0.0/16'), destination: cidr('10.1.0.0/16') }),
  )
  const { steps, lookedAt } = explained(rule('near', { protocol: 'udp' }), ...far)
  expect(lookedAt).toBe(201)
  expect(steps).toHaveLength(100)
  expect(steps[0]?.line.ruleId).toBe('near')
})

test('a packet that shows no ports is told so', () => {
  const later = packetOf({
    source: '10.0.0.1',
    destination: '10.0.0.2',
    protocol: 6,
    isLaterFragment: true,
  })
  const policy = resolve(
    { rules: [rule('web', { destinationPorts: { from: 443, to: 443 } })], isLockoutAllowed: true },
    facts,
    0,
  )
  const { steps, judgement } = explain(policy, 'up0', 'ingress', later)
  expect(judgement.decidedBy).toBe('default')
  expect(steps.map((step) => step.reason)).toEqual([
    'it shows no destination port, and the rule wants 443',
  ])
})
