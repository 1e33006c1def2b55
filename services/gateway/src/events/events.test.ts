import type { AddressInfo } from 'node:net'
import type { Commit } from '@holdfast/event-log'
import { TokenExpired } from '@holdfast/service'
import { afterEach, expect, test } from 'vitest'
import type { AppOptions } from '../app.ts'
import {
  acme,
  bearer,
  caller,
  type FakeGateway,
  fakeGateway,
  session,
} from '../testing/fake-gateway.ts'

const other = 'f0b5a1de-0000-7000-8000-0000000000ee'
const commit = (sequence: number, organizationId: string | undefined = acme, pad = ''): Commit => ({
  sequence: BigInt(sequence),
  subject: 'evt.network.interface.x.y',
  context: 'network',
  commitId: other,
  lineageId: other,
  generation: 1,
  aggregateType: 'interface',
  aggregateId: other,
  aggregateVersion: 1n,
  organizationId,
  actor: { kind: 'service', id: 'network' },
  commandId: other,
  correlationId: other,
  causationId: undefined,
  requestHash: undefined,
  timeUnixUs: 0n,
  timeUnixMs: 0,
  reason: pad,
  events: [{ type: 'InterfaceDeleted', schema: 1, data: new Uint8Array() }],
  bytes: new Uint8Array(),
})

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function start(options: Partial<AppOptions> = {}): Promise<FakeGateway & { url: string }> {
  const gateway = await fakeGateway({}, options)
  await gateway.app.listen({ host: '127.0.0.1', port: 0 })
  open.push(() => gateway.app.close())
  const { port } = gateway.app.server.address() as AddressInfo
  return { ...gateway, url: `http://127.0.0.1:${port}/api/v1/events` }
}

/** A client that keeps what it read and can wait for more. */
async function listen(url: string, headers: Record<string, string> = {}) {
  const controller = new AbortController()
  const response = await fetch(url, {
    headers: { ...bearer(), ...headers },
    signal: controller.signal,
  })
  let text = ''
  let isOver = false
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const check of [...waiting]) check()
  }
  const reading = (async () => {
    try {
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk).toString()
        wake()
      }
    } catch {
      // the test hung up
    }
    isOver = true
    wake()
  })()
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!holds() && !isOver) return
        waiting.delete(check)
        resolve()
      }
      waiting.add(check)
      check()
    })
  open.push(async () => {
    controller.abort()
    await reading
  })
  return {
    response,
    text: () => text,
    ids: () => [...text.matchAll(/^id: (\d+)\nevent: /gm)].map(([, id]) => Number(id)),
    // Only the end is searched: looking through megabytes for each chunk would be the test's own slowness.
    has: (id: number) =>
      until(() => text.indexOf(`id: ${id}\n`, Math.max(0, text.length - 512 * 1024)) !== -1),
    over: () => until(() => isOver),
    hangUp: () => controller.abort(),
  }
}

