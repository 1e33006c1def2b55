import type { Postgres } from '@holdfast/postgres'
import { Counter, Gauge, type Registry } from '@holdfast/telemetry'
import { type ValidationResult, validationResults } from '../domain/validation.ts'
import { type ValidationFigures, validationFigures } from './validation-store.ts'

export interface ValidationMetrics {
  ended(result: ValidationResult): void
}

/** No label says whose: there may be many. */
export function validationMetrics(registry: Registry, postgres: Postgres): ValidationMetrics {
  const gauge = (name: string, help: string, value: (one: ValidationFigures) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        try {
          this.set(value(await validationFigures(postgres)))
        } catch {
          this.reset() // without the database there is nothing to say
        }
      },
    })
  }
  gauge(
    'holdfast_backup_failing_validations',
    'Organizations whose newest backup could not be restored when that was last tried.',
    (one) => one.failing,
  )
  gauge(
    'holdfast_backup_last_validation_timestamp_seconds',
    'When a backup was last validated; 0: never.',
    (one) => one.lastAtUnixMs / 1000,
  )
  const ends = new Counter({
    name: 'holdfast_backup_validations_total',
    help: 'Validations of newest backups by result, one an organization.',
    labelNames: ['result'],
    registers: [registry],
  })
  for (const result of validationResults) ends.inc({ result }, 0)
  return { ended: (result) => ends.inc({ result }) }
}
