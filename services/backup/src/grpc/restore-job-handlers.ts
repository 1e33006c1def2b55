import { idFrom, isUuid } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import { type Postgres, parsePage, toPage } from '@holdfast/postgres'
import type { RestoreJobService } from '@holdfast/proto'
import { type Call, Fields, type Handlers, parseId } from '@holdfast/service'
import type { SnapshotLimits } from '@holdfast/snapshot'
import { contentsFrom } from '../codecs/contents.ts'
import { backups } from '../commands/backup-aggregates.ts'
import { restoreJobs } from '../commands/restore-job-aggregate.ts'
import { type BackupFacts, type BackupResult, requireCompleted } from '../domain/backup.ts'
import { BackupNotFound, SuperAdminOnly } from '../domain/backup-errors.ts'
import type { ImportRuns } from '../imports/import-runs.ts'
import {
  beginImport,
  type ImportWish,
  importRow,
  ownImports,
  receiveBytes,
  waitingImports,
} from '../imports/import-store.ts'
import { organizationsFor } from '../queries/organizations.ts'
import {
  FullNotRestoredHere,
  RestoreJobNotFound,
  RestoreJobOver,
  SlotOfNothing,
} from '../restore-jobs/restore-job-errors.ts'
import {
  insertRestoreJob,
  type RestoreJobRow,
  restoreJobRow,
  restoreJobRows,
} from '../restore-jobs/restore-job-store.ts'
import { restoreSource, type SourceParts } from '../restore-jobs/restore-source.ts'
import type { Undoing } from '../restore-jobs/undoing.ts'
import { ImportsBusy } from '../snapshots/snapshot-errors.ts'
import { restoreJobMessage } from './restore-job-views.ts'
import { isOfInstance, scopeOf } from './scope.ts'

export interface RestoreJobHandlerParts extends SourceParts {
  readonly postgres: Postgres
  readonly runs: ImportRuns
  readonly undoing: Undoing
  readonly limits: SnapshotLimits
}

const maxPassphrase = 512
const maxListed = 200
const maxWaiting = 500
const maxWaitingFiles = 10

interface Restorable {
  readonly id: string
  readonly facts: BackupFacts
  readonly result: BackupResult
}

