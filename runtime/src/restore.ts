/**
 * dist/restore.mjs: brings an instance back into a data directory while nothing of the suite runs on it. Started by
 * `holdfast restore instance`, which gives the request and shows the answers; ends with 0 when what was asked is done.
 */
import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DomainError } from '@holdfast/errors'
import {
  type BackupSource,
  keyFrom,
  openBundleSource,
  openCopySource,
  planInstance,
  planJson,
  type RestorePoint,
  reportJson,
  restoreInstance,
  TargetUnfit,
} from '@holdfast/full-restore'
import { kindNamed, openStorage, type Storage, surroundingsOf } from '@holdfast/storage'
import { isControlAnswered } from './control-server.ts'
import { lockInstance } from './instance-lock.ts'
import type { RestoreAnswer, RestoreRequest } from './restore/request.ts'

const ending = new AbortController()
const stop = () => ending.abort(new Error('it was interrupted; nothing was changed'))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
// Who asked is gone.
process.on('disconnect', stop)

const tell = (answer: RestoreAnswer): Promise<void> =>
  new Promise((done) => {
    if (!process.send || !process.connected) return done()
    process.send(answer, () => done())
  })

async function run(request: RestoreRequest): Promise<object> {
  const key = await keyFrom(request.key)
  const storage = await storageOf(request)
  try {
    const source = sourceOf(request, storage)
    const asked = {
      ...{ source, key, version: request.version, upTo: pointOf(request) },
      signal: ending.signal,
      onProgress: ({ commits, ...progress }: Parameters<NonNullable<Progress>>[0]) =>
        void tell({ type: 'progress', ...progress, commits: String(commits) }),
    }
    if (request.mode === 'verify') return planJson(await planInstance(asked))
    const release = await claim(request.data)
    try {
      const { data, archive, force, isSealed, generation, reason } = request
      const report = await restoreInstance({
        ...asked,
        target: { data, archive },
        ...{ force, isSealed, generation },
        ...(reason === undefined ? {} : { reason }),
      })
      return reportJson(report)
    } finally {
      release()
    }
  } finally {
    await storage?.close()
  }
}
type Progress = Parameters<typeof planInstance>[0]['onProgress']

/** Nothing may run on what is replaced, nor begin to. */
async function claim(data: string): Promise<() => void> {
  const directory = resolve(data)
  if (!existsSync(directory)) return () => undefined
  const reason = 'an instance runs on it: end it with `npm stop`, or name another by --data'
  const lock = await lockInstance(directory)
  if (!lock) throw TargetUnfit({ directory, reason })
  const run = join(directory, 'run')
  if (existsSync(run) && (await isControlAnswered(run))) {
    lock.release()
    throw TargetUnfit({ directory, reason })
  }
  return lock.release
}

function pointOf({ toSequence, toTime }: RestoreRequest): RestorePoint | undefined {
  if (toSequence !== undefined) return { sequence: BigInt(toSequence) }
  if (toTime === undefined) return undefined
  return { unixMicros: BigInt(Date.parse(toTime)) * 1000n }
}

/** Whoever restores is the operator, at the console: every place may be connected to, every folder read. */
async function storageOf({ source }: RestoreRequest): Promise<Storage | undefined> {
  if ('file' in source) return undefined
  const folder = source.config['path'] ?? '/'
  const surroundings = surroundingsOf({
    egressAllow: ['0.0.0.0/0', '::/0'],
    localBase: folder,
    localRoots: [folder],
    keysDir: '/',
  })
  const config = typed(source.kind, source.config)
  return await openStorage(source.kind, config, source.credentials, surroundings)
}

/** A command line has texts; the kind says which of them are numbers and which are true or false. */
function typed(
  kind: string,
  config: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const types = new Map(kindNamed(kind)?.fields.map(({ name, type }) => [name, type]))
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => {
      const type = types.get(name)
      if (type === 'integer' && /^\d{1,15}$/.test(value)) return [name, Number(value)]
      if (type === 'boolean' && /^(true|false)$/.test(value)) return [name, value === 'true']
      return [name, value]
    }),
  )
}

function sourceOf({ source }: RestoreRequest, storage: Storage | undefined): BackupSource {
  if ('file' in source) {
    if (!existsSync(source.file) || !statSync(source.file).isFile())
      throw TargetUnfit({ directory: dirname(source.file), reason: `${source.file} is no file` })
    return openBundleSource(source.file)
  }
  if (!storage) throw new Error('a place was opened before')
  const { kind, config, lineage, generation } = source
  const where = ['bucket', 'host', 'path', 'url', 'remote'].flatMap((name) => config[name] ?? [])
  return openCopySource(storage, {
    label: [kind, ...where].join(' '),
    ...(lineage === undefined ? {} : { lineage }),
    ...(generation === undefined ? {} : { generation }),
  })
}

process.once('message', (request: RestoreRequest) => {
  void run(request)
    .then(
      (result) => tell({ type: 'result', result }).then(() => 0),
      async (error: unknown) => {
        const isOurs = error instanceof DomainError
        await tell({
          type: 'refused',
          code: isOurs ? error.code : undefined,
          message: error instanceof Error ? error.message : String(error),
          fields: isOurs ? error.fields : [],
        })
        return 1
      },
    )
    .then((code) => process.exit(code))
})
