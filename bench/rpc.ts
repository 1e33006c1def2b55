// How dear a call between two services is: over the mux, over unary gRPC, and, as a yardstick, a bare
// validated Fastify POST. Both gRPC ways carry mutual TLS, an access token, the access rules, metrics and a
// log line a call, as in production. Server and client are two processes; rounds alternate.
//
//   npx tsx bench/rpc.ts [rounds] [seconds]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { newId } from '@holdfast/domain'
import { NodeService } from '@holdfast/proto'
import { noRevocations, testTokens, throwawayAuthority } from '@holdfast/service/testing'
import { createTelemetry } from '@holdfast/telemetry'
import { openChannel } from '../packages/service/src/channel.ts'
import { createRpcServer } from '../packages/service/src/rpc-server.ts'
import type { TlsIdentity } from '../packages/service/src/tls.ts'
import { accessTokenIssuer, tokenVerifier } from '../packages/service/src/tokens.ts'

interface Ready {
  readonly rpcPort: number
  readonly httpPort: number
  readonly accessToken: string
}

const address = (port: number) => ({ host: '127.0.0.1', port })

async function serve(tls: TlsIdentity): Promise<Ready> {
  const tokens = testTokens()
  const verifier = tokenVerifier({
    issuer: accessTokenIssuer(tokens.lineageId),
    keys: tokens.keys,
    revocations: noRevocations,
  })
  const server = createRpcServer({
    address: address(0),
    tls,
    telemetry: createTelemetry('bench', { level: 'info' }),
    verify: verifier.verify,
    reached: () => Promise.resolve(),
    durable: async (work) => work(),
  })
  server.serve(NodeService, {
    getNode: ({ node }) => ({ node: { name: node, hostname: 'host', platform: 'linux' } }),
    listNodes: () => ({}),
    enrollNode: () => ({}),
    updateNode: () => ({}),
    deleteNode: () => ({}),
  })
  // Fastify belongs to the gateway's workspace.
  const gateway = createRequire(new URL('../services/gateway/package.json', import.meta.url))
  const { fastify } = gateway('fastify')
  const http = fastify()
  const text = { type: 'string' }
  http.post(
    '/',
    {
      schema: {
        body: { type: 'object', required: ['node'], properties: { node: text } },
        response: { 200: { type: 'object', properties: { name: text, hostname: text } } },
      },
    },
    async (request: { body: { node: string } }) => ({ name: request.body.node, hostname: 'host' }),
  )
  await http.listen({ port: 0, host: '127.0.0.1' })
  return {
    rpcPort: await server.listen(),
    httpPort: http.server.address().port,
    accessToken: await tokens.issue([['OPERATOR', newId()]]),
  }
}

interface Figures {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

async function load(
  call: () => Promise<unknown>,
  concurrency: number,
  seconds: number,
): Promise<Figures> {
  const latencies: number[] = []
  const startedAt = performance.now()
  const endAt = startedAt + seconds * 1000
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let now = performance.now(); now < endAt; ) {
        await call()
        const then = now
        now = performance.now()
        latencies.push(now - then)
      }
    }),
  )
  const elapsed = (performance.now() - startedAt) / 1000
  latencies.sort((a, b) => a - b)
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0
  return { perSecond: latencies.length / elapsed, p50Ms: at(0.5), p99Ms: at(0.99) }
}

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 3)
  const seconds = Number(process.argv[3] ?? 2)
  const authority = await throwawayAuthority()
  const [network, gateway] = await Promise.all([
    authority.identity('network'),
    authority.identity('gateway'),
  ])
  const child = fork(fileURLToPath(import.meta.url), ['serve'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  child.send(network)
  const [ready]: Ready[] = await once(child, 'message')
  if (ready === undefined) throw new Error('the server did not start')
  const { rpcPort, httpPort, accessToken } = ready

  const telemetry = createTelemetry('bench', { level: 'silent' })
  const open = (transport: 'mux' | 'unary') =>
    openChannel({
      address: address(rpcPort),
      service: 'network',
      tls: gateway,
      telemetry,
      transport,
    })
  const channels = { mux: open('mux'), unary: open('unary') }
  const clients = {
    mux: channels.mux.client(NodeService),
    unary: channels.unary.client(NodeService),
  }
  const autocannon = createRequire(import.meta.url)('autocannon')
  const post = async (concurrency: number): Promise<Figures> => {
    const { requests, latency } = await autocannon({
      url: `http://127.0.0.1:${httpPort}/`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ node: 'laptop' }),
      connections: concurrency,
      duration: seconds,
    })
    return { perSecond: requests.average, p50Ms: latency.p50, p99Ms: latency.p99 }
  }

  for (const concurrency of [1, 64]) {
    const runs: Record<'mux' | 'unary' | 'fastify', Figures[]> = { mux: [], unary: [], fastify: [] }
    for (let round = 0; round <= rounds; round += 1) {
      for (const way of ['unary', 'mux'] as const) {
        const call = () => clients[way].getNode({ node: 'laptop' }, { accessToken })
        const figures = await load(call, concurrency, round === 0 ? 0.5 : seconds)
        if (round > 0) runs[way].push(figures)
      }
      const figures = await post(concurrency)
      if (round > 0) runs.fastify.push(figures)
    }
    console.log(`\n${concurrency} concurrent, median of ${rounds} rounds`)
    for (const [way, figures] of Object.entries(runs)) {
      const of = (key: keyof Figures): number => median(figures.map((figure) => figure[key]))
      console.log(
        `  ${way.padEnd(8)} ${Math.round(of('perSecond')).toString().padStart(7)}/s  p50 ${of('p50Ms').toFixed(2)} ms  p99 ${of('p99Ms').toFixed(2)} ms`,
      )
    }
    const ratio = (other: Figures[]): string => {
      const ratios = runs.mux.map((figure, n) => figure.perSecond / (other[n]?.perSecond ?? 1))
      const ordered = [...ratios].sort((a, b) => a - b)
      return `${median(ratios).toFixed(2)} [${ordered[0]?.toFixed(2)}–${ordered.at(-1)?.toFixed(2)}]`
    }
    console.log(`  mux / unary   ${ratio(runs.unary)}`)
    console.log(`  mux / fastify ${ratio(runs.fastify)}`)
  }
  await Promise.all([channels.mux.close(), channels.unary.close()])
  child.kill()
}

if (process.argv[2] === 'serve') {
  const [tls]: TlsIdentity[] = await once(process, 'message')
  if (tls === undefined) throw new Error('no identity')
  const buffers = {
    ca: Buffer.from(tls.ca),
    cert: Buffer.from(tls.cert),
    key: Buffer.from(tls.key),
  }
  process.send?.(await serve(buffers))
} else await main()
