import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export interface TestServer {
  /** What it has said so far. */
  log(): string
  stop(): Promise<void>
}

/** Starts it and waits until it listens everywhere it should; answers what it said when it does not. */
export async function startServer(
  [program = '', ...args]: readonly string[],
  { ports, env = {} }: { ports: readonly number[]; env?: Readonly<Record<string, string>> },
): Promise<TestServer | string> {
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, to end the workers with their master.
    detached: true,
  })
  let said = ''
  const hear = (text: Buffer): void => {
    said = (said + text.toString()).slice(-200_000)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  child.on('error', (error) => hear(Buffer.from(String(error))))
  // A run that is cut short must not leave a server behind.
  const killAtExit = (): void => {
    kill(child)
  }
  process.once('exit', killAtExit)
  const stop = async (): Promise<void> => {
    process.off('exit', killAtExit)
    await gone(child)
  }
  const deadline = performance.now() + 20_000
  for (const port of ports) {
    while (!(await isOpen(port))) {
      if (child.exitCode !== null || child.pid === undefined || performance.now() > deadline) {
        await stop()
        return `skipped: ${program} does not run here: ${said.slice(-500)}`
      }
      await delay(25)
    }
  }
  return { log: () => said, stop }
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false)).once('connect', () => resolve(true))
    socket.once('connect', () => socket.destroy())
  })

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  kill(child)
  await exited
}

function kill({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}
