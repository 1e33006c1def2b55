import { DomainError } from '@holdfast/errors'
import { type DeviceName, type HostName, parseDeviceName, take } from '@holdfast/net'
import { defaultFirewall, type FirewallSettings } from '@holdfast/policy'
import { spec } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import {
  DeviceIsUplink,
  InterfaceNameTaken,
  ListenPortTaken,
  NodeExists,
  NodeNotEmpty,
  NodeNotFound,
  NoFreeListenPort,
  ObjectChanged,
} from './errors.ts'
import { interfaceIdOf, interfaceName, organizationId } from './fixtures.ts'
import { type NodeEvent, type NodeIdentity, type NodeSettings, node } from './node.ts'

const { given } = spec(node)

const identity: NodeIdentity = {
  organizationId,
  enrolmentKey: new Uint8Array(32).fill(1),
  natsPublicKey: 'UA',
  hostname: 'gw',
  platform: 'linux x64',
}
const settings: NodeSettings = { name: 'gw-1', siteId: '', endpointHost: '', uplinks: [] }
const enrolled: NodeEvent = { type: 'NodeEnrolled', ...identity, name: 'gw-1', siteId: '' }
const [a, b] = [interfaceIdOf(1), interfaceIdOf(2)]
const claimed = (interfaceId = a, name = 'wg0', listenPort = 51820): NodeEvent => ({
  type: 'InterfaceClaimed',
  interfaceId,
  name: interfaceName(name),
  listenPort,
})
const claim = (interfaceId = b, name = 'wg1', listenPort = 0) =>
  ({ type: 'ClaimInterface', interfaceId, name: interfaceName(name), listenPort }) as const

test('an agent that asks again with the same keys is the same node', () => {
  given().when({ type: 'EnrollNode', identity, settings }).expects(enrolled)
  given(enrolled).when({ type: 'EnrollNode', identity, settings }).expects()
})

test('other keys, or a deleted node, do not become that node', () => {
  const others = { ...identity, natsPublicKey: 'UB' }
  given(enrolled).when({ type: 'EnrollNode', identity: others, settings }).rejects(NodeExists)
  given(enrolled, { type: 'NodeDeleted' })
    .when({ type: 'EnrollNode', identity, settings })
    .rejects(NodeExists)
})

test('a name and a port belong to one interface of the node', () => {
  given(enrolled, claimed())
    .when(claim(b, 'wg0', 1234))
    .rejects(InterfaceNameTaken, { heldBy: a })
  given(enrolled, claimed())
    .when(claim(b, 'wg1', 51820))
    .rejects(ListenPortTaken, { heldBy: a })
  given(enrolled, claimed(), { type: 'InterfaceReleased', interfaceId: a })
    .when(claim(b, 'wg0', 51820))
    .expects(claimed(b, 'wg0', 51820))
})

test('without a port an interface gets the lowest free one from 51820', () => {
  given(enrolled)
    .when(claim())
    .expects(claimed(b, 'wg1', 51820))
  given(enrolled, claimed(a, 'wg0', 51820), claimed(interfaceIdOf(3), 'wg3', 51822))
    .when(claim())
    .expects(claimed(b, 'wg1', 51821))
  const all = Array.from({ length: 65535 - 51820 + 1 }, (_, i) =>
    claimed(interfaceIdOf(100 + i), `wg${i}`, 51820 + i),
  )
  given(enrolled, ...all)
    .when(claim(b, 'other'))
    .rejects(NoFreeListenPort)
})

test('during a rename both names are held; settling leaves the one in use', () => {
  const renamed = claimed(a, 'wg9', 51820)
  given(enrolled, claimed())
    .when(claim(a, 'wg9', 51820))
    .expects(renamed)
  given(enrolled, claimed(), renamed)
    .when(claim(b, 'wg0', 1))
    .rejects(InterfaceNameTaken)
  const used = { name: interfaceName('wg9'), listenPort: 51820 }
  const settle = { type: 'SettleClaim', interfaceId: a, claim: used } as const
  given(enrolled, claimed(), renamed).when(settle).expects(renamed)
  given(enrolled, claimed(), renamed, renamed).when(settle).expects()
  given(enrolled, claimed(), renamed, renamed)
    .when(claim(b, 'wg0', 1))
    .expects(claimed(b, 'wg0', 1))
})

