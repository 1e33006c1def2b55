import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readServerSentEvents } from '../../cli/src/server-sent-events.ts'
import { type Api, Refused } from './api.ts'
import { enrollSilentNode } from './enroll.ts'
import { type PrintedCommit, readLog } from './read-log.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'

interface Thing {
  readonly id: string
  readonly name: string
  readonly revision: string
}

let suite: Suite
let api: Api
let wg: string

beforeAll(async () => {
  suite = await startSuite()
  api = await suite.admin()
  await enrollSilentNode(api, 'races')
  wg = (
    await api.post<Thing>('/interfaces', {
      name: 'races0',
      addresses: ['10.70.0.1/16'],
      endpoint: 'vpn.example.org',
    })
  ).id
})
afterAll(async () => suite?.remove())

/** Status and body of a call, refused or not. */
async function outcome(
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
): Promise<{ status: number; body: unknown; sequence: string | null }> {
  try {
    const answer = await api.call(method, path, body, headers)
    const sequence = answer.headers.get('holdfast-sequence')
    return { status: answer.status, body: answer.body, sequence }
  } catch (error) {
    if (error instanceof Refused) {
      return { status: error.status, body: error.problem.code, sequence: null }
    }
    throw error
  }
}

const times = <T>(count: number, each: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => each(n))
const sorted = (statuses: readonly { readonly status: number }[]): number[] =>
  statuses.map(({ status }) => status).sort((a, b) => a - b)

async function wholeLog(): Promise<PrintedCommit[]> {
  const { headers } = await api.call('POST', `/interfaces/${wg}/peers`, {
    name: `end ${Date.now()}`,
  })
  return readLog(api, headers.get('holdfast-sequence') ?? '')
}

test('of twenty who take one name at once, one gets it', async () => {
  const answers = await Promise.all(
    times(20, () => outcome('POST', `/interfaces/${wg}/peers`, { name: 'wanted' })),
  )
  expect(sorted(answers)).toEqual([201, ...times(19, () => 409)])
  expect(new Set(answers.filter(({ status }) => status === 409).map(({ body }) => body))).toEqual(
    new Set(['network.peer_name_taken']),
  )
})

test('one Idempotency-Key sent twenty times at once is one commit and twenty equal answers', async () => {
  const headers = { 'idempotency-key': 'twenty-at-once' }
  const create = () => outcome('POST', `/interfaces/${wg}/peers`, { name: 'once' }, headers)
  const answers = [...(await Promise.all(times(20, create))), await create()]
  expect(sorted(answers)).toEqual(times(21, () => 201))
  const [first] = answers
  for (const answer of answers) expect(answer).toEqual(first)
  const mine = (await wholeLog()).filter(({ sequence }) => sequence === first?.sequence)
  expect(mine).toHaveLength(1)
  const { command_id } = mine[0] ?? { command_id: '' }
  expect((await wholeLog()).filter((commit) => commit.command_id === command_id)).toHaveLength(1)
})

test('of two changes to one revision, one is stale', async () => {
  const peer = await api.post<Thing>(`/interfaces/${wg}/peers`, { name: 'contended' })
  for (let round = 0; round < 5; round++) {
    const { revision } = await api.get<Thing>(`/peers/${peer.id}`)
    const change = (n: number) =>
      outcome(
        'PATCH',
        `/peers/${peer.id}`,
        { description: `${round}-${n}` },
        { 'if-match': `"${revision}"` },
      )
    const answers = await Promise.all([change(1), change(2)])
    expect(sorted(answers)).toEqual([200, 412])
    const min = answers.find(({ status }) => status === 200)?.sequence ?? ''
    await api.get(`/peers/${peer.id}?min_seq=${min}`)
  }
})

test('peers created while their interface is deleted are there before it or not at all', async () => {
  const doomed = await api.post<Thing>('/interfaces', {
    name: 'doomed0',
    addresses: ['10.71.0.1/16'],
  })
  const creations = times(30, (n) =>
    outcome('POST', `/interfaces/${doomed.id}/peers`, { name: `late ${n}` }),
  )
  const deletion = outcome('DELETE', `/interfaces/${doomed.id}`)
  const answers = await Promise.all(creations)
  expect((await deletion).status).toBe(204)
  for (const { status } of answers) expect([201, 404]).toContain(status)
  const created = answers.filter(({ status }) => status === 201).length

  const history = (await wholeLog()).filter(({ aggregate_id }) => aggregate_id.endsWith(doomed.id))
  const types = history.flatMap(({ events }) => events.map(({ type }) => type))
  expect(types.filter((type) => type === 'PeerAdded')).toHaveLength(created)
  expect(types.indexOf('InterfaceDeleted')).toBe(types.length - 1)
  const end = history.at(-1)?.sequence
  expect(await outcome('GET', `/interfaces/${doomed.id}/peers?min_seq=${end}`)).toMatchObject({
    status: 404,
  })
  expect((await api.all<Thing>('/peers')).filter(({ name }) => name.startsWith('late'))).toEqual([])
  // Its name, port and network are free again.
  const again = { name: 'doomed0', addresses: ['10.71.0.1/16'] }
  expect((await outcome('POST', '/interfaces', again)).status).toBe(201)
})

