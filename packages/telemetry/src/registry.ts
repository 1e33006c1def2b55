import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { version } from './version.ts'

/** Gauges whose names end like counters; `promtool check metrics` refuses them. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

/** A registry that already knows the process: its release, CPU, memory, descriptors, event loop, garbage collection. */
export function createRegistry(): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)
  const build = new Gauge({
    name: 'holdfast_build_info',
    help: 'Always 1; the release is in the label.',
    labelNames: ['version'] as const,
    registers: [registry],
  })
  build.set({ version }, 1)
  return registry
}
