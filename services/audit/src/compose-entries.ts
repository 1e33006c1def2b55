import type { AccessRecorder, EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { Projections } from '@holdfast/projections'
import type { KeyService } from '@holdfast/proto'
import type { Client } from '@holdfast/service'
import { Counter, type Telemetry } from '@holdfast/telemetry'
import { AccessWriter } from './access/access-writer.ts'
import { type AccessFeed, followAccess } from './access/follow-access.ts'
import { sourceDesk } from './access/source-desk.ts'
import { entryHandlers } from './grpc/entry-handlers.ts'
import type { SearchSizes } from './queries/entry-search.ts'

export interface EntriesParts {
  readonly log: EventLog
  readonly postgres: Postgres
  readonly telemetry: Telemetry
  readonly keyService: Pick<Client<typeof KeyService>, 'getDataKeys'>
  /** Asked for once the service runs. */
  projections(): Pick<Projections, 'reached'>
  /** Told who reads the trail. */
  readonly recorder: AccessRecorder
  /** 0 is without end. */
  readonly retentionMs: number
  readonly sweepEveryMs?: number
  readonly sizes?: SearchSizes
  /** ms since 1970. */
  readonly now: () => number
}

/** The audit trail without its process. */
export function composeEntries(parts: EntriesParts) {
  const { log, postgres, telemetry, retentionMs, now, recorder } = parts
  const unread = new Counter({
    name: 'holdfast_access_unread_total',
    help: 'Records of ACCESS the audit trail does not have: no records at all, or gone before they were read.',
    registers: [telemetry.registry],
  })
  let feed: AccessFeed | undefined
  return {
    entries: entryHandlers({
      log,
      postgres,
      projections: () => parts.projections(),
      sources: sourceDesk({
        keyService: parts.keyService,
        lineageId: log.lineageId,
        logger: telemetry.log,
        now,
      }),
      recorder,
      retentionMs,
      ...(parts.sizes ? { sizes: parts.sizes } : {}),
      now,
    }),
    /** Begins to read ACCESS; the database must be migrated. */
    start(): void {
      feed = followAccess({
        log,
        postgres,
        logger: telemetry.log,
        writer: new AccessWriter(postgres, (messages) => unread.inc(messages)),
        retentionMs,
        ...(parts.sweepEveryMs === undefined ? {} : { sweepEveryMs: parts.sweepEveryMs }),
        now,
      })
    },
    async stop(): Promise<void> {
      await feed?.stop()
      await recorder.close()
    },
  }
}
