import { Counter, Gauge, Histogram, lagAge, type Registry } from '@holdfast/telemetry'
import type { ProjectionStatus } from './types.ts'

export interface ProjectionMetrics {
  /** One batch was written. */
  batch(commits: number, seconds: number): void
}

/** `status` and `seen` are asked when metrics are read. */
export function projectionMetrics(
  registry: Registry,
  status: () => readonly ProjectionStatus[],
  seen: () => bigint,
): ProjectionMetrics {
  const perProjection = (
    name: string,
    help: string,
    value: (status: ProjectionStatus) => number,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames: ['projection'],
      registers: [registry],
      collect() {
        for (const one of status()) this.set({ projection: one.name }, value(one))
      },
    })
  }
  perProjection(
    'holdfast_projection_sequence',
    'Last sequence of the log a projection includes.',
    (one) => Number(one.checkpoint),
  )
  perProjection(
    'holdfast_projection_lag_commits',
    'Commits of the log a projection does not include yet.',
    (one) => Math.max(0, Number(seen() - one.checkpoint)),
  )
  const ages = new Map<string, ReturnType<typeof lagAge>>()
  perProjection(
    'holdfast_projection_lag_seconds',
    'Since the oldest commit a projection does not include was first noticed by a scrape.',
    ({ name, checkpoint }) => {
      const age = ages.get(name) ?? lagAge()
      ages.set(name, age)
      return age(seen(), checkpoint)
    },
  )
  perProjection(
    'holdfast_projection_halted',
    '1 while a projection refuses to go on: an event it cannot apply, or a gap in the log.',
    (one) => (one.state === 'halted' ? 1 : 0),
  )
  const commits = new Counter({
    name: 'holdfast_projection_commits_total',
    help: 'Commits taken in by the projections of this service.',
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'holdfast_projection_batch_duration_seconds',
    help: 'Time to write one batch of commits to the read models.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  })
  return {
    batch(count, seconds) {
      commits.inc(count)
      duration.observe(seconds)
    },
  }
}
