// How the latency of GET /peers grows with the number of peers: 10, 1,000 and 10,000, first page and a page deep inside,
// beside a bare GET of the same gateway (`/health`).
//
//   npx tsx bench/lists.ts [seconds]
import { generateKeyPairSync } from 'node:crypto'
import { enrollSilentNode } from '../test/system/enroll.ts'
import { startSuite } from '../test/system/suite.ts'
import { load, row } from './run-load.ts'

const seconds = Number(process.argv[2] ?? 3)
const suite = await startSuite({
  env: {
    HOLDFAST_HTTP_RATE_LIMIT: '0',
    HOLDFAST_HTTP_RATE_LIMIT_ADDRESS: '0',
    HOLDFAST_LOG_LEVEL: 'warn',
  },
})
const api = await suite.admin()
const node = await enrollSilentNode(api, 'bench')

const raw = (type: 'spki' | 'pkcs8'): string => {
  const pair = generateKeyPairSync('x25519')
  const key =
    type === 'spki'
      ? pair.publicKey.export({ format: 'der', type })
      : pair.privateKey.export({ format: 'der', type: 'pkcs8' })
  return key.subarray(-32).toString('base64')
}

async function importPeers(
  name: string,
  octet: number,
  count: number,
): Promise<{ id: string; sequence: string }> {
  const lines = [
    '[Interface]',
    `PrivateKey = ${raw('pkcs8')}`,
    `Address = 10.${octet}.0.1/16`,
    `ListenPort = ${52_000 + octet}`,
  ]
  for (let n = 0; n < count; n += 1) {
    lines.push(
      '[Peer]',
      `PublicKey = ${raw('spki')}`,
      `AllowedIPs = 10.${octet}.${1 + Math.floor(n / 250)}.${1 + (n % 250)}/32`,
    )
  }
  const answer = await api.call<{ interface: { id: string } }>(
    'POST',
    `/interfaces/import?name=${name}&node=${node}`,
    lines.join('\n'),
  )
  return { id: answer.body.interface.id, sequence: answer.headers.get('holdfast-sequence') ?? '' }
}

let total = 0
const get = (path: string, connections: number) =>
  load({
    url: suite.url,
    token: api.token,
    connections,
    seconds,
    paths: [`/api/v1${path}`],
    prefix: '',
    get: true,
  })
const base = await get('/health', 1)
console.log(row('GET /health (bare), 1 at once', base))
for (const [octet, count] of [
  [1, 10],
  [2, 990],
  [3, 9000],
] as const) {
  const { sequence } = await importPeers(`l${octet}`, octet, count)
  total += count
  let cursor: string | null = null
  for (let page = 0; page < Math.floor(total / 50 / 2); page += 1) {
    const next: { next_cursor: string | null } = await api.get(
      `/peers?limit=50&min_seq=${sequence}${cursor ? `&cursor=${cursor}` : ''}`,
    )
    cursor = next.next_cursor
  }
  const first = await get('/peers?limit=50', 1)
  const deep = await get(`/peers?limit=50${cursor ? `&cursor=${cursor}` : ''}`, 1)
  const loaded = await get('/peers?limit=50', 16)
  console.log(row(`GET /peers, first 50 of ${total}, 1 at once`, first))
  console.log(row(`GET /peers, 50 from the middle of ${total}`, deep))
  console.log(row(`GET /peers, first 50 of ${total}, 16 at once`, loaded))
  console.log(
    `  p50 to the bare GET: ${(first.p50 / Math.max(base.p50, 0.1)).toFixed(1)} ×; rate ${(first.perSecond / base.perSecond).toFixed(2)} of it`,
  )
}
await suite.remove()
process.exit(0)
