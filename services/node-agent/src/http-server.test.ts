import { createTelemetry } from '@holdfast/telemetry'
import { afterEach, expect, test } from 'vitest'
import { httpServer } from './http-server.ts'

const { registry } = createTelemetry('node-agent', { level: 'silent' })
const metrics = () => registry
const listen = { host: '127.0.0.1', port: 0 }
let isReady = false
const firewall = {
  status: (): unknown => undefined,
  prove: async (): Promise<unknown> => ({ sequence: 5n, version: new Uint8Array([1, 255]) }),
}
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

test('health, readiness and metrics', async () => {
  const server = await httpServer({
    listen,
    metrics,
    readiness: () => ({ isReady, trouble: 'x' }),
    firewall,
  })
  open.push(server)
  const get = (path: string, method = 'GET'): Promise<Response> =>
    fetch(`http://127.0.0.1:${server.port}${path}`, { method })
  expect((await get('/health')).status).toBe(200)
  const waiting = await get('/ready')
  expect(waiting.status).toBe(503)
  expect(await waiting.json()).toEqual({ status: 'not ready', trouble: 'x' })
  isReady = true
  expect((await get('/ready')).status).toBe(200)
  expect(await (await get('/metrics')).text()).toContain('process_cpu_seconds_total')
  expect((await get('/nothing')).status).toBe(404)
  expect((await get('/health', 'POST')).status).toBe(405)
  expect((await get('/firewall')).status).toBe(503)
  const proof = await get('/firewall/prove', 'POST')
  expect(await proof.json()).toEqual({ sequence: '5', version: '01ff' })
})

test('a taken port is an error', async () => {
  const server = await httpServer({ listen, metrics, readiness: () => ({ isReady }), firewall })
  open.push(server)
  const taken = { ...listen, port: server.port }
  await expect(
    httpServer({ listen: taken, metrics, readiness: () => ({ isReady }), firewall }),
  ).rejects.toThrow(/EADDRINUSE/)
})
