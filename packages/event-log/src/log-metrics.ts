import { Counter, Gauge, Histogram, type Registry } from '@holdfast/telemetry'

export interface LogMetrics {
  readonly commits: Counter
  readonly appendSeconds: Histogram
  readonly batches: Counter
  readonly conflicts: Counter
  readonly ambiguous: Counter
  readonly lag: Gauge<'reader'>
  readonly frozen: Gauge<'reader'>
}

/** One set for a registry, however many logs a process opens. */
export function logMetrics(registry: Registry): LogMetrics {
  const registers = [registry]
  const once = <T>(name: string, make: () => T): T =>
    // made by this very function, so the kind of metric behind a name is known
    (registry.getSingleMetric(name) as T | undefined) ?? make()
  const counter = (name: string, help: string): Counter =>
    once(name, () => new Counter({ name, help, registers }))
  const gauge = (name: string, help: string): Gauge<'reader'> =>
    once(name, () => new Gauge({ name, help, labelNames: ['reader'] as const, registers }))
  return {
    commits: counter('holdfast_log_commits_total', 'Commits this process appended.'),
    batches: counter('holdfast_log_batches_total', 'Atomic batches they travelled in.'),
    conflicts: counter('holdfast_log_conflicts_total', 'Appends another writer was faster than.'),
    ambiguous: counter(
      'holdfast_log_ambiguous_acks_total',
      'Appends whose acknowledgement did not come, so that they were repeated.',
    ),
    appendSeconds: once(
      'holdfast_log_append_seconds',
      () =>
        new Histogram({
          name: 'holdfast_log_append_seconds',
          help: 'From the decision to the acknowledgement of the log.',
          buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
          registers,
        }),
    ),
    lag: gauge('holdfast_log_lag_commits', 'Commits a reader has not taken yet.'),
    frozen: gauge('holdfast_log_frozen_readers', '1 while a reader stands still at a gap or fork.'),
  }
}
