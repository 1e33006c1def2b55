import { createTelemetry, Registry } from '@holdfast/telemetry'
import { expect, test } from 'vitest'
import { nodeMetrics } from './node-metrics.ts'
import type { NodeFigures } from './status-board.ts'

test('nodes are counted by whether they report, and a database that is away fails no scrape', async () => {
  const registry = new Registry()
  const { log } = createTelemetry('network', { level: 'silent' })
  let now = 1_000_000
  let queries = 0
  let isAway = false
  const seen = (atMs: number) => ({ lastSeenUnixMs: atMs }) as NodeFigures // as: nothing else counts
  const board = new Map([
    ['a', seen(now - 1_000)],
    ['b', seen(now - 60_000)],
    ['deleted', seen(now)],
  ])
  const query = (async () => {
    queries++
    if (isAway) throw new Error('away')
    return ['a', 'b', 'never'].map((node_id) => ({ node_id }))
  }) as Parameters<typeof nodeMetrics>[1]['query'] // as: it is asked one thing
  nodeMetrics(registry, { query }, { node: (id) => board.get(id) }, log, () => now)

  expect(await registry.metrics()).toContain('holdfast_nodes{state="online"} 1')
  expect(await registry.metrics()).toContain('holdfast_nodes{state="silent"} 2')
  expect(queries).toBe(1)
  now += 20_000
  isAway = true
  expect(await registry.metrics()).not.toMatch(/^holdfast_nodes\{/m)
})
