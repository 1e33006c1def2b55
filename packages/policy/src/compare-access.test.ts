import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AccessDifference, compareAccess, type Decision } from './compare-access.ts'
import { type IpPacket, judge, linesOf, viewOf } from './evaluate.ts'
import { families } from './family.ts'
import type { Policy } from './intermediate.ts'
import { directions, type HostFacts, type Rule, type RuleSet } from './model.ts'
import { regionHas } from './packet-region.ts'
import { resolve } from './resolve.ts'
import { drawPacket, generateFacts, generateRuleSet, Random, shapes, testNow } from './testing.ts'
import { Budget } from './witness.ts'

const enough = () => new Budget(1_000_000_000)

/** What the reference makes of a packet, as a comparison speaks of it. */
function fate(policy: Policy, device: string, direction: 'ingress' | 'egress', packet: IpPacket) {
  const { verdict, line } = judge(policy, device, direction, packet)
  if (line?.rate === undefined) return verdict
  const { pps, burst, bucket } = line.rate
  return `${pps} ${burst} ${bucket === 'rule' || bucket === 'source' ? bucket : 'peer'}`
}
const said = ({ outcome, rate }: Decision) =>
  rate ? `${rate.pps} ${rate.burst} ${rate.bucket}` : outcome

/** Another set, close to the first: rules gone, new, changed, in another order. */
function changed(random: Random, { rules, isLockoutAllowed }: RuleSet, facts: HostFacts): RuleSet {
  const fresh = generateRuleSet({ seed: random.u32(), size: 6, shape: 'firewall', facts }).rules
  const kept = rules.flatMap((rule): Rule[] => {
    if (random.chance(0.1)) return []
    if (random.chance(0.1)) {
      const priority = random.below(1001)
      return [{ ...rule, settings: { ...rule.settings, priority } }]
    }
    const other = random.pick(fresh)
    return random.chance(0.1) ? [{ ...rule, settings: other.settings }] : [rule]
  })
  const more = fresh.slice(0, random.below(4)).map((rule) => ({ ...rule, order: random.below(99) }))
  return {
    rules: [...kept, ...more],
    isLockoutAllowed: random.chance(0.1) ? !isLockoutAllowed : isLockoutAllowed,
  }
}

/** The same host with other firewall settings here and there, or without its last interface. */
function moved(random: Random, facts: HostFacts): HostFacts {
  const interfaces = facts.interfaces.map((one) =>
    random.chance(0.3)
      ? {
          ...one,
          firewall: generateFacts({ seed: random.u32() }).interfaces[0]?.firewall ?? one.firewall,
        }
      : one,
  )
  return { ...facts, interfaces: random.chance(0.1) ? interfaces.slice(1) : interfaces }
}

test('a packet fares differently exactly when it is in a reported difference', () => {
  let differ = 0
  let same = 0
  let compared = 0
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom(...shapes),
      fc.integer({ min: 1, max: 40 }),
      (seed, shape, size) => {
        const random = new Random(seed)
        const facts = generateFacts({ seed: random.u32(), interfaces: 2, peers: 3 })
        const one = generateRuleSet({ seed: random.u32(), size, shape, facts })
        const isNear = random.chance(0.7)
        const other = isNear
          ? changed(random, one, facts)
          : generateRuleSet({ seed: random.u32(), size, shape, facts })
        const factsAfter = moved(random, facts)
        const before = resolve(one, facts, testNow)
        const after = resolve(other, factsAfter, testNow)
        for (const { device, kind, view } of before.devices) {
          const there = after.devices.find((found) => found.device === device)
          const { differences, isComplete } = compareAccess(
            { policy: before, device },
            { policy: there && after, device },
            kind,
            enough(),
          )
          expect(isComplete).toBe(true)
          compared++
          if (!there) continue
          for (const direction of directions) {
            for (const family of families) {
              const lines = [
                ...linesOf(viewOf(before, view), direction, family),
                ...linesOf(viewOf(after, there.view), direction, family),
              ]
              for (let i = 0; i < 40; i++) {
                const packet = drawPacket(random, family, lines)
                const was = fate(before, device, direction, packet)
                const is = fate(after, device, direction, packet)
                const inside = differences.filter(
                  (found) =>
                    found.direction === direction &&
                    found.packets !== 'unparsable' &&
                    regionHas(found.packets, packet),
                )
                if (was === is) same++
                else differ++
                expect(inside.length).toBe(was === is ? 0 : 1)
                const [found] = inside
                if (!found) continue
                expect([said(found.before), said(found.after)]).toEqual([was, is])
                expectDecider(found, before, after, device, packet)
              }
            }
          }
        }
      },
    ),
    { numRuns: 300 },
  )
  // Both sides of the sentence were put to the test.
  expect(Math.min(differ, same)).toBeGreaterThan(1000)
  expect(compared).toBeGreaterThan(500)
})

function expectDecider(
  { direction, before: was, after: is }: AccessDifference,
  before: Policy,
  after: Policy,
  device: string,
  packet: IpPacket,
): void {
  const one = judge(before, device, direction, packet)
  const other = judge(after, device, direction, packet)
  expect([was.decidedBy, was.line?.ruleId, was.line?.implicit]).toEqual([
    one.decidedBy,
    one.line?.ruleId,
    one.line?.implicit,
  ])
  expect([is.decidedBy, is.line?.ruleId, is.line?.implicit]).toEqual([
    other.decidedBy,
    other.line?.ruleId,
    other.line?.implicit,
  ])
}

test('another order that changes no verdict is no difference', () => {
  const facts = generateFacts({ seed: 5, interfaces: 1, peers: 2, uplinks: 0 })
  const { rules } = generateRuleSet({ seed: 9, size: 60, shape: 'acl', words: 'classify' })
  const allowed = rules.map((rule) => ({
    ...rule,
    settings: { ...rule.settings, action: 'allow' as const },
  }))
  const turned = allowed.map((rule, i) => ({ ...rule, order: allowed.length - i }))
  const [one, other] = [allowed, turned].map((list) =>
    resolve({ rules: list, isLockoutAllowed: true }, facts, testNow),
  )
  const side = (policy: Policy | undefined) => ({ policy, device: 'wg0' })
  expect(compareAccess(side(one), side(other), 'wireguard', enough()).differences).toEqual([])
})

test('says so when the work is bounded too tightly', () => {
  const facts = generateFacts({ seed: 5, interfaces: 1, peers: 2, uplinks: 0 })
  const [one, other] = [1, 2].map((seed) =>
    resolve(generateRuleSet({ seed, size: 200, shape: 'firewall' }), facts, testNow),
  )
  const side = (policy: Policy | undefined) => ({ policy, device: 'wg0' })
  expect(compareAccess(side(one), side(other), 'wireguard', new Budget(500)).isComplete).toBe(false)
})
