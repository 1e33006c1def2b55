import { type Postgres, sql } from '@holdfast/postgres'
import { Counter, Gauge, type Registry } from '@holdfast/telemetry'

/** Answers what counts stored events. `seen`: the end of the log, as far as this process knows. */
export function publisherMetrics(
  registry: Registry,
  postgres: Pick<Postgres, 'query'>,
  seen: () => bigint,
): { published(count: number): void } {
  const registers = [registry]
  const published = new Counter({
    name: 'holdfast_events_published_total',
    help: 'Events stored in EVENTS for external subscribers.',
    registers,
  })
  new Gauge({
    name: 'holdfast_events_lag_commits',
    help: 'Safe commits whose events are not yet in EVENTS.',
    registers,
    // From the database: whoever publishes, and also while nobody can.
    async collect() {
      try {
        const [row] = await postgres.query<{ sequence: bigint }>(
          sql`select sequence from notify.publisher_position`,
        )
        this.set(row ? Math.max(0, Number(seen() - row.sequence)) : 0)
      } catch {
        this.reset() // without the database there is nothing to say
      }
    },
  })
  return { published: (count) => published.inc(count) }
}
