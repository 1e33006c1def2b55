import fc from 'fast-check'
import { expect, test } from 'vitest'
import { carriedOut, emptyDevice } from '../apply/fake-host.ts'
import { desired, desiredPeer, keyOf } from '../testing/samples.ts'
import type { DesiredInterface } from './desired.ts'
import type { ObservedDevice, ObservedPeer } from './observed.ts'
import { plan, type Step } from './plan.ts'
import { desiredHash, observedHash } from './state-hash.ts'

const apply = (device: ObservedDevice, steps: readonly Step[]): ObservedDevice =>
  steps.reduce(carriedOut, device)

const names = ['a', 'b', 'c', 'd', 'e'] as const
const cidrs = ['10.0.0.1/32', '10.0.0.2/32', '10.7.0.0/16', 'fd00::1/128', 'fd00:1::/64'] as const
const addresses = ['10.0.0.254/24', 'fd00::ff/64', '192.168.7.1/30'] as const
const endpoints = ['192.0.2.1:51820', '[2001:db8::1]:51820'] as const

/** Who owns which allowed IP; in a wish each has one owner, as on a device. */
const owners = fc.array(fc.option(fc.constantFrom(...names)), {
  minLength: cidrs.length,
  maxLength: cidrs.length,
})
const subset = <T extends string>(from: readonly T[]): fc.Arbitrary<T[]> =>
  fc.subarray([...from]).map((some) => some.sort())

const wish: fc.Arbitrary<DesiredInterface> = fc
  .record({
    members: fc.subarray([...names]),
    owners,
    keys: fc.array(fc.option(fc.constantFrom(keyOf('psk 1'), keyOf('psk 2'))), {
      minLength: names.length,
      maxLength: names.length,
    }),
    endpoint: fc.option(fc.constantFrom(...endpoints)),
    addresses: subset(addresses),
    routes: subset(cidrs),
    mtu: fc.constantFrom(1280, 1420),
    listenPort: fc.constantFrom(0, 51820, 51821),
    privateKey: fc.constantFrom(keyOf('own 1'), keyOf('own 2')),
  })
  .map(({ members, owners: owner, keys, endpoint, ...settings }) => {
    const peers = members.map((name, index) =>
      desiredPeer(name, {
        presharedKey: keys[index] ?? undefined,
        endpoint: index === 0 ? (endpoint ?? undefined) : undefined,
        allowedIps: cidrs.filter((_, at) => owner[at] === name).sort(),
      }),
    )
    return desired(peers, settings)
  })

/** A device as somebody else may have left it. */
const device: fc.Arbitrary<ObservedDevice | undefined> = fc.option(
  fc.record({ like: wish, isUp: fc.boolean(), keepalive: fc.constantFrom(0, 25) }).map(
    ({ like, isUp, keepalive }): ObservedDevice => ({
      ...emptyDevice(like.device, 7),
      isUp,
      mtu: like.mtu,
      addresses: like.addresses,
      routes: like.routes,
      privateKey: like.privateKey,
      listenPort: like.listenPort || 40_000,
      peers: new Map(
        [...like.peers.values()].map((peer): [string, ObservedPeer] => [
          peer.publicKey,
          {
            ...peer,
            latestHandshakeUnixMs: 0,
            rxBytes: 0,
            txBytes: 0,
            keepaliveSeconds: keepalive,
          },
        ]),
      ),
    }),
  ),
  { nil: undefined },
)

const configured = (wanted: DesiredInterface): Map<string, string> =>
  new Map(
    [...wanted.peers.values()].flatMap(({ publicKey, endpoint }) =>
      endpoint === undefined ? [] : [[publicKey, endpoint] as const],
    ),
  )

test('carrying out a plan yields what is desired, and then there is nothing left to do', () => {
  fc.assert(
    fc.property(wish, device, (wanted, observed) => {
      const steps = plan(wanted, observed, new Map())
      const after = apply(observed ?? emptyDevice(wanted.device, 7), steps)
      expect(plan(wanted, after, configured(wanted))).toEqual([])
      expect(observedHash(after, wanted)).toEqual(desiredHash(wanted))
    }),
  )
})

test('who loses access loses it before anybody gains some', () => {
  const removing = new Set(['RemovePeer', 'RemoveRoute', 'RemoveAddress'])
  fc.assert(
    fc.property(wish, device, (wanted, observed) => {
      const kinds = plan(wanted, observed, new Map()).map(({ type }) => type)
      const lastRemoval = kinds.findLastIndex((type) => removing.has(type))
      const firstGain = kinds.findIndex((type) => type === 'SetPeer' || type.startsWith('Add'))
      if (lastRemoval >= 0 && firstGain >= 0) expect(lastRemoval).toBeLessThan(firstGain)
    }),
  )
})

test('a device is made when there is none, and otherwise never made again', () => {
  fc.assert(
    fc.property(wish, device, (wanted, observed) => {
      const makes = plan(wanted, observed, new Map()).some(({ type }) => type === 'CreateDevice')
      expect(makes).toBe(observed === undefined)
    }),
  )
})

test('hashes differ exactly when there is something to do', () => {
  fc.assert(
    fc.property(wish, device, (wanted, observed) => {
      if (!observed?.isUp) return
      // Endpoints roam and keepalive is not a wish: both are settled without a part in the hash.
      const quiet = { ...observed, peers: new Map() }
      const alone = { ...wanted, peers: new Map() }
      const isSame = Buffer.from(observedHash(quiet, alone)).equals(desiredHash(alone))
      expect(plan(alone, quiet, new Map()).length === 0).toBe(isSame)
    }),
  )
})

test('a peer that roamed is left where it is', () => {
  const peer = desiredPeer('a', { endpoint: '192.0.2.1:51820' })
  const wanted = desired([peer])
  const settled = apply(emptyDevice(wanted.device, 7), plan(wanted, undefined, new Map()))
  const seen = settled.peers.get(peer.publicKey)
  if (!seen) throw new Error('the peer is not there')
  const roamed = { ...seen, endpoint: '198.51.100.7:4000' }
  const elsewhere = { ...settled, peers: new Map([[peer.publicKey, roamed]]) }
  expect(plan(wanted, elsewhere, configured(wanted))).toEqual([])

  const moved = desired([{ ...peer, endpoint: '192.0.2.2:51820' }])
  expect(plan(moved, elsewhere, configured(wanted)).map(({ type }) => type)).toEqual(['SetPeer'])
})

test('an allowed IP changes its owner without a moment of two', () => {
  const [a, b] = [desiredPeer('a', { allowedIps: ['10.0.0.1/32'] }), desiredPeer('b')]
  const before = apply(emptyDevice('hfunit0', 7), plan(desired([a, b]), undefined, new Map()))
  const swapped = desired([
    { ...a, allowedIps: [] },
    { ...b, allowedIps: ['10.0.0.1/32'] },
  ])
  const steps = plan(swapped, before, new Map())
  expect(steps.map(({ type }) => type)).toEqual(['SetPeer', 'SetPeer'])
  expect(plan(swapped, apply(before, steps), new Map())).toEqual([])
})
