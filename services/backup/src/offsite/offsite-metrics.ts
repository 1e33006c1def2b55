import { Counter, Gauge, type Registry } from '@holdfast/telemetry'
import type { DestinationEvents, DestinationState } from './destination.ts'

/** Labelled by the name of the location: continuous ones are of the instance, and few. */
export function offsiteMetrics(
  registry: Registry,
  states: () => readonly DestinationState[],
): Pick<DestinationEvents, 'put' | 'failed'> {
  const registers = [registry]
  const labelNames = ['location']
  const gauge = (name: string, help: string, value: (state: DestinationState) => number): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        // One that is no location any more says nothing.
        this.reset()
        for (const state of states()) this.set({ location: state.location.name }, value(state))
      },
    })
  }
  gauge(
    'holdfast_backup_offsite_lag_seconds',
    'Age of the oldest commit that is not off-site yet; 0 when all are.',
    ({ lagMs }) => lagMs / 1000,
  )
  gauge(
    'holdfast_backup_offsite_sequence',
    'Last sequence up to which everything is off-site.',
    ({ pushedSequence }) => Number(pushedSequence),
  )
  gauge('holdfast_backup_offsite_failing', 'Whether the last round failed.', ({ failure }) =>
    failure ? 1 : 0,
  )
  gauge('holdfast_backup_offsite_objects', 'Objects off-site.', ({ totals }) => totals.objects)
  gauge('holdfast_backup_offsite_object_bytes', 'Bytes of them.', ({ totals }) => totals.bytes)
  gauge(
    'holdfast_backup_offsite_damaged_objects',
    'Objects off-site that are not as they were put there.',
    ({ totals }) => totals.damaged,
  )
  gauge(
    'holdfast_backup_offsite_last_manifest_timestamp_seconds',
    'When the newest manifest was written; 0: never.',
    ({ newestManifestUnixMs }) => newestManifestUnixMs / 1000,
  )
  gauge(
    'holdfast_backup_offsite_last_verified_timestamp_seconds',
    'When everything was last read back whole; 0: never.',
    ({ verifiedAtUnixMs }) => verifiedAtUnixMs / 1000,
  )
  const puts = new Counter({
    name: 'holdfast_backup_offsite_puts_total',
    help: 'Objects put off-site, checksums not counted.',
    labelNames,
    registers,
  })
  const bytes = new Counter({
    name: 'holdfast_backup_offsite_put_bytes_total',
    help: 'Bytes of objects put off-site.',
    labelNames,
    registers,
  })
  const failures = new Counter({
    name: 'holdfast_backup_offsite_failures_total',
    help: 'Rounds that failed.',
    labelNames,
    registers,
  })
  return {
    put({ name }, count) {
      puts.inc({ location: name })
      bytes.inc({ location: name }, count)
    },
    failed: ({ name }) => failures.inc({ location: name }),
  }
}
