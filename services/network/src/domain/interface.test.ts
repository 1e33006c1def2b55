import { DomainError } from '@holdfast/errors'
import { defaultFirewall, type FirewallSettings } from '@holdfast/policy'
import { spec } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import {
  AddressInUse,
  AddressTaken,
  AllowedIpTaken,
  InterfaceNotFound,
  ObjectChanged,
  PeerExists,
  PeerNameTaken,
  PeerNotFound,
  PoolExhausted,
  PublicKeyTaken,
} from './errors.ts'
import {
  added,
  address,
  cidr,
  created,
  interfaceSettings,
  ip,
  keyOf,
  keys,
  newPeer,
  organizationId,
  peerIdOf,
  peerSettings,
  sealed,
  sealedToNode,
} from './fixtures.ts'
import { type InterfaceCommand, networkInterface } from './interface.ts'
import type { InterfaceEvent } from './interface-state.ts'
import type { InterfaceSettings, PeerSettings } from './settings.ts'

const { given } = spec(networkInterface)
const now = 1_000_000

const add = (n: number, settings: Parameters<typeof newPeer>[1] = {}): InterfaceCommand => ({
  type: 'AddPeer',
  peer: newPeer(n, settings),
  now,
})
const v4 = (settings: Partial<InterfaceSettings> = {}) =>
  created({ addresses: [address('10.10.0.1/24')], ...settings })

const rotated = { publicKey: keyOf(9), privateKey: undefined }

/** Codes of the fields a command is refused for. */
function fieldsOf(events: readonly InterfaceEvent[], command: InterfaceCommand): string[] {
  try {
    networkInterface.decide(command, given(...events).state)
    return []
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return error.fields.map(({ field, code }) => `${field} ${code}`)
  }
}

test('a peer gets the lowest free address of each network', () => {
  given(created(), added(1, { addresses: [ip('10.10.0.2'), ip('fd10::1:0')] }))
    .when(add(2))
    .expects(added(2, { addresses: [ip('10.10.0.3'), ip('fd10::2')] }))
})

test('a peer that exists is not added again, whatever became of its key and name', () => {
  given(created(), added(1), { type: 'PeerKeyRotated', peerId: peerIdOf(1), ...rotated })
    .when(add(1, { name: 'another' }))
    .rejects(PeerExists)
})

test('a removed peer leaves its address in quarantine, and then the lowest is taken again', () => {
  const removed: InterfaceEvent = {
    type: 'PeerRemoved',
    peerId: peerIdOf(1),
    addressesFreeAtUnixMs: now + 3_600_000,
  }
  const before = [v4(), added(1, { addresses: [ip('10.10.0.2')] })]
  given(...before)
    .when({ type: 'RemovePeer', peerId: peerIdOf(1), now })
    .expects(removed)
  given(...before, removed)
    .when(add(2))
    .expects(added(2, { addresses: [ip('10.10.0.3')] }))
  given(...before, removed)
    .when({ type: 'AddPeer', peer: newPeer(2), now: now + 3_600_000 })
    .expects(added(2, { addresses: [ip('10.10.0.2')] }))
})

test('an address in quarantine may still be asked for by name', () => {
  given(v4(), added(1, { addresses: [ip('10.10.0.2')] }), {
    type: 'PeerRemoved',
    peerId: peerIdOf(1),
    addressesFreeAtUnixMs: now + 1,
  })
    .when(add(2, { addresses: [ip('10.10.0.2')] }))
    .expects(added(2, { addresses: [ip('10.10.0.2')] }))
})

test('a full pool says which network is full and when a quarantine ends', () => {
  const full = [
    created({ addresses: [address('10.0.0.1/30')] }),
    added(1, { addresses: [ip('10.0.0.2')] }),
  ]
  given(...full)
    .when(add(2))
    .rejects(PoolExhausted, { network: '10.0.0.0/30', freeAt: '' })
  given(...full, {
    type: 'PeerRemoved',
    peerId: peerIdOf(1),
    addressesFreeAtUnixMs: 1_700_000_000_000,
  })
    .when(add(2))
    .rejects(PoolExhausted, { freeAt: '2023-11-14T22:13:20.000Z' })
})

