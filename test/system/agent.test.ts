import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { newId } from '@holdfast/domain'
import { wgKeyFrom } from '@holdfast/net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type AgentProcess,
  type Control,
  facts,
  failingWg,
  keyPair,
  makeDataFolder,
  startAgentProcess,
  startControl,
} from './agent-control.ts'
import { createNetwork, missingForTunnels, type Network } from './namespaces.ts'
import { until } from './until.ts'
import { startClient, type WireGuardClient } from './wireguard-client.ts'

const missing = missingForTunnels()
if (missing) console.log(`skipped: the node agent on a host of its own (${missing})`)

const device = `hfa${process.pid % 100_000}`
const port = 51_999

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ??
  Number.NaN

describe.skipIf(missing !== undefined)('a node agent', () => {
  const interfaceId = newId<string>()
  const settings = {
    name: device,
    addresses: ['10.215.0.1/16', 'fd15::1/64'],
    listenPort: port,
  }
  const serverKeys = keyPair()
  const clientKeys = keyPair()
  const presharedKey = new Uint8Array(randomBytes(32))
  const clientPeer = newId<string>()
  const clientSettings = { name: 'laptop', addresses: ['10.215.0.2', 'fd15::2'] }

  let network: Network
  let control: Control
  let agent: AgentProcess
  let client: WireGuardClient
  let data = ''
  let wg: ReturnType<typeof failingWg>

  const env = (): NodeJS.ProcessEnv => ({
    HOLDFAST_AGENT_WG: wg.path,
    HOLDFAST_AGENT_ENROLL_URL: control.enrollUrl,
    HOLDFAST_AGENT_ENROLL_TOKEN: control.token,
  })
  const start = (): void => {
    agent = startAgentProcess(network.server, data, env())
  }
  const inServer = (command: string, ...args: readonly string[]): string =>
    network.exec(network.server, command, ...args)
  const dump = (): string => inServer('wg', 'show', device, 'dump')
  const has = (key: string): boolean => dump().includes(key)
  const ifindex = (): number =>
    (JSON.parse(inServer('ip', '-j', 'link', 'show', 'dev', device)) as { ifindex: number }[])[0]
      ?.ifindex ?? 0
  const ready = async (): Promise<{ is_following: boolean; interfaces: { error: string }[] }> =>
    JSON.parse(inServer('curl', '-s', '-m', '10', 'http://127.0.0.1:9110/ready'))

  /** Anew: after the host's device was made again, an old session would sit out its timers first. */
  const connectClient = (): void => {
    client?.remove()
    client = startClient(
      network,
      [
        '[Interface]',
        `PrivateKey = ${clientKeys.privateKey}`,
        'Address = 10.215.0.2/32, fd15::2/128',
        '[Peer]',
        `PublicKey = ${serverKeys.publicKey}`,
        `PresharedKey = ${wgKeyFrom(presharedKey)}`,
        'AllowedIPs = 10.215.0.0/16, fd15::/64',
        `Endpoint = ${network.uplinkAddress}:${port}`,
        'PersistentKeepalive = 25',
        '',
      ].join('\n'),
      `${device}c`,
    )
  }

  beforeAll(async () => {
    network = createNetwork()
    control = await startControl(network.serverAddress.replace(/\.2$/, '.1'))
    data = makeDataFolder()
    wg = failingWg(data)
    start()
    await until('the agent enrolled', () => existsSync(`${data}/identity.json`)).catch((error) => {
      throw new Error(`${error.message}\n${agent.said()}`)
    })
  })
  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => console.log(agent.said().slice(-4_000)))
  })
  afterAll(async () => {
    await agent?.end('SIGTERM')
    await control?.remove()
    client?.remove()
    network?.remove()
    if (data !== '') rmSync(data, { recursive: true, force: true })
  })

  test('makes the device of an interface, and lets its peer in', async () => {
    const sequence = await control.append(
      interfaceId,
      facts.created(interfaceId, serverKeys, settings),
      facts.added(clientPeer, clientKeys.raw.publicKey, clientSettings, presharedKey),
    )
    await control.enforced(interfaceId, sequence)
    expect(control.reports.get(interfaceId)).toMatchObject({ isEnforced: true, error: '' })

    connectClient()
    await until('ping over IPv4', () => client.ping('10.215.0.1'))
    expect(client.ping('fd15::1')).toBe(true)
    await until('the handshake is reported', () =>
      control.reports.get(interfaceId)?.peers.some((peer) => (peer.latestHandshakeUnixMs ?? 0) > 0),
    )
  })

  test('changes happen in place: device and session stay', async () => {
    const before = { index: ifindex(), handshake: [...client.handshakes().values()][0] }
    const other = newId<string>()
    await control.append(
      interfaceId,
      facts.added(other, keyPair().raw.publicKey, {
        addresses: ['10.215.0.3'],
        allowedIps: ['10.216.0.0/24'],
      }),
      facts.updated({ ...settings, mtu: 1400 }),
    )
    const sequence = await control.append(interfaceId, facts.removed(other))
    await control.enforced(interfaceId, sequence)
    expect(ifindex()).toBe(before.index)
    expect(client.ping('10.215.0.1')).toBe(true)
    expect([...client.handshakes().values()][0]).toBe(before.handshake)
    expect(inServer('ip', 'route', 'show', 'proto', '72')).toBe('')
  })

  test('a removed peer is refused, an added one let in; times', async () => {
    const samples = { enforced: [] as number[], refused: [] as number[] }
    const keys = keyPair()
    for (let round = 0; round < 25; round++) {
      const peer = newId<string>()
      const added = await control.append(
        interfaceId,
        facts.added(peer, keys.raw.publicKey, { addresses: ['10.215.7.7'] }),
      )
      const addedAt = performance.now()
      samples.enforced.push((await control.enforced(interfaceId, added)) - addedAt)
      expect(has(keys.publicKey)).toBe(true)
      const removed = await control.append(interfaceId, facts.removed(peer))
      const removedAt = performance.now()
      samples.refused.push((await control.enforced(interfaceId, removed)) - removedAt)
      expect(has(keys.publicKey)).toBe(false)
    }
    for (const [what, values] of Object.entries(samples)) {
      const [p50, p99] = [quantile(values, 0.5), quantile(values, 0.99)]
      console.log(
        `append answered → ${what} reported: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
      )
    }

    const gone = await control.append(interfaceId, facts.removed(clientPeer))
    await control.enforced(interfaceId, gone)
    expect(client.ping('10.215.0.1', { seconds: 1 })).toBe(false)
    const back = await control.append(
      interfaceId,
      facts.added(clientPeer, clientKeys.raw.publicKey, clientSettings, presharedKey),
    )
    await control.enforced(interfaceId, back)
    connectClient()
    await until('ping again', () => client.ping('10.215.0.1'))
  })

  test('what somebody else changes is undone and reported', async () => {
    const repaired = (): number => control.reports.get(interfaceId)?.driftRepaired ?? 0
    const stranger = keyPair().publicKey
    let before = repaired()
    const undone = async (what: string, isUndone: () => boolean): Promise<void> => {
      await until(what, isUndone)
      await until(`${what}: reported`, () => repaired() > before)
      before = repaired()
    }
    inServer('wg', 'set', device, 'peer', stranger, 'allowed-ips', '10.215.9.9/32')
    await undone('a foreign peer goes', () => !has(stranger))
    inServer('wg', 'set', device, 'peer', clientKeys.publicKey, 'remove')
    await undone('a removed peer is back', () => has(clientKeys.publicKey))
    inServer('ip', 'address', 'del', '10.215.0.1/16', 'dev', device)
    await undone('a removed address is back', () =>
      inServer('ip', 'address', 'show', 'dev', device).includes('10.215.0.1/16'),
    )
    inServer('ip', 'link', 'set', 'dev', device, 'down')
    await undone('a device that was set down is up', () =>
      inServer('ip', 'link', 'show', 'dev', device).includes('UP'),
    )
    inServer('ip', 'link', 'del', 'dev', device)
    await undone('a deleted device is back', () => {
      try {
        return has(clientKeys.publicKey)
      } catch {
        return false
      }
    })
    connectClient()
    await until('ping again', () => client.ping('10.215.0.1'))
  })

  test('a sync that fails is reported, and converges without a restart', async () => {
    writeFileSync(wg.switchFile, '')
    const keys = keyPair()
    const peer = newId<string>()
    const sequence = await control.append(
      interfaceId,
      facts.added(peer, keys.raw.publicKey, { addresses: ['10.215.0.8'] }),
    )
    const failed = await until('the failure is reported', () => {
      const report = control.reports.get(interfaceId)
      return report?.error ? report : undefined
    })
    expect(failed).toMatchObject({ isEnforced: false, appliedSequence: sequence })
    expect(failed.error).toContain('the kernel says no')
    expect(client.ping('10.215.0.1')).toBe(true)
    rmSync(wg.switchFile)
    await control.enforced(interfaceId, sequence)
    expect(has(keys.publicKey)).toBe(true)
    await control.enforced(interfaceId, await control.append(interfaceId, facts.removed(peer)))
  })

  test('killed, its tunnel keeps passing traffic; started again, it takes it up', async () => {
    const index = ifindex()
    const handshake = [...client.handshakes().values()][0]
    await agent.end('SIGKILL')
    expect(client.ping('10.215.0.1')).toBe(true)
    const keys = keyPair()
    const sequence = await control.append(
      interfaceId,
      facts.added(newId<string>(), keys.raw.publicKey, { addresses: ['10.215.0.9'] }),
    )
    start()
    await control.enforced(interfaceId, sequence)
    expect(has(keys.publicKey)).toBe(true)
    expect(ifindex()).toBe(index)
    expect(client.ping('10.215.0.1')).toBe(true)
    expect([...client.handshakes().values()][0]).toBe(handshake)
  })

  test('asked to stop, it goes and leaves the tunnel up', async () => {
    expect(await agent.end('SIGTERM')).toBe(0)
    expect(client.ping('10.215.0.1')).toBe(true)
    start()
    await until('it follows again', async () => (await ready()).is_following)
  })

  test('without the control plane: boots from what is saved, and expiries fire', async () => {
    const keys = keyPair()
    const expiresAtUnixMs = Date.now() + 6_000
    await control.enforced(
      interfaceId,
      await control.append(
        interfaceId,
        facts.added(newId<string>(), keys.raw.publicKey, {
          addresses: ['10.215.0.10'],
          expiresAtUnixMs,
        }),
      ),
    )
    await agent.end('SIGKILL')
    await control.down()
    // As after a boot: the kernel has forgotten everything.
    inServer('ip', 'link', 'del', 'dev', device)
    start()
    await until('the device is back', () => {
      try {
        return has(keys.publicKey)
      } catch {
        return false
      }
    })
    await until('the expiry', () => !has(keys.publicKey))
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAtUnixMs)
    console.log(`expired ${Date.now() - expiresAtUnixMs} ms after its time`)
    connectClient()
    await until('ping', () => client.ping('10.215.0.1'))
    await control.up()
    await until('it follows again', async () => (await ready()).is_following)
  })

  test('5,000 peers in one commit', async () => {
    const big = newId<string>()
    const added = Array.from({ length: 5_000 }, (_, number) =>
      facts.added(newId<string>(), keyPair().raw.publicKey, {
        addresses: [`10.217.${number >> 8}.${number & 255}`],
      }),
    )
    const sequence = await control.append(
      big,
      facts.created(big, keyPair(), {
        name: `${device}b`,
        addresses: ['10.217.255.1/16'],
        listenPort: port + 1,
      }),
      ...added,
    )
    const at = performance.now()
    const enforcedAt = await control.enforced(big, sequence, 60_000)
    console.log(
      `5,000 peers in one commit: enforced and reported in ${Math.round(enforcedAt - at)} ms`,
    )
    const one = keyPair()
    const changed = await control.append(
      big,
      facts.added(newId<string>(), one.raw.publicKey, { addresses: ['10.217.200.1'] }),
    )
    const changedAt = performance.now()
    const oneAt = await control.enforced(big, changed)
    console.log(
      `one peer beside 5,000: enforced and reported in ${Math.round(oneAt - changedAt)} ms`,
    )
    await control.enforced(big, await control.append(big, facts.deleted()))
    expect(() => inServer('ip', 'link', 'show', 'dev', `${device}b`)).toThrow()
    expect(client.ping('10.215.0.1')).toBe(true)
  })

  test('metrics can be read, and no secret is in the log', async () => {
    const metrics = inServer('curl', '-s', '-m', '10', 'http://127.0.0.1:9110/metrics')
    expect(metrics).toMatch(
      /holdfast_wireguard_interface_enforced\{[^}]*interface="[^"]+"[^}]*\} 1/,
    )
    expect(metrics).toMatch(
      /holdfast_wireguard_peer_last_handshake_timestamp_seconds\{[^}]*name="laptop"/,
    )
    const said = agent.said()
    for (const secret of [serverKeys.privateKey, wgKeyFrom(presharedKey), control.token]) {
      expect(said).not.toContain(secret)
    }
    expect(execFileSync('ls', ['-l', data], { encoding: 'utf8' })).toMatch(
      /-rw------- .* keys.json/,
    )
    expect(readFileSync(`${data}/identity.json`, 'utf8')).not.toContain(control.token)
  })

  test('a deleted interface takes its device along', async () => {
    await control.enforced(interfaceId, await control.append(interfaceId, facts.deleted()))
    expect(() => inServer('ip', 'link', 'show', 'dev', device)).toThrow()
  })
})
