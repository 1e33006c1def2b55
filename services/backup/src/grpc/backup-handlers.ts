import { idFrom, isUuid } from '@holdfast/domain'
import { DomainError, invalid } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import { type Postgres, parsePage, type ReadScope } from '@holdfast/postgres'
import type { BackupService, holdfast } from '@holdfast/proto'
import { type Call, Fields, type Handlers, type Permission, parseId } from '@holdfast/service'
import { kindNumber } from '../codecs/contents.ts'
import { backups } from '../commands/backup-aggregates.ts'
import { type RequestTools, requestBackup } from '../commands/request-backup.ts'
import {
  type BackupFacts,
  type BackupState,
  requireCompleted,
  requireDeletable,
} from '../domain/backup.ts'
import { BackupNotFound } from '../domain/backup-errors.ts'
import { backupKinds } from '../domain/contents.ts'
import { StorageLocationNotFound } from '../domain/storage-errors.ts'
import { settleJob } from '../jobs/job-engine.ts'
import { askVerification, jobsOf, openJobs } from '../jobs/job-store.ts'
import { keyFingerprintIn, manifestSections, type Reader } from '../jobs/manifest-sections.ts'
import type { ObjectWork } from '../jobs/object-work.ts'
import { insertRemoval, removalsOf } from '../jobs/removal-store.ts'
import { backupStats } from '../queries/backup-stats.ts'
import {
  type BackupFilter,
  type BackupView,
  chosen,
  findBackup,
  listBackups,
  manifestOf,
} from '../queries/backups.ts'
import type { ScheduleCounts } from '../queries/schedule-retention.ts'
import type { Location, Locations } from '../storage/locations.ts'
import { parseNewBackup, wordIn } from './backup-fields.ts'
import { printBackup } from './print-backup.ts'
import { isOfInstance, quoted, requireAt, scopeOf } from './scope.ts'

type BackupMessage = holdfast.backup.v1.Backup.$Properties

export interface BackupEdge {
  readonly request: RequestTools
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'lineageId'>
  readonly postgres: Postgres
  readonly locations: Pick<Locations, 'find' | 'get'>
  readonly objects: Pick<ObjectWork, 'read'>
  readonly leaseMs: number
  readonly now: () => number
  /** Waits until the read models include all this process knows of. */
  catchUp(): Promise<void>
  /** The same for all there is. */
  catchUpToHead(): Promise<void>
  /** The job is over: what is done for it is dropped. */
  drop(backupId: string): void
  wake(): void
  /** Removes it now, if that can be. */
  removeNow(backupId: string, signal: AbortSignal): Promise<boolean>
  readonly scheduleCounts: (scope: ReadScope, organizationId: string) => Promise<ScheduleCounts>
  /** Of this instance, whoever made a backup. */
  readonly contributors: (signal: AbortSignal) => Promise<readonly Reader[]>
}

const view: Permission = 'backup.view'
const maxPage = 200
const maxPiece = 1_048_576
/** Shorter than the gateway waits. */
const removeMs = 20_000
const statuses = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const

const hiddenBackup = (id: string) => BackupNotFound({ backup: quoted(id) })

