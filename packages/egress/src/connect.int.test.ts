import { Resolver as DnsResolver } from 'node:dns/promises'
import { createServer as createHttp, get as httpGet } from 'node:http'
import { createServer as createHttps, get as httpsGet } from 'node:https'
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net'
import { throwawayAuthority } from '@holdfast/service/testing'
import dns2 from 'dns2'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Connector, openConnector } from './connect.ts'
import { EgressFailed } from './errors.ts'
import { egressPolicy } from './policy.ts'
import type { Resolver } from './resolve.ts'

const { Packet } = dns2
/** What the name answers next; the last answer stays. */
let answers: string[][] = []
const dns = dns2.createServer({
  udp: true,
  handle: (request, send) => {
    const answer = Packet.createResponseFromRequest(request)
    const [question] = request.questions
    if (question?.type === Packet.TYPE.A) {
      const addresses = (answers.length > 1 ? answers.shift() : answers[0]) ?? []
      for (const address of addresses)
        answer.answers.push(
          Object.assign(new Packet.Resource(question.name, Packet.TYPE.A, Packet.CLASS.IN, 0), {
            address,
          }),
        )
    }
    void send(answer)
  },
})
let resolver: Resolver
let ca = ''
const servers: Server[] = []
/** Who was connected to. */
const reached: string[] = []
const ports = { tcp: 0, http: 0, https: 0 }

const listening = async (server: Server, port: number, address: string): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(port, address, resolve))
  servers.push(server)
  // Clients of these tests hang up as they please.
  server.on('connection', (socket: Socket) => socket.on('error', () => undefined))
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  const bound = await dns.listen({ udp: { port: 0, address: '127.0.0.1' } })
  const client = new DnsResolver()
  client.setServers([`127.0.0.1:${(bound as { udp: { port: number } }).udp.port}`])
  resolver = async (name) => await client.resolve4(name)
  const authority = await throwawayAuthority()
  const { cert, key, ca: root } = await authority.identity('store.test')
  ca = root.toString()
  for (const address of ['127.0.0.1', '127.0.0.2']) {
    const note = (what: string) => reached.push(`${address} ${what}`)
    ports.tcp = await listening(
      createTcp((socket) => {
        note('tcp')
        socket.end('hello')
      }),
      ports.tcp,
      address,
    )
    ports.http = await listening(
      createHttp((request, answer) => {
        note(`http ${request.headers.host}`)
        answer.writeHead(302, { location: 'http://127.0.0.1/' }).end('plain')
      }),
      ports.http,
      address,
    )
    ports.https = await listening(
      createHttps({ cert, key }, (request, answer) => {
        note(`https ${request.headers.host}`)
        answer.end('secure')
      }),
      ports.https,
      address,
    )
  }
})
afterAll(async () => {
  for (const server of servers) server.close()
  await dns.close()
})
beforeEach(() => {
  answers = [['127.0.0.2']]
  reached.length = 0
})

const opened = (...allow: string[]): Connector =>
  openConnector({ policy: egressPolicy(allow), resolver })
const calm = () => ({ signal: new AbortController().signal, timeoutMs: 3_000 })
const failure = async (doing: Promise<unknown>): Promise<string> => {
  const error = await doing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return error instanceof EgressFailed ? error.failure : `not an EgressFailed: ${String(error)}`
}
const get = (agents: ReturnType<Connector['agents']>, url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const done = (answer: import('node:http').IncomingMessage): void => {
      let text = `${answer.statusCode} `
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
      answer.on('end', () => resolve(text))
    }
    const asked = url.startsWith('https:')
      ? httpsGet(url, { agent: agents.https }, done)
      : httpGet(url, { agent: agents.http }, done)
    asked.on('error', reject)
  })

test('a network the operator allows is connected to, at the address that was judged', async () => {
  const socket = await opened('127.0.0.2/32').connect('store.test', ports.tcp, calm())
  expect(socket.remoteAddress).toBe('127.0.0.2')
  socket.destroy()
})

test('a name that moves to this machine is refused at the next connection', async () => {
  const connector = opened('127.0.0.2/32')
  answers = [['127.0.0.2'], ['127.0.0.1']]
  const socket = await connector.connect('store.test', ports.tcp, calm())
  socket.destroy()
  expect(await failure(connector.connect('store.test', ports.tcp, calm()))).toBe('refused')
  expect(reached).toEqual(['127.0.0.2 tcp'])
})

