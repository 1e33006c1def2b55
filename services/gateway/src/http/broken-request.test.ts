import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakeGateway, fakeGateway } from '../testing/fake-gateway.ts'

let gateway: FakeGateway
let port = 0
beforeAll(async () => {
  gateway = await fakeGateway()
  await gateway.app.listen({ host: '127.0.0.1', port: 0 })
  const address = gateway.app.server.address()
  port = typeof address === 'object' && address ? address.port : 0
})
afterAll(() => gateway.app.close())

const say = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let heard = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.on('data', (chunk) => {
      heard += chunk.toString()
    })
    socket.on('close', () => resolve(heard))
    socket.on('error', reject)
  })

test.each([
  ['nonsense', 'GARBAGE\r\n\r\n', '400 Bad Request', 400],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    '400 Bad Request',
    400,
  ],
  [
    'endless headers',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    '431 Request Header Fields Too Large',
    431,
  ],
])('%s is answered with a problem', async (_, text, line, status) => {
  const [head = '', body = ''] = (await say(text)).split('\r\n\r\n')
  expect(head).toContain(`HTTP/1.1 ${line}\r\n`)
  expect(head).toContain('application/problem+json')
  expect(JSON.parse(body)).toMatchObject({ status, code: 'invalid' })
})

test('a request still works beside it, traced or not', async () => {
  const heard = await say('GET /api/v1/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  expect(heard).toContain('HTTP/1.1 200 OK')
})
