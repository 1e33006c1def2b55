import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import {
  access,
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { defineError } from '@holdfast/errors'
import { connectAdmin, probeServer } from '@holdfast/event-log/admin'
import { renderNatsConfig } from './nats-config.ts'
import { startNats } from './nats-server.ts'
import { fetchPackage } from './private-apt.ts'

const run = promisify(execFile)

export const NatsNotFound = defineError(
  'embedded.nats_not_found',
  'unavailable',
  (d: { tried: string }) =>
    `no usable nats-server was found. Tried: ${d.tried}. ` +
    'Next step: put a nats-server of version 2.14 or newer anywhere and start again with ' +
    'HOLDFAST_NATS_SERVER=/path/to/nats-server',
)

export type NatsSource = 'setting' | 'path' | 'cache' | 'apt'

export interface NatsBinary {
  readonly path: string
  readonly version: string
  readonly source: NatsSource
  /** What the behaviour probe found: `evaluation` means that something is missing. */
  readonly level: 'production' | 'evaluation'
  /** Why it is not `production`, for people. */
  readonly findings: readonly string[]
}

export interface FindNatsOptions {
  /** The cached copy lies in `<dataDir>/nats/bin`. */
  readonly dataDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Hears one line a step that takes a while. */
  readonly report?: (line: string) => void
}

type Verdict =
  | { readonly type: 'usable'; readonly binary: Omit<NatsBinary, 'source'> }
  | { readonly type: 'refused'; readonly reason: string }

const commandTimeoutMs = 15_000

/**
 * A nats-server that behaves: `HOLDFAST_NATS_SERVER`, then PATH, then the copy kept from an earlier
 * start, then the newest suite of the machine's own package mirror. The first one fit for production
 * wins; failing that, the first one fit for evaluation. Throws `embedded.nats_not_found`, which lists
 * what was tried and what to do.
 */
export async function findNats(options: FindNatsOptions): Promise<NatsBinary> {
  const { dataDir, env, report = () => undefined } = options
  const cacheDir = join(dataDir, 'nats', 'bin')
  const cached = join(cacheDir, 'nats-server')
  const tried: string[] = []
  let second: NatsBinary | undefined
  const consider = async (path: string, source: NatsSource): Promise<NatsBinary | undefined> => {
    const verdict = await judge(path, cacheDir)
    if (verdict.type === 'refused') {
      tried.push(`${path} (${verdict.reason})`)
      return undefined
    }
    const binary: NatsBinary = { ...verdict.binary, source }
    if (binary.level === 'production') return binary
    tried.push(`${path} (${binary.findings.join('; ')})`)
    second ??= binary
    return undefined
  }

  // Whoever names one wants that one and no other.
  const named = env['HOLDFAST_NATS_SERVER']
  if (named !== undefined && named !== '') {
    const binary = (await consider(named, 'setting')) ?? second
    if (binary) return binary
    throw NatsNotFound({ tried: `HOLDFAST_NATS_SERVER=${tried.join(', ')}` })
  }

  const onPath = await findOnPath('nats-server', env['PATH'] ?? '')
  const local = [
    ...(onPath === undefined ? [] : [{ path: onPath, source: 'path' as const }]),
    ...((await isExecutable(cached)) ? [{ path: cached, source: 'cache' as const }] : []),
  ]
  for (const { path, source } of local) {
    const binary = await consider(path, source)
    if (binary) return binary
  }
  if (onPath === undefined) tried.push('PATH (no nats-server there)')

  let found: NatsBinary | undefined
  const { attempts } = await fetchPackage({
    packageName: 'nats-server',
    workDir: join(dataDir, 'nats'),
    report,
    accept: async (root) => {
      const unpacked = join(root, 'usr', 'sbin', 'nats-server')
      const path = (await isExecutable(unpacked)) ? unpacked : join(root, 'usr/bin/nats-server')
      const binary = await consider(path, 'apt')
      // An evaluation-level one is kept as well, unless there is one already.
      if (!binary && second?.path !== path) return false
      await keep(path, cached)
      const kept = await judge(cached, cacheDir)
      if (kept.type === 'refused') return false
      if (binary) found = { ...kept.binary, source: 'apt' }
      else second = { ...kept.binary, source: 'apt' }
      return binary !== undefined
    },
  })
  const binary = found ?? second
  if (binary) return binary
  tried.push(...attempts.map(({ source, reason }) => `${source} (${reason})`))
  throw NatsNotFound({ tried: tried.join(', ') })
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

async function findOnPath(name: string, path: string): Promise<string | undefined> {
  // Debian puts servers where ordinary users do not look.
  const directories = [...path.split(delimiter), '/usr/sbin', '/usr/local/sbin']
  for (const directory of directories) {
    if (directory.startsWith('/') && (await isExecutable(join(directory, name))))
      return join(directory, name)
  }
  return undefined
}

async function keep(from: string, to: string): Promise<void> {
  await mkdir(join(to, '..'), { recursive: true, mode: 0o755 })
  await copyFile(from, `${to}.next`)
  await chmod(`${to}.next`, 0o755)
  await rename(`${to}.next`, to)
}

/** The verdict, remembered for as long as the file stays as it is. */
async function judge(path: string, cacheDir: string): Promise<Verdict> {
  if (!(await isExecutable(path))) return { type: 'refused', reason: 'not an executable file' }
  const { size, mtimeMs, ino } = await stat(path)
  const mark = JSON.stringify({ probe: probeVersion, path, size, mtimeMs, ino })
  const memory = join(cacheDir, 'verdict.json')
  const remembered = await readVerdict(memory, mark)
  if (remembered) return remembered
  const verdict = await probe(path)
  if (verdict.type === 'usable') {
    await mkdir(cacheDir, { recursive: true, mode: 0o755 })
    await writeFile(memory, JSON.stringify({ mark, verdict }))
  }
  return verdict
}

/** Raise when the probe changes, so that remembered verdicts are dropped. */
const probeVersion = 1

async function readVerdict(path: string, mark: string): Promise<Verdict | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof value !== 'object' || value === null || !('mark' in value)) return undefined
    return value.mark === mark && 'verdict' in value ? (value.verdict as Verdict) : undefined // written by `judge`
  } catch {
    return undefined // absent or damaged: probe again
  }
}

