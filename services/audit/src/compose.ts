import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { Projections } from '@holdfast/projections'
import type { Telemetry } from '@holdfast/telemetry'
import { dayMs } from './domain/partitions.ts'
import { flowHandlers } from './grpc/flow-handlers.ts'
import { flowMetrics } from './ingest/flow-metrics.ts'
import { FlowWriter } from './ingest/flow-writer.ts'
import { type FlowFeed, followFlows } from './ingest/follow-flows.ts'
import { nameFinder } from './ingest/names.ts'
import { PartitionKeeper } from './ingest/partition-keeper.ts'
import { letReaderIn } from './queries/flow-reader.ts'

export interface AuditParts {
  readonly log: EventLog
  readonly postgres: Postgres
  readonly telemetry: Telemetry
  /** Asked for once the service runs: they do not exist while it is put together. */
  projections(): Pick<Projections, 'reached'>
  readonly flowRetentionMs: number
  readonly flowMaxBytes: number
  /** ms since 1970. */
  readonly now: () => number
}

/** Records come up to two days late; a partition that was dropped is not to be made again for them. */
const leastRetentionMs = 3 * dayMs

/** The service without its process: what a test and `main` put together alike. */
export function composeAudit(parts: AuditParts) {
  const { log, postgres, telemetry, now } = parts
  const catchUp = async () => parts.projections().reached(await log.safeHead())
  let feed: FlowFeed | undefined
  return {
    flows: flowHandlers(postgres, now),
    /** Begins to store what nodes tell; the database must be migrated. */
    async start(): Promise<void> {
      await letReaderIn(postgres)
      const retentionMs = Math.max(leastRetentionMs, parts.flowRetentionMs)
      const limits = { retentionMs, maxBytes: parts.flowMaxBytes }
      const keeper = new PartitionKeeper({ postgres, log: telemetry.log, limits, now })
      const writer = new FlowWriter({
        postgres,
        keeper,
        namesFor: nameFinder(postgres, catchUp),
        metrics: flowMetrics(telemetry.registry),
      })
      feed = followFlows({ log, postgres, logger: telemetry.log, keeper, writer })
    },
    async stop(): Promise<void> {
      await feed?.stop()
    },
  }
}
