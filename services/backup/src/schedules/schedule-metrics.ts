import type { Postgres } from '@holdfast/postgres'
import { Counter, Gauge, type Registry } from '@holdfast/telemetry'
import { type SlotFigures, slotFigures } from '../queries/schedule-slots.ts'
import type { SlotEnd } from './scheduler.ts'

export interface ScheduleMetrics {
  ended(what: SlotEnd, count?: number): void
}

/** How long figures of the database serve: several gauges ask at once. */
const keptForMs = 5_000

export function scheduleMetrics(
  registry: Registry,
  postgres: Postgres,
  graceMs: number,
  now: () => number,
): ScheduleMetrics {
  let kept: { readonly figures: Promise<SlotFigures>; readonly since: number } | undefined
  const figures = (): Promise<SlotFigures> => {
    if (!kept || performance.now() - kept.since > keptForMs)
      kept = { figures: slotFigures(postgres, now() - graceMs), since: performance.now() }
    return kept.figures
  }
  const gauge = (name: string, help: string, value: (one: SlotFigures) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        try {
          this.set(value(await figures()))
        } catch {
          this.reset() // without the database there is nothing to say
        }
      },
    })
  }
  gauge('holdfast_backup_enabled_schedules', 'Schedules that are enabled.', (one) => one.enabled)
  gauge('holdfast_backup_disabled_schedules', 'Schedules that are not.', (one) => one.disabled)
  gauge(
    'holdfast_backup_next_slot_timestamp_seconds',
    'When the next backup is due by itself; 0: none is.',
    (one) => one.nextSlotUnixMs / 1000,
  )
  gauge(
    'holdfast_backup_late_slots',
    'Schedules whose slot is over by more than HOLDFAST_BACKUP_SLOT_GRACE and neither fired nor let go.',
    (one) => one.late,
  )
  const slots = new Counter({
    name: 'holdfast_backup_slots_total',
    help: 'Slots of schedules by what became of them, by the instance that saw to it.',
    labelNames: ['result'],
    registers: [registry],
  })
  for (const result of ['fired', 'missed', 'busy', 'refused'] as const) slots.inc({ result }, 0)
  return { ended: (result, count = 1) => slots.inc({ result }, count) }
}
