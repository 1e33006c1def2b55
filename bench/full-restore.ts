// A lost machine: how long until its log takes changes again. The backup is judged, staged, put in place, and the guard
// fills a new server from the archive.
// node --conditions=@holdfast/source --import tsx bench/full-restore.ts [commits, 10000] [copy|bundle]
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findNats, freePort, prepareNatsIdentities, startNats } from '@holdfast/embedded'
import { connectAdmin, provisionLog } from '@holdfast/event-log/admin'
import { keyFrom, openBundleSource, openCopySource, restoreInstance } from '@holdfast/full-restore'
import { keepLog } from '@holdfast/log-guard'
import { openStorage, surroundingsOf } from '@holdfast/storage'
import { createTelemetry } from '@holdfast/telemetry'
import {
  bundleOf,
  copyOf,
  lineageId,
  testInstance,
} from '../packages/full-restore/src/testing/instance.ts'

const commits = Number(process.argv[2] ?? 10_000)
const kind = process.argv[3] ?? 'copy'
const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1)

const instance = await testInstance({ commits })
const far = join(instance.root, 'far')
const data = join(instance.root, 'data')
const storage = await (async () => {
  await mkdir(far, { recursive: true })
  const surroundings = surroundingsOf({ egressAllow: [], localBase: far, localRoots: [far] })
  return await openStorage('local', { path: far }, {}, surroundings)
})()
if (kind === 'copy') await copyOf(instance, far)
const source =
  kind === 'copy'
    ? openCopySource(storage, { label: far })
    : openBundleSource(await bundleOf(instance))
let peak = 0
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage().rss)
}, 100)

const before = performance.now()
const report = await restoreInstance({
  ...{ source, key: await keyFrom({ file: instance.rootKeyText }), version: '0.1.0' },
  target: { data },
})
console.log(
  `${commits} commits from a ${kind}: judged in ${(report.verifyMs / 1000).toFixed(1)} s, staged in ${(report.stageMs / 1000).toFixed(1)} s, all ${seconds(before)} s; peak ${Math.round(peak / 1024 ** 2)} MiB with the instance it was made from`,
)

const stream = `EVT_${report.nextGeneration}`
const identities = await prepareNatsIdentities({ dir: join(instance.root, 'identities'), stream })
const { path } = await findNats({ dataDir: join(instance.root, 'programs'), env: process.env })
const storeBytes = 8 * 1024 ** 3
const server = await startNats({
  binary: path,
  runDir: join(instance.root, 'run'),
  config: {
    ...{ host: '127.0.0.1', port: await freePort(), storeDir: join(instance.root, 'store') },
    maxStoreBytes: storeBytes,
    identities: {
      ...{ type: 'operator', ...identities.authority },
      resolverDir: join(instance.root, 'accounts'),
    },
  },
})
const connect = (name: string) =>
  connectAdmin({ url: server.url, name, credentialsFile: identities.credentialsFile(name) })
const admin = await connect('guard')
const spec = {
  ...{ stream, lineageId, generation: report.nextGeneration, ingest: identities.ingest },
  maxBytes: storeBytes / 2,
}
await provisionLog(admin, spec)
const ending = new AbortController()
const guard = await connect('log-guard')
const filling = performance.now()
let open: () => void = () => undefined
const opened = new Promise<void>((resolve) => {
  open = resolve
})
const keeper = keepLog(
  {
    ...{ admin: guard, spec, archiveDirectory: join(data, 'archive'), durability: 'log+archive' },
    positionFile: join(data, 'guard/position'),
    rootKeys: { present: instance.fingerprint, former: [] },
    volumes: [],
    log: createTelemetry('log-guard', { level: 'silent' }).log,
    signal: ending.signal,
  },
  ({ writes }) => {
    if (writes === 'open') open()
  },
)
await opened
console.log(
  `the log is filled, compared and open after ${seconds(filling)} s; all of it ${seconds(before)} s`,
)
const { root } = JSON.parse(await readFile(join(data, 'restored.json'), 'utf8')) as { root: string }
const expected = Buffer.from(instance.rootAt(commits)).toString('hex')
console.log(root === expected ? 'same root' : 'ANOTHER ROOT')

ending.abort()
await keeper.done
clearInterval(watch)
await guard.close()
await admin.close()
await server.stop()
await storage.close()
await rm(instance.root, { recursive: true, force: true })
