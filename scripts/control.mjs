// Asks a running supervisor through its control socket (runtime/README.md, "Control socket"), without any dependency.
import { closeSync, constants, existsSync, openSync, readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { root } from './bootstrap.mjs'

/** Where this checkout's suite keeps its data. */
export const dataDirectory = () => resolve(process.env.HOLDFAST_DATA || join(root, '.holdfast'))

/** What the last start left in run.json, or undefined. */
export function runFile(data) {
  try {
    return JSON.parse(readFileSync(join(data, 'run.json'), 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * Sends one request; lines before the answer go to `onText`. Resolves to the answer, `{ ok, result }` or
 * `{ ok, error }`, or to undefined when nobody listens.
 */
export function ask(data, request, onText = () => undefined) {
  const path = join(data, 'run/control.sock')
  if (!existsSync(path)) return Promise.resolve(undefined)
  // A socket's path has room for 107 bytes; the directory's descriptor makes a long one short.
  const isLong = Buffer.byteLength(path) > 100
  const directory = isLong ? openSync(dirname(path), constants.O_RDONLY) : undefined
  const short = isLong ? `/proc/self/fd/${directory}/control.sock` : path
  return new Promise((done, failed) => {
    const socket = createConnection(short)
    let rest = ''
    let answer
    socket.setEncoding('utf8')
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`))
    socket.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines.map((text) => JSON.parse(text))) {
        if (line.text !== undefined) onText(line.text)
        else answer = line
      }
    })
    socket.on('error', (error) => {
      if (['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE'].includes(error.code)) done(answer)
      else failed(error)
    })
    socket.on('close', () => done(answer))
  }).finally(() => {
    if (directory !== undefined) closeSync(directory)
  })
}