test('live events arrive in order, with what the contract promises', async () => {
  const { url, log } = await start()
  log.append(commit(1))
  const client = await listen(url)
  expect(client.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(client.response.headers.get('cache-control')).toBe('no-store')
  expect(client.response.headers.get('x-content-type-options')).toBe('nosniff')
  log.append(commit(2), commit(3))
  await client.has(3)
  expect(client.ids()).toEqual([2, 3])
  expect(client.text()).toMatch(
    /^retry: 2000\n\nid: 2\nevent: InterfaceDeleted\ndata: \{"sequence":"2"/,
  )
})

test('Last-Event-ID misses nothing and repeats nothing, however old it is', async () => {
  const { url, log } = await start()
  for (let i = 1; i <= 5000; i += 1) log.append(commit(i))
  const client = await listen(url, { 'last-event-id': '10' })
  await client.has(5000)
  log.append(commit(5001))
  await client.has(5001)
  expect(client.ids()).toEqual(Array.from({ length: 4991 }, (_, i) => i + 11))
})

test('a replay that overlaps live events has neither gap nor repetition', async () => {
  const { url, log } = await start()
  for (let i = 1; i <= 3000; i += 1) log.append(commit(i))
  const clients = await Promise.all(
    [0, 1500, 2999, 3000].map((id) => listen(url, { 'last-event-id': String(id) })),
  )
  for (let i = 3001; i <= 3500; i += 1) {
    log.append(commit(i))
    if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  for (const [index, from] of [1, 1501, 3000, 3001].entries()) {
    const client = clients[index]
    await client?.has(3500)
    expect(client?.ids()).toEqual(Array.from({ length: 3501 - from }, (_, i) => from + i))
  }
})

test('?from= starts there, and Last-Event-ID wins over it', async () => {
  const { url, log } = await start()
  log.append(commit(1), commit(2), commit(3))
  const first = await listen(`${url}?from=2`)
  await first.has(3)
  expect(first.ids()).toEqual([2, 3])
  const second = await listen(`${url}?from=1`, { 'last-event-id': '2' })
  await second.has(3)
  expect(second.ids()).toEqual([3])
})

test('only what the caller may read is shown', async () => {
  const { url, log } = await start({ authenticate: async () => caller([acme]) })
  const client = await listen(url)
  log.append(
    commit(1, other),
    commit(2, acme),
    { ...commit(3), organizationId: undefined },
    commit(4, acme),
  )
  await client.has(4)
  expect(client.ids()).toEqual([2, 4])
})

test.each([
  ['?from=0', {}, 400, 'invalid'],
  ['?from=x', {}, 400, 'invalid'],
  ['?color=red', {}, 400, 'invalid'],
  ['', { 'last-event-id': 'x' }, 400, 'invalid'],
  ['', { 'last-event-id': '2' }, 409, 'gateway.event_position_unknown'],
  ['?from=3', {}, 409, 'gateway.event_position_unknown'],
])('%s %j answers %i', async (query, headers, status, code) => {
  const { url, log } = await start()
  log.append(commit(1))
  const response = await fetch(`${url}${query}`, { headers: { ...bearer(), ...headers } })
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ code })
})

test('without the permission, or with a token that does not hold, there is no stream', async () => {
  const nobody = await start({ authenticate: async () => caller([]) })
  const refused = await fetch(nobody.url, { headers: bearer() })
  expect(refused.status).toBe(403)
  const expired = await start({
    authenticate: async () => {
      throw TokenExpired({})
    },
  })
  expect((await fetch(expired.url, { headers: bearer() })).status).toBe(401)
  expect((await fetch(expired.url)).status).toBe(401)
})

test('a stream ends with its session', async () => {
  const { url, log } = await start()
  const client = await listen(url)
  log.signalAll('nonsense')
  log.signalAll(JSON.stringify({ session_id: other, revoked_at_unix_ms: 1 }))
  log.append(commit(1))
  await client.has(1)
  log.signalAll(JSON.stringify({ session_id: session, revoked_at_unix_ms: 1 }))
  await client.over()
  expect(client.text()).toContain(': the session has ended')
})

test('a stream ends with its token', async () => {
  const { url } = await start()
  const client = await listen(url, bearer({ exp: Math.floor(Date.now() / 1000) + 1 }))
  await client.over()
  expect(client.text()).toContain(': the access token has expired')
})

/** What is left of a body, and whether it came to its end. */
async function rest(response: Response): Promise<{ text: string; isWhole: boolean }> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
    return { text: text.trimEnd(), isWhole: true }
  } catch {
    // Of an event that was cut in two only whole lines count.
    return { text: text.slice(0, text.lastIndexOf('\n') + 1).trimEnd(), isWhole: false }
  }
}

test('a client that does not read is cut off, and the others go on', async () => {
  const { url, log, app } = await start()
  const good = await listen(url)
  const slow = await fetch(url, { headers: bearer() }) // never reads its body
  const pad = 'x'.repeat(128 * 1024)
  for (let i = 1; i <= 100; i += 1) {
    log.append(commit(i, acme, pad))
    await good.has(i)
  }
  expect(good.ids()).toHaveLength(100)
  const { text: left, isWhole } = await rest(slow)
  // A client so slow that it does not even take the last words in time is cut off without them.
  if (isWhole) expect(left).toContain(': too slow')
  // What it did get is contiguous, so it can come back with its last id.
  const ids = [...left.matchAll(/^id: (\d+)\nevent/gm)].map(([, id]) => Number(id))
  expect(ids).toEqual(Array.from({ length: ids.length }, (_, i) => i + 1))
  expect(ids.length).toBeLessThan(100)
  expect(app.server.listening).toBe(true)
})

test('draining ends the streams and tells the clients to come back', async () => {
  const { url, app, log } = await start()
  const client = await listen(url)
  log.append(commit(1))
  await client.has(1)
  await app.close()
  await client.over()
  expect(client.text()).toContain(': this gateway is stopping\nretry: 2000\n\n')
})

test('one session may not hold every stream there is', async () => {
  const { url } = await start()
  for (let i = 0; i < 20; i += 1) await listen(url)
  const response = await fetch(url, { headers: bearer() })
  expect(response.status).toBe(429)
  expect(await response.json()).toMatchObject({ code: 'gateway.too_many_event_streams' })
})
