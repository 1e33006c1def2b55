import { DomainError } from '@holdfast/errors'
import { Counter, Gauge, Histogram, type Registry } from '@holdfast/telemetry'

export interface LogMetrics {
  readonly commits: Counter
  readonly appendSeconds: Histogram
  readonly batches: Counter
  readonly conflicts: Counter
  readonly ambiguous: Counter
  readonly lag: Gauge<'reader'>
  readonly frozen: Gauge<'reader'>
  /** Counts what the log did not take, by the code of the error; what is no error of the log is no refusal. */
  refused(error: unknown): void
  /** Shows where the log stands, read when somebody looks; the log opened last counts. */
  watch(log: LogPosition): void
}

export interface LogPosition {
  readonly seen: () => bigint
  readonly safe: () => bigint
}

const positions = new WeakMap<Registry, LogPosition>()

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
  const position = (name: string, help: string, read: (log: LogPosition) => bigint): void => {
    once(
      name,
      () =>
        new Gauge({
          name,
          help,
          registers,
          collect() {
            const log = positions.get(registry)
            if (log) this.set(Number(read(log)))
          },
        }),
    )
  }
  position('holdfast_log_head_sequence', 'The last commit this process knows of.', (log) =>
    log.seen(),
  )
  position(
    'holdfast_log_safe_sequence',
    'The last commit that cannot vanish any more; 0 while nobody vouches for the log.',
    (log) => log.safe(),
  )
  const refusals = once(
    'holdfast_log_refusals_total',
    () =>
      new Counter({
        name: 'holdfast_log_refusals_total',
        help: 'Commands that were not stored because of the log, by the code of the error.',
        labelNames: ['code'] as const,
        registers,
      }),
  )
  return {
    refused(error) {
      const code = error instanceof DomainError ? error.code : ''
      if (code.startsWith('log.')) refusals.inc({ code })
    },
    watch: (log) => void positions.set(registry, log),
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