export function backupHandlers(edge: BackupEdge): Handlers<typeof BackupService> {
  const { log, postgres, locations } = edge
  const { lineageId } = log

  async function printed(views: readonly BackupView[], at?: bigint): Promise<BackupMessage[]> {
    if (at !== undefined) return views.map((one) => printBackup(one, lineageId))
    const ids = views.map(({ id }) => id)
    const [jobs, removals] = await Promise.all([jobsOf(postgres, ids), removalsOf(postgres, ids)])
    return views.map((one) => {
      const beside = { job: jobs.get(one.id), removal: removals.get(one.id) }
      return printBackup(one, lineageId, beside)
    })
  }

  async function shown(id: string): Promise<BackupMessage | undefined> {
    await edge.catchUp()
    const found = await findBackup(postgres, { organizations: '*' }, id)
    return found && (await printed([found]))[0]
  }

  async function shownStill(id: string): Promise<BackupMessage> {
    const message = await shown(id)
    if (!message) throw hiddenBackup(id)
    return message
  }

  /** The backup of a call, also one that is deleted. */
  async function owned(
    call: Call,
    id: string,
    permission: Permission,
  ): Promise<{ readonly state: BackupState; readonly facts: BackupFacts }> {
    if (!isUuid(id)) throw hiddenBackup(id)
    const { state } = await log.fold(backups, id, call.signal)
    const { facts } = state
    if (!state.exists || !facts) throw hiddenBackup(id)
    requireAt(call, permission, facts.organizationId, () => hiddenBackup(id))
    return { state, facts }
  }

  async function living(call: Call, id: string, permission: Permission) {
    const found = await owned(call, id, permission)
    if (found.state.isDeleted) throw hiddenBackup(id)
    return found
  }

  const context = (call: Call, organizationId: string) =>
    call.command(organizationId === '' ? undefined : organizationId)

  /** Of the organization, the built-in one, and for super-admins those of the instance. */
  async function locationOf(call: Call, name: string, organizationId: string): Promise<Location> {
    try {
      return await locations.find(name, organizationId)
    } catch (error) {
      const mayUseAll = organizationId !== '' && isOfInstance(call, 'backup.create')
      if (!mayUseAll || !StorageLocationNotFound.is(error)) throw error
      return await locations.find(name, '')
    }
  }

  return {
    async createBackup(request, call) {
      const wish = parseNewBackup(request, call)
      const { organizationId } = wish
      const location = await locationOf(call, wish.storageLocation, organizationId)
      const id = idFrom<string>(call.commandId, 'backup')
      const { outcome, warnings } = await requestBackup(
        edge.request,
        {
          id,
          organizationId,
          name: wish.name,
          kind: wish.kind,
          contents: wish.contents,
          isEncrypted: wish.isEncrypted,
          storageLocationId: location.id,
          scheduleId: '',
          slotUnixMs: 0,
          passphrase: wish.passphrase,
          rollbackFor: '',
        },
        context(call, organizationId),
      )
      if (outcome.events.length > 0) call.committed(outcome.sequence)
      return { backup: await shownStill(id), warnings: [...warnings] }
    },

    async getBackup({ id }, call) {
      if (!isUuid(id)) throw hiddenBackup(id)
      const scope = scopeOf(call, view)
      let found = await findBackup(postgres, scope, id)
      if (!found && scope.at === undefined) {
        await edge.catchUpToHead()
        found = await findBackup(postgres, scope, id)
      }
      if (!found) throw hiddenBackup(id)
      return { backup: (await printed([found], scope.at))[0] ?? null }
    },

    async listBackups(request, call) {
      const { organizationId, siteId, scheduleId, storageKind, search, rollbackFor } = request
      const fields = new Fields()
      fields.takeOptional(parseId, organizationId, 'organization_id')
      fields.takeOptional(parseId, siteId, 'site_id')
      fields.takeOptional(parseId, scheduleId, 'schedule_id')
      fields.takeOptional(parseId, rollbackFor, 'rollback_for_restore_job_id')
      checkText(fields, storageKind, 'storage_type')
      checkText(fields, search, 'search')
      fields.check()
      if (organizationId !== '') call.caller.require(view, organizationId)
      const scope = scopeOf(call, view)
      const status = wordIn(statuses, request.status, 'status')
      const isOpen = status === 'pending' || status === 'running'
      const filter: BackupFilter = {
        ...{ organizationId, siteId, scheduleId, storageKind, search, rollbackFor },
        kind: wordIn(backupKinds, request.kind, 'backup_type'),
        status: isOpen ? 'requested' : status,
        ids: isOpen && scope.at === undefined ? await openJobs(postgres, status) : undefined,
      }
      const page = parsePage(request.limit, request.cursor, maxPage)
      const found = await listBackups(postgres, scope, filter, page)
      return { backups: await printed(found.rows, scope.at), nextCursor: found.nextCursor }
    },

    async cancelBackup({ id }, call) {
      const { facts } = await living(call, id, 'backup.create')
      const outcome = await log.execute(
        backups,
        id,
        { type: 'CancelBackup', id },
        context(call, facts.organizationId),
      )
      if (outcome.events.length > 0) call.committed(outcome.sequence)
      // Who makes it, here or in another instance, may write for a moment more: it says when it has stopped.
      await settleJob(postgres, id, edge.leaseMs)
      edge.drop(id)
      return { backup: await shownStill(id) }
    },

    async getBackupManifest({ id }, call) {
      const { state } = await living(call, id, 'backup.restore')
      requireCompleted(state)
      const sequence = Number(state.result?.sequence ?? 0n)
      await edge.catchUp()
      const manifest = (await manifestOf(postgres, id)) || state.result?.manifest || ''
      const readers = await edge.contributors(call.signal)
      return {
        ...{ manifest, sequence },
        sections: [...manifestSections(manifest, readers)],
        keyFingerprint: keyFingerprintIn(manifest),
      }
    },

    async deleteBackup({ id }, call) {
      const { state, facts } = await owned(call, id, 'backup.delete')
      if (state.isDeleted) return {}
      requireDeletable(state, edge.now())
      await insertRemoval(postgres, {
        backupId: id,
        storageLocationId: facts.storageLocationId,
        objectKey: state.result?.objectKey ?? '',
        cause: 'hand',
        context: context(call, facts.organizationId),
      })
      const signal = AbortSignal.any([call.signal, AbortSignal.timeout(removeMs)])
      await edge.removeNow(id, signal)
      const after = await log.fold(backups, id, call.signal)
      if (!after.state.isDeleted) return { backup: (await shown(id)) ?? null }
      call.committed(after.revision)
      return {}
    },

    async verifyBackup({ id }, call) {
      const { state, facts } = await living(call, id, 'backup.create')
      requireCompleted(state)
      await askVerification(postgres, {
        backupId: id,
        organizationId: facts.organizationId,
        kind: facts.kind,
        storageLocationId: facts.storageLocationId,
        objectKey: state.result?.objectKey ?? '',
      })
      edge.wake()
      return { backup: await shownStill(id) }
    },

    async readBackup({ id, offset, length }, call) {
      const { state, facts } = await living(call, id, 'backup.download')
      requireCompleted(state)
      const { result } = state
      if (!result) throw new Error('what is completed has a result')
      if (length > maxPiece)
        throw invalid({ field: 'length', code: 'out_of_range', detail: `is at most ${maxPiece}` })
      const { bytes: total, sha256, objectKey } = result
      const fileName = objectKey.slice(objectKey.lastIndexOf('/') + 1)
      const answer = { total, sha256, fileName }
      if (length === 0 || offset >= total) return { ...answer, data: new Uint8Array() }
      const location = await nameOf(facts.storageLocationId)
      const from = { storageLocationId: facts.storageLocationId, location }
      const data = await edge.objects.read(from, result, { offset, length }, call.signal)
      return { ...answer, data }
    },

    async getBackupStats({ organizationId, siteId }, call) {
      const fields = new Fields()
      fields.takeOptional(parseId, organizationId, 'organization_id')
      fields.takeOptional(parseId, siteId, 'site_id')
      fields.check()
      if (organizationId !== '') call.caller.require(view, organizationId)
      const scope = scopeOf(call, view)
      const where = chosen({ ...anything, organizationId, siteId })
      const [stats, schedules] = await Promise.all([
        backupStats(postgres, scope, where),
        edge.scheduleCounts(scope, organizationId),
      ])
      const latest = (of: (kind: (typeof stats.byKind)[number]) => number): number =>
        Math.max(0, ...stats.byKind.map(of))
      return {
        ...{ count: stats.count, completed: stats.completed, failed: stats.failed },
        running: stats.running,
        bytes: stats.bytes,
        lastCompletedAtUnixMs: latest(({ lastCompletedUnixMs }) => lastCompletedUnixMs),
        lastVerifiedAtUnixMs: latest(({ lastVerifiedUnixMs }) => lastVerifiedUnixMs),
        nextSlotUnixMs: schedules.nextSlotUnixMs,
        schedules: schedules.schedules,
        enabledSchedules: schedules.enabled,
        byLocation: stats.byLocation.map(({ id, name, kind, count, bytes }) => ({
          storageLocationId: id,
          name: id === lineageId ? 'local' : name,
          ...{ kind, count, bytes },
        })),
        byKind: stats.byKind.map((one) => ({
          kind: kindNumber(one.kind),
          ...{ completed: one.completed, bytes: one.bytes },
          lastCompletedAtUnixMs: one.lastCompletedUnixMs,
          lastVerifiedAtUnixMs: one.lastVerifiedUnixMs,
        })),
      }
    },
  }

  async function nameOf(locationId: string): Promise<string> {
    try {
      return (await locations.get(locationId)).name
    } catch (error) {
      if (error instanceof DomainError) return locationId
      throw error
    }
  }
}

const anything: BackupFilter = {
  organizationId: '',
  kind: undefined,
  status: undefined,
  ids: undefined,
  storageKind: '',
  search: '',
  siteId: '',
  scheduleId: '',
  rollbackFor: '',
}

function checkText(fields: Fields, text: string, field: string): void {
  if (text.length > 200) fields.add(field, 'too_long', 'must have 200 characters at most')
  if (text.includes('\0')) fields.add(field, 'text_invalid', 'must not contain control characters')
}