test('addresses that somebody routes as an allowed IP are stepped over', () => {
  given(v4(), added(1, { allowedIps: [cidr('10.10.0.2/32')] }))
    .when(add(2))
    .expects(added(2, { addresses: [ip('10.10.0.3')] }))
})

test('an address of choice must be free and one a host may have', () => {
  const before = [created(), added(1, { addresses: [ip('10.10.0.2')], name: 'laptop' })]
  given(...before)
    .when(add(2, { addresses: [ip('10.10.0.2')] }))
    .rejects(AddressTaken, { address: '10.10.0.2', heldBy: 'peer laptop' })
  given(...before)
    .when(add(2, { addresses: [ip('10.10.0.1')] }))
    .rejects(AddressTaken)
  const bad = ['10.10.1.2', '10.10.0.0', '10.10.0.255', 'fd10::', 'fd11::2', '10.10.0.9'].map(ip)
  expect(fieldsOf(before, add(2, { addresses: bad }))).toEqual([
    'addresses[0] address_outside_networks',
    'addresses[1] address_not_host',
    'addresses[2] address_not_host',
    'addresses[3] address_not_host',
    'addresses[4] address_outside_networks',
  ])
})

test('a prefix routes to one peer; different prefixes may overlap', () => {
  const before = [
    v4(),
    added(1, { addresses: [ip('10.10.0.2')], allowedIps: [cidr('192.168.0.0/16')] }),
  ]
  given(...before)
    .when(add(2, { allowedIps: [cidr('192.168.0.0/16')] }))
    .rejects(AllowedIpTaken, { prefix: '192.168.0.0/16', heldBy: 'peer peer-1' })
  given(...before)
    .when(add(2, { allowedIps: [cidr('10.10.0.2/32')] }))
    .rejects(AllowedIpTaken)
  given(...before)
    .when(add(2, { allowedIps: [cidr('10.10.0.1/32')] }))
    .rejects(AllowedIpTaken)
  given(...before)
    .when(add(2, { allowedIps: [cidr('192.168.1.0/24'), cidr('0.0.0.0/0')] }))
    .expects(
      added(2, {
        addresses: [ip('10.10.0.3')],
        allowedIps: [cidr('192.168.1.0/24'), cidr('0.0.0.0/0')],
      }),
    )
})

test('names are unique regardless of case, keys among peers and the interface', () => {
  const before = [v4(), added(1, { name: 'Alice' })]
  given(...before)
    .when(add(2, { name: 'aLICE' }))
    .rejects(PeerNameTaken)
  given(...before)
    .when({ type: 'AddPeer', peer: { ...newPeer(2), publicKey: keyOf(1) }, now })
    .rejects(PublicKeyTaken, { heldBy: 'peer Alice' })
  given(...before)
    .when({ type: 'AddPeer', peer: { ...newPeer(2), publicKey: keyOf(0) }, now })
    .rejects(PublicKeyTaken, { heldBy: 'the interface itself' })
  given(...before)
    .when({ type: 'RotateInterfaceKey', keys: { ...keys, publicKey: keyOf(1) } })
    .rejects(PublicKeyTaken)
})

