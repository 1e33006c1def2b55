import { Registry } from '@holdfast/telemetry'
import { expect, test } from 'vitest'
import { certificateMetrics } from './certificate-metrics.ts'
import { throwawayAuthority } from './throwaway-tls.ts'

test('the end of both certificates is shown, in seconds', async () => {
  const registry = new Registry()
  certificateMetrics(registry, await (await throwawayAuthority()).identity('audit'))
  const text = await registry.metrics()
  for (const certificate of ['identity', 'authority']) {
    const value = new RegExp(`certificate="${certificate}"\\} (\\d+)`).exec(text)?.[1]
    const leftSeconds = Number(value) - Date.now() / 1000
    expect(leftSeconds).toBeGreaterThan(3_000)
    expect(leftSeconds).toBeLessThan(3_700)
  }
})
