import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Api } from './api.ts'
import { createNetwork, missingForTunnels, type Network } from './namespaces.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'
import { startClient } from './wireguard-client.ts'

const missing = missingForTunnels()
if (missing) console.log(`skipped: a stock client connects (${missing})`)

interface Created {
  readonly id: string
  readonly name: string
  readonly public_key: string
  readonly addresses: readonly string[]
}

/** Public keys a userspace device has, read from its own socket: no process a look. */
async function devicePeers(device: string): Promise<ReadonlySet<string>> {
  const text = await new Promise<string>((done, failed) => {
    const socket = connect(`/var/run/wireguard/${device}.sock`)
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('connect', () => socket.write('get=1\n\n'))
    socket.on('error', failed)
    socket.on('data', (chunk: string) => {
      answer += chunk
      if (answer.endsWith('\n\n')) {
        socket.destroy()
        done(answer)
      }
    })
  })
  const keys = [...text.matchAll(/^public_key=([0-9a-f]{64})$/gm)]
  return new Set(keys.map(([, hex = '']) => Buffer.from(hex, 'hex').toString('base64')))
}

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ??
  Number.NaN

describe.skipIf(missing !== undefined)('a stock WireGuard client', () => {
  let network: Network
  let suite: Suite
  let api: Api
  const device = `hfw${process.pid % 10_000}`

  beforeAll(async () => {
    network = createNetwork()
    suite = await startSuite({
      namespace: network.server,
      address: network.serverAddress,
      localNode: true,
    })
    api = await suite.admin()
    await api.post('/interfaces', {
      name: device,
      addresses: ['10.77.0.1/16', 'fd77::1/64'],
      listen_port: 51_820,
      endpoint: network.uplinkAddress,
    })
  })
  afterAll(async () => {
    await suite?.remove()
    network?.remove()
  })

  test('connects with the configuration as it is, over IPv4 and IPv6, until its peer is deleted', async () => {
    const peer = await api.post<Created>(`/interfaces/${device}/peers`, { name: 'stock' })
    const config = await api.text(`/peers/${peer.id}/config`)
    await until('the host has the peer', async () =>
      (await devicePeers(device)).has(peer.public_key),
    )

    const client = startClient(network, config, `hfc${process.pid % 10_000}`)
    try {
      expect(await until('ping over IPv4', () => client.ping('10.77.0.1'))).toBe(true)
      expect(client.ping('fd77::1')).toBe(true)
      const [v4 = '', v6 = ''] = peer.addresses
      expect(() =>
        network.exec(network.server, 'ping', '-n', '-c', '1', '-W', '2', v4),
      ).not.toThrow()
      expect(() =>
        network.exec(network.server, 'ping', '-n', '-c', '1', '-W', '2', v6),
      ).not.toThrow()
      expect([...client.handshakes().values()].every((time) => time > 0)).toBe(true)
      await until('the handshake shows in the API', async () => {
        const shown = await api.get<{ status: string; rx_bytes: string }>(`/peers/${peer.id}`)
        return shown.status === 'connected' && Number(shown.rx_bytes) > 0
      })

      await api.remove(`/peers/${peer.id}`)
      await until(
        'the host has let go of the peer',
        async () => !(await devicePeers(device)).has(peer.public_key),
      )
      expect(client.ping('10.77.0.1', { seconds: 1 })).toBe(false)
    } finally {
      client.remove()
    }
  })

  test('what the API answered is enforced within a quarter of a second (prints the figures)', async () => {
    const enforced: number[] = []
    const refused: number[] = []
    const peers: Created[] = []
    for (let n = 0; n < 100; n += 1) {
      const peer = await api.post<Created>(`/interfaces/${device}/peers`, { name: `timed-${n}` })
      const answered = performance.now()
      await until('enforced', async () => (await devicePeers(device)).has(peer.public_key), {
        everyMs: 1,
      })
      enforced.push(performance.now() - answered)
      peers.push(peer)
    }
    for (const peer of peers) {
      await api.remove(`/peers/${peer.id}`)
      const answered = performance.now()
      await until('refused', async () => !(await devicePeers(device)).has(peer.public_key), {
        everyMs: 1,
      })
      refused.push(performance.now() - answered)
    }
    for (const [name, times] of [
      ['enforced', enforced],
      ['refused', refused],
    ] as const) {
      console.log(
        `answer → ${name}: p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms, n=${times.length}`,
      )
    }
    await until('the API says so too', async () => {
      const { enforcement } = await api.get<{ enforcement: { state: string } }>(
        `/interfaces/${device}`,
      )
      return enforcement.state === 'enforced'
    })
  })
})
