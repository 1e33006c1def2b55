import { Counter, Gauge, Histogram, type Registry } from '@holdfast/telemetry'
import { incidentKinds, type LogKeeperState, type WriteState } from './state.ts'

export interface LogGuardMetrics {
  archived(group: { readonly commits: number; readonly seconds: number }): void
  incident(kind: (typeof incidentKinds)[number]): void
  /** Call when anything of it changed. */
  show(state: LogKeeperState): void
}

const states: readonly WriteState[] = ['open', 'checking', 'exhausted', 'frozen']

/** Without a registry nothing is counted. */
export function logGuardMetrics(registry: Registry | undefined): LogGuardMetrics {
  if (!registry)
    return { archived: () => undefined, incident: () => undefined, show: () => undefined }
  const registers = [registry]
  const commits = new Counter({
    name: 'holdfast_archive_commits_total',
    help: 'Commits taken into the archive.',
    registers,
  })
  const seconds = new Histogram({
    name: 'holdfast_archive_group_seconds',
    help: 'From the start of a group to its last byte on the disk.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  })
  const incidents = new Counter({
    name: 'holdfast_log_incidents_total',
    help: 'What the guard of the log healed, refused or froze.',
    labelNames: ['kind'] as const,
    registers,
  })
  const writes = new Gauge({
    name: 'holdfast_log_writes',
    help: '1 for what holds now: open, checking, exhausted or frozen.',
    labelNames: ['state'] as const,
    registers,
  })
  const archived = new Gauge({
    name: 'holdfast_archive_sequence',
    help: 'The last commit the archive holds.',
    registers,
  })
  const free = new Gauge({
    name: 'holdfast_volume_free_bytes',
    help: 'Room left where log, archive and database lie.',
    labelNames: ['volume'] as const,
    registers,
  })
  for (const kind of incidentKinds) incidents.inc({ kind }, 0)
  return {
    archived(group) {
      commits.inc(group.commits)
      seconds.observe(group.seconds)
    },
    incident: (kind) => incidents.inc({ kind }),
    show(state) {
      for (const each of states) writes.set({ state: each }, each === state.writes ? 1 : 0)
      archived.set(Number(state.archivedSequence))
      for (const { name, freeBytes } of state.volumes) free.set({ volume: name }, Number(freeBytes))
    },
  }
}
