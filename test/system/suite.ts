import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Api, signIn } from './api.ts'
import { Final, until } from './until.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

export interface SuiteOptions {
  /** Network namespace to run in; this machine's own network when absent. */
  readonly namespace?: string
  /** Address of the suite as the test reaches it. */
  readonly address?: string
  /** Whether the machine is a node itself. Only with a namespace: tests make no device on this machine. */
  readonly localNode?: boolean
  readonly env?: NodeJS.ProcessEnv
}

interface RunFile {
  readonly state: string
  readonly pid: number
  readonly ports: Readonly<Record<string, number>>
  readonly processes: Readonly<Record<string, { readonly pid: number }>>
}

/** The real product on a directory of its own: what `npm start` runs, started by the test. */
export interface Suite {
  readonly url: string
  readonly data: string
  readonly password: string
  /** Signed in as the first super-admin. */
  readonly admin: () => Promise<Api>
  readonly run: () => RunFile
  /** The pid of a process by its name; undefined while it is down. */
  readonly pid: (name: string) => number | undefined
  /** Starts it again on the same data, after `stop` or a crash; with other settings than the first time. */
  readonly start: (more?: NodeJS.ProcessEnv) => Promise<void>
  readonly stop: () => Promise<void>
  /** What the supervisor has told the person in front of it. */
  readonly said: () => string
  /** The last lines of every log, for a failure's message. */
  readonly logs: () => string
  readonly remove: () => Promise<void>
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '0.0.0.0', done))
  const address = server.address()
  await new Promise<void>((done) => server.close(() => done()))
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

export async function startSuite(options: SuiteOptions = {}): Promise<Suite> {
  const supervisor = join(root, 'dist/runtime.mjs')
  if (!existsSync(supervisor)) throw new Error('not built: run `npm run build` first')
  const data = mkdtempSync(join(tmpdir(), 'holdfast-suite-'))
  const password = 'correct horse battery staple'
  const port = await freePort()
  const url = `http://${options.address ?? '127.0.0.1'}:${port}`
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HOLDFAST_DATA: data,
    HOLDFAST_HTTP_PORT: String(port),
    HOLDFAST_ADMIN_PASSWORD: password,
    HOLDFAST_LOCAL_NODE: options.localNode ? 'auto' : 'off',
    ...options.env,
  }
  let child: ChildProcess | undefined
  let said = ''

  const run = (): RunFile => JSON.parse(readFileSync(join(data, 'run.json'), 'utf8')) as RunFile
  const start = async (more: NodeJS.ProcessEnv = {}): Promise<void> => {
    const command = [process.execPath, supervisor]
    const [file = '', ...args] = options.namespace
      ? ['ip', 'netns', 'exec', options.namespace, ...command]
      : command
    const started = spawn(file, args, {
      env: { ...env, ...more },
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child = started
    for (const stream of [started.stdout, started.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-20_000)
      })
    }
    await until(
      'the suite is ready',
      async () => {
        if (started.exitCode !== null || started.signalCode !== null) {
          throw new Final(
            new Error(
              `the supervisor ended with ${started.exitCode ?? started.signalCode}\n${said}`,
            ),
          )
        }
        const response = await fetch(`${url}/api/v1/ready`, { signal: AbortSignal.timeout(1000) })
        return response.ok && existsSync(join(data, 'run.json')) && run().state === 'ready'
      },
      { timeoutMs: 120_000, everyMs: 50 },
    ).catch((error: unknown) => {
      throw new Error(`the suite did not come up\n${said}\n${logs(data)}`, { cause: error })
    })
  }
  const stop = async (): Promise<void> => {
    const running = child
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const ended = new Promise<void>((done) => running.once('exit', () => done()))
    running.kill('SIGTERM') // `ip netns exec` becomes what it starts, so this is the supervisor
    await ended
  }

  const pins = options.localNode ? mountPins(join(data, 'agent/bpf')) : undefined
  await start()
  return {
    url,
    data,
    password,
    admin: () => signIn(url, 'admin', password),
    run,
    pid: (name) => run().processes[name]?.pid,
    start,
    stop,
    said: () => said,
    logs: () => `${said}\n${logs(data)}`,
    async remove() {
      await stop()
      pins?.unmount()
      // Where root's Postgres cannot enter the data directory, its files are elsewhere and linked from it.
      const postgres = join(data, 'postgres')
      if (existsSync(postgres)) rmSync(realpathSync(postgres), { recursive: true, force: true })
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/**
 * A place for the pins of kernel programs. `ip netns exec` gives what it starts mounts of its own, which would take
 * the pins along when it ends; on a host they stay.
 */
function mountPins(path: string): { unmount(): void } {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  execFileSync('mount', ['-t', 'bpf', 'bpf', path])
  return { unmount: () => void execFileSync('umount', [path]) }
}

function logs(data: string): string {
  const folder = join(data, 'logs')
  const names = existsSync(folder)
    ? readdirSync(folder).filter((name) => name.endsWith('.log'))
    : []
  return names
    .map((name) => {
      try {
        return `── ${name}\n${readFileSync(join(folder, name), 'utf8')
          .split('\n')
          .slice(-15)
          .join('\n')}`
      } catch {
        return ''
      }
    })
    .join('\n')
}
