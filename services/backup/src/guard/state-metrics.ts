import type { LogKeeperState } from '@holdfast/log-guard'
import { Gauge, type Registry } from '@holdfast/telemetry'

/** What the state says in numbers, read when somebody looks. The engine counts its own work. */
export function stateMetrics(registry: Registry, state: () => LogKeeperState | undefined): void {
  const gauge = (name: string, help: string, value: (now: LogKeeperState) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        const now = state()
        if (now) this.set(value(now))
      },
    })
  }
  gauge(
    'holdfast_archive_lag_commits',
    'Commits of the log the archive does not hold yet.',
    (now) => Math.max(0, Number(now.lastSequence - now.archivedSequence)),
  )
  gauge('holdfast_archive_segments', 'Segment files of the archive.', (now) => now.segments)
  gauge('holdfast_archive_bytes', 'What the archive takes.', (now) => now.archiveBytes)
  gauge(
    'holdfast_archive_verified_sequence',
    'How far log and archive were last compared.',
    (now) => Number(now.verifiedSequence),
  )
  gauge('holdfast_log_bytes', 'What the log takes.', (now) => now.logBytes)
  gauge('holdfast_log_max_bytes', 'What the log may take at most.', (now) => now.logMaxBytes)
}
