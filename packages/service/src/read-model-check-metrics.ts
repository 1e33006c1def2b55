import { Gauge, type Registry } from '@holdfast/telemetry'

export interface ReadModelCheckMetrics {
  checked(projection: string, isEqual: boolean, seconds: number): void
}

/** Absent for a read model until its first check since the start. */
export function readModelCheckMetrics(registry: Registry): ReadModelCheckMetrics {
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: ['projection'], registers: [registry] })
  const equal = gauge(
    'holdfast_read_model_check_equal',
    '1 when the read model equalled a replay of the log at its last check, 0 when not.',
  )
  const time = gauge(
    'holdfast_read_model_check_last_timestamp_seconds',
    'When the read model was last compared with a replay of the log.',
  )
  const duration = gauge(
    'holdfast_read_model_check_duration_seconds',
    'How long the last comparison of the read model took.',
  )
  return {
    checked(projection, isEqual, seconds) {
      equal.set({ projection }, isEqual ? 1 : 0)
      time.set({ projection }, Date.now() / 1000)
      duration.set({ projection }, seconds)
    },
  }
}
