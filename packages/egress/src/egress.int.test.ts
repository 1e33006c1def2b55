import { Resolver as DnsResolver } from 'node:dns/promises'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttps, type Server } from 'node:https'
import { type AddressInfo, createServer as createTcp } from 'node:net'
import { throwawayAuthority } from '@holdfast/service/testing'
import dns2 from 'dns2'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openEgress } from './egress.ts'
import { EgressFailed } from './errors.ts'
import { egressPolicy } from './policy.ts'
import type { Resolver } from './resolve.ts'

// A DNS server, HTTPS servers on several addresses of loopback, and what reached them.

const { Packet } = dns2
/** What the server answers next; the last answer stays. */
const zone = new Map<string, string[][]>()
let questions = 0
const dns = dns2.createServer({
  udp: true,
  handle: (request, send) => {
    const answer = Packet.createResponseFromRequest(request)
    const [question] = request.questions
    const name = question?.name ?? ''
    if (question?.type === Packet.TYPE.A) {
      questions++
      const turns = zone.get(name) ?? [[]]
      const addresses = (turns.length > 1 ? turns.shift() : turns[0]) ?? []
      for (const address of addresses)
        answer.answers.push(
          // The fields of an A record are its own.
          Object.assign(new Packet.Resource(name, Packet.TYPE.A, Packet.CLASS.IN, 0), { address }),
        )
    }
    void send(answer)
  },
})
let resolver: Resolver
let ca = ''
let port = 0
const servers: Server[] = []
/** `<address> <host header> <path>` of each request. */
const reached: string[] = []

const body = Buffer.from('{}')
const send = (url: string, allow: readonly string[], more: { timeoutMs?: number } = {}) => {
  const egress = openEgress({ policy: egressPolicy(allow), resolver, ca })
  return egress
    .send({ url, headers: { 'content-type': 'application/json' }, body, timeoutMs: 3_000, ...more })
    .finally(() => egress.close())
}
const failure = async (sending: Promise<unknown>): Promise<string> => {
  const error = await sending.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return error instanceof EgressFailed ? error.failure : `not an EgressFailed: ${String(error)}`
}

beforeAll(async () => {
  const bound = await dns.listen({ udp: { port: 0, address: '127.0.0.1' } })
  const client = new DnsResolver()
  const dnsPort = (bound as { udp: { port: number } }).udp.port
  client.setServers([`127.0.0.1:${dnsPort}`])
  resolver = async (name) => await client.resolve4(name)

  const authority = await throwawayAuthority()
  for (const [address, name] of [
    ['127.0.0.2', 'hook.test'],
    ['127.0.0.3', 'hook.test'],
    ['127.0.0.4', 'other.test'],
  ] as const) {
    const { cert, key, ca: root } = await authority.identity(name)
    ca = root.toString()
    const server = createHttps({ cert, key }, (request, answer) => {
      reached.push(`${address} ${request.headers.host} ${request.url}`)
      if (request.url === '/redirect') {
        answer.writeHead(302, { location: `https://127.0.0.3:${port}/stolen` }).end()
      } else if (request.url === '/endless') {
        answer.writeHead(200)
        const more = (): boolean => answer.write('x'.repeat(16_384))
        answer.on('drain', more)
        while (more());
      } else if (request.url === '/silent') {
        // Never answers.
      } else answer.end('ok')
    })
    await new Promise<void>((resolve) => server.listen(port, address, resolve))
    port = (server.address() as AddressInfo).port
    servers.push(server)
  }
})
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  await dns.close()
})
beforeEach(() => {
  reached.length = 0
  questions = 0
  zone.clear()
})

test('the address that was judged is the address connected to: one question, one connection', async () => {
  zone.set('hook.test', [['127.0.0.2'], ['127.0.0.3']])
  const answer = await send(`https://hook.test:${port}/a`, ['127.0.0.2/32'])
  expect(answer.status).toBe(200)
  expect(reached).toEqual([`127.0.0.2 hook.test:${port} /a`])
  expect(questions).toBe(1)
})

test('a name that moves inside afterwards is refused, and nobody is connected to', async () => {
  const egress = openEgress({ policy: egressPolicy(['127.0.0.2/32']), resolver, ca })
  zone.set('hook.test', [['127.0.0.2'], ['127.0.0.3']])
  const request = { headers: {}, body, timeoutMs: 3_000 }
  const first = await egress.send({ ...request, url: `https://hook.test:${port}/1` })
  expect(first.status).toBe(200)
  // Its kept connection goes to the old address and must not be what answers.
  expect(await failure(egress.send({ ...request, url: `https://hook.test:${port}/2` }))).toBe(
    'refused',
  )
  expect(reached).toHaveLength(1)
  egress.close()
})

