import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plan } from '../reconcile/plan.ts'
import { namespacesMissing, type TestNamespace, testNamespace } from '../testing/namespace.ts'
import { desired, desiredPeer, keyOf, until } from '../testing/samples.ts'
import { hostSuite } from './host.suite.ts'
import { type Host, realHost } from './host.ts'
import { linkMonitor } from './link-monitor.ts'

const missing = namespacesMissing()

let count = 0
/** Unlike anybody else's: the sockets of wireguard-go share one folder on a machine. */
const nextDevice = (): string => `hf${process.pid % 100_000}i${count++}`

describe.skipIf(missing !== undefined)(`the real host ${missing ? `(${missing})` : ''}`, () => {
  let namespace: TestNamespace
  let host: Host

  beforeAll(() => {
    namespace = testNamespace()
    host = realHost(namespace.run, 'auto')
  })
  afterAll(() => namespace?.remove())

  hostSuite(() => host, nextDevice)

  test('a device of another kind is refused by name', async () => {
    const device = nextDevice()
    namespace.exec('ip', 'link', 'add', device, 'type', 'bridge')
    await expect(host.read(device)).rejects.toThrow(`${device} exists and is no WireGuard device`)
  })

  test('one address the host refuses does not keep the others away', async () => {
    const device = nextDevice()
    namespace.exec('sysctl', '-qw', 'net.ipv6.conf.default.disable_ipv6=1')
    await host.create(device)
    namespace.exec('sysctl', '-qw', 'net.ipv6.conf.default.disable_ipv6=0')
    const wanted = desired([], {
      device,
      listenPort: 0,
      addresses: ['10.63.0.1/24', 'fd63::1/64'],
    })
    await expect(
      host.apply(wanted, plan(wanted, await host.read(device), new Map())),
    ).rejects.toThrow(/ip .* failed/)
    expect((await host.read(device))?.addresses).toEqual(['10.63.0.1/24'])
  })

  test('secrets stand neither in arguments nor in errors', async () => {
    const device = nextDevice()
    await host.create(device)
    const secret = keyOf('a secret')
    const peer = desiredPeer('laptop', { presharedKey: secret, allowedIps: ['nonsense'] })
    const wanted = desired([peer], { device, listenPort: 0, privateKey: secret })
    const failure = host.apply(wanted, plan(wanted, await host.read(device), new Map()))
    await expect(failure).rejects.toThrow(/wg addconf/)
    await expect(failure).rejects.not.toThrow(secret)
  })

  test('a taken port is heard of', async () => {
    const [first, second] = [nextDevice(), nextDevice()]
    for (const device of [first, second]) await host.create(device)
    const settle = async (device: string): Promise<void> => {
      const wanted = desired([], { device, listenPort: 45_333 })
      await host.apply(wanted, plan(wanted, await host.read(device), new Map()))
    }
    await settle(first)
    await expect(settle(second)).rejects.toThrow(/in use/)
  })

  test('the monitor hears of a change to our device, and of its end', async () => {
    const ours = nextDevice()
    await host.create(ours)
    let heard = 0
    let mtu = 1300
    const monitor = linkMonitor({
      command: [...namespace.enter, 'ip'],
      devices: () => [ours],
      onChange: () => {
        heard++
      },
      lingerMs: 1,
    })
    try {
      // Until it listens, changes pass unheard.
      await until(() => {
        namespace.exec('ip', 'link', 'set', ours, 'mtu', String(mtu++))
        return heard > 0
      }, 'a change')
      heard = 0
      namespace.exec('ip', 'link', 'delete', ours)
      await until(() => heard > 0, 'the end of our device')
    } finally {
      monitor.stop()
    }
  })

  test('5,000 peers', async () => {
    const device = nextDevice()
    await host.create(device)
    const peers = Array.from({ length: 5_000 }, (_, number) =>
      desiredPeer(`peer ${number}`, {
        presharedKey: keyOf(`psk ${number}`),
        allowedIps: [
          `10.64.${number >> 8}.${number & 255}/32`,
          `fd64::${(number + 1).toString(16)}/128`,
        ].sort(),
      }),
    )
    const wanted = desired(peers, { device, listenPort: 0 })
    const time = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
      const startedAt = performance.now()
      const result = await work()
      console.info(`5,000 peers: ${what} ${Math.round(performance.now() - startedAt)} ms`)
      return result
    }
    const before = await host.read(device)
    const steps = await time('planned in', async () => plan(wanted, before, new Map()))
    await time('applied in', () => host.apply(wanted, steps))
    const after = await time('read back in', () => host.read(device))
    await time('compared in', async () => expect(plan(wanted, after, new Map())).toEqual([]))
    if (!after) throw new Error('no device')
    const changed = { ...desiredPeer('peer 7'), allowedIps: ['10.65.0.1/32'] }
    const other = { ...wanted, peers: new Map(wanted.peers).set(changed.publicKey, changed) }
    await time('one changed in', () => host.apply(other, plan(other, after, new Map())))
    await time('its peers read back in', () => host.readPeers(after))
  })
})