export function restoreJobHandlers(
  parts: RestoreJobHandlerParts,
): Handlers<typeof RestoreJobService> {
  const { log, postgres, runs, undoing, limits } = parts
  const shown = async (row: RestoreJobRow) => ({
    job: await restoreJobMessage(postgres, undoing, row),
  })

  async function restorable(id: string): Promise<Restorable> {
    if (!isUuid(id)) throw BackupNotFound({ backup: id.slice(0, 40) })
    const { state } = await log.fold(backups, id)
    const { facts, result } = state
    if (!state.exists || state.isDeleted || !facts) throw BackupNotFound({ backup: id })
    if (facts.kind === 'full') throw FullNotRestoredHere({})
    requireCompleted(state)
    if (!result) throw new Error('what is completed has a result')
    return { id, facts, result }
  }

  /** Of the backup's organization, or of the instance. */
  async function visible(call: Call, id: string): Promise<RestoreJobRow> {
    const row = isUuid(id) ? await restoreJobRow(postgres, id) : undefined
    const isVisible =
      row !== undefined &&
      (row.organizationId === ''
        ? isOfInstance(call, 'backup.view')
        : call.caller.can('backup.view', row.organizationId))
    if (!isVisible) throw RestoreJobNotFound({ job: id.slice(0, 40) })
    return row
  }

  /** Where it goes: into the organization it is of, or by names when that one is gone. */
  async function home(organizationId: string): Promise<string> {
    if (organizationId === '') return ''
    return (await organizationsFor(postgres, organizationId)).length > 0 ? organizationId : ''
  }

  async function run(
    call: Call,
    { id, facts, result }: Restorable,
    job: { readonly id: string; readonly wish: ImportWish; readonly allows: boolean },
    passphrase: string,
  ): Promise<void> {
    const accessToken = tokenOf(call)
    const { actor } = call.caller
    const { correlationId } = call
    const source = restoreSource(parts, {
      ...{ facts, result, actor, correlationId },
      jobId: job.id,
      backupId: id,
      wish: job.wish,
      allowsWithoutRollback: job.allows,
    })
    const run = { wish: job.wish, passphrase, accessToken, actor, correlationId, source }
    await runs.begin(job.id, run)
  }

  return {
    async runRestoreJob(request, call) {
      requireInstance(call)
      tokenOf(call)
      const { targetSiteId, passphrase, isDryRun, allowsWithoutRollback, named } = request
      const backup = await restorable(request.backupId)
      const { facts } = backup
      const id = idFrom<string>(call.commandId, 'restore job')
      const before = await restoreJobRow(postgres, id)
      if (before) return await shown(before)
      const job = {
        ...{ id, isDryRun, allowsWithoutRollback },
        backupId: backup.id,
        organizationId: facts.organizationId,
      }

      if (facts.kind === 'rollback_slot') {
        const { state } = await log.fold(restoreJobs, facts.rollbackFor)
        if (!state.facts) throw SlotOfNothing({})
        const { organizationId, rollbackSequence } = state.facts
        const warnings = named.map((name) => `${name} is ignored: what the restore did is undone.`)
        const undo = { ...job, organizationId, warnings, undoesJobId: facts.rollbackFor }
        await insertRestoreJob(postgres, undo)
        await undoing.begin(
          {
            ...{ id, organizationId, isDryRun, allowsWithoutRollback },
            jobId: facts.rollbackFor,
            toSequence: rollbackSequence,
            actor: call.caller.actor,
            correlationId: call.correlationId,
          },
          call.signal,
        )
        return await shown(await visible(call, id))
      }

      const contents = contentsFrom(request.contents)
      const organizationId = await home(facts.organizationId)
      const fields = new Fields()
      fields.takeOptional(parseId, targetSiteId, 'target_site_id')
      if (targetSiteId !== '' && organizationId === '') {
        const detail = 'is of one organization, and this backup goes to none that is here'
        fields.add('target_site_id', 'not_allowed', detail)
      }
      checkPassphrase(fields, passphrase, facts)
      fields.check()
      const { count, bytes } = await waitingImports(postgres)
      if (count >= maxWaiting || bytes > maxWaitingFiles * limits.maxBytes) throw ImportsBusy({})
      const wish: ImportWish = {
        ...{ organizationId, isDryRun, contents, targetSiteId },
        overwritesExisting: request.overwritesExisting,
        targetNodeId: '',
      }
      const warnings = [
        ...warningsOf(named, facts, contents),
        ...(organizationId === facts.organizationId
          ? []
          : [
              'The organization it was made of is not here any more: it is found by name, or made.',
            ]),
      ]
      await postgres.tx(async (tx) => {
        await beginImport(tx, id, ownImports.restoreJob)
        await insertRestoreJob(tx, { ...job, warnings, undoesJobId: '' })
        await receiveBytes(tx, id, backup.result.bytes)
      })
      await run(call, backup, { id, wish, allows: allowsWithoutRollback }, passphrase)
      return await shown(await visible(call, id))
    },

    async continueRestoreJob({ id, passphrase }, call) {
      requireInstance(call)
      tokenOf(call)
      const row = await visible(call, id)
      const found = row.undoesJobId === '' ? await importRow(postgres, id) : undefined
      if (!found?.wish || found.state !== 'interrupted') {
        const status = (await shown(row)).job.status ?? ''
        throw RestoreJobOver({ status })
      }
      const backup = await restorable(row.backupId)
      const fields = new Fields()
      checkPassphrase(fields, passphrase, backup.facts)
      fields.check()
      const job = { id, wish: found.wish, allows: row.allowsWithoutRollback }
      await run(call, backup, job, passphrase)
      return await shown(await visible(call, id))
    },

    async getRestoreJob({ id }, call) {
      return await shown(await visible(call, id))
    },

    async listRestoreJobs({ limit, cursor, organizationId }, call) {
      const fields = new Fields()
      fields.takeOptional(parseId, organizationId, 'organization_id')
      fields.check()
      if (organizationId !== '') call.caller.require('backup.view', organizationId)
      const page = parsePage(limit, cursor, maxListed)
      const scope = scopeOf(call, 'backup.view')
      const rows = await restoreJobRows(postgres, scope, organizationId, page.limit, page.after)
      const found = toPage(rows, page, (row) => ({ key: `${row.createdAtUnixMs}`, id: row.id }))
      return {
        jobs: await Promise.all(
          found.rows.map((row) => restoreJobMessage(postgres, undoing, row, false)),
        ),
        nextCursor: found.nextCursor,
      }
    },
  }
}

function requireInstance(call: Call): void {
  if (!isOfInstance(call, 'backup.restore')) throw SuperAdminOnly({ what: 'A restore' })
}

function tokenOf({ accessToken }: Call): string {
  if (accessToken !== undefined) return accessToken
  throw invalid({ field: 'authorization', code: 'required', detail: 'must be a person’s' })
}

function checkPassphrase(fields: Fields, passphrase: string, { protection }: BackupFacts): void {
  // As they are counted when one is made.
  if ([...passphrase].length > maxPassphrase) {
    fields.add('passphrase', 'too_long', `must have ${maxPassphrase} characters at most`)
  }
  if (protection === 'passphrase' && passphrase === '') {
    fields.add('passphrase', 'required', 'must be given: the backup was sealed with one')
  }
}

/** Each thing that was named and does nothing. */
export function warningsOf(
  named: readonly string[],
  { contents: held }: Pick<BackupFacts, 'contents'>,
  wanted: BackupFacts['contents'],
): readonly string[] {
  return named.flatMap((name) => {
    if (name === 'restore_vlans' || name === 'restore_ssids')
      return [`${name} is ignored: Holdfast has none.`]
    const part = (['devices', 'users', 'automation'] as const).find(
      (one) => name === `restore_${one}`,
    )
    const isMissing = part !== undefined && wanted[part] && !held[part]
    return isMissing ? [`${name} brings nothing: the backup was made without them.`] : []
  })
}
