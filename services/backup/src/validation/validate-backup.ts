import { newId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { Secrets } from '@holdfast/service'
import { backups } from '../commands/backup-aggregates.ts'
import { schedules } from '../commands/schedule-aggregates.ts'
import type { BackupFacts, BackupResult } from '../domain/backup.ts'
import type { ImportFiles } from '../imports/import-files.ts'
import { sectionCounts } from '../imports/import-records.ts'
import {
  beginImport,
  claimImport,
  dropOwnImport,
  type ImportWish,
  importRow,
  ownImports,
  receiveBytes,
  unreadableRecords,
} from '../imports/import-store.ts'
import { type ImportParts, runImport } from '../imports/run-import.ts'
import type { ObjectWork } from '../jobs/object-work.ts'
import type { Locations } from '../storage/locations.ts'
import { ValidatedSealed, ValidationIncomplete } from './validation-errors.ts'

export interface ValidateParts {
  readonly log: Pick<EventLog, 'fold' | 'lineageId'>
  readonly postgres: Postgres
  readonly locations: Pick<Locations, 'get'>
  readonly objects: Pick<ObjectWork, 'fetch'>
  readonly files: ImportFiles
  readonly imports: ImportParts
  readonly secrets: Pick<Secrets<'passphrase'>, 'open'>
}

/** Longer than any validation may take: nobody else takes it for interrupted. */
const leaseMs = 300_000

/**
 * A restore of the backup from its first byte to its last record, without writing: fetched from where it lies, compared
 * with what was put there, opened, read, and every record judged by the service that would take it. Answers how many.
 * Rejects with what is in the way.
 */
export async function validateBackup(
  parts: ValidateParts,
  backupId: string,
  signal: AbortSignal,
): Promise<number> {
  const { log, postgres, files } = parts
  const { state } = await log.fold(backups, backupId, signal)
  const { facts, result } = state
  if (!facts || !result) throw new Error('what was completed has a result')
  const passphrase = await passphraseOf(parts, facts, signal)
  const id = newId<string>()
  try {
    if (facts.protection === 'passphrase' && passphrase === '') {
      await parts.objects.fetch(await placeOf(parts, facts), result, files.path(id), signal)
      const { limits, work } = parts.imports
      await work.run('snapshot.inspect', { path: files.path(id), limits }, { signal })
      throw ValidatedSealed({})
    }
    return await walk(parts, { id, facts, result, passphrase }, signal)
  } finally {
    await dropOwnImport(postgres, id)
    await files.remove(id)
  }
}

async function walk(
  parts: ValidateParts,
  of: {
    readonly id: string
    readonly facts: BackupFacts
    readonly result: BackupResult
    readonly passphrase: string
  },
  signal: AbortSignal,
): Promise<number> {
  const { postgres, files } = parts
  const { id, facts, result, passphrase } = of
  const wish: ImportWish = {
    organizationId: facts.organizationId,
    isDryRun: true,
    overwritesExisting: false,
    contents: facts.contents,
    targetSiteId: '',
    targetNodeId: '',
  }
  const lease = { id, holder: newId<string>(), leaseMs }
  await postgres.tx(async (tx) => {
    await beginImport(tx, id, ownImports.validation)
    await receiveBytes(tx, id, result.bytes)
  })
  if (!(await claimImport(postgres, lease, wish))) throw new Error('a new import can be run')
  await runImport(parts.imports, {
    ...{ lease, wish, passphrase, signal },
    path: files.path(id),
    accessToken: undefined,
    actor: { kind: 'service', id: 'backup', method: 'certificate' },
    correlationId: id,
    source: {
      fetch: async (path) =>
        await parts.objects.fetch(await placeOf(parts, facts), result, path, signal),
      beforeWriting: () => Promise.reject(new Error('a dry run writes nothing')),
    },
  })
  const row = await importRow(postgres, id)
  const mismatched = row?.sections.find(({ status }) => status === 'schema_mismatch')
  if (mismatched) {
    throw ValidationIncomplete({ what: `${mismatched.name} is of a schema nobody here reads` })
  }
  const unreadable = await unreadableRecords(postgres, id)
  if (unreadable > 0) throw ValidationIncomplete({ what: `${unreadable} records cannot be read` })
  return (await sectionCounts(postgres, id))
    .filter(({ section }) => section !== 'organization')
    .reduce(
      (sum, { created, updated, unchanged, skipped, refused }) =>
        sum + created + updated + unchanged + skipped + refused,
      0,
    )
}

async function placeOf({ locations }: ValidateParts, { storageLocationId }: BackupFacts) {
  const { name } = await locations.get(storageLocationId)
  return { storageLocationId, location: name }
}

/** Of the schedule that made it; empty: it takes none, or nobody here knows it. */
async function passphraseOf(
  { log, secrets }: ValidateParts,
  { protection, scheduleId }: BackupFacts,
  signal: AbortSignal,
): Promise<string> {
  if (protection !== 'passphrase' || scheduleId === '') return ''
  const { state } = await log.fold(schedules, scheduleId, signal)
  if (!state.exists || state.isDeleted || !state.passphrase) return ''
  const { organizationId, passphrase } = state
  const [opened = ''] = await secrets.open(organizationId, scheduleId, 'passphrase', [passphrase])
  return opened
}

/** A schedule may have another passphrase by now: that it does not open says nothing of the backup. */
export const isSealed = (error: unknown): boolean =>
  error instanceof DomainError && sealed.has(error.code)
const sealed: ReadonlySet<string> = new Set([ValidatedSealed.code, 'backup.snapshot_sealed'])
