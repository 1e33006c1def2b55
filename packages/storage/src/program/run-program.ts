import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'

/** How a program ended, and what it complained of. Nothing of it may be shown: it can hold secrets. */
export interface ProgramEnd {
  /** Undefined: a signal ended it. */
  readonly code: number | undefined
  /** The end of its standard error. */
  readonly stderr: string
}

export interface ProgramOptions {
  /** All it gets; nothing of ours is passed on: our variables hold secrets and would set its options. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly signal?: AbortSignal
  /** Ended when it has neither read nor written for so long; undefined: whoever started it sees to that. */
  readonly idleMs?: number
}

const maxStderr = 64 * 1024
/** Between asking a program to end and making it. */
const graceMs = 2_000

/**
 * A program in a process group of its own, so that what it starts ends with it. Arguments are an array, never a shell's
 * line; secrets go in by environment or files alone, since everybody on a machine can read arguments.
 */
export interface RunningProgram {
  /** What it writes. Whoever stops reading ends it. */
  output(): AsyncGenerator<Buffer, void, undefined>
  /** Writes all of it to its standard input and closes that. Rejects when the body does; ends quietly when the program has. */
  feed(body: AsyncIterable<Uint8Array>): Promise<void>
  /** Once it is gone with everything it wrote. Rejects with the abort's reason, or ProgramIdle. */
  readonly ended: Promise<ProgramEnd>
  /** Ends it with all it started. */
  kill(): void
}

/** It neither read nor wrote for too long and was ended. */
export class ProgramIdle extends Error {}
/** There is no such program to start. */
export class ProgramMissing extends Error {}

export function startProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): RunningProgram {
  const { signal } = options
  signal?.throwIfAborted()
  const child = spawn(program, [...args], {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    shell: false,
  })
  let stderr = ''
  let isIdle = false
  let failure: Error | undefined
  let idle: NodeJS.Timeout | undefined
  const touch = (): void => {
    clearTimeout(idle)
    if (options.idleMs === undefined) return
    idle = setTimeout(() => {
      isIdle = true
      kill()
    }, options.idleMs)
  }
  const kill = (): void => endGroup(child)
  touch()
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    touch()
    stderr = (stderr + text).slice(-maxStderr)
  })
  child.stdin.on('error', () => undefined)
  child.stdout.on('error', () => undefined)
  signal?.addEventListener('abort', kill, { once: true })

  const ended = new Promise<ProgramEnd>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      failure = error.code === 'ENOENT' ? new ProgramMissing(program) : error
      if (child.pid === undefined) finish(undefined)
    })
    child.once('close', (code) => finish(code ?? undefined))
    const finish = (code: number | undefined): void => {
      clearTimeout(idle)
      signal?.removeEventListener('abort', kill)
      if (signal?.aborted) reject(signal.reason)
      else if (isIdle) reject(new ProgramIdle(program))
      else if (failure) reject(failure)
      else resolve({ code, stderr })
    }
  })
  // It is waited for later, or not at all by a reader who stopped.
  ended.catch(() => undefined)

  return {
    ended,
    kill,
    async *output() {
      let isAtEnd = false
      try {
        for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
          // A reader that takes its time is no idleness of the program.
          clearTimeout(idle)
          yield chunk
          touch()
        }
        isAtEnd = true
      } finally {
        if (!isAtEnd) kill()
      }
    },
    async feed(body) {
      const { stdin } = child
      for await (const chunk of body) {
        if (stdin.destroyed || child.exitCode !== null) return
        touch()
        if (!stdin.write(chunk)) await drainedOrGone(stdin)
      }
      stdin.end()
    },
  }
}

function drainedOrGone(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stdin.off('drain', done).off('close', done)
      resolve()
    }
    if (stdin.destroyed) resolve()
    else stdin.on('drain', done).on('close', done)
  })
}

/** Runs it to its end and answers what it wrote, at most `maxBytes` of it. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions & { readonly maxBytes?: number },
): Promise<ProgramEnd & { readonly stdout: string }> {
  const { maxBytes = 64 * 1024 } = options
  const running = startProgram(program, args, options)
  const chunks: Buffer[] = []
  let size = 0
  await running.feed(nothing())
  for await (const chunk of running.output()) {
    size += chunk.length
    if (size > maxBytes) break
    chunks.push(chunk)
  }
  const end = await running.ended
  if (size > maxBytes) return { code: undefined, stderr: 'too much output', stdout: '' }
  return { ...end, stdout: Buffer.concat(chunks).toString('utf8') }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

function endGroup(child: ChildProcess): void {
  const { pid } = child
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const send = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-pid, signal)
    } catch {
      // Gone already.
    }
  }
  send('SIGTERM')
  const hard = setTimeout(() => send('SIGKILL'), graceMs)
  child.once('close', () => clearTimeout(hard))
}
