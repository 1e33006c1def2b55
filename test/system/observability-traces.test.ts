import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../otlp-receiver.ts'
import { type Api, Refused } from './api.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'

let receiver: OtlpReceiver
let suite: Suite
let api: Api

beforeAll(async () => {
  receiver = await startOtlpReceiver()
  suite = await startSuite({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_RESOURCE_ATTRIBUTES: 'region=test',
    },
  })
  api = await suite.admin()
})
afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.log(suite?.logs())
})
afterAll(async () => {
  await suite?.remove()
  receiver?.close()
})

/** A trace of the test's own making, so that it knows which one to look for. */
function traceparent(): { readonly traceId: string; readonly header: Record<string, string> } {
  const random = (bytes: number): string =>
    Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex')
  const traceId = random(16)
  return { traceId, header: { traceparent: `00-${traceId}-${random(8)}-01` } }
}

const inTrace = (traceId: string): readonly ReceivedSpan[] =>
  receiver.spans().filter((span) => span.traceId === traceId)

/** From the span up to the root of the trace, names by service. */
function roadOf(span: ReceivedSpan): readonly string[] {
  const parent = receiver.spans().find(({ spanId }) => spanId === span.parentId)
  return [
    `${span.service.replace('holdfast-', '')} ${span.kind}`,
    ...(parent ? roadOf(parent) : []),
  ]
}

/** The same up to where it began, once every process on it has told its part. */
const roadFrom = (begin: string, span: ReceivedSpan): Promise<readonly string[]> =>
  until(`a road from ${begin}`, () => {
    const road = roadOf(span)
    return road.at(-1) === begin && road
  })

const spanOf = (traceId: string, what: string, is: (span: ReceivedSpan) => boolean) =>
  until(`a span: ${what}`, () => inTrace(traceId).find(is)).catch((error: unknown) => {
    const names = inTrace(traceId).map(({ service, kind, name }) => `${service} ${kind} ${name}`)
    throw new Error(`there are ${names.join(', ')}`, { cause: error })
  })

test('a change is one trace: HTTP, gRPC, the append, and the rows linked to it', async () => {
  const { traceId, header } = traceparent()
  const made = await api.call<{ id: string }>('POST', '/sites', { name: 'traced' }, header)
  const append = await spanOf(traceId, 'the append', ({ kind }) => kind === 'producer')
  const http = await spanOf(traceId, 'the request', ({ name }) => name.startsWith('POST /api/v1/'))
  expect(await roadFrom('gateway server', append)).toEqual([
    'auth producer',
    'auth server',
    'gateway client',
    'gateway server',
  ])

  expect(http.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.response.status_code': made.status,
    'url.scheme': 'http',
  })
  expect(http.name).toBe(`POST ${http.attributes['http.route']}`)
  const [server] = inTrace(traceId).filter(
    ({ service, kind }) => service === 'holdfast-auth' && kind === 'server',
  )
  expect(server?.attributes).toMatchObject({
    'rpc.system.name': 'grpc',
    'rpc.method': server?.name,
    'rpc.response.status_code': 'OK',
  })
  expect(append.attributes).toMatchObject({
    'messaging.system': 'nats',
    'messaging.destination.name': 'EVT_1',
    'messaging.operation.type': 'send',
    'holdfast.log.sequence': Number(made.headers.get('holdfast-sequence')),
  })

  // Every service that makes rows of it says so, in a trace of its own.
  const projection = await until('a projection linked to the append', () =>
    receiver
      .spans()
      .find(
        ({ service, links }) =>
          service === 'holdfast-auth' && links.some(({ spanId }) => spanId === append.spanId),
      ),
  )
  expect(projection).toMatchObject({ name: 'project auth', kind: 'consumer', parentId: '' })
  expect(projection.traceId).not.toBe(traceId)
  const written = await spanOf(projection.traceId, 'the rows', ({ attributes }) =>
    /^(insert|with|update|merge)/.test(String(attributes['db.query.summary'])),
  )
  expect(await roadFrom('auth consumer', written)).toEqual([
    'auth client',
    'auth internal',
    'auth consumer',
  ])
  expect(projection.resource).toMatchObject({
    'service.namespace': 'holdfast',
    'service.version': expect.stringMatching(/^\d+\.\d+\.\d+/),
    'service.instance.id': expect.any(String),
    region: 'test',
  })
})

test("a read is one trace, its statements below the service's call", async () => {
  const { traceId, header } = traceparent()
  await api.call('GET', '/nodes', undefined, header)
  const statement = await spanOf(traceId, 'the statement', ({ attributes }) =>
    String(attributes['db.query.summary']).startsWith('select network.nodes'),
  )
  const road = await roadFrom('gateway server', statement)
  expect(road[0]).toBe('network client')
  expect(road.slice(-3)).toEqual(['network server', 'gateway client', 'gateway server'])
  expect(statement.attributes).toMatchObject({
    'db.system.name': 'postgresql',
    'db.operation.name': 'select',
    'db.namespace': expect.any(String),
  })
})

test('a refusal is told with its status, whoever refused', async () => {
  const { traceId, header } = traceparent()
  const refusal = await api.call('POST', '/sites', { name: '' }, header).catch((error) => error)
  expect(refusal).toBeInstanceOf(Refused)
  const span = await spanOf(traceId, 'the request', ({ kind }) => kind === 'server')
  expect(span.attributes['http.response.status_code']).toBe(400)
  expect(span.isError).toBe(false) // it is the caller's fault
  expect((refusal as Refused).problem).toMatchObject({ trace_id: traceId })

  const anonymous = traceparent()
  const answer = await fetch(`${suite.url}/api/v1/nodes`, { headers: anonymous.header })
  const denied = await spanOf(anonymous.traceId, 'the denial', ({ kind }) => kind === 'server')
  expect(denied.attributes['http.response.status_code']).toBe(answer.status)
  expect(answer.status).toBe(401)
})

test('lines of every process on the road have the trace', async () => {
  const { traceId, header } = traceparent()
  await api.call('POST', '/sites', { name: 'logged' }, header)
  const folder = join(suite.data, 'logs')
  for (const [name, message] of [
    ['gateway', 'request'],
    ['auth', 'call'],
  ] as const) {
    await until(`a line of ${name}`, () =>
      readdirSync(folder)
        .filter((file) => file.startsWith(name))
        .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
        .some((line) => line.includes(`"trace_id":"${traceId}"`) && line.includes(`"${message}"`)),
    )
  }
})

test('nothing in a span is a value, a name, an address of somebody or a secret', async () => {
  const name = 'Person With A Name'
  const { traceId, header } = traceparent()
  const secret = 'correct horse battery staple 2'
  await api
    .call(
      'POST',
      '/users',
      { username: 'somebody', email: 'somebody@example.org', display_name: name, password: secret },
      header,
    )
    .catch(() => {})
  await api.call('GET', '/peers?search=needle-in-a-query', undefined, header).catch(() => {})
  await api
    .call('POST', '/auth/login', { username: 'somebody', password: secret }, header)
    .catch(() => {})
  await spanOf(traceId, 'the requests', ({ name }) => name.includes('/auth/login'))
  await until('all of it has come', () => inTrace(traceId).length > 5)
  const told = JSON.stringify(receiver.spans())
  for (const word of [name, secret, 'somebody', 'needle-in-a-query', suite.password, api.token]) {
    expect(told).not.toContain(word)
  }
  expect(receiver.spans().every(({ statusMessage }) => statusMessage === '')).toBe(true)
  expect(receiver.refused).toEqual([])
})
