import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { shortSocketPath } from './socket-path.ts'

/** What came in, not yet checked beyond being an object with a command. */
export interface ControlRequest {
  readonly command: string
  readonly [field: string]: unknown
}

/** Carries a command out. `progress` sends a line for the person before the answer. */
export type ControlHandler = (
  request: ControlRequest,
  progress: (text: string) => void,
) => Promise<unknown>

export interface ControlServer {
  /** Lets answers on their way arrive, then takes the socket away. */
  close(): Promise<void>
}

/**
 * The socket of mode 0600 by which this machine's owner talks to the supervisor: a line of JSON in, lines of JSON
 * out, the last one `{"ok":true,"result":…}` or `{"ok":false,"error":"…"}`. See runtime/README.md.
 */
export async function serveControl(
  directory: string,
  handlers: Readonly<Record<string, ControlHandler>>,
): Promise<ControlServer> {
  const path = join(directory, 'control.sock')
  // The instance lock is ours, so that a socket lying here is a dead one.
  rmSync(path, { force: true })
  const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, handlers))
  const short = shortSocketPath(path)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path: short.path }, resolve)
  })
  chmodSync(path, 0o600)
  short.close()
  server.unref()
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      rmSync(path, { force: true })
      // Whoever only listens does not keep us.
      await Promise.race([closed, wait(500)])
    },
  }
}

const maxRequestBytes = 65_536

function serve(socket: Socket, handlers: Readonly<Record<string, ControlHandler>>): void {
  let text = ''
  let isTaken = false
  const send = (line: object) => {
    if (!socket.destroyed) socket.write(`${JSON.stringify(line)}\n`)
  }
  const answer = async (line: string) => {
    try {
      const request = parse(line)
      const handler = Object.hasOwn(handlers, request.command) && handlers[request.command]
      if (!handler) throw new Error(`no such command: ${request.command}`)
      send({ ok: true, result: await handler(request, (progress) => send({ text: progress })) })
    } catch (error) {
      send({ ok: false, error: error instanceof Error ? error.message : String(error) })
    }
    socket.end()
  }
  socket.setEncoding('utf8')
  socket.on('error', () => undefined)
  socket.on('data', (chunk: string) => {
    text += chunk
    const end = text.indexOf('\n')
    if (isTaken) return
    if (end >= 0) {
      isTaken = true
      void answer(text.slice(0, end))
    } else if (text.length > maxRequestBytes) socket.destroy()
  })
  socket.on('end', () => {
    if (!isTaken) socket.end()
  })
}

function parse(line: string): ControlRequest {
  const request: unknown = JSON.parse(line)
  if (typeof request !== 'object' || request === null) throw new Error('a request is an object')
  if (!('command' in request) || typeof request.command !== 'string') {
    throw new Error('a request names a command')
  }
  // Just checked; the fields stay unknown.
  return request as ControlRequest
}

/** Whether a supervisor answers on this directory's socket. */
export function isControlAnswered(directory: string): Promise<boolean> {
  const short = shortSocketPath(join(directory, 'control.sock'))
  return new Promise<boolean>((resolve) => {
    const socket = connect(short.path)
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.end())
  }).finally(() => short.close())
}
