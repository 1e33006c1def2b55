import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ControlServer, isControlAnswered, serveControl } from './control-server.ts'
import { shortSocketPath } from './socket-path.ts'

let root: string
let server: ControlServer | undefined
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-control-'))
})
afterEach(async () => {
  await server?.close()
  rmSync(root, { recursive: true, force: true })
})

/** All lines that come back for one line sent. */
const ask = (directory: string, line: string): Promise<unknown[]> =>
  new Promise((resolve, reject) => {
    const short = shortSocketPath(join(directory, 'control.sock'))
    const socket = connect(short.path, () => short.close())
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('end', () =>
      resolve(
        text
          .trim()
          .split('\n')
          .map((answer): unknown => JSON.parse(answer)),
      ),
    )
    socket.end(`${line}\n`)
  })

test('a command is answered, after the lines it has to say', async () => {
  server = await serveControl(root, {
    stop: async (request, progress) => {
      progress('draining')
      return { was: request['reason'] }
    },
  })
  expect(await ask(root, '{"command":"stop","reason":"test"}')).toEqual([
    { text: 'draining' },
    { ok: true, result: { was: 'test' } },
  ])
})

test('what is no command is refused in words', async () => {
  server = await serveControl(root, {
    seed: () => Promise.reject(new Error('not ready yet')),
  })
  expect(await ask(root, '{"command":"toString"}')).toEqual([
    { ok: false, error: 'no such command: toString' },
  ])
  expect(await ask(root, '[]')).toMatchObject([{ ok: false }])
  expect(await ask(root, '{')).toMatchObject([{ ok: false }])
  expect(await ask(root, '{"command":"seed"}')).toEqual([{ ok: false, error: 'not ready yet' }])
})

test('only the owner can open the socket, and a dead one is replaced', async () => {
  server = await serveControl(root, {})
  expect(statSync(join(root, 'control.sock')).mode & 0o777).toBe(0o600)
  await server.close()
  expect(await isControlAnswered(root)).toBe(false)
  server = await serveControl(root, {})
  expect(await isControlAnswered(root)).toBe(true)
})

test('a directory deeper than a socket path may be works as well', async () => {
  const deep = join(root, 'a'.repeat(60), 'b'.repeat(60))
  mkdirSync(deep, { recursive: true })
  server = await serveControl(deep, { status: () => Promise.resolve('here') })
  expect(await isControlAnswered(deep)).toBe(true)
  expect(await ask(deep, '{"command":"status"}')).toEqual([{ ok: true, result: 'here' }])
})