test('settling for an interface that does not exist releases what it held', () => {
  const settle = { type: 'SettleClaim', interfaceId: a, claim: undefined } as const
  given(enrolled, claimed()).when(settle).expects({ type: 'InterfaceReleased', interfaceId: a })
  given(enrolled).when(settle).expects()
})

test('a node with interfaces stays', () => {
  given(enrolled, claimed()).when({ type: 'DeleteNode' }).rejects(NodeNotEmpty, { interfaces: 1 })
  given(enrolled).when({ type: 'DeleteNode' }).expects({ type: 'NodeDeleted' })
  given(enrolled, { type: 'NodeDeleted' }).when({ type: 'DeleteNode' }).expects()
  given(enrolled, { type: 'NodeDeleted' }).when(claim()).rejects(NodeNotFound)
})

test('an update names what changes and refuses an outdated reader; claims do not count', () => {
  const endpointHost = 'vpn.example.org' as HostName
  const updated: NodeEvent = { type: 'NodeUpdated', ...settings, endpointHost }
  const update = { type: 'UpdateNode', changes: { endpointHost } } as const
  given(enrolled).when(update).expects(updated)
  given(enrolled, updated).when(update).expects()
  given(enrolled, claimed())
    .when({ ...update, expectedRevision: 1n })
    .expects(updated)
  given(enrolled, updated)
    .when({ ...update, expectedRevision: 1n })
    .rejects(ObjectChanged, { expected: 1n, actual: 2n })
  expect(given(enrolled, updated).state.settings.endpointHost).toBe(endpointHost)
})

const device = (name: string): DeviceName => take(parseDeviceName, name, 'device')
const uplink = (name: string, firewall: Partial<FirewallSettings> = {}) => ({
  device: device(name),
  firewall: { ...defaultFirewall, ...firewall },
})
const update = (...uplinks: ReturnType<typeof uplink>[]) =>
  ({ type: 'UpdateNode', changes: { uplinks } }) as const
const updated = (...uplinks: ReturnType<typeof uplink>[]): NodeEvent => ({
  type: 'NodeUpdated',
  ...settings,
  uplinks,
})

test('uplinks are named all at once, and the same again says nothing', () => {
  const strict = uplink('eth0', { defaultVerdict: 'drop', isStateful: true })
  given(enrolled)
    .when(update(uplink('eth0'), uplink('eth1')))
    .expects(updated(uplink('eth0'), uplink('eth1')))
  given(enrolled, updated(uplink('eth0')))
    .when(update(uplink('eth0')))
    .expects()
  given(enrolled, updated(uplink('eth0')))
    .when(update(strict))
    .expects(updated(strict))
  given(enrolled, updated(strict)).when(update()).expects(updated())
  expect(given(enrolled, updated(strict)).state.settings.uplinks).toEqual([strict])
})

test('an interface of the node is no uplink of it, and an uplink no interface', () => {
  const decide = () =>
    node.decide(update(uplink('eth0'), uplink('wg0')), given(enrolled, claimed()).state)
  expect(decide).toThrow(DomainError)
  expect(decide).toThrow(
    expect.objectContaining({
      fields: [expect.objectContaining({ field: 'uplinks[1].device', code: 'is_interface' })],
    }),
  )
  given(enrolled, claimed(), { type: 'InterfaceReleased', interfaceId: a })
    .when(update(uplink('wg0')))
    .expects(updated(uplink('wg0')))
  given(enrolled, updated(uplink('wg1')))
    .when(claim(b, 'wg1'))
    .rejects(DeviceIsUplink, { device: 'wg1' })
})
