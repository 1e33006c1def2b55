import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, apiFor } from './api.ts'
import { createNetwork, missingForTunnels, type Network } from './namespaces.ts'
import { readLog } from './read-log.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'

const missing = missingForTunnels()
if (missing) console.log(`skipped: many peers (${missing})`)

interface Peer {
  readonly id: string
  readonly name: string
  readonly addresses: readonly string[]
}

const publicKey = (): string =>
  generateKeyPairSync('x25519')
    .publicKey.export({ format: 'der', type: 'spki' })
    .subarray(-32)
    .toString('base64')

describe.skipIf(missing !== undefined)('many peers', () => {
  let network: Network
  let suite: Suite
  let api: Api
  const tag = process.pid % 10_000
  const small = `hfs${tag}`
  const large = `hfl${tag}`

  beforeAll(async () => {
    network = createNetwork()
    suite = await startSuite({
      namespace: network.server,
      address: network.serverAddress,
      localNode: true,
    })
    api = await suite.admin()
  })
  afterAll(async () => {
    await suite?.remove()
    network?.remove()
  })

  test('500 created at once get 500 addresses, and the log has each once', async () => {
    await api.post('/interfaces', { name: small, addresses: ['10.78.0.1/23'], listen_port: 51_831 })
    const start = performance.now()
    const created = await Promise.all(
      Array.from({ length: 500 }, (_, n) =>
        api.call<Peer>(
          'POST',
          `/interfaces/${small}/peers`,
          { name: `peer-${n}` },
          { 'idempotency-key': `create-${n}` },
        ),
      ),
    )
    console.log(
      `500 parallel creates on one interface: ${(performance.now() - start).toFixed(0)} ms`,
    )
    expect(new Set(created.flatMap(({ body }) => body.addresses)).size).toBe(500)
    const last = latest(created.map(({ headers }) => headers.get('holdfast-sequence')))
    const added = (await readLog(api, last))
      .flatMap((commit) => commit.events)
      .filter((event) => event.type === 'PeerAdded')
    expect(added).toHaveLength(500)
    expect(await api.all(`/peers?min_seq=${last}`)).toHaveLength(500)

    const full = await Promise.allSettled(
      Array.from({ length: 12 }, (_, n) =>
        api.post(`/interfaces/${small}/peers`, { name: `late-${n}` }),
      ),
    )
    // A /23 has 510 hosts, one of them the interface itself.
    expect(full.filter((result) => result.status === 'fulfilled')).toHaveLength(9)
    const refusal = full.find((result) => result.status === 'rejected')
    expect(refusal?.reason).toMatchObject({ problem: { code: 'network.pool_exhausted' } })
  })

  test('5,000 imported in one commit are applied, listed and rendered (prints the times)', async () => {
    const lines = [
      '[Interface]',
      `PrivateKey = ${generatePrivateKey()}`,
      'Address = 10.79.0.1/16',
      'ListenPort = 51832',
    ]
    for (let n = 0; n < 5000; n += 1) {
      lines.push('', `# Name = imported-${n}`, '[Peer]', `PublicKey = ${publicKey()}`)
      lines.push(`AllowedIPs = 10.79.${1 + Math.floor(n / 250)}.${1 + (n % 250)}/32`)
    }
    const text = lines.join('\n')
    const mark = performance.now()
    const lap = (what: string, since: number): void =>
      console.log(`5,000 peers: ${what} after ${(performance.now() - since).toFixed(0)} ms`)

    const imported = await api.call<{ peer_count: number; interface: { id: string } }>(
      'POST',
      `/interfaces/import?name=${large}`,
      text,
    )
    lap('imported', mark)
    expect(imported.body.peer_count).toBe(5000)
    const sequence = imported.headers.get('holdfast-sequence') ?? ''
    const commits = (await readLog(api, sequence)).filter((commit) => commit.sequence === sequence)
    expect(commits).toHaveLength(1)
    expect(commits[0]?.events.filter((event) => event.type === 'PeerAdded')).toHaveLength(5000)

    await until(
      'the host has applied them',
      async () => {
        const { enforcement } = await api.get<{ enforcement: { state: string } }>(
          `/interfaces/${imported.body.interface.id}`,
        )
        return enforcement.state === 'enforced'
      },
      { timeoutMs: 60_000 },
    )
    lap('applied on the host and reported', mark)
    expect(
      network.exec(network.server, 'wg', 'show', large, 'peers').trim().split('\n'),
    ).toHaveLength(5000)

    const listing = performance.now()
    const peers = await api.all<Peer>(
      `/peers?interface_id=${imported.body.interface.id}&min_seq=${sequence}`,
      1000,
    )
    lap('listed', listing)
    expect(peers).toHaveLength(5000)

    const rendering = performance.now()
    const fresh = apiFor(api.url, api.token)
    for (let at = 0; at < peers.length; at += 50) {
      await Promise.all(
        peers.slice(at, at + 50).map((peer) => fresh.text(`/peers/${peer.id}/config`)),
      )
    }
    lap('rendered one by one over HTTP', rendering)
  })
})

function generatePrivateKey(): string {
  return generateKeyPairSync('x25519')
    .privateKey.export({ format: 'der', type: 'pkcs8' })
    .subarray(-32)
    .toString('base64')
}

const latest = (sequences: readonly (string | null)[]): bigint =>
  sequences.reduce((max, text) => (BigInt(text ?? 0) > max ? BigInt(text ?? 0) : max), 0n)