test('what a peer gives up is free for others, and its own stays its own', () => {
  const before = [v4(), added(1, { addresses: [ip('10.10.0.2')], name: 'alice' })]
  const settings: PeerSettings = {
    ...peerSettings,
    name: 'ALICE',
    addresses: [ip('10.10.0.9')],
  }
  const updated: InterfaceEvent = { type: 'PeerUpdated', peerId: peerIdOf(1), settings }
  given(...before)
    .when({
      type: 'UpdatePeer',
      peerId: peerIdOf(1),
      changes: { name: 'ALICE', addresses: settings.addresses },
      now,
    })
    .expects(updated)
  given(...before, updated)
    .when(add(2))
    .expects(added(2, { addresses: [ip('10.10.0.2')] }))
  given(...before, updated, {
    type: 'PeerKeyRotated',
    peerId: peerIdOf(1),
    publicKey: keyOf(5),
    privateKey: undefined,
  })
    .when({ type: 'AddPeer', peer: { ...newPeer(2), publicKey: keyOf(1) }, now })
    .expects({
      ...added(2, { addresses: [ip('10.10.0.2')] }),
      publicKey: keyOf(1),
    } as InterfaceEvent)
})

test('an expiry lies ahead when it is set, and may stay when it has passed', () => {
  expect(fieldsOf([v4()], add(1, { expiresAtUnixMs: now }))).toEqual(['expires_at in_the_past'])
  const expired = [v4(), added(1, { expiresAtUnixMs: now - 1 })]
  const update = { type: 'UpdatePeer', peerId: peerIdOf(1), now } as const
  expect(fieldsOf(expired, { ...update, changes: { description: 'old' } })).toEqual([])
  expect(fieldsOf(expired, { ...update, changes: { expiresAtUnixMs: now - 5 } })).toEqual([
    'expires_at in_the_past',
  ])
  expect(fieldsOf(expired, { ...update, changes: { expiresAtUnixMs: 0 } })).toEqual([])
})

test('peers count their own changes: an edit elsewhere does not make a reader outdated', () => {
  const before = [v4(), added(1), added(2)]
  const update = { type: 'UpdatePeer', peerId: peerIdOf(1), changes: { name: 'x' }, now } as const
  given(...before, { type: 'InterfaceUpdated', settings: { ...interfaceSettings, mtu: 1400 } })
    .when({ ...update, expectedRevision: 1n })
    .expects({
      type: 'PeerUpdated',
      peerId: peerIdOf(1),
      settings: { ...peerSettings, name: 'x' },
    })
  given(...before, { type: 'PeerUpdated', peerId: peerIdOf(1), settings: peerSettings })
    .when({ ...update, expectedRevision: 1n })
    .rejects(ObjectChanged, { expected: 1n, actual: 2n })
})

test('removing twice is one fact, and so is deleting', () => {
  const remove = { type: 'RemovePeer', peerId: peerIdOf(1), now } as const
  given(v4()).when(remove).expects()
  given(v4(), { type: 'InterfaceDeleted' }).when(remove).expects()
  given(v4(), { type: 'InterfaceDeleted' }).when({ type: 'DeleteInterface' }).expects()
  given().when({ type: 'DeleteInterface' }).rejects(InterfaceNotFound)
  given(v4(), { type: 'InterfaceDeleted' }).when(add(1)).rejects(InterfaceNotFound)
  given(v4())
    .when({ type: 'RotatePeerKey', peerId: peerIdOf(1), publicKey: keyOf(3), privateKey: sealed })
    .rejects(PeerNotFound)
})

test('an interface keeps room for its peers', () => {
  const before = [v4(), added(1, { addresses: [ip('10.10.0.200')], name: 'far' })]
  const to = (...addresses: string[]): InterfaceCommand => ({
    type: 'UpdateInterface',
    changes: { addresses: addresses.map(address) },
  })
  given(...before)
    .when(to('10.10.0.1/25'))
    .rejects(AddressInUse, { address: '10.10.0.200', peer: 'far' })
  given(...before)
    .when(to('10.10.0.200/24'))
    .rejects(AddressInUse)
  given(...before)
    .when(to('10.10.0.193/29'))
    .rejects(AddressInUse)
  const wider = { ...interfaceSettings, addresses: [address('10.10.0.1/23')] }
  given(...before)
    .when(to('10.10.0.1/23'))
    .expects({ type: 'InterfaceUpdated', settings: wider })
  given(...before, { type: 'InterfaceUpdated', settings: wider })
    .when(add(2, { addresses: [ip('10.10.1.7')] }))
    .expects(added(2, { addresses: [ip('10.10.1.7')] }))
})

