import { expect, test } from 'vitest'
import { createRegistry } from './registry.ts'

test('the process metrics pass what promtool asks of names', async () => {
  const metrics = await createRegistry().getMetricsAsJSON()
  expect(metrics.length).toBeGreaterThan(10)
  for (const { name, type, help } of metrics) {
    expect(help).not.toBe('')
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/)
    // prom-client hands types out as their lower-case names.
    if (String(type) === 'counter') expect(name).toMatch(/_total$/)
    else expect(name).not.toMatch(/_(total|count|sum|bucket)$/)
  }
})

test('two registries live in one process', () => {
  expect(() => [createRegistry(), createRegistry()]).not.toThrow()
})
