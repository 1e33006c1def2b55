import { type Cidr, contains, readNetwork } from '@holdfast/net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { placesOf, rulesOn } from './concerns.ts'
import { type IpPacket, judge, linesOf, viewOf } from './evaluate.ts'
import { type Line, maxDevices, type View } from './intermediate.ts'
import type { Direction, HostFacts, Rule, RuleSet, RuleSettings } from './model.ts'
import { policyVersion } from './policy-version.ts'
import { resolve } from './resolve.ts'
import { drawPacket, generateFacts, generateRuleSet, Random, shapes, testNow } from './testing.ts'

/**
 * What a rule set means, said once more and differently: rules in the administrator's words, tried one by one,
 * and the peer of an address found as WireGuard finds it. Nothing here is shared with what is tested.
 */
function naive(
  { rules, isLockoutAllowed }: RuleSet,
  facts: HostFacts,
  now: number,
  device: string,
  direction: Direction,
  packet: IpPacket,
): string {
  const wireguard = facts.interfaces.find((one) => one.device === device)
  const isUdp = packet.protocol === 17
  const { source, destination } = packet.ports ?? { source: -1, destination: -1 }
  if (!isLockoutAllowed) {
    const own = direction === 'ingress' ? destination : source
    if (!wireguard && isUdp && facts.interfaces.some((one) => one.listenPort === own)) {
      return `listen-port:${own}`
    }
    const far = direction === 'ingress' ? packet.source : packet.destination
    const farPort = direction === 'ingress' ? source : destination
    for (const { address, port } of facts.control) {
      const there = readNetwork(`${address}/${address.includes(':') ? 128 : 32}` as Cidr)
      const isThere = contains(there, { family: packet.family, value: far })
      if (packet.protocol === 6 && isThere && farPort === port) return `control:${address}:${port}`
    }
  }
  const peerOf = (value: bigint): string | undefined => {
    let best: { id: string; length: number } | undefined
    for (const peer of wireguard?.peers ?? []) {
      for (const prefix of peer.prefixes) {
        const network = readNetwork(prefix)
        if (!contains(network, { family: packet.family, value })) continue
        if (!best || network.prefixLength >= best.length) {
          best = { id: peer.id, length: network.prefixLength }
        }
      }
    }
    return best?.id
  }
  const peer = peerOf(direction === 'ingress' ? packet.source : packet.destination)
  const within = (cidr: Cidr | undefined, value: bigint): boolean =>
    cidr === undefined || contains(readNetwork(cidr), { family: packet.family, value })
  const holds = ({ target }: RuleSettings): boolean => {
    switch (target.kind) {
      case 'everything':
        return true
      case 'site':
        return target.id === facts.siteId
      case 'node':
        return target.id === facts.nodeId
      case 'uplinks':
        return target.id === facts.nodeId && !wireguard
      case 'interface':
        return target.id === wireguard?.id
      case 'peer':
        return target.id === peer
    }
  }
  const sees = (s: RuleSettings): boolean => {
    const hasPorts = s.sourcePorts !== undefined || s.destinationPorts !== undefined
    if (hasPorts && !packet.ports) return false
    if (s.protocol === 'tcp' && packet.protocol !== 6) return false
    if (s.protocol === 'udp' && packet.protocol !== 17) return false
    if (s.protocol === 'icmp' && packet.protocol !== (packet.family === 4 ? 1 : 58)) return false
    const inRange = (range: RuleSettings['sourcePorts'], port: number): boolean =>
      range === undefined || (range.from <= port && port <= range.to)
    return inRange(s.sourcePorts, source) && inRange(s.destinationPorts, destination)
  }
  const noted: string[] = []
  const sorted = [...rules].sort(
    (a, b) => b.settings.priority - a.settings.priority || a.order - b.order,
  )
  for (const { id, settings: s } of sorted) {
    if (!s.isActive || (s.expiresAtUnixMs > 0 && s.expiresAtUnixMs <= now)) continue
    if (s.direction !== 'both' && s.direction !== direction) continue
    if (!holds(s) || !sees(s)) continue
    if (!within(s.source, packet.source) || !within(s.destination, packet.destination)) continue
    if (s.action === 'log' && s.continues) {
      if (noted.length < 8) noted.push(id)
      continue
    }
    const bucket =
      s.action !== 'rate_limit' || !s.rate
        ? ''
        : s.rate.scope === 'peer'
          ? (peer ?? 'source')
          : s.rate.scope
    return [...noted, id, s.action, bucket].join(' ')
  }
  return [...noted, 'none'].join(' ')
}

