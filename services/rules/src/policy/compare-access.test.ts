import type { RuleSettings } from '@holdfast/policy'
import { expect, test } from 'vitest'
import { cidr, ruleIdOf, settingsOf } from '../domain/fixtures.ts'
import { host, peerIdOf } from '../testing/host-fixtures.ts'
import type { Host } from '../topology/host.ts'
import { accessDifferences } from './compare-access.ts'
import type { Situation } from './situation.ts'

const situation = (
  rules: readonly Partial<RuleSettings>[],
  hosts: readonly Host[] = [host(1)],
): Situation => ({
  ruleSet: {
    rules: rules.map((settings, i) => ({
      id: ruleIdOf(i + 1),
      order: i + 1,
      settings: settingsOf(i + 1, settings),
    })),
    isLockoutAllowed: false,
  },
  tests: [],
  hosts,
  atUnixMs: 0,
})
const compare = async (before: Situation, after: Situation, node = '', limit = 200) =>
  await accessDifferences(before, after, node, limit)
const sentences = async (before: Situation, after: Situation) =>
  (await compare(before, after)).differences.map(({ sentence }) => sentence)

const closed = { name: 'close', destination: cidr('10.9.0.0/24'), priority: 10 }
const ssh = {
  name: 'allow-ssh',
  action: 'allow' as const,
  protocol: 'tcp' as const,
  destination: cidr('10.9.0.0/24'),
  destinationPorts: { from: 22, to: 22 },
  target: { kind: 'peer' as const, id: peerIdOf(1) },
}

test('says who reaches what now, and by which rule', async () => {
  expect(await sentences(situation([closed]), situation([closed, ssh]))).toEqual([
    'peer laptop-1 now reaches 10.9.0.0/24 on 22/tcp (rule allow-ssh; before: rule close), in through wg1 of gw-1',
  ])
  const { differences, omitted } = await compare(situation([closed, ssh]), situation([closed]))
  expect(differences).toMatchObject([
    {
      source: 'peer laptop-1',
      destination: '10.9.0.0/24',
      protocol: 'tcp',
      destinationPorts: [{ from: 22, to: 22 }],
      before: 'pass',
      beforeBy: 'allow-ssh',
      beforeRuleId: ruleIdOf(2),
      after: 'drop',
      afterBy: 'close',
      direction: 'ingress',
      family: 'ipv4',
      places: [{ nodeName: 'gw-1', interfaceName: 'wg1' }],
    },
  ])
  expect(omitted).toEqual([])
})

test('the same on many nodes, both ways and in both families is one difference', async () => {
  const hosts = [1, 2, 3].map((n) => host(n, { hasUplink: n === 1 }))
  const all = { name: 'nothing-passes', direction: 'both' as const }
  expect(await sentences(situation([], hosts), situation([all], hosts))).toEqual([
    'anyone no longer reaches anything (rule nothing-passes), through wg1 of gw-1 and 2 other places',
    // On the uplink WireGuard's own port stays open, each way on its own side.
    'anyone no longer reaches anything on tcp, later fragments of udp, other protocols (rule nothing-passes), through eth0 of gw-1',
    'anyone no longer reaches anything on 0-51819, 51821-65535/udp (rule nothing-passes), in through eth0 of gw-1',
    'anyone no longer reaches anything on udp from source port 0-51819, 51821-65535 (rule nothing-passes), out through eth0 of gw-1',
  ])
})

test('a limit, and everything but one', async () => {
  const limited = {
    name: 'slow',
    action: 'rate_limit' as const,
    protocol: 'icmp' as const,
    rate: { pps: 10, burst: 10, scope: 'source' as const },
  }
  expect(await sentences(situation([]), situation([limited]))).toEqual([
    'anyone now reaches anything on icmp at 10 packets a second at most for each source (rule slow), in through wg1 of gw-1',
  ])
  const but = {
    name: 'admin',
    action: 'allow' as const,
    source: cidr('10.0.0.7/32'),
    priority: 900,
  }
  const { differences } = await compare(situation([but]), situation([but, closed]))
  expect(differences).toMatchObject([{ source: 'anyone but 10.0.0.7', destination: '10.9.0.0/24' }])
})

test('an interface that is new or gone, and a node that is asked for', async () => {
  const both = [host(1), host(2)]
  const gone = await compare(situation([], both), situation([], [host(1)]))
  expect(gone.differences.map(({ sentence }) => sentence)).toEqual([
    'anyone no longer reaches anything (the interface is gone; before: by default), through wg2 of gw-2',
  ])
  const there = await compare(situation([], [host(1)]), situation([], both), 'GW-2')
  expect(there.differences.map(({ sentence }) => sentence)).toEqual([
    'anyone now reaches anything (the interface is new; by default), through wg2 of gw-2',
  ])
  expect(
    (await compare(situation([], both), situation([closed], both), 'gw-2')).differences,
  ).toMatchObject([{ places: [{ nodeName: 'gw-2' }] }])
  await expect(compare(situation([], both), situation([], both), 'gw-9')).rejects.toMatchObject({
    code: 'rules.node_not_found',
  })
})

test('what changes no verdict is no difference; more than wanted is said', async () => {
  const twin = { ...closed, name: 'twin', description: 'the same once more' }
  expect(await sentences(situation([closed]), situation([{ ...twin, priority: 900 }]))).toEqual([])
  const many = Array.from({ length: 12 }, (_, i) => ({
    destination: cidr(`10.9.${i}.0/24`),
    protocol: 'tcp' as const,
    destinationPorts: { from: i + 1, to: i + 1 },
  }))
  const { differences, omitted } = await compare(situation([]), situation(many), '', 5)
  expect(differences).toHaveLength(5)
  expect(omitted).toEqual(['7 further differences'])
})

test('what is not compared is said', async () => {
  const stateful = (isStateful: boolean): Host => {
    const one = host(1)
    const [wg] = one.facts.interfaces
    if (!wg) throw new Error('a host has an interface')
    const interfaces = [{ ...wg, firewall: { ...wg.firewall, isStateful } }]
    return { ...one, facts: { ...one.facts, interfaces } }
  }
  const found = await compare(situation([], [stateful(false)]), situation([], [stateful(true)]))
  expect(found).toMatchObject({
    differences: [],
    omitted: ['wg1 of gw-1 lets answers pass by itself now: only what opens a flow is compared'],
  })
})
