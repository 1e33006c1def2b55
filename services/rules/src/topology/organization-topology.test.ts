import type { Cidr } from '@holdfast/net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isTargeted } from './host.ts'
import { defaultFirewall } from './network-events.ts'
import { OrganizationTopology, type Versions } from './organization-topology.ts'

const node = (nodeId: string, more: object = {}) => ({
  nodeId,
  isGone: false,
  name: nodeId,
  siteId: 's1',
  uplinks: [],
  ...more,
})
const wg = (interfaceId: string, nodeId: string, more: object = {}) => ({
  interfaceId,
  nodeId,
  isGone: false,
  isReborn: false,
  name: `wg-${interfaceId}`,
  listenPort: 51820,
  isEnabled: true,
  firewall: defaultFirewall,
  ...more,
})
const peer = (peerId: string, interfaceId: string, more: object = {}) => ({
  peerId,
  interfaceId,
  isGone: false,
  name: peerId,
  prefixes: ['10.0.0.2/32' as Cidr], // as: a fixture
  isEnabled: true,
  expiresAtUnixMs: 0,
  ...more,
})
const none: Versions = { nodes: [], interfaces: [], peers: [] }
const topology = () => new OrganizationTopology('o1', [])

test('a host has its enabled interfaces and living peers, in order of their ids', () => {
  const fold = topology()
  fold.apply({
    nodes: [node('n1')],
    interfaces: [wg('i2', 'n1'), wg('i1', 'n1'), wg('i3', 'n1', { isEnabled: false })],
    peers: [
      peer('p2', 'i1'),
      peer('p1', 'i1'),
      peer('p3', 'i1', { isEnabled: false }),
      peer('p4', 'i2', { expiresAtUnixMs: 100 }),
    ],
  })
  const [host] = fold.hosts(99)
  expect(host?.facts.interfaces.map(({ id, peers }) => [id, peers.map((p) => p.id)])).toEqual([
    ['i1', ['p1', 'p2']],
    ['i2', ['p4']],
  ])
  expect(fold.hosts(99)[0]).toBe(host)
  const [later] = fold.hosts(100)
  expect(later?.peers.has('p4')).toBe(false)
  expect(host?.peers.has('p4')).toBe(true)
})

test('what goes takes along what was inside', () => {
  const fold = topology()
  fold.apply({ nodes: [node('n1')], interfaces: [wg('i1', 'n1')], peers: [peer('p1', 'i1')] })
  fold.apply({ ...none, interfaces: [wg('i1', 'n1', { isGone: true })] })
  expect(fold.hosts(0)[0]?.facts.interfaces).toEqual([])
  // Its last word, read again from the log, does not bring the peer back.
  fold.apply({ ...none, peers: [peer('p1', 'i1')] })
  expect(fold.size).toBe(1)
  fold.apply({ ...none, nodes: [node('n1', { isGone: true })] })
  expect(fold.hosts(0)).toEqual([])
})

test('what came back has inside what came with it, and not what was there before', () => {
  const fold = topology()
  fold.apply({
    nodes: [node('n1')],
    interfaces: [wg('i1', 'n1')],
    peers: [peer('p1', 'i1'), peer('p2', 'i1')],
  })
  fold.apply({
    ...none,
    interfaces: [wg('i1', 'n1', { isReborn: true })],
    peers: [peer('p1', 'i1')],
  })
  expect([...(fold.hosts(0)[0]?.peers.keys() ?? [])]).toEqual(['p1'])
  expect(fold.size).toBe(3)
})

test('a rule holds where its target is, and nowhere without a device', () => {
  const fold = topology()
  const uplinks = [{ device: 'eth0', firewall: defaultFirewall }]
  fold.apply({
    nodes: [node('n1', { uplinks }), node('n2', { siteId: 's2' }), node('n3')],
    interfaces: [wg('i1', 'n2')],
    peers: [peer('p1', 'i1')],
  })
  const where = (kind: 'site' | 'node' | 'interface' | 'peer' | 'uplinks', id: string) =>
    fold.hosts(0).flatMap((host) => (isTargeted(host, { kind, id }) ? [host.name] : []))
  expect(
    fold.hosts(0).flatMap((host) => (isTargeted(host, { kind: 'everything' }) ? host.name : [])),
  ).toEqual(['n1', 'n2'])
  expect(where('site', 's1')).toEqual(['n1'])
  expect(where('node', 'n3')).toEqual([])
  expect(where('uplinks', 'n1')).toEqual(['n1'])
  expect(where('uplinks', 'n2')).toEqual([])
  expect(where('interface', 'i1')).toEqual(['n2'])
  expect(where('peer', 'p1')).toEqual(['n2'])
})

test('following change by change and reading the end at once give the same hosts', () => {
  const id = (prefix: string) => fc.integer({ min: 1, max: 3 }).map((n) => `${prefix}${n}`)
  const change = fc.oneof(
    fc.record({ id: id('n'), isGone: fc.boolean() }).map((v) => ({
      ...none,
      nodes: [node(v.id, { isGone: v.isGone })],
    })),
    fc.record({ id: id('i'), isEnabled: fc.boolean() }).map((v) => ({
      ...none,
      interfaces: [wg(v.id, `n${v.id.slice(1)}`, { isEnabled: v.isEnabled })],
    })),
    fc.record({ id: id('p'), isGone: fc.boolean(), expiresAtUnixMs: fc.nat(10) }).map((v) => ({
      ...none,
      peers: [peer(v.id, `i${v.id.slice(1)}`, v)],
    })),
  )
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), fc.nat(10), (changes, now) => {
      // Peers come after their interface, as in the log.
      const start = { ...none, interfaces: ['1', '2', '3'].map((n) => wg(`i${n}`, `n${n}`)) }
      const all = [start, ...changes]
      const followed = topology()
      for (const versions of all) {
        followed.apply(versions)
        followed.hosts(now)
      }
      const atOnce = topology()
      const lastOf = <T>(items: readonly T[], key: (item: T) => string): T[] => [
        ...new Map(items.map((item) => [key(item), item])).values(),
      ]
      atOnce.apply({
        nodes: lastOf(
          all.flatMap(({ nodes }) => nodes),
          ({ nodeId }) => nodeId,
        ),
        interfaces: lastOf(
          all.flatMap(({ interfaces }) => interfaces),
          ({ interfaceId }) => interfaceId,
        ),
        peers: lastOf(
          all.flatMap(({ peers }) => peers),
          ({ peerId }) => peerId,
        ),
      })
      expect(followed.hosts(now)).toEqual(atOnce.hosts(now))
    }),
  )
})
