import { generateX25519 } from '@holdfast/crypto'
import { wgKeyFrom } from '@holdfast/net'
import { expect, test } from 'vitest'
import type { DesiredInterface, DesiredPeer } from '../reconcile/desired.ts'
import { type ConfiguredEndpoints, plan } from '../reconcile/plan.ts'
import { desiredHash, observedHash } from '../reconcile/state-hash.ts'
import { desired, desiredPeer, keyOf } from '../testing/samples.ts'
import type { Host } from './host.ts'

/** What every host has to do, the fake and the real one alike. `nextDevice` names a device nobody uses. */
export function hostSuite(hostOf: () => Host, nextDevice: () => string): void {
  const none: ConfiguredEndpoints = new Map()

  /** Takes the steps there are; answers how many there were. */
  async function converge(host: Host, wanted: DesiredInterface): Promise<number> {
    let count = 0
    if (!(await host.read(wanted.device))) await host.create(wanted.device)
    for (let round = 0; round < 3; round++) {
      const steps = plan(wanted, await host.read(wanted.device), none)
      if (steps.length === 0) return count
      count += steps.length
      await host.apply(wanted, steps)
    }
    throw new Error('does not converge')
  }

  const wish = (device: string, peers: readonly DesiredPeer[]): DesiredInterface =>
    desired(peers, {
      device,
      listenPort: 0,
      mtu: 1380,
      addresses: ['10.61.0.1/24', 'fd61::1/64'],
      routes: peers.flatMap(({ allowedIps }) =>
        allowedIps.filter((cidr) => cidr.startsWith('10.62.') || cidr.startsWith('fd62:')),
      ),
    })
  const laptop = desiredPeer('laptop', {
    presharedKey: keyOf('shared'),
    allowedIps: ['10.61.0.2/32', 'fd61::2/128'],
  })
  const office = desiredPeer('office', {
    allowedIps: ['10.61.0.3/32', '10.62.0.0/24', 'fd62::/64'],
  })

  test('there is nothing where nothing was made', async () => {
    expect(await hostOf().read(nextDevice())).toBeUndefined()
  })

  test('a device becomes what is desired, and then there is nothing to do', async () => {
    const host = hostOf()
    const wanted = wish(nextDevice(), [laptop, office])
    expect(await converge(host, wanted)).toBeGreaterThan(0)
    const observed = await host.read(wanted.device)
    if (!observed) throw new Error('no device')
    expect(observedHash(observed, wanted)).toEqual(desiredHash(wanted))
    expect(observed).toMatchObject({ isUp: true, mtu: 1380, addresses: wanted.addresses })
    expect(observed.routes).toEqual(['10.62.0.0/24', 'fd62::/64'])
    expect(observed.peers.get(laptop.publicKey)).toMatchObject({ presharedKey: keyOf('shared') })
    expect(await converge(host, wanted)).toBe(0)
    await host.delete(wanted.device)
  })

  test('changes happen in place: the device stays the same one', async () => {
    const host = hostOf()
    const device = nextDevice()
    await converge(host, wish(device, [laptop, office]))
    const before = await host.read(device)
    const changed = wish(device, [{ ...laptop, presharedKey: undefined }, desiredPeer('phone')])
    await converge(host, {
      ...changed,
      privateKey: wgKeyFrom(generateX25519().privateKey),
      mtu: 1400,
    })
    const after = await host.read(device)
    expect(after?.ifindex).toBe(before?.ifindex)
    expect(after?.mtu).toBe(1400)
    expect(after?.routes).toEqual([])
    expect(new Set(after?.peers.keys())).toEqual(new Set([laptop.publicKey, keyOf('phone')]))
    expect(after?.peers.get(laptop.publicKey)?.presharedKey).toBeUndefined()
    await host.delete(device)
  })

  test('an allowed IP moves to its next owner', async () => {
    const host = hostOf()
    const device = nextDevice()
    const [a, b] = [desiredPeer('a', { allowedIps: ['10.61.0.9/32'] }), desiredPeer('b')]
    await converge(host, wish(device, [a, b]))
    const moved = [
      { ...a, allowedIps: [] },
      { ...b, allowedIps: ['10.61.0.9/32'] },
    ]
    await converge(host, wish(device, moved))
    const { peers } = (await host.read(device)) ?? { peers: new Map() }
    expect(peers.get(a.publicKey)?.allowedIps).toEqual([])
    expect(peers.get(b.publicKey)?.allowedIps).toEqual(['10.61.0.9/32'])
    await host.delete(device)
  })

  test('a peer loses its allowed IPs and stays', async () => {
    const host = hostOf()
    const device = nextDevice()
    await converge(host, wish(device, [office]))
    await converge(host, wish(device, [{ ...office, allowedIps: [] }]))
    expect((await host.read(device))?.peers.get(office.publicKey)?.allowedIps).toEqual([])
    await host.delete(device)
  })

  test('many peers at once, and many away at once', async () => {
    const host = hostOf()
    const device = nextDevice()
    const many = Array.from({ length: 200 }, (_, number) =>
      desiredPeer(`peer ${number}`, {
        presharedKey: keyOf(`psk ${number}`),
        allowedIps: [`10.61.${number >> 7}.${(number & 127) + 10}/32`],
      }),
    )
    await converge(host, wish(device, many))
    expect((await host.read(device))?.peers.size).toBe(200)
    await converge(host, wish(device, many.slice(0, 3)))
    expect((await host.read(device))?.peers.size).toBe(3)
    await host.delete(device)
  })

  test('reading the peers alone tells as much about them', async () => {
    const host = hostOf()
    const wanted = wish(nextDevice(), [laptop])
    await converge(host, wanted)
    const whole = await host.read(wanted.device)
    if (!whole) throw new Error('no device')
    expect(await host.readPeers({ ...whole, peers: new Map() })).toEqual(whole)
    await host.delete(wanted.device)
  })

  test('deleting is for good, and twice is once', async () => {
    const host = hostOf()
    const device = nextDevice()
    await host.create(device)
    await host.delete(device)
    await host.delete(device)
    expect(await host.read(device)).toBeUndefined()
  })
}