const said = (judgement: ReturnType<typeof judge>): string => {
  const { line, passed } = judgement
  const noted = passed.map((one) => one.ruleId)
  if (line === undefined) return [...noted, 'none'].join(' ')
  if (line.implicit !== '') return line.implicit
  return [...noted, line.ruleId, line.action, line.rate?.bucket ?? ''].join(' ')
}

test('a resolved rule set judges each packet as its words say', () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(...shapes), fc.nat({ max: 60 }), (seed, shape, size) => {
      const random = new Random(seed)
      const facts = generateFacts({ seed })
      const ruleSet = generateRuleSet({ seed, size, shape, facts })
      const policy = resolve(ruleSet, facts, testNow)
      for (const { device, view } of policy.devices) {
        for (const direction of ['ingress', 'egress'] as const) {
          for (const family of [4, 6] as const) {
            const lines = linesOf(viewOf(policy, view), direction, family)
            for (let i = 0; i < 12; i++) {
              const packet = drawPacket(random, family, lines)
              expect(said(judge(policy, device, direction, packet))).toBe(
                naive(ruleSet, facts, testNow, device, direction, packet),
              )
            }
          }
        }
      }
    }),
    { numRuns: 60 },
  )
})

test('rulesOn names the rules a device has lines of, in order', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const facts = generateFacts({ seed })
      const ruleSet = generateRuleSet({ seed, size: 40, shape: 'firewall', facts })
      const policy = resolve(ruleSet, facts, testNow)
      for (const { device, view } of policy.devices) {
        const order = rulesOn(ruleSet, facts, testNow, device).map((rule) => rule.id)
        for (const list of listsOf(viewOf(policy, view))) {
          const places = list
            .filter((line) => line.implicit === '')
            .map((l) => order.indexOf(l.ruleId))
          expect(places).not.toContain(-1)
          expect(places).toEqual([...places].sort((a, b) => a - b))
        }
      }
      const onNode = new Set(rulesOn(ruleSet, facts, testNow).map((rule) => rule.id))
      const onDevices = [...placesOf(facts).keys()].flatMap((device) =>
        rulesOn(ruleSet, facts, testNow, device).map((rule) => rule.id),
      )
      expect(new Set(onDevices)).toEqual(onNode)
    }),
    { numRuns: 50 },
  )
})

const listsOf = ({ ingress4, egress4, ingress6, egress6 }: View): readonly (readonly Line[])[] => [
  ingress4,
  egress4,
  ingress6,
  egress6,
]

const rule = (id: string, order: number, settings: Partial<RuleSettings> = {}): Rule => ({
  id,
  order,
  settings: {
    name: id,
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
    ...settings,
  },
})
const set = (...rules: Rule[]): RuleSet => ({ rules, isLockoutAllowed: true })
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const versionOf = (ruleSet: RuleSet, facts: HostFacts, now = 0): string =>
  hex(policyVersion(resolve(ruleSet, facts, now)))

test('devices on which the same holds share a view; an interface rule parts them', () => {
  const facts = generateFacts({ seed: 1, interfaces: 3, uplinks: 2 })
  const shared = resolve(set(rule('a', 1)), facts, 0)
  expect(shared.views).toHaveLength(1)
  const id = facts.interfaces[1]?.id ?? ''
  const parted = resolve(
    set(rule('a', 1), rule('b', 2, { target: { kind: 'interface', id } })),
    facts,
    0,
  )
  expect(parted.devices.map(({ device, view }) => [device, view])).toEqual([
    ['up0', 0],
    ['up1', 0],
    ['wg0', 0],
    ['wg1', 1],
    ['wg2', 0],
  ])
})

