import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTelemetry } from '@holdfast/telemetry'
import { expect, test } from 'vitest'
import { type PushTarget, pusher } from './pusher.ts'
import { webhook } from './webhook.ts'

const { log } = createTelemetry('audit', { level: 'silent' })

test('what fails is tried again, with what is the last by then', async () => {
  const taken: string[] = []
  let failures = 2
  let finish: () => void = () => undefined
  const done = new Promise<void>((resolve) => {
    finish = resolve
  })
  const target: PushTarget = {
    name: 'webhook',
    async push(note) {
      await Promise.resolve()
      if (failures-- > 0) throw new Error('away')
      taken.push(note)
      if (note === 'three') finish()
    },
  }
  const push = pusher([target], log, 1)
  for (const note of ['one', 'two', 'three']) push.push(note)
  await done
  await push.stop()
  expect(taken).toEqual(['three'])
})

test('a webhook on this machine is reached only when that was said', async () => {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    request.setEncoding('utf8')
    request.on('data', (text: string) => bodies.push(text))
    request.on('end', () => response.writeHead(request.url === '/no' ? 500 : 204).end())
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const { signal } = new AbortController()
  const post = (url: string, mayBeInner: boolean) =>
    webhook(url, { mayBeInner }).post('note', signal)
  try {
    // What else is refused stands in packages/egress.
    for (const url of [`http://127.0.0.1:${port}/`, `https://localhost:${port}/`])
      await expect(post(url, false)).rejects.toThrow('operator does not allow')
    await post(`http://127.0.0.1:${port}/`, true)
    await expect(post(`http://127.0.0.1:${port}/no`, true)).rejects.toThrow('answered 500')
    expect(bodies).toEqual(['note', 'note'])
  } finally {
    server.close()
  }
})

test.each(['ftp://example.org', 'nonsense', 'file:///etc/passwd'])('%s is no webhook', (url) => {
  expect(() => webhook(url, { mayBeInner: true })).toThrow('no http or https URL')
})
