// The off-site push: how far behind it is under load, how it catches up with an outage, what a commit costs.
// node --conditions=@holdfast/source --import tsx bench/offsite.ts [seconds of load] [commits per second] [seconds of outage]
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openArchive } from '@holdfast/archive'
import { generateAgePair } from '@holdfast/crypto'
import { migrate } from '@holdfast/postgres'
import { createTelemetry } from '@holdfast/telemetry'
import { testPostgres } from '@holdfast/testkit'
import { davServer } from '../services/backup/src/offsite/testing/dav-server.ts'
import {
  fingerprint,
  generation,
  lineageId,
  type Places,
  playedPusher,
} from '../services/backup/src/offsite/testing/played-pusher.ts'
import { usualPace } from '../services/backup/src/offsite/tools.ts'
import { openWork } from '../services/backup/src/work/work.ts'

const [loadSeconds = 180, perSecond = 100, outageSeconds = 30] = process.argv.slice(2).map(Number)
const root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
const pg = await testPostgres({ services: ['backup'] })
const postgres = pg.open('backup')
await migrate(postgres, fileURLToPath(new URL('../services/backup/migrations', import.meta.url)), {
  schema: 'backup',
})
const work = openWork({ telemetry: createTelemetry('backup', { level: 'silent' }) })
const archiveDir = join(root, 'archive')
const identity = { lineageId, generation, rootKeyFingerprint: fingerprint }
// Sealed more often than in earnest, so that compaction is part of it.
const archive = await openArchive({ directory: archiveDir, identity, sealAtBytes: 2 * 1024 * 1024 })
const dav = await davServer()
const id = randomUUID()
const location = {
  ...{
    id,
    organizationId: '',
    name: 'far',
    kind: 'webdav',
    isContinuous: true,
    isImmutable: false,
  },
  ...{ keepDaily: 7, keepWeekly: 5, keepMonthly: 12 },
}
const places: Places = new Map([
  [id, { location, access: { kind: 'webdav', config: { url: dav.url }, credentials: {} } }],
])
const requests = new Map<string, number>()
let sent = 0
let isAway = false
dav.fate = (method) => {
  if (isAway) return 'cut'
  requests.set(method, (requests.get(method) ?? 0) + 1)
  return 'go'
}

let sequence = 0n
let plain = 0
async function append(count: number): Promise<void> {
  const storedAtUnixNs = BigInt(Date.now()) * 1_000_000n
  await archive.append(
    Array.from({ length: count }, () => {
      sequence += 1n
      const messageId = randomUUID()
      // Half of a commit is ids and keys, which do not compress.
      const payload = Buffer.concat([
        randomBytes(150),
        Buffer.alloc(250, 'organization interface peer '),
      ])
      plain += payload.length
      return {
        ...{ sequence, messageId, payload, storedAtUnixNs },
        subject: `evt.network.interface.${sequence % 97n}`,
        headers: Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${messageId}\r\n\r\n`),
      }
    }),
  )
}

const pusher = playedPusher(
  {
    ...{ postgres, work, archiveDir, root, places },
    derived: generateAgePair().recipient,
    played: {
      ...{ recipients: [generateAgePair().recipient], keys: 'k', destroyedSequence: 0n },
      ...{ config: 'X=1\n', rows: [], told: [] },
    },
  },
  () => archive.last.sequence,
  {},
  // As in earnest, but for the retry: an outage here is shorter.
  { ...usualPace },
)
const state = () => pusher.destination(id)?.state()

async function load(seconds: number, lags?: number[]): Promise<void> {
  const until = performance.now() + seconds * 1000
  let next = performance.now()
  for (let n = 0; performance.now() < until; n++) {
    await append(Math.max(1, Math.round(perSecond / 10)))
    if (lags && n % 5 === 0) lags.push(state()?.lagMs ?? 0)
    next += 100
    await pause(Math.max(0, next - performance.now()))
  }
}
const percentile = (values: readonly number[], p: number): string => {
  const sorted = [...values].sort((a, b) => a - b)
  return ((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? 0) / 1000).toFixed(
    1,
  )
}

await append(1)
while ((state()?.manifests ?? 0) === 0) await pause(100)
requests.clear()
const before = { cpu: process.cpuUsage(), sequence, plain }
const put = () => [...dav.objects.values()].reduce((sum, { bytes }) => sum + bytes.length, 0)
const lags: number[] = []
await load(loadSeconds, lags)
const cpu = process.cpuUsage(before.cpu)
const commits = Number(sequence - before.sequence)
const count = [...requests.values()].reduce((a, b) => a + b, 0)
sent = put()
console.log(
  `load: ${loadSeconds} s, ${perSecond} commits/s, ${commits} commits of ${Math.round((plain - before.plain) / commits)} bytes`,
)
console.log(
  `lag: p50 ${percentile(lags, 0.5)} s, p90 ${percentile(lags, 0.9)} s, p99 ${percentile(lags, 0.99)} s, max ${percentile(lags, 1)} s`,
)
console.log(
  `stands there: ${sent} bytes, ${(sent / commits).toFixed(0)} a commit; requests ${count} (${JSON.stringify(Object.fromEntries(requests))}), ${(count / commits).toFixed(4)} a commit`,
)
console.log(
  `cpu of the whole process, load generator and server included: ${((cpu.user + cpu.system) / commits).toFixed(0)} µs a commit`,
)

if (outageSeconds > 0) {
  isAway = true
  await load(outageSeconds)
  const lagAtEnd = state()?.lagMs ?? 0
  isAway = false
  const since = performance.now()
  while ((state()?.pushedSequence ?? 0n) < archive.last.sequence) await pause(50)
  console.log(
    `outage of ${outageSeconds} s under the same load: ${(lagAtEnd / 1000).toFixed(1)} s behind at its end, all there ${((performance.now() - since) / 1000).toFixed(1)} s after it`,
  )
}
await pusher.stop()
await work.stop()
await archive.close()
await dav.close()
await pg.close()
rmSync(root, { recursive: true, force: true })
process.exit(0)
