import { Gauge, type Registry } from '@holdfast/telemetry'

interface Counts {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  /** What it was opened with. */
  readonly options: { readonly max: number }
}

/** Shows the pool's state when metrics are read. Several pools of one process share the gauges. */
export function watchPool(pool: Counts, name: string, registry: Registry): () => void {
  const watched = pools.get(registry) ?? new Map<string, Counts>()
  if (!pools.has(registry)) {
    pools.set(registry, watched)
    register(registry, watched)
  }
  watched.set(name, pool)
  return () => {
    if (watched.get(name) === pool) watched.delete(name)
  }
}

const pools = new WeakMap<Registry, Map<string, Counts>>()

function register(registry: Registry, watched: ReadonlyMap<string, Counts>): void {
  new Gauge({
    name: 'holdfast_postgres_pool_connections',
    help: 'Connections of the Postgres pool by state.',
    labelNames: ['pool', 'state'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [pool, counts] of watched) {
        this.set({ pool, state: 'idle' }, counts.idleCount)
        this.set({ pool, state: 'busy' }, counts.totalCount - counts.idleCount)
      }
    },
  })
  new Gauge({
    name: 'holdfast_postgres_pool_max_connections',
    help: 'Connections the Postgres pool may have at most.',
    labelNames: ['pool'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [pool, counts] of watched) this.set({ pool }, counts.options.max)
    },
  })
  new Gauge({
    name: 'holdfast_postgres_pool_waiting_requests',
    help: 'Requests waiting for a Postgres connection.',
    labelNames: ['pool'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [pool, counts] of watched) this.set({ pool }, counts.waitingCount)
    },
  })
}