test.each([
  ['a loopback address', ['127.0.0.3']],
  ['a private one', ['10.0.0.1']],
  ['metadata', ['169.254.169.254']],
  ['CGNAT', ['100.64.1.1']],
  ['one bad among good ones', ['8.8.8.8', '127.0.0.3']],
  ['one bad after an allowed one', ['127.0.0.2', '192.168.0.1']],
])('a name that answers %s is refused', async (_what, addresses) => {
  zone.set('hook.test', [addresses])
  expect(await failure(send(`https://hook.test:${port}/`, ['127.0.0.2/32']))).toBe('refused')
  expect(reached).toEqual([])
})

test('a redirect is an answer and is not followed', async () => {
  zone.set('hook.test', [['127.0.0.2']])
  const answer = await send(`https://hook.test:${port}/redirect`, ['127.0.0.0/8'])
  expect(answer.status).toBe(302)
  expect(reached).toEqual([`127.0.0.2 hook.test:${port} /redirect`])
})

test('the certificate must be of the name that was asked for, not of the address', async () => {
  zone.set('hook.test', [['127.0.0.4']])
  expect(await failure(send(`https://hook.test:${port}/`, ['127.0.0.0/8']))).toBe('tls')
  const untrusting = openEgress({ policy: egressPolicy(['127.0.0.0/8']), resolver })
  zone.set('hook.test', [['127.0.0.2']])
  const request = { url: `https://hook.test:${port}/`, headers: {}, body, timeoutMs: 3_000 }
  expect(await failure(untrusting.send(request))).toBe('tls')
  expect(reached).toEqual([])
})

test('plain HTTP only reaches allowed addresses, also behind a name', async () => {
  const plain = createHttp((_request, answer) => answer.end('plain'))
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.2', resolve))
  const { port: plainPort } = plain.address() as AddressInfo
  zone.set('plain.test', [['127.0.0.2']])
  expect((await send(`http://plain.test:${plainPort}/`, ['127.0.0.2/32'])).status).toBe(200)
  zone.set('plain.test', [['8.8.8.8']])
  expect(await failure(send(`http://plain.test:${plainPort}/`, ['127.0.0.2/32']))).toBe('refused')
  plain.close()
})

test('an endless answer is cut, and a silent one is given up', async () => {
  zone.set('hook.test', [['127.0.0.2']])
  const endless = await send(`https://hook.test:${port}/endless`, ['127.0.0.0/8'])
  expect(endless.status).toBe(200)
  expect(endless.body.length).toBe(64 * 1024)
  const silent = send(`https://hook.test:${port}/silent`, ['127.0.0.0/8'], { timeoutMs: 300 })
  expect(await failure(silent)).toBe('timeout')
})

test('what is not there, not found or not HTTP says so', async () => {
  zone.set('gone.test', [['127.0.0.9']])
  expect(await failure(send(`https://gone.test:${port}/`, ['127.0.0.0/8']))).toBe('connect')
  expect(await failure(send('https://nowhere.test/', ['127.0.0.0/8']))).toBe('name')
  const rude = createTcp((socket) => socket.end('no'))
  await new Promise<void>((resolve) => rude.listen(0, '127.0.0.2', resolve))
  const url = `http://127.0.0.2:${(rude.address() as AddressInfo).port}/`
  expect(await failure(send(url, ['127.0.0.0/8']))).toBe('broken')
  rude.close()
})

test('an endpoint that would rather speak another protocol is given up, not waited for', async () => {
  const odd = createTcp((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () =>
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      ),
    )
  })
  await new Promise<void>((resolve) => odd.listen(0, '127.0.0.2', resolve))
  const url = `http://127.0.0.2:${(odd.address() as AddressInfo).port}/`
  expect(await failure(send(url, ['127.0.0.0/8'], { timeoutMs: 1_000 }))).toBe('broken')
  odd.close()
})

test('the next address is tried when the first one lets nobody in', async () => {
  zone.set('hook.test', [['127.0.0.9', '127.0.0.2']])
  const answer = await send(`https://hook.test:${port}/`, ['127.0.0.0/8'])
  expect(answer.status).toBe(200)
  expect(reached).toEqual([`127.0.0.2 hook.test:${port} /`])
})
