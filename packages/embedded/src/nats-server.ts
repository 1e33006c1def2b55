import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { defineError } from '@holdfast/errors'
import { type NatsConfig, renderNatsConfig } from './nats-config.ts'
import { greetNats } from './nats-info.ts'

export const NatsNotStarted = defineError(
  'embedded.nats_not_started',
  'unavailable',
  (d: { reason: string; logFile: string }) =>
    `nats-server did not start: ${d.reason} (see ${d.logFile})`,
)

/** It runs, and reads its store for longer than it may. It was ended. */
export const NatsNotReady = defineError(
  'embedded.nats_not_ready',
  'unavailable',
  (d: { seconds: number; logFile: string }) =>
    `nats-server was not ready within ${d.seconds} s; see ${d.logFile}`,
)

export interface StartNatsOptions {
  readonly binary: string
  /** Configuration, process id and log lie here, mode 0700. */
  readonly runDir: string
  readonly config: Omit<NatsConfig, 'serverName'>
  /** Default 30,000: a large log takes a while to open. */
  readonly timeoutMs?: number
  /** What the server writes, line by line; without it everything goes to `nats.log` in `runDir`. */
  readonly onLine?: (line: string) => void
}

export interface NatsExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface NatsServer {
  readonly pid: number
  /** `nats://…` or `tls://…` by the loopback address where it listens everywhere. */
  readonly url: string
  readonly serverId: string
  readonly version: string
  /** Resolves when the process is gone, asked for or not. */
  readonly exited: Promise<NatsExit>
  /** Asks it to stop, and makes it after `timeoutMs` (default 10,000). May be repeated. */
  stop(timeoutMs?: number): Promise<void>
}

const pollMs = 25
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Throws `embedded.nats_not_started`; no process is left behind then. */
export async function startNats(options: StartNatsOptions): Promise<NatsServer> {
  const { binary, runDir, onLine } = options
  const serverName = `holdfast-${randomUUID()}`
  const config = { ...options.config, serverName }
  const configFile = join(runDir, 'nats.conf')
  const pidFile = join(runDir, 'nats.pid')
  const logFile = join(runDir, 'nats.log')
  await mkdir(runDir, { recursive: true, mode: 0o700 })
  await mkdir(config.storeDir, { recursive: true, mode: 0o700 })
  await stopLeftover(pidFile, configFile)
  await writeFile(configFile, renderNatsConfig(config), { mode: 0o600 })
  await chmod(configFile, 0o600)

  const log = onLine ? 'pipe' : openSync(logFile, 'a', 0o600)
  const child = spawn(binary, ['-c', configFile], {
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    // A group of its own: Ctrl-C in a terminal must reach the services first.
    detached: true,
  })
  if (typeof log === 'number') closeSync(log)
  for (const stream of [child.stdout, child.stderr]) {
    if (stream && onLine) createInterface({ input: stream }).on('line', onLine)
  }
  const exited = exitOf(child)
  const failed = (reason: string): Error => NatsNotStarted({ reason, logFile })
  const { pid } = child
  if (pid === undefined) throw failed(`${binary} cannot be run`)
  await writeFile(pidFile, `${pid}\n`, { mode: 0o600 })

  const stop = async (timeoutMs = 10_000): Promise<void> => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    await exited
    clearTimeout(timer)
    await rm(pidFile, { force: true })
  }

  let exit: NatsExit | undefined
  void exited.then((how) => {
    exit = how
  })
  const host = isEverywhere(config.host) ? '127.0.0.1' : config.host
  const { timeoutMs = 30_000 } = options
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const greeting = await greetNats(host, config.port, 1_000)
    // The port may be somebody else's; the name is ours alone.
    if (greeting?.serverName === serverName && greeting.hasJetStream) {
      const { serverId, version } = greeting
      const url = `${config.tls ? 'tls' : 'nats'}://${host}:${config.port}`
      return { pid, url, serverId, version, exited, stop }
    }
    if (exit) {
      throw failed(
        greeting
          ? `port ${config.port} is taken by another NATS server`
          : `it ended with ${exit.signal ?? `code ${exit.code}`}`,
      )
    }
    if (Date.now() > deadline) {
      await stop()
      throw NatsNotReady({ seconds: Math.round(timeoutMs / 1000), logFile })
    }
    await pause(pollMs)
  }
}

const isEverywhere = (host: string): boolean => host === '0.0.0.0' || host === '::'

function exitOf(child: ChildProcess): Promise<NatsExit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', () => resolve({ code: null, signal: null }))
  })
}

/**
 * Two servers on one store would destroy it, and a supervisor that was killed leaves its server
 * running. It is recognized by process id and by our configuration file in its command line.
 */
async function stopLeftover(pidFile: string, configFile: string): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''))
  const isOurs = async (): Promise<boolean> => {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return command.split('\0').includes(configFile)
  }
  if (!Number.isInteger(pid) || pid <= 1 || !(await isOurs())) return
  process.kill(pid, 'SIGTERM')
  const deadline = Date.now() + 10_000
  while (await isOurs()) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL')
    await pause(pollMs)
  }
}
