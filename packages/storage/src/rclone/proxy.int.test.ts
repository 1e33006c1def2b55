import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { egressPolicy, openConnector } from '@holdfast/egress'
import { expect, onTestFinished, test } from 'vitest'
import { openProxy } from './proxy.ts'

async function listening(server: Server, host: string): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** Status of a request by way of the proxy, which does not follow redirects. */
const statusOf = async (proxyUrl: string, url: string): Promise<number | undefined> => {
  const proxy = new URL(proxyUrl)
  const authorization = `Basic ${btoa(`${proxy.username}:${proxy.password}`)}`
  return await new Promise((resolve, reject) => {
    request({ host: proxy.hostname, port: proxy.port, path: url, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .setHeader('proxy-authorization', authorization)
      .on('error', reject)
      .end()
  })
}

test('a redirect is told on only where it leads is allowed', async () => {
  let location = ''
  const port = await listening(
    createServer((_request, response) => response.writeHead(302, { location }).end()),
    '127.0.0.2',
  )
  const policy = egressPolicy(['127.0.0.2/32'])
  const resolver = async (name: string) => [name === 'localhost' ? '127.0.0.1' : '127.0.0.2']
  const proxy = await openProxy(openConnector({ policy, resolver }), 5_000)
  onTestFinished(() => proxy.close())
  const from = `http://store.test:${port}/a`
  for (const refused of [
    'http://127.0.0.1:1/',
    'http://localhost/',
    'http://[::1]/',
    'http://0x7f.1/',
    'https://169.254.169.254/',
    'http://10.0.0.1/',
    'http://[',
  ]) {
    location = refused
    expect(await statusOf(proxy.url, from), refused).toBe(502)
  }
  for (const allowed of ['/b', `http://127.0.0.2:${port}/`, 'http://store.test/']) {
    location = allowed
    expect(await statusOf(proxy.url, from), allowed).toBe(302)
  }
  expect(await statusOf(proxy.url.replace(/:[0-9a-f]+@/, ':wrong@'), from)).toBe(407)
})