test('an interface must not contradict itself, and says all of it at once', () => {
  const create = (settings: Partial<InterfaceSettings>): InterfaceCommand => ({
    type: 'CreateInterface',
    organizationId,
    settings: { ...interfaceSettings, ...settings },
    keys,
    peers: [],
    now,
  })
  const addresses = ['10.10.0.0/24', '10.10.0.1/24', '10.10.0.9/16', '10.10.0.1/24', 'fd10::/64']
  expect(fieldsOf([], create({ addresses: addresses.map(address), mtu: 1200 }))).toEqual([
    'addresses[0] address_not_host',
    'addresses[2] address_overlap',
    'addresses[2] address_overlap',
    'addresses[3] duplicate',
    'addresses[3] address_overlap',
    'addresses[4] address_not_host',
    'mtu mtu_too_small_for_ipv6',
  ])
  given().when(create({})).expects(created())
  for (const everything of ['10.10.0.1/0', 'fd10::1/0']) {
    expect(fieldsOf([], create({ addresses: [address(everything)] }))).toEqual([
      'addresses[0] address_too_wide',
    ])
  }
})

test('an import is one decision: each peer is judged with those before it in place', () => {
  const create = (peers: readonly ReturnType<typeof newPeer>[]): InterfaceCommand => ({
    type: 'CreateInterface',
    organizationId,
    settings: interfaceSettings,
    keys,
    peers,
    now,
  })
  const [first, second] = [newPeer(1, { addresses: [ip('10.10.0.2')] }), newPeer(2)]
  given()
    .when(create([first, second]))
    .expects(
      created(),
      added(1, { addresses: [ip('10.10.0.2')] }),
      added(2, { addresses: [ip('10.10.0.3'), ip('fd10::2')] }),
    )
  given()
    .when(create([first, { ...second, publicKey: keyOf(1) }]))
    .rejects(PublicKeyTaken)
})

test('preshared keys come, change and go', () => {
  const rotate = {
    type: 'RotatePeerPresharedKey',
    peerId: peerIdOf(1),
    presharedKey: sealed,
    presharedKeyForNode: sealedToNode,
  } as const
  const taken = { ...rotate, presharedKey: undefined, presharedKeyForNode: undefined } as const
  const rotated: InterfaceEvent = { ...rotate, type: 'PeerPresharedKeyRotated' }
  given(v4(), added(1)).when(rotate).expects(rotated)
  given(v4(), added(1)).when(taken).expects()
  given(v4(), added(1), rotated)
    .when(taken)
    .expects({ ...taken, type: 'PeerPresharedKeyRotated' })
})

test('a firewall changes one setting at a time, and the same again says nothing', () => {
  const to = (firewall: Partial<FirewallSettings>): InterfaceCommand => ({
    type: 'UpdateInterface',
    changes: { firewall },
  })
  const drops = { ...defaultFirewall, defaultVerdict: 'drop' } as const
  const updated = (firewall: FirewallSettings): InterfaceEvent => ({
    type: 'InterfaceUpdated',
    settings: { ...interfaceSettings, firewall },
  })
  given(created())
    .when(to({ defaultVerdict: 'drop' }))
    .expects(updated(drops))
  given(created(), updated(drops))
    .when(to({ isStateful: true }))
    .expects(updated({ ...drops, isStateful: true }))
  given(created(), updated(drops))
    .when(to({ defaultVerdict: 'drop', unparsableVerdict: 'drop' }))
    .expects()
  given(created(), updated(drops)).when({ type: 'UpdateInterface', changes: {} }).expects()
})
