import { type Postgres, sql } from '@holdfast/postgres'
import { Gauge, type Logger, type Registry } from '@holdfast/telemetry'
import { onlineForMs, type StatusBoard } from './status-board.ts'

/** How long a list of nodes is good enough to be counted: scrapes may come often, and nodes rarely do. */
const listedForMs = 10_000

/** Shows how many nodes there are and how many of them report. Two lines, however many nodes. */
export function nodeMetrics(
  registry: Registry,
  postgres: Pick<Postgres, 'query'>,
  board: Pick<StatusBoard, 'node'>,
  log: Logger,
  now: () => number,
): void {
  let listedAt = Number.NEGATIVE_INFINITY
  let ids: readonly string[] = []
  new Gauge({
    name: 'holdfast_nodes',
    help: 'Enrolled nodes by whether they were heard of in the last 35 s.',
    labelNames: ['state'] as const,
    registers: [registry],
    async collect() {
      if (now() - listedAt > listedForMs) {
        try {
          const rows = await postgres.query<{ node_id: string }>(
            sql`select node_id from network.nodes`,
          )
          ids = rows.map((row) => row.node_id)
          listedAt = now()
        } catch (error) {
          // Other figures are worth having without this one.
          log.debug({ err: error }, 'nodes are not counted')
          this.reset()
          return
        }
      }
      const since = now() - onlineForMs
      const online = ids.filter((id) => (board.node(id)?.lastSeenUnixMs ?? 0) > since).length
      this.set({ state: 'online' }, online)
      this.set({ state: 'silent' }, ids.length - online)
    },
  })
}
