import { DomainError } from '@holdfast/errors'
import { addressOf, contains, hostRange, ipNumber, readNetwork } from '@holdfast/net'
import fc from 'fast-check'
import { expect } from 'vitest'
import { address, cidr, ip, keyOf, newPeer, peerIdOf, sealed } from '../domain/fixtures.ts'
import { type InterfaceCommand, networkInterface } from '../domain/interface.ts'
import { type InterfaceState, nameKey, routesOf } from '../domain/interface-state.ts'

// Random commands on one interface, small enough that names, addresses and prefixes meet; and what holds whatever they are.

const number = fc.integer({ min: 1, max: 8 })
const own = fc.constantFrom('10.0.0.1/28', '10.0.0.2/29', 'fd00::1/124').map(address)
const someAddress = fc.integer({ min: 0, max: 17 }).map((n) => ip(`10.0.0.${n}`))
const prefix = fc
  .constantFrom('10.0.0.3/32', '10.0.0.0/30', '192.168.0.0/24', '192.168.0.0/25')
  .map(cidr)
const settings = fc.record(
  {
    name: fc.constantFrom('a', 'A', 'b', 'c', 'd', 'e', 'f'),
    addresses: fc.oneof(fc.constant(undefined), fc.uniqueArray(someAddress, { maxLength: 2 })),
    allowedIps: fc.uniqueArray(prefix, { maxLength: 2 }),
  },
  { requiredKeys: ['name'] },
)
const changes = settings.map(({ addresses, ...rest }) =>
  addresses === undefined ? rest : { ...rest, addresses },
)
export const now = fc.integer({ min: 1, max: 100 })

export const command: fc.Arbitrary<InterfaceCommand> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(number, settings, now)
      .map(([n, s, at]) => ({ type: 'AddPeer' as const, peer: newPeer(n, s), now: at })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(number, now)
      .map(([n, at]) => ({ type: 'RemovePeer' as const, peerId: peerIdOf(n), now: at })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(number, changes, now).map(([n, c, at]) => ({
      type: 'UpdatePeer' as const,
      peerId: peerIdOf(n),
      changes: c,
      now: at,
    })),
  },
  fc.tuple(number, number).map(([n, key]) => ({
    type: 'RotatePeerKey' as const,
    peerId: peerIdOf(n),
    publicKey: keyOf(key + 20),
    privateKey: sealed,
  })),
  fc
    .uniqueArray(own, { minLength: 1, maxLength: 2 })
    .map((addresses) => ({ type: 'UpdateInterface' as const, changes: { addresses } })),
)

export function requireInvariants(state: InterfaceState): void {
  const routes = new Set<string>()
  const names = new Set<string>()
  const publicKeys = new Set<string>(state.publicKey ? [state.publicKey] : [])
  const networks = (state.settings?.addresses ?? []).map(readNetwork)
  const ownAddresses = new Set((state.settings?.addresses ?? []).map(addressOf))
  for (const peer of state.peers.values()) {
    for (const route of new Set(routesOf(peer.settings))) {
      expect(routes, 'one owner a prefix').not.toContain(route)
      routes.add(route)
      expect(state.routes.get(route)).toBe(peer.id)
    }
    expect(names, 'one peer a name').not.toContain(nameKey(peer.settings.name))
    names.add(nameKey(peer.settings.name))
    expect(publicKeys, 'one peer a key').not.toContain(peer.publicKey)
    publicKeys.add(peer.publicKey)
    for (const one of peer.settings.addresses) {
      expect(ownAddresses).not.toContain(one)
      const { value, family } = ipNumber(one)
      const isHost = networks.some((network) => {
        const { first, last } = hostRange(network)
        return contains(network, { family, value }) && value >= first && value <= last
      })
      expect(isHost, `${one} is a host address of the interface`).toBe(true)
    }
  }
  expect(state.routes.size).toBe(routes.size)
  expect(state.names.size).toBe(names.size)
  expect(state.keys.size).toBe(state.peers.size)
}

/** The events, or undefined for a refusal. Anything but a refusal is a failure. */
export function attempt(one: InterfaceCommand, state: InterfaceState) {
  try {
    return networkInterface.decide(one, state)
  } catch (error) {
    if (error instanceof DomainError) return undefined
    throw error
  }
}
