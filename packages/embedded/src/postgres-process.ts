import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { RunAs } from './postgres-user.ts'

/**
 * The binaries look beside themselves for their libraries, which takes /proc; where that is closed, this tells them.
 */
const environment = (binary: string) => ({
  LANG: 'C',
  LC_ALL: 'C',
  PATH: '/usr/bin:/bin',
  TZ: 'UTC',
  LD_LIBRARY_PATH: join(dirname(binary), '../lib'),
})
const keptLines = 40

/** A child, what it said last, and its end. */
export interface Running {
  readonly child: ChildProcess
  /** Settles when the process has ended. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** The last lines it wrote. */
  output(): string
}

export function run(
  binary: string,
  args: readonly string[],
  runAs: RunAs | undefined,
  onLine: (line: string) => void = () => {},
): Running {
  const child = spawn(binary, args, {
    ...runAs, // also drops the supplementary groups
    env: environment(binary),
    cwd: '/',
    // A group of its own: Ctrl-C in a terminal must reach the services first.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const take = (chunk: string) => {
    for (const line of chunk.split('\n')) {
      if (line === '') continue
      lines.push(line)
      if (lines.length > keptLines) lines.shift()
      onLine(line)
    }
  }
  child.stdout.setEncoding('utf8').on('data', take)
  child.stderr.setEncoding('utf8').on('data', take)
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('error', (error) => {
      take(error.message)
      resolve({ code: null, signal: null })
    })
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  return { child, exited, output: () => lines.join('\n') }
}

/** Whether a process of that id runs. One that has ended and waits for its parent to notice does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  return startOf(pid)?.state !== 'Z'
}

/** State and start time of a process, where there is a /proc. */
export function startOf(
  pid: number,
): { readonly state: string; readonly time: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before may hold blanks and brackets. State is field 3, the start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', time: fields[19] ?? '' }
  } catch {
    return undefined
  }
}

/**
 * Who holds the data, by `postmaster.pid`. A number left by a crash may have been given to another process
 * since; Postgres would refuse to start then, so such a file is removed here.
 */
export async function postmasterOf(data: string): Promise<number | undefined> {
  const file = join(data, 'postmaster.pid')
  const text = await readFile(file, 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  if (isAlive(pid) && (await isPostmasterOf(pid, data))) return pid
  await rm(file, { force: true })
  return undefined
}

async function isPostmasterOf(pid: number, data: string): Promise<boolean> {
  if (process.platform !== 'linux') return true // no /proc: let Postgres decide
  const args = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return args.split('\0').includes(data)
}

/** Fast shutdown, then immediate, then the kernel. Resolves when the process is gone. */
export async function stopPostmaster(
  pid: number,
  isGone: () => boolean,
  patienceMs: number,
): Promise<void> {
  const steps = [
    ['SIGINT', patienceMs],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const
  for (const [signal, waitMs] of steps) {
    try {
      process.kill(pid, signal)
    } catch {
      return // gone
    }
    const deadline = Date.now() + waitMs
    while (Date.now() < deadline) {
      if (isGone()) return
      await delay(10)
    }
  }
}
