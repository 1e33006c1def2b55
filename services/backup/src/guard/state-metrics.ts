import type { LogKeeperState } from '@holdfast/log-guard'
import { Gauge, lagAge, type Registry } from '@holdfast/telemetry'

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
  const age = lagAge()
  gauge(
    'holdfast_archive_lag_seconds',
    'Since the oldest commit the archive does not hold was first noticed by a scrape.',
    (now) => age(now.lastSequence, now.archivedSequence),
  )
  gauge('holdfast_archive_segments', 'Segment files of the archive.', (now) => now.segments)
  gauge('holdfast_archive_bytes', 'What the archive takes.', (now) => now.archiveBytes)
  gauge(
    'holdfast_archive_verified_sequence',
    'How far log and archive were last compared.',
    (now) => Number(now.verifiedSequence),
  )
  gauge(
    'holdfast_archive_verified_timestamp_seconds',
    'When log and archive were last compared as a whole; 0 before the first time.',
    (now) => now.verifiedAtUnixMs / 1000,
  )
  gauge('holdfast_log_bytes', 'What the log takes.', (now) => now.logBytes)
  gauge('holdfast_log_max_bytes', 'What the log may take at most.', (now) => now.logMaxBytes)
  // There are no restore drills yet: it stays 0, and no alert is raised of a 0.
  new Gauge({
    name: 'holdfast_restore_drill_last_success_timestamp_seconds',
    help: 'When a restore was last proven to work; 0 until there was one.',
    registers: [registry],
  }).set(0)
}
