import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Counter, Registry } from '@holdfast/telemetry'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gatherMetrics, parseTarget } from './gather.ts'
import { mergeMetrics } from './merge.ts'

test('a family of two services is said once, each sample naming its service', () => {
  const text = (value: number) =>
    `# HELP up_seconds How long.\n# TYPE up_seconds gauge\nup_seconds ${value}\n`
  expect(
    mergeMetrics([
      { service: 'auth', text: text(1) },
      { service: 'network', text: text(2) },
    ]),
  ).toBe(
    '# HELP up_seconds How long.\n# TYPE up_seconds gauge\nup_seconds{service="auth"} 1\nup_seconds{service="network"} 2\n',
  )
})

test('labels, histograms and what is no sample', () => {
  const text = [
    '# HELP d_seconds Duration.',
    '# TYPE d_seconds histogram',
    'd_seconds_bucket{le="0.1",route="/a,b{}"} 3',
    'd_seconds_bucket{le="+Inf",service="own"} 4',
    'd_seconds_sum 1.5e-3',
    'd_seconds_count 4 1700000000000',
    '# EOF',
    'half a li',
    '<html>',
    '',
  ]
    .join('\r\n')
    .replaceAll('\r', '')
  expect(mergeMetrics([{ service: 'auth', text }])).toBe(
    `${[
      '# HELP d_seconds Duration.',
      '# TYPE d_seconds histogram',
      'd_seconds_bucket{service="auth",le="0.1",route="/a,b{}"} 3',
      'd_seconds_bucket{le="+Inf",service="own"} 4',
      'd_seconds_sum{service="auth"} 1.5e-3',
      'd_seconds_count{service="auth"} 4 1700000000000',
    ].join('\n')}\n`,
  )
})

let url = ''
const server = createServer((request, response) => {
  // One that never answers must not hold up the others.
  if (request.url === '/metrics')
    response.end('# HELP x_total X.\n# TYPE x_total counter\nx_total 5\n')
})
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

test('who does not answer is left out and named', async () => {
  const registry = new Registry()
  new Counter({ name: 'mine_total', help: 'Mine.', registers: [registry] }).inc()
  const silent = { service: 'silent', url: `http://${url}/silent` }
  const text = await gatherMetrics(registry, [
    parseTarget(`auth=${url}`),
    parseTarget('gone=127.0.0.1:1'),
    silent,
  ])
  expect(text).toContain('mine_total{service="gateway"} 1')
  expect(text).toContain('x_total{service="auth"} 5')
  expect(text.match(/^holdfast_metrics_target_up.*$/gm)).toEqual([
    'holdfast_metrics_target_up{service="gateway"} 1',
    'holdfast_metrics_target_up{service="auth"} 1',
    'holdfast_metrics_target_up{service="gone"} 0',
    'holdfast_metrics_target_up{service="silent"} 0',
  ])
})