/** A client that says these bytes and nothing more. */
function say(text: string): Socket {
  const { port } = new URL(suite.url)
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {}) // being cut off is what it is here for
  socket.write(text)
  return socket
}

const streamRequest = () =>
  `GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\n\r\n`

async function listeners(): Promise<number> {
  const text = await api.text('/metrics')
  return Number(/^holdfast_event_stream_listeners(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1])
}

test('clients who never finish their request keep nobody waiting', async () => {
  const slow = times(200, (n) =>
    say(
      n % 2
        ? 'GET /api/v1/peers HTTP/1.1\r\nHost: x\r\nX-'
        : `POST /api/v1/peers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"name":`,
    ),
  )
  try {
    const started = performance.now()
    const answers = await Promise.all(times(50, () => outcome('GET', '/peers?limit=1')))
    expect(sorted(answers)).toEqual(times(50, () => 200))
    expect(performance.now() - started).toBeLessThan(5000)
  } finally {
    for (const socket of slow) socket.destroy()
  }
})

test('event streams that are left behind are let go, and make room for new ones', async () => {
  const open = async (count: number): Promise<Socket[]> => {
    const sockets = times(count, () => say(streamRequest()))
    await Promise.all(sockets.map((socket) => new Promise((seen) => socket.once('data', seen))))
    return sockets
  }
  const full = await open(20)
  expect(await listeners()).toBe(20)
  expect((await outcome('GET', '/events')).body).toBe('gateway.too_many_event_streams')
  for (const socket of full.splice(0, 10)) socket.destroy()
  for (const socket of full) socket.end() // half closed: it may still want to read
  await until('streams without a client are gone', async () => (await listeners()) <= 10)
  for (const socket of full) socket.destroy()
  await until('every stream is gone', async () => (await listeners()) === 0)
  for (const socket of await open(5)) socket.destroy()
})

test('a stream taken up again after the gateway was killed has no gap and nothing twice', async () => {
  const seen: bigint[] = []
  let last = ''
  let isOver = false
  let wanted = -1n
  const written: bigint[] = []
  const follow = async (): Promise<void> => {
    while (!isOver) {
      const stop = new AbortController()
      try {
        const response = await fetch(`${suite.url}/api/v1/events`, {
          headers: {
            authorization: `Bearer ${api.token}`,
            ...(last ? { 'last-event-id': last } : {}),
          },
          signal: AbortSignal.any([stop.signal, AbortSignal.timeout(60_000)]),
        })
        for await (const event of readServerSentEvents(response)) {
          if (event.id) last = event.id
          if (event.data) seen.push(BigInt((JSON.parse(event.data) as PrintedCommit).sequence)) // the server's contract
          if (wanted >= 0n && (seen.at(-1) ?? -1n) >= wanted) return
        }
      } catch {
        // The gateway is away: come back.
      } finally {
        stop.abort()
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const following = follow()
  await until('the stream is open', async () => (await listeners()) === 1)
  const write = async (n: number) => {
    const headers = { 'idempotency-key': `resume-${n}` }
    const { sequence } = await until('written', () =>
      outcome('POST', `/interfaces/${wg}/peers`, { name: `resume ${n}` }, headers).then((answer) =>
        answer.status === 201 ? answer : undefined,
      ),
    )
    written.push(BigInt(sequence ?? '0'))
  }
  for (let n = 0; n < 60; n++) {
    if (n === 20 || n === 40)
      process.kill(suite.pid('gateway') ?? 0, n === 20 ? 'SIGKILL' : 'SIGTERM')
    await write(n)
  }
  wanted = written.at(-1) ?? 0n
  await write(60) // whatever arrives next shows the stream that it may end
  await until('everything was seen', () => (seen.at(-1) ?? -1n) >= wanted)
  isOver = true
  await following
  const first = seen[0] ?? 0n
  expect(seen).toEqual(seen.map((_, n) => first + BigInt(n)))
  expect(first).toBeLessThanOrEqual(written[0] ?? 0n)
})
