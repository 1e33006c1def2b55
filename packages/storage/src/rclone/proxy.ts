import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream'
import type { Connector } from '@holdfast/egress'

/**
 * A proxy of this process for programs that connect by themselves: every connection is judged here, when it is made. Those
 * written in Go go past the proxy of their environment to `localhost` and addresses of loopback; answers that can be read on
 * the way do not send them there.
 */
export interface EgressProxy {
  /** For HTTP_PROXY and HTTPS_PROXY; holds a password nobody else knows. */
  readonly url: string
  close(): Promise<void>
}

export async function openProxy(connector: Connector, timeoutMs: number): Promise<EgressProxy> {
  const password = randomBytes(24).toString('hex')
  const expected = Buffer.from(`Basic ${Buffer.from(`holdfast:${password}`).toString('base64')}`)
  const closing = new AbortController()
  const agents = connector.agents({ timeoutMs })
  const open = new Set<Socket>()
  const isAllowed = ({ headers }: IncomingMessage): boolean => {
    const given = Buffer.from(headers['proxy-authorization'] ?? '')
    return given.length === expected.length && timingSafeEqual(given, expected)
  }

  /** Rejects for a redirect to where nobody may go. */
  async function judged(location: string | undefined, from: string): Promise<void> {
    if (location === undefined) return
    const { hostname, protocol } = new URL(location, from)
    await connector.resolve(hostname.replace(/^\[|\]$/g, ''), {
      isPlain: protocol === 'http:',
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]),
    })
  }

  // http://: the whole request comes here.
  const server = createServer((request, response) => {
    const fail = (): void => {
      if (!response.headersSent) response.writeHead(502)
      response.end()
    }
    const { url = '' } = request
    if (!isAllowed(request) || !/^http:\/\//i.test(url)) return void response.writeHead(407).end()
    const headers = { ...request.headers }
    delete headers['proxy-authorization']
    delete headers['proxy-connection']
    try {
      const on = httpRequest(url, { method: request.method ?? 'GET', headers, agent: agents.http })
      on.on('response', (answer) => {
        judged(answer.headers.location, url).then(
          () => {
            response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
            pipeline(answer, response, () => undefined)
          },
          () => {
            on.destroy()
            fail()
          },
        )
      })
      on.on('error', fail)
      response.on('close', () => on.destroy())
      pipeline(request, on, () => undefined)
    } catch {
      fail()
    }
  })

  // https://: a tunnel.
  server.on('connect', (request: IncomingMessage, client: Socket, first: Buffer) => {
    client.on('error', () => client.destroy())
    const target = /^(\[[0-9a-f:.]+\]|[^:/[\]]+):([0-9]{1,5})$/i.exec(request.url ?? '')
    if (!isAllowed(request) || !target) return void client.end('HTTP/1.1 407 Refused\r\n\r\n')
    const [, host = '', port = ''] = target
    connector
      .connect(host.replace(/^\[|\]$/g, ''), Number(port), {
        signal: closing.signal,
        timeoutMs,
        isPlain: false,
      })
      .then(
        (socket) => {
          // Whoever asked has gone meanwhile.
          if (client.destroyed) return void socket.destroy()
          socket.on('error', () => client.destroy()).on('close', () => client.destroy())
          client.on('close', () => socket.destroy())
          client.write('HTTP/1.1 200 Connected\r\n\r\n')
          socket.write(first)
          socket.pipe(client).pipe(socket)
        },
        () => client.end('HTTP/1.1 502 Refused\r\n\r\n'),
      )
  })
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  // It must not keep a process alive that is done.
  server.unref()
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://holdfast:${password}@127.0.0.1:${port}`,
    async close() {
      closing.abort(new Error('closed'))
      agents.destroy()
      for (const socket of open) socket.destroy()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}
