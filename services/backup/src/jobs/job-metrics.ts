import type { Postgres } from '@holdfast/postgres'
import { Counter, Gauge, Histogram, type Registry } from '@holdfast/telemetry'
import { type BackupKind, backupKinds } from '../domain/contents.ts'
import { type Standing, standing } from '../queries/backup-standing.ts'

export interface JobMetrics {
  ended(kind: BackupKind, result: 'completed' | 'failed' | 'cancelled', durationMs: number): void
  /** Read back; `unreachable`: it could not be. */
  verified(result: 'good' | 'bad' | 'unreachable'): void
}

/** How long figures of the database serve: several gauges ask at once. */
const keptForMs = 5_000

/** No label says whose or where: there may be many. */
export function jobMetrics(registry: Registry, postgres: Postgres): JobMetrics {
  let kept: { readonly figures: Promise<readonly Standing[]>; readonly since: number } | undefined
  const figures = (): Promise<readonly Standing[]> => {
    if (!kept || performance.now() - kept.since > keptForMs)
      kept = { figures: standing(postgres), since: performance.now() }
    return kept.figures
  }
  const gauge = (name: string, help: string, value: (one: Standing) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['kind'],
      registers: [registry],
      async collect() {
        try {
          for (const one of await figures()) this.set({ kind: one.kind }, value(one))
        } catch {
          this.reset() // without the database there is nothing to say
        }
      },
    })
  }
  gauge('holdfast_backup_objects', 'Completed backups there are.', (one) => one.completed)
  gauge('holdfast_backup_object_bytes', 'Bytes of them.', (one) => one.bytes)
  gauge('holdfast_backup_unfinished_jobs', 'Backups waiting or under way.', (one) => one.unfinished)
  gauge(
    'holdfast_backup_last_completed_timestamp_seconds',
    'When the last one was completed; 0: never.',
    (one) => one.lastCompletedUnixMs / 1000,
  )
  gauge(
    'holdfast_backup_damaged_objects',
    'Completed backups whose last reading back was not good.',
    (one) => one.damaged,
  )
  gauge(
    'holdfast_backup_failing_targets',
    'Schedules, and locations of backups made by hand, whose last backup failed.',
    (one) => one.failing,
  )
  gauge(
    'holdfast_backup_overdue_removals',
    'Objects that could not be removed for an hour.',
    (one) => one.overdueRemovals,
  )
  const jobs = new Counter({
    name: 'holdfast_backup_jobs_total',
    help: 'Jobs that ended, by kind and result.',
    labelNames: ['kind', 'result'],
    registers: [registry],
  })
  for (const kind of backupKinds)
    for (const result of ['completed', 'failed', 'cancelled']) jobs.inc({ kind, result }, 0)
  const duration = new Histogram({
    name: 'holdfast_backup_job_duration_seconds',
    help: 'How long jobs took that were completed, without reading back.',
    labelNames: ['kind'],
    buckets: [0.25, 1, 5, 15, 60, 180, 360, 600, 720],
    registers: [registry],
  })
  const verifications = new Counter({
    name: 'holdfast_backup_verifications_total',
    help: 'Backups read back from where they lie, by result.',
    labelNames: ['result'],
    registers: [registry],
  })
  for (const result of ['good', 'bad', 'unreachable']) verifications.inc({ result }, 0)
  return {
    ended(kind, result, durationMs) {
      jobs.inc({ kind, result })
      if (result === 'completed') duration.observe({ kind }, durationMs / 1000)
    },
    verified: (result) => verifications.inc({ result }),
  }
}
