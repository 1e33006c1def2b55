import { nodeOpener, x25519PublicKey } from '@holdfast/crypto'
import { wgKeyFrom } from '@holdfast/net'
import { expect, test } from 'vitest'
import { fold } from '../follow/fold.ts'
import { emptyNode, type InterfaceState } from '../follow/node-state.ts'
import { presharedKeyContext, privateKeyContext } from '../follow/secrets.ts'
import { commit, facts, interfaceId, keyOf, nodeKeys } from '../testing/samples.ts'
import { type DesiredMaker, desiredMaker } from './desired.ts'

const now = 1_800_000_000_000

function stateOf(...events: Parameters<typeof commit>[1]): InterfaceState {
  const state = emptyNode()
  fold(state, commit(1, events))
  const one = state.interfaces.get(interfaceId)
  if (!one) throw new Error('no interface')
  return one
}

function maker(resolve: (host: string) => string | undefined = () => undefined): DesiredMaker {
  const open = nodeOpener(nodeKeys.privateKey)
  return desiredMaker({
    privateKey: (state, sealed) => open(privateKeyContext(state), sealed),
    presharedKey: (state, peer, sealed) => open(presharedKeyContext(state, peer), sealed),
    resolve,
  })
}

const created = facts.created({ name: 'wg0' })
const key = (number: number): string => keyOf(`peer ${number}`)

test('settings and peers become a device', () => {
  const presharedKey = Buffer.from(keyOf('psk'), 'base64')
  const wanted = maker()(
    stateOf(
      facts.created({ name: 'wg0', addresses: ['10.9.0.1/24', 'FD00:0::1/64'] }),
      facts.added(2, { addresses: ['10.9.0.2', 'fd00::2'] }, { presharedKey }),
      facts.added(3, { allowedIps: ['192.168.1.0/24', '10.9.0.128/25'], endpoint: '192.0.2.1:9' }),
    ),
    now,
  )
  expect(wanted).toMatchObject({
    device: 'wg0',
    mtu: 1420,
    addresses: ['10.9.0.1/24', 'fd00::1/64'],
    routes: ['192.168.1.0/24'],
    problems: [],
  })
  expect(wanted?.peers.get(key(2))).toEqual({
    publicKey: key(2),
    presharedKey: keyOf('psk'),
    allowedIps: ['10.9.0.2/32', 'fd00::2/128'],
    endpoint: undefined,
  })
  expect(wanted?.peers.get(key(3))?.endpoint).toBe('192.0.2.1:9')
})

test('a disabled or expired peer is absent, and the next expiry is known', () => {
  const state = stateOf(
    created,
    facts.added(2, { isEnabled: false }),
    facts.added(3, { expiresAtUnixMs: now }),
    facts.added(4, { expiresAtUnixMs: now + 5_000 }),
    facts.added(5, { expiresAtUnixMs: now + 9_000 }),
    facts.added(6),
  )
  const make = maker()
  const before = make(state, now)
  expect([...(before?.peers.keys() ?? [])]).toEqual([key(4), key(5), key(6)])
  expect(before?.nextExpiryUnixMs).toBe(now + 5_000)
  const after = make(state, now + 5_000)
  expect([...(after?.peers.keys() ?? [])]).toEqual([key(5), key(6)])
  expect(after?.nextExpiryUnixMs).toBe(now + 9_000)
})

test('no device for an interface that is deleted or switched off', () => {
  expect(maker()(stateOf(created, facts.deleted()), now)).toBeUndefined()
  expect(maker()(stateOf(facts.created({ name: 'wg0', isEnabled: false })), now)).toBeUndefined()
})

test('a default route is allowed through the peer and never given to the host', () => {
  const wanted = maker()(
    stateOf(created, facts.added(2, { allowedIps: ['0.0.0.0/0', '::/0'] })),
    now,
  )
  expect(wanted?.peers.get(key(2))?.allowedIps).toContain('0.0.0.0/0')
  expect(wanted?.routes).toEqual([])
})

test('a preshared key of another peer does not open, and that peer is left out', () => {
  const presharedKey = Buffer.alloc(32, 9)
  const state = stateOf(created, facts.added(2, {}, { presharedKey }), facts.added(3))
  const moved = state.peers.get([...state.peers.keys()][0] ?? '')
  if (!moved) throw new Error('no peer')
  state.peers.set(moved.id, { ...moved, id: 'another' })
  const wanted = maker()(state, now)
  expect([...(wanted?.peers.keys() ?? [])]).toEqual([key(3)])
  expect(wanted?.problems[0]).toMatch(/preshared key of peer another cannot be opened/)
})

test('what cannot be read is left out and said', () => {
  const wanted = maker()(
    stateOf(created, facts.added(2, { addresses: ['10.9.0.2', 'nonsense'], endpoint: 'x' })),
    now,
  )
  expect(wanted?.peers.get(key(2))?.allowedIps).toEqual(['10.9.0.2/32'])
  expect(wanted?.problems).toHaveLength(2)
})

test('one allowed IP has one owner, even if the log said otherwise', () => {
  const wanted = maker()(
    stateOf(
      created,
      facts.added(2, { allowedIps: ['192.168.0.0/24'] }),
      facts.added(3, { allowedIps: ['192.168.0.0/24'] }),
    ),
    now,
  )
  expect(wanted?.peers.get(key(2))?.allowedIps).toContain('192.168.0.0/24')
  expect(wanted?.peers.get(key(3))?.allowedIps).not.toContain('192.168.0.0/24')
  expect(wanted?.problems[0]).toMatch(/belongs to peer/)
})

test('a host name becomes its address once that is known', () => {
  let address: string | undefined
  const make = maker(() => address)
  const state = stateOf(created, facts.added(2, { endpoint: 'vpn.example.org:51820' }))
  expect(make(state, now)?.peers.get(key(2))?.endpoint).toBeUndefined()
  expect(make(state, now)?.problems[0]).toMatch(/vpn.example.org has no address/)
  address = '2001:db8::7'
  expect(make(state, now)?.peers.get(key(2))?.endpoint).toBe('[2001:db8::7]:51820')
})

test('a brought private key is clamped, as the device will show it', () => {
  const raw = Buffer.alloc(32, 0xff)
  const wanted = maker()(
    stateOf(facts.created({ name: 'wg0' }, { privateKey: raw, publicKey: x25519PublicKey(raw) })),
    now,
  )
  const clamped = Buffer.from(raw)
  clamped[0] = 0xf8
  clamped[31] = 0x7f
  expect(wanted?.privateKey).toBe(wgKeyFrom(clamped))
})

test('a name that is no device is refused', () => {
  expect(() => maker()(stateOf(facts.created({ name: '../wg0' })), now)).toThrow(
    /cannot be a device/,
  )
})
