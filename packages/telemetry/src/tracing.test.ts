import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { afterEach, expect, test } from 'vitest'
import { createLogger } from './logger.ts'
import { extractTrace, injectTrace, span, startTracing } from './tracing.ts'

const tracer = trace.getTracer('test')
const endpoint = 'OTEL_EXPORTER_OTLP_ENDPOINT'
let sink: Server | undefined

afterEach(() => {
  delete process.env[endpoint]
  sink?.closeAllConnections()
  sink?.close()
  sink = undefined
})

test('without an endpoint nothing is started, and spans just run their work', async () => {
  const stop = await startTracing('test')
  const headers: Record<string, string> = {}
  const isRecording = await span(tracer, 'work', {}, async (active) => {
    injectTrace(headers)
    return active.isRecording()
  })
  expect(isRecording).toBe(false)
  expect(headers).toEqual({})
  const remote = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  expect(extractTrace({ traceparent: remote })).toBe(ROOT_CONTEXT)
  await stop()
})

test('with an endpoint spans travel on in headers, stand in lines, and reach the collector', async () => {
  const bodies: Buffer[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks))
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
  })
  sink = server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  process.env[endpoint] = `http://127.0.0.1:${port}`

  const stop = await startTracing('test')
  const written: Record<string, unknown>[] = []
  const log = createLogger('test', 'info', { write: (line) => written.push(JSON.parse(line)) })
  const headers: Record<string, string> = {}
  await span(tracer, 'client-span', {}, async (client) => {
    injectTrace(headers)
    const { traceId, spanId } = client.spanContext()
    expect(headers['traceparent']).toBe(`00-${traceId}-${spanId}-01`)
  })
  const failing = span(
    tracer,
    'server-span',
    { 'holdfast.thing': 'x' },
    async (server) => {
      log.info('inside')
      expect(server.spanContext().traceId).toBe(headers['traceparent']?.split('-')[1])
      throw Object.assign(new Error('private detail'), { code: 'network.x' })
    },
    { kind: 'server', parent: extractTrace(headers) },
  )
  await expect(failing).rejects.toThrow('private detail')
  expect(written[0]).toMatchObject({ trace_id: headers['traceparent']?.split('-')[1] })
  for (const broken of ['', 'x', `00-${'g'.repeat(32)}-${'b'.repeat(16)}-01`]) {
    expect(extractTrace({ traceparent: broken })).toBe(ROOT_CONTEXT)
  }

  await stop()
  const sent = Buffer.concat(bodies).toString('latin1')
  for (const word of ['client-span', 'server-span', 'holdfast-test', 'network.x']) {
    expect(sent).toContain(word)
  }
  expect(sent).not.toContain('private detail')
})

test('a dead collector does not hold up the end', async () => {
  process.env[endpoint] = 'http://127.0.0.1:9'
  const stop = await startTracing('test')
  await span(tracer, 'lost', {}, () => Promise.resolve())
  await stop() // or the test's own time limit ends it
})
