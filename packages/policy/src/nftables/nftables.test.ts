import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Policy } from '../intermediate.ts'
import { policyVersion } from '../policy-version.ts'
import { resolve } from '../resolve.ts'
import { generateFacts, generateRuleSet, shapes, testNow } from '../testing.ts'
import { readNftablesCounters } from './counters.ts'
import { NftablesUnreadable, readNftables } from './read.ts'
import { nftablesGaps, renderNftables } from './render.ts'

const table = 'holdfast'
const hex = (policy: Policy): string => Buffer.from(policyVersion(policy)).toString('hex')

function drawPolicy(seed: number, size: number): Policy {
  const facts = generateFacts({ seed, uplinks: 2, variesFirewall: true })
  const shape = shapes[seed % shapes.length] ?? 'acl'
  return resolve(generateRuleSet({ seed, size, shape, facts }), facts, testNow)
}

// A script is close enough to a listing to be read as one; nftables.int.test.ts reads real ones.
test('a script says all there is to say about a policy', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 60 }), (seed, size) => {
      const policy = drawPolicy(seed, size)
      expect(hex(readNftables(renderNftables(policy, { table })))).toBe(hex(policy))
    }),
    { numRuns: 60 },
  )
})

test('a listing with any word of a rule changed is another policy, or none', () => {
  const policy = drawPolicy(4, 40)
  const script = renderNftables(policy, { table })
  const rules = script
    .split('\n')
    .filter((line) => /comment "/.test(line) && !/\t\tcomment/.test(line))
    .map((line) => line.trim())
  fc.assert(
    fc.property(
      fc.nat(),
      fc.nat(),
      fc.constantFrom('accept', 'drop', '0', 'tcp', ''),
      (line, at, word) => {
        const rule = rules[line % rules.length] ?? ''
        const words = rule.split(' ')
        const changed = words.with(at % words.length, word).join(' ')
        if (changed === rule) return
        try {
          expect(hex(readNftables(script.replace(rule, changed)))).not.toBe(hex(policy))
        } catch (error) {
          if (!NftablesUnreadable.is(error)) throw error
        }
      },
    ),
    { numRuns: 400 },
  )
})

test('what nft would take for a command gets into no script', () => {
  const policy = drawPolicy(1, 5)
  const renamed = (device: string): Policy => ({
    ...policy,
    devices: policy.devices.map((one) => ({ ...one, device })),
  })
  for (const device of ['a"; flush ruleset', 'a b', 'a\nb', '']) {
    expect(() => renderNftables(renamed(device), { table })).toThrow(RangeError)
  }
  expect(() => renderNftables(policy, { table: 'x; flush ruleset' })).toThrow(RangeError)
})

test('a stateful device is a gap, and comes back as what is enforced', () => {
  const policy = drawPolicy(1, 5)
  const [first, ...rest] = policy.devices
  if (first === undefined) throw new Error('no device')
  const stateful = {
    ...policy,
    devices: [{ ...first, firewall: { ...first.firewall, isStateful: true } }, ...rest],
  }
  expect(nftablesGaps(policy)).toEqual([])
  expect(nftablesGaps(stateful)).toMatchObject([{ device: first.device }])
  expect(hex(readNftables(renderNftables(stateful, { table })))).toBe(hex(policy))
})

test('counters go on in the next table, and tell of rules and devices', () => {
  const json = JSON.stringify({
    nftables: [
      { metainfo: {} },
      { counter: { name: 'ingress-a', packets: 5, bytes: 50 } },
      { counter: { name: 'limited-ingress-a', packets: 2, bytes: 20 } },
      { counter: { name: 'd1-unparsable', packets: 3, bytes: 30 } },
    ],
  })
  const { rules, devices, byName } = readNftablesCounters(json)
  expect(rules).toEqual([
    { ruleId: 'a', direction: 'ingress', packets: 7n, bytes: 70n, limitedPackets: 2n },
  ])
  expect(devices).toEqual([{ device: 1, what: 'unparsable', packets: 3n, bytes: 30n }])
  expect(renderNftables(drawPolicy(1, 0), { table, counters: byName })).toContain(
    'counter d1-unparsable { packets 3 bytes 30 }',
  )
})
