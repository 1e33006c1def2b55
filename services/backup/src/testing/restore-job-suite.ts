import { join } from 'node:path'
import type { EventLog } from '@holdfast/event-log'
import { type Postgres, sql } from '@holdfast/postgres'
import { RestoreJobService } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import type { RequestTools } from '../commands/request-backup.ts'
import { restoreJobHandlers } from '../grpc/restore-job-handlers.ts'
import { importFiles } from '../imports/import-files.ts'
import { importRuns } from '../imports/import-runs.ts'
import type { ImportParts } from '../imports/run-import.ts'
import type { ObjectWork } from '../jobs/object-work.ts'
import type { Undoing } from '../restore-jobs/undoing.ts'
import type { KnownContributor } from '../snapshots/directory.ts'
import type { Locations } from '../storage/locations.ts'
import type { Work } from '../work/work.ts'
import { testKeys } from './backup-process-wish.ts'
import { requests } from './calls.ts'
import { playedContributor } from './snapshot-maker.ts'

// Restore jobs on what a suite of backups has. Services that take records are played: what they took stands in a table,
// so that processes see each other's.

export interface RestoreParts {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'lineageId' | 'safeHead'>
  readonly postgres: Postgres
  readonly locations: Locations
  readonly objects: ObjectWork
  readonly work: Work
  readonly spool: string
  readonly request: RequestTools
  caughtUp(): Promise<unknown>
  /** Before a page is answered, after it was written. */
  readonly onPage?: (importId: string, isDryRun: boolean) => Promise<void>
  readonly slotLimitMs?: number
  readonly undoing?: Undoing
}

/** What services have taken, in order, whoever asked. */
export const takenThings = async (postgres: Postgres): Promise<readonly string[]> =>
  (
    await postgres.query<{ name: string }>(
      sql`select name from backup.played_things order by place`,
    )
  ).map(({ name }) => name)

export const preparePlayed = (postgres: Postgres): Promise<number> =>
  postgres.execute(sql`
    create table backup.played_things
      (place bigint generated always as identity, name text primary key, command text not null)`)

function playedThings(postgres: Postgres, onPage: RestoreParts['onPage']): KnownContributor {
  const client: KnownContributor['client'] = {
    contribute: async (wish: {
      readonly importId?: string
      readonly records?: readonly string[]
      readonly isDryRun?: boolean
    }) => {
      const contributions = []
      for (const text of wish.records ?? []) {
        const { name } = JSON.parse(text) as { name: string } // as: the maker of these tests wrote it
        const [there] = await postgres.query(
          sql`select from backup.played_things where name = ${name}`,
        )
        if (name === 'bad') {
          contributions.push({ outcome: 'refused', name, code: 'backup.record_invalid' })
        } else if (there) {
          contributions.push({ outcome: 'skipped', name, code: 'backup.exists' })
        } else {
          if (!wish.isDryRun) {
            await postgres.execute(sql`
              insert into backup.played_things (name, command) values (${name}, ${wish.importId ?? ''})`)
          }
          contributions.push({ outcome: 'created', name })
        }
      }
      await onPage?.(wish.importId ?? '', wish.isDryRun ?? false)
      return { contributions }
    },
  } as never // as: nothing else of it is asked
  return {
    ...{ name: playedContributor, major: 1, minor: 0, domain: 'core', after: [] },
    ...{ readsMajors: [1], client },
  }
}

export function importPartsOf(parts: RestoreParts): ImportParts {
  const { log, postgres, work } = parts
  return {
    ...{ log, postgres, work },
    directory: { contributors: () => Promise.resolve([playedThings(postgres, parts.onPage)]) },
    organizations: {
      createOrganization: () => Promise.reject(new Error('nobody makes organizations here')),
    },
    keys: testKeys(),
    lineageId: log.lineageId,
    limits: { maxBytes: 64 * 1024 * 1024 },
    async caughtUp() {
      await parts.caughtUp()
      return await log.safeHead()
    },
  }
}

const noUndoing: Undoing = {
  begin: () => Promise.reject(new Error('nothing is undone here')),
  standing: () => Promise.reject(new Error('nothing is undone here')),
}

export function openRestoreJobs(parts: RestoreParts) {
  const importing = importPartsOf(parts)
  const logger = createTelemetry('backup', { level: 'silent' }).log
  const files = importFiles(join(parts.spool, 'imports'))
  const runs = importRuns({ ...importing, files, logger, leaseMs: 3_000 })
  const handlers = restoreJobHandlers({
    ...parts,
    ...{ runs, logger, limits: importing.limits },
    undoing: parts.undoing ?? noUndoing,
    caughtUp: async () => void (await parts.caughtUp()),
    slotLimitMs: parts.slotLimitMs ?? 60_000,
  })
  return { runs, files, importing, jobs: requests(handlers, RestoreJobService) }
}
