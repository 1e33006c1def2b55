import type { Postgres } from '@holdfast/postgres'
import { Counter, Gauge, Histogram, type Registry } from '@holdfast/telemetry'
import { openRestore } from './restore-store.ts'

export interface RestoreMetrics {
  ended(outcome: RestoreOutcome, durationMs: number): void
}

/** `failed`: nothing was changed; `rolled_back`: what was changed was put back. */
const outcomes = ['completed', 'failed', 'rolled_back'] as const
type RestoreOutcome = (typeof outcomes)[number]

export function restoreMetrics(registry: Registry, postgres: Postgres): RestoreMetrics {
  const ended = new Counter({
    name: 'holdfast_restores_total',
    help: 'Restores on the live instance that ended, by outcome.',
    labelNames: ['outcome'],
    registers: [registry],
  })
  for (const outcome of outcomes) ended.inc({ outcome }, 0)
  const duration = new Histogram({
    name: 'holdfast_restore_duration_seconds',
    help: 'How long restores took that were completed, the rollback point included.',
    buckets: [1, 2.5, 5, 10, 30, 60, 300, 900, 3600],
    registers: [registry],
  })
  new Gauge({
    name: 'holdfast_restore_step_attempts',
    help: 'How often the present step of the restore under way was begun; 0: none is under way.',
    registers: [registry],
    async collect() {
      try {
        this.set((await openRestore(postgres))?.stepAttempts ?? 0)
      } catch {
        this.reset() // without the database there is nothing to say
      }
    },
  })
  return {
    ended(outcome, durationMs) {
      ended.inc({ outcome })
      if (outcome === 'completed') duration.observe(durationMs / 1000)
    },
  }
}