/** Runs it: its version, our configuration, and the behaviour probe of the event log. */
async function probe(path: string): Promise<Verdict> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-nats-probe-'))
  try {
    const { stdout } = await run(path, ['--version'], { timeout: commandTimeoutMs })
    const version = /v?(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1]
    if (version === undefined) return { type: 'refused', reason: 'it does not say its version' }
    const config = {
      host: '127.0.0.1',
      port: await freePort(),
      storeDir: join(directory, 'store'),
      maxStoreBytes: 64 * 1024 * 1024,
      identities: { type: 'open' as const },
    }
    const configFile = join(directory, 'test.conf')
    await writeFile(configFile, renderNatsConfig({ ...config, serverName: 'probe' }))
    try {
      await run(path, ['-t', '-c', configFile], { timeout: commandTimeoutMs })
    } catch {
      return { type: 'refused', reason: `version ${version} cannot sync every message` }
    }
    const server = await startNats({ binary: path, runDir: directory, config })
    try {
      const admin = await connectAdmin({ url: server.url, name: 'probe' })
      try {
        const { level, findings } = await probeServer(admin)
        return level === 'unusable'
          ? { type: 'refused', reason: `version ${version}: ${findings.join('; ')}` }
          : { type: 'usable', binary: { path, version, level, findings } }
      } finally {
        await admin.close()
      }
    } finally {
      await server.stop()
    }
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown'
    return { type: 'refused', reason }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** A port nobody listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
