import { closeSync, constants, openSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { CliError, exitCodes } from './exit.ts'

/** The data directory of the suite on this machine. */
export const dataDirectory = (env: NodeJS.ProcessEnv): string =>
  resolve(env['HOLDFAST_DATA'] || '.holdfast')

/** The supervisor's answer; lines that only carry progress come before it. */
type Answer<T> = { ok: true; result: T } | { ok: false; error: string } | { text: string }

/** Asks the supervisor of the suite on this machine over its socket, in JSON lines (runtime/README.md). */
export async function control<T>(
  env: NodeJS.ProcessEnv,
  request: Readonly<Record<string, unknown>>,
  timeoutMs = 30_000,
): Promise<T> {
  const data = dataDirectory(env)
  const nobody = `no suite runs on ${data}: start one with 'npm start', or set HOLDFAST_DATA`
  let directory: number
  try {
    directory = openSync(join(data, 'run'), constants.O_RDONLY)
  } catch {
    throw new CliError(nobody, exitCodes.unreachable)
  }
  try {
    // A socket's path has room for 107 bytes; the directory's descriptor keeps any data directory short.
    return await exchange<T>(`/proc/self/fd/${directory}/control.sock`, request, timeoutMs, nobody)
  } finally {
    closeSync(directory)
  }
}

function exchange<T>(
  path: string,
  request: Readonly<Record<string, unknown>>,
  timeoutMs: number,
  nobody: string,
): Promise<T> {
  return new Promise((done, fail) => {
    const socket = connect(path)
    let rest = ''
    const refuse = (
      message: string,
      exitCode = exitCodes.unreachable as CliError['exitCode'],
    ): void => {
      socket.destroy()
      fail(new CliError(message, exitCode))
    }
    socket.setEncoding('utf8')
    socket.setTimeout(timeoutMs, () => refuse('the supervisor does not answer'))
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`))
    socket.on('error', () => refuse(nobody))
    socket.on('close', () => refuse('the supervisor gave no answer'))
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const answer = JSON.parse(line) as Answer<T> // the supervisor's contract
        if ('text' in answer) continue
        if (answer.ok) done(answer.result)
        else refuse(answer.error, exitCodes.failed)
        socket.destroy()
      }
    })
  })
}
