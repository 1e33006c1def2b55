import { expect, test } from 'vitest'
import type { ParsedPacket } from './intermediate.ts'
import type { HostFacts, Rule, RuleSettings } from './model.ts'
import { packetOf } from './packet-of.ts'
import { resolve } from './resolve.ts'
import { flowTimeoutSeconds, StatefulReference } from './stateful.ts'
import { generateFacts, passing } from './testing.ts'

const strict = { ...passing, defaultVerdict: 'drop', isStateful: true } as const
const facts: HostFacts = {
  ...generateFacts({ seed: 1, interfaces: 0, uplinks: 0 }),
  uplinks: [{ device: 'up0', firewall: strict }],
}

const rule = (settings: Partial<RuleSettings>, id = 'out'): Rule => ({
  id,
  order: 1,
  settings: {
    name: id,
    action: 'allow',
    direction: 'egress',
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
const policyOf = (...rules: Rule[]) => resolve({ rules, isLockoutAllowed: true }, facts, 0)

const syn = 0x02
const synAck = 0x12
const ack = 0x10
const fin = 0x11

function bench(...rules: Rule[]) {
  let nowNs = 1n
  const reference = new StatefulReference(policyOf(...rules), () => nowNs)
  const tcp = (source: number, destination: number, tcpFlags: number): ParsedPacket =>
    packetOf({
      source: '10.0.0.1',
      destination: '10.0.0.2',
      protocol: 6,
      sourcePort: source,
      destinationPort: destination,
      tcpFlags,
    })
  const back = (source: number, destination: number, tcpFlags: number): ParsedPacket =>
    packetOf({
      source: '10.0.0.2',
      destination: '10.0.0.1',
      protocol: 6,
      sourcePort: source,
      destinationPort: destination,
      tcpFlags,
    })
  return {
    reference,
    wait: (seconds: number) => {
      nowNs += BigInt(seconds) * 1_000_000_000n
    },
    out: (flags: number) => reference.judge('up0', 'egress', tcp(4000, 80, flags)).verdict,
    answer: (flags: number) => reference.judge('up0', 'ingress', back(80, 4000, flags)).decidedBy,
    judge: reference.judge.bind(reference),
  }
}

test('an answer passes, and only an answer', () => {
  const { out, answer, judge } = bench(rule({ protocol: 'tcp' }))
  expect(answer(synAck)).toBe('default')
  expect(out(syn)).toBe('pass')
  expect(answer(synAck)).toBe('established')
  expect(answer(syn)).toBe('default')
  const other = packetOf({
    source: '10.0.0.2',
    destination: '10.0.0.1',
    protocol: 6,
    sourcePort: 81,
    destinationPort: 4000,
    tcpFlags: ack,
  })
  expect(judge('up0', 'ingress', other).verdict).toBe('drop')
})

test('an answer opens nothing: the opening direction asks the rules each time', () => {
  const { reference, out, answer } = bench(rule({ protocol: 'tcp' }))
  out(syn)
  answer(synAck)
  reference.swap(policyOf())
  expect(out(ack)).toBe('drop')
  expect(answer(ack)).toBe('default')
})

test('a flow outlives a change that still lets it through', () => {
  const { reference, out, answer } = bench(rule({ protocol: 'tcp' }))
  out(syn)
  reference.swap(policyOf(rule({ protocol: 'any' }, 'wider')))
  expect(answer(ack)).toBe('established')
})

test('silence ends a flow, sooner when it was closed', () => {
  const { out, answer, wait } = bench(rule({ protocol: 'tcp' }))
  out(syn)
  wait(flowTimeoutSeconds.tcp)
  expect(answer(ack)).toBe('established')
  wait(flowTimeoutSeconds.tcp + 1)
  expect(answer(ack)).toBe('default')
  out(ack)
  answer(fin)
  wait(flowTimeoutSeconds.tcpClosing)
  expect(answer(ack)).toBe('established')
  wait(flowTimeoutSeconds.tcpClosing + 1)
  expect(answer(ack)).toBe('default')
  out(fin)
  out(syn)
  wait(flowTimeoutSeconds.tcpClosing + 1)
  expect(answer(ack)).toBe('established')
})

test('a rate limit passes its burst, then its rate, and drops the rest', () => {
  const limited = rule({ action: 'rate_limit', rate: { pps: 10, burst: 3, scope: 'rule' } })
  const { out, wait } = bench(limited)
  expect([out(ack), out(ack), out(ack), out(ack)]).toEqual(['pass', 'pass', 'pass', 'drop'])
  wait(1)
  expect([out(ack), out(ack), out(ack), out(ack)]).toEqual(['pass', 'pass', 'pass', 'drop'])
})

test('a limit for each source limits none by another, and outlives a swap', () => {
  const limited = rule({ action: 'rate_limit', rate: { pps: 1, burst: 1, scope: 'source' } })
  const { reference, judge } = bench(limited)
  const from = (source: string) =>
    judge('up0', 'egress', packetOf({ source, destination: '10.9.9.9', protocol: 1 })).isLimited
  expect([from('10.0.0.1'), from('10.0.0.1'), from('10.0.0.2')]).toEqual([false, true, false])
  reference.swap(policyOf(limited, rule({ protocol: 'tcp' }, 'new')))
  expect(from('10.0.0.2')).toBe(true)
})
