import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { Telemetry } from '@holdfast/telemetry'
import type { Compensators } from './changes.ts'
import { PlanMaker } from './plan-maker.ts'
import { restoreMetrics } from './restore-metrics.ts'
import { RestoreRunner } from './restore-runner.ts'
import { openRestoresFace, type Restores } from './restores.ts'
import type { TakeRollbackPoint } from './rollback-point.ts'

export interface OpenRestoresParts {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'safeHead' | 'read'>
  readonly postgres: Postgres
  readonly telemetry: Telemetry
  readonly compensators: Compensators
  readonly takeRollbackPoint: TakeRollbackPoint
  readonly leaseMs: number
  readonly retryMs: number
  readonly pollMs: number
  catchUpToHead(): Promise<unknown>
  now(): number
}

export interface OpenRestores {
  readonly restores: Restores
  start(): void
  stop(): Promise<void>
}

/** Plans and restores, and what carries them out. */
export function openRestores(parts: OpenRestoresParts): OpenRestores {
  const { postgres, telemetry } = parts
  const common = { ...parts, logger: telemetry.log }
  const maker = new PlanMaker(common)
  const runner = new RestoreRunner({
    ...common,
    metrics: restoreMetrics(telemetry.registry, postgres),
  })
  return {
    restores: openRestoresFace({
      ...parts,
      wakeRunner: () => runner.wake(),
      wakeMaker: () => maker.wake(),
    }),
    start() {
      maker.start()
      runner.start()
    },
    async stop() {
      await Promise.all([maker.stop(), runner.stop()])
    },
  }
}
