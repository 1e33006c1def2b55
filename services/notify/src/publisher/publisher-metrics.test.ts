import type { Postgres } from '@holdfast/postgres'
import { Registry } from '@holdfast/telemetry'
import { expect, test } from 'vitest'
import { publisherMetrics } from './publisher-metrics.ts'

test('the lag is that of the log, whichever instance publishes and also while none does', async () => {
  const registry = new Registry()
  // as: the one row that is asked for
  const postgres = {
    query: () => Promise.resolve([{ sequence: 40n }]),
  } as unknown as Pick<Postgres, 'query'>
  publisherMetrics(registry, postgres, () => 42n)
  expect(await registry.metrics()).toContain('holdfast_events_lag_commits 2')
})
