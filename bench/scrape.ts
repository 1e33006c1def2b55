/**
 * What a scrape costs as peers grow: the agent's own text, and the same through the gateway, which joins it with that
 * of seven more processes. Run: node --import tsx --conditions @holdfast/source bench/scrape.ts
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTelemetry } from '@holdfast/telemetry'
import { gatherMetrics } from '../services/gateway/src/metrics/gather.ts'
import { emptyDevice } from '../services/node-agent/src/apply/fake-host.ts'
import { fold } from '../services/node-agent/src/follow/fold.ts'
import { emptyNode } from '../services/node-agent/src/follow/node-state.ts'
import { agentMetrics } from '../services/node-agent/src/report/metrics.ts'
import { commit, facts, interfaceId, keyOf } from '../services/node-agent/src/testing/samples.ts'

const rounds = 50

async function measure(count: number, maxPeers: number): Promise<void> {
  const { registry } = createTelemetry('node-agent', { level: 'silent' })
  const state = emptyNode()
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  fold(
    state,
    commit(1, [
      facts.created({ name: 'wg0' }),
      ...numbers.map((number) => facts.added(number, { name: `peer-${number}` })),
    ]),
  )
  const peers = new Map(
    numbers.map((number) => {
      const publicKey = keyOf(`peer ${number}`)
      const traffic = { latestHandshakeUnixMs: 1_000 * number, rxBytes: number, txBytes: number }
      const rest = { presharedKey: undefined, endpoint: undefined, allowedIps: [] }
      return [publicKey, { publicKey, ...rest, ...traffic, keepaliveSeconds: 0 }]
    }),
  )
  const hash = new Uint8Array()
  agentMetrics({
    registry,
    statuses: () => [
      {
        interfaceId,
        revision: 1n,
        isEnforced: true,
        error: '',
        driver: 'kernel',
        desiredHash: hash,
        observedHash: hash,
        driftRepaired: 0,
        observed: { ...emptyDevice('wg0', 4), peers },
        isGone: false,
      },
    ],
    stateOf: (id) => state.interfaces.get(id),
    isFollowing: () => true,
    sequence: () => 1n,
    maxPeers,
  })
  const own = await timed(() => registry.metrics())

  const others = createTelemetry('others', { level: 'silent' }).registry
  const server = createServer((request, response) => {
    void (request.url === '/agent' ? registry : others).metrics().then((text) => response.end(text))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const targets = [
    ...Array.from({ length: 6 }, (_, index) => ({ service: `s${index}`, url: `${url}/other` })),
    { service: 'node-agent', url: `${url}/agent` },
  ]
  const gathered = await timed(() => gatherMetrics(others, targets))
  server.closeAllConnections()
  server.close()
  const series = gathered.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  console.log(
    `${count} peers, ${Math.min(count, maxPeers)} with metrics of their own: agent p50 ${own.p50} ms, p99 ${own.p99} ms, CPU ${own.cpu} ms; ` +
      `through the gateway p50 ${gathered.p50} ms, p99 ${gathered.p99} ms, CPU ${gathered.cpu} ms; ${series.length} series, ${Math.round(gathered.text.length / 1024)} KiB`,
  )
}

/** `cpu` is what all of it took of a core, which other work on the machine changes less than the clock. */
async function timed(work: () => Promise<string>) {
  const times: number[] = []
  await work()
  const before = process.cpuUsage()
  let text = ''
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now()
    text = await work()
    times.push(performance.now() - startedAt)
  }
  const { user, system } = process.cpuUsage(before)
  times.sort((a, b) => a - b)
  const at = (share: number): string =>
    (times[Math.min(rounds - 1, Math.floor(rounds * share))] ?? 0).toFixed(1)
  return { text, p50: at(0.5), p99: at(0.99), cpu: ((user + system) / 1_000 / rounds).toFixed(1) }
}

await measure(10, 256)
await measure(1_000, 256)
await measure(1_000, 1_000)
await measure(10_000, 256)