test('the version follows the meaning: not the order of input, not names, but every word that decides', () => {
  const facts = generateFacts({ seed: 1 })
  const rules = [rule('a', 1), rule('b', 2, { protocol: 'tcp' }), rule('c', 3, { priority: 5 })]
  const version = versionOf(set(...rules), facts)
  expect(versionOf(set(...rules.toReversed()), facts)).toBe(version)
  expect(
    versionOf(set(rule('a', 1, { name: 'other', tags: ['x'] }), ...rules.slice(1)), facts),
  ).toBe(version)
  expect(versionOf(set(...rules, rule('d', 4, { isActive: false })), facts)).toBe(version)
  const others = [
    set(rule('a', 1, { action: 'allow' }), ...rules.slice(1)),
    set(rule('a', 1, { logs: true }), ...rules.slice(1)),
    set(rule('a', 1, { direction: 'both' }), ...rules.slice(1)),
    set(rule('a', 1, { destinationPorts: { from: 0, to: 65535 } }), ...rules.slice(1)),
    set(rule('a', 3), ...rules.slice(1)),
    { ...set(...rules), isLockoutAllowed: false },
  ]
  expect(new Set([version, ...others.map((one) => versionOf(one, facts))]).size).toBe(7)
})

test('what was computed before changes no version', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 1500 }), (seed, index) => {
      const facts = generateFacts({ seed })
      const ruleSet = generateRuleSet({ seed, size: 1500, shape: 'acl', facts })
      versionOf(ruleSet, facts, testNow)
      const changed = {
        ...ruleSet,
        rules: ruleSet.rules.filter((_, i) => i !== index),
      }
      expect(versionOf(changed, facts, testNow)).toBe(
        versionOf(structuredClone(changed), facts, testNow),
      )
    }),
    { numRuns: 10 },
  )
})

test('after a change to one rule all other lines, implicit ones too, are the very same objects', () => {
  const facts = generateFacts({ seed: 1, uplinks: 1 })
  const rules = [1, 2, 3].map((n) => rule(`r${n}`, n))
  const linesIn = (changed: readonly Rule[]): readonly Line[] =>
    resolve({ rules: changed, isLockoutAllowed: false }, facts, 0).views.flatMap((view) =>
      (Object.values(view) as readonly Line[][]).flat(),
    )
  const before = new Set(linesIn(rules))
  const after = linesIn([...rules.slice(0, 2), rule('r3', 3, { protocol: 'tcp' })])
  expect(after.some(({ implicit }) => implicit !== '')).toBe(true)
  expect(after.filter((line) => !before.has(line)).map(({ ruleId }) => ruleId)).toEqual(
    after.filter(({ ruleId }) => ruleId === 'r3').map(({ ruleId }) => ruleId),
  )
})

test('a rule is over at the millisecond it expires', () => {
  const facts = generateFacts({ seed: 1 })
  const lines = (now: number): number =>
    resolve(set(rule('a', 1, { expiresAtUnixMs: 500 })), facts, now).views[0]?.ingress4.length ?? 0
  expect([lines(499), lines(500)]).toEqual([1, 0])
})

test('what exceeds a bound is refused whole', () => {
  const facts = generateFacts({ seed: 1, interfaces: maxDevices + 1 })
  expect(() => resolve(set(), facts, 0)).toThrow(/65|66/)
  const many = Array.from({ length: 100_001 }, () => rule('a', 1))
  expect(() => resolve(set(...many), generateFacts({ seed: 1 }), 0)).toThrow(/100001 rules/)
  const peers = generateFacts({ seed: 1, interfaces: 1, peers: 2000 })
  const each = Array.from({ length: 600 }, (_, i) =>
    rule(`r${i}`, i, { action: 'rate_limit', rate: { pps: 1, burst: 1, scope: 'peer' } }),
  )
  expect(() => resolve(set(...each), peers, 0)).toThrow(/1000000 lines/)
})