test('a name public at first and loopback later never leads inside', async () => {
  const connector = opened()
  answers = [['203.0.114.9'], ['127.0.0.1']]
  const asked = { isPlain: false, signal: calm().signal }
  expect(await connector.resolve('store.test', asked)).toBe('203.0.114.9')
  const again = { ...calm(), isPlain: false }
  expect(await failure(connector.connect('store.test', ports.tcp, again))).toBe('refused')
  expect(reached).toEqual([])
})

test.each([
  '127.0.0.1',
  '::1',
  '0:0:0:0:0:0:0:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '169.254.169.254',
  'fe80::1%eth0',
  '10.0.0.1',
  '0.0.0.0',
  '::',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '127.0.0.1.',
  'localhost',
  'store.test\u0000.example.org',
  'store.test/../',
  '[::1]',
  'a b',
  '',
])('%s is refused, in whatever dress', async (host) => {
  answers = [['127.0.0.1']]
  const connector = opened()
  const more = { ...calm(), isPlain: false }
  expect(await failure(connector.connect(host, ports.tcp, more))).toBe('refused')
  expect(await failure(connector.resolve(host, more))).toBe('refused')
  expect(await failure(connector.connect(host, ports.https, { ...more, tls: {} }))).toBe('refused')
  expect(reached).toEqual([])
})

test('an allowed address has one spelling all the same', async () => {
  const connector = opened('127.0.0.0/8')
  for (const host of ['2130706433', '0177.0.0.1', '127.1', '::ffff:127.0.0.1'])
    expect(await failure(connector.connect(host, ports.tcp, calm()))).toBe('refused')
})

test('what can be read on the way goes only where the operator allows it', async () => {
  answers = [['203.0.114.9']]
  expect(await failure(opened('127.0.0.0/8').connect('store.test', 21, calm()))).toBe('refused')
})

test('TLS is spoken to the name, over the address that was judged', async () => {
  const connector = opened('127.0.0.2/32')
  const socket = await connector.connect('store.test', ports.https, { ...calm(), tls: { ca } })
  expect(socket.authorized).toBe(true)
  socket.destroy()
  const wrongName = connector.connect('other.test', ports.https, { ...calm(), tls: { ca } })
  expect(await failure(wrongName)).toBe('tls')
  expect(await failure(connector.connect('store.test', ports.https, { ...calm(), tls: {} }))).toBe(
    'tls',
  )
})

test('a connection can be secured after it was made', async () => {
  const connector = opened('127.0.0.2/32')
  const socket = await connector.connect('store.test', ports.https, { ...calm(), isPlain: false })
  const secure = await connector.secure(socket, 'store.test', { ...calm(), ca })
  expect(secure.authorized).toBe(true)
  secure.destroy()
})

test('agents connect by the same road, keep the name, and follow no redirect', async () => {
  const agents = opened('127.0.0.2/32').agents({ timeoutMs: 3_000, ca })
  expect(await get(agents, `http://store.test:${ports.http}/`)).toBe('302 plain')
  expect(await get(agents, `https://store.test:${ports.https}/`)).toBe('200 secure')
  expect(reached).toEqual([
    `127.0.0.2 http store.test:${ports.http}`,
    `127.0.0.2 https store.test:${ports.https}`,
  ])
  agents.destroy()
  reached.length = 0
  const strict = opened().agents({ timeoutMs: 3_000, ca })
  for (const url of [`https://store.test:${ports.https}/`, `https://127.0.0.1:${ports.https}/`])
    expect(await failure(get(strict, url))).toBe('refused')
  expect(await failure(get(strict, `http://127.0.0.1:${ports.http}/`))).toBe('refused')
  expect(reached).toEqual([])
  strict.destroy()
})

test('a silent other side is given up, and whoever gives up is told so', async () => {
  const silent = createTcp(() => undefined)
  const port = await listening(silent, 0, '127.0.0.2')
  const connector = opened('127.0.0.0/8')
  const tls = { ...calm(), timeoutMs: 200, tls: { ca } }
  expect(await failure(connector.connect('store.test', port, tls))).toBe('timeout')
  const stop = new AbortController()
  const waiting = connector.connect('store.test', port, {
    ...calm(),
    signal: stop.signal,
    tls: { ca },
  })
  stop.abort(new Error('no longer wanted'))
  await expect(waiting).rejects.toThrow('no longer wanted')
  expect(await failure(connector.connect('127.0.0.9', 1, calm()))).toBe('connect')
  expect(await failure(opened().connect('nowhere.test', 1, { ...calm(), isPlain: false }))).toBe(
    'refused',
  )
})
