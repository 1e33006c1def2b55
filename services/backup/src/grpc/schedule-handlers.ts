import { isUuid } from '@holdfast/domain'
import type { EventLog } from '@holdfast/event-log'
import { type Postgres, parsePage } from '@holdfast/postgres'
import type { holdfast, ScheduleService } from '@holdfast/proto'
import { type Call, Fields, type Handlers, type Permission, parseId } from '@holdfast/service'
import { scheduleSettingsMessage } from '../codecs/schedule-codec.ts'
import {
  createSchedule,
  deleteSchedule,
  type ScheduleTools,
  updateSchedule,
} from '../commands/change-schedules.ts'
import { schedules } from '../commands/schedule-aggregates.ts'
import type { ScheduleState } from '../domain/schedule.ts'
import { ScheduleNotFound } from '../domain/schedule-errors.ts'
import { StorageAmbiguous, StorageLocationNotFound } from '../domain/storage-errors.ts'
import {
  type LastSlot,
  lastSlots,
  listSchedules,
  matchSchedules,
  type ScheduleView,
} from '../queries/schedules.ts'
import { builtinName } from '../queries/storage-locations.ts'
import { parseCron, parseTimeZone, slotsOf } from '../schedules/cron.ts'
import type { Locations } from '../storage/locations.ts'
import {
  checkPassphrase,
  kindIn,
  requireScheduled,
  scheduleFields,
  scheduleSettingsIn,
} from './schedule-fields.ts'
import { isOfInstance, isSearchable, quoted, requireAt, scopeOf } from './scope.ts'

type ScheduleMessage = holdfast.backup.v1.Schedule.$Properties

export interface ScheduleEdge {
  readonly tools: ScheduleTools
  readonly log: Pick<EventLog, 'fold' | 'lineageId'>
  readonly postgres: Postgres
  readonly locations: Pick<Locations, 'find'>
  readonly now: () => number
  /** Waits until the read models include all this process knows of. */
  catchUp(): Promise<void>
  /** The same for all there is. */
  catchUpToHead(): Promise<void>
  /** A slot may be due. */
  onChanged(): void
}

const view: Permission = 'backup.view'
const plan: Permission = 'backup.schedule'
const maxPage = 200
const previewed = { usual: 5, most: 50 }

const hidden = (id: string) => ScheduleNotFound({ schedule: quoted(id) })

export function scheduleHandlers(edge: ScheduleEdge): Handlers<typeof ScheduleService> {
  const { tools, postgres, log } = edge
  const everywhere = { organizations: '*' } as const

  async function printed(
    views: readonly ScheduleView[],
    at: bigint | undefined,
  ): Promise<readonly ScheduleMessage[]> {
    const ids = views.map(({ id }) => id)
    const last = at === undefined ? await lastSlots(postgres, ids) : undefined
    return views.map((one) => ({
      ...print(one, log.lineageId),
      ...(last ? standing(one, last.get(one.id), edge.now()) : {}),
    }))
  }

  async function shown(id: string): Promise<ScheduleMessage | null> {
    await edge.catchUp()
    const [found] = await matchSchedules(postgres, everywhere, id)
    if (!found) throw ScheduleNotFound({ schedule: id })
    return (await printed([found], undefined))[0] ?? null
  }

  /** The schedule of a write, also one that is deleted: deleting twice is one fact. */
  async function owned(call: Call, id: string): Promise<ScheduleState> {
    if (!isUuid(id)) throw hidden(id)
    const { state } = await log.fold(schedules, id, call.signal)
    if (!state.exists) throw hidden(id)
    const { organizationId, settings } = state
    requireAt(call, plan, organizationId, () => hidden(id))
    requireScheduled(call, plan, settings.kind, organizationId)
    return state
  }

  async function living(call: Call, id: string): Promise<ScheduleState> {
    const state = await owned(call, id)
    if (state.isDeleted) throw hidden(id)
    return state
  }

  /** Of the organization, the built-in one, and for super-admins those of the instance. */
  async function locationId(call: Call, name: string, organizationId: string): Promise<string> {
    try {
      return (await edge.locations.find(name, organizationId)).id
    } catch (error) {
      const mayUseAll = organizationId !== '' && isOfInstance(call, plan)
      if (!mayUseAll || !StorageLocationNotFound.is(error)) throw error
      return (await edge.locations.find(name, '')).id
    }
  }

  const context = (call: Call, organizationId: string) =>
    call.command(organizationId === '' ? undefined : organizationId)

  return {
    async createSchedule(request, call) {
      const { organizationId, passphrase } = request
      const fields = new Fields()
      fields.takeOptional(parseId, organizationId, 'organization_id')
      fields.check()
      const m = scheduleSettingsIn(request.settings)
      const kind = kindIn(m)
      requireScheduled(call, plan, kind, organizationId)
      const parsed = scheduleFields(m, kind, organizationId, fields)
      checkPassphrase(fields, passphrase, parsed)
      fields.check()
      const storageLocationId = await locationId(call, m.storageLocationId, organizationId)
      const { id, outcome } = await createSchedule(
        tools,
        organizationId,
        { ...parsed, storageLocationId },
        passphrase,
        context(call, organizationId),
      )
      call.committed(outcome.sequence)
      edge.onChanged()
      return { schedule: await shown(id) }
    },

    async getSchedule({ schedule }, call) {
      const scope = scopeOf(call, view)
      const search = () => matchSchedules(postgres, scope, schedule)
      let matches = isSearchable(schedule) ? await search() : []
      if (matches.length === 0 && isSearchable(schedule) && scope.at === undefined) {
        await edge.catchUpToHead()
        matches = await search()
      }
      if (matches.length > 1) {
        const list = matches.map(({ id, organizationId: of }) => `${of || 'instance'} (${id})`)
        throw StorageAmbiguous({ name: quoted(schedule), matches: list.join(', ') })
      }
      const [found] = matches
      if (!found) throw hidden(schedule)
      return { schedule: (await printed([found], scope.at))[0] ?? null }
    },

    async listSchedules(request, call) {
      const { organizationId } = request
      const fields = new Fields()
      fields.takeOptional(parseId, organizationId, 'organization_id')
      fields.check()
      if (organizationId !== '') call.caller.require(view, organizationId)
      const scope = scopeOf(call, view)
      const page = parsePage(request.limit, request.cursor, maxPage)
      const found = await listSchedules(postgres, scope, organizationId, page)
      return {
        schedules: [...(await printed(found.rows, scope.at))],
        nextCursor: found.nextCursor,
      }
    },

    async updateSchedule(request, call) {
      const { id } = request
      const before = await living(call, id)
      const { organizationId } = before
      const m = scheduleSettingsIn(request.settings)
      const kind = kindIn(m)
      requireScheduled(call, plan, kind, organizationId)
      const fields = new Fields()
      const parsed = scheduleFields(m, kind, organizationId, fields)
      const passphrase = request.passphrase ?? undefined
      checkPassphrase(fields, passphrase ?? '', parsed)
      fields.check()
      // One of the instance a super-admin has put there stays, whoever changes the rest.
      const isSameLocation = m.storageLocationId === before.settings.storageLocationId
      const storageLocationId = isSameLocation
        ? m.storageLocationId
        : await locationId(call, m.storageLocationId, organizationId)
      const changes = { ...parsed, storageLocationId }
      const command = context(call, organizationId)
      const outcome = await updateSchedule(tools, id, before, changes, passphrase, command)
      if (outcome.events.length > 0) call.committed(outcome.sequence)
      edge.onChanged()
      return { schedule: await shown(id) }
    },

    async toggleSchedule({ id, isEnabled }, call) {
      const before = await living(call, id)
      const command = context(call, before.organizationId)
      const outcome = await updateSchedule(tools, id, before, { isEnabled }, undefined, command)
      if (outcome.events.length > 0) call.committed(outcome.sequence)
      edge.onChanged()
      return { schedule: await shown(id) }
    },

    async deleteSchedule({ id }, call) {
      const before = await owned(call, id)
      const command = context(call, before.organizationId)
      const outcome = await deleteSchedule(tools, id, before, command)
      if (outcome.events.length > 0) call.committed(outcome.sequence)
      edge.onChanged()
      return {}
    },

    previewSchedule(request) {
      const fields = new Fields()
      const expression = fields.take(parseCron, request.cronExpression, 'cron_expression')
      const timeZone = fields.take(parseTimeZone, request.timeZone, 'time_zone')
      fields.integer(request.count, 'count', 0, previewed.most)
      fields.check()
      const count = request.count === 0 ? previewed.usual : request.count
      const slots = slotsOf(expression, timeZone).upcoming(edge.now(), count)
      return { slotsUnixMs: [...slots] }
    },
  }
}

const print = (one: ScheduleView, lineageId: string): ScheduleMessage => ({
  id: one.id,
  organizationId: one.organizationId,
  settings: scheduleSettingsMessage(one.settings),
  hasPassphrase: one.hasPassphrase,
  createdAtUnixMs: one.createdAtUnixMs,
  updatedAtUnixMs: one.updatedAtUnixMs,
  revision: Number(one.revision),
  storageLocationName:
    one.settings.storageLocationId === lineageId ? builtinName : one.storageLocationName,
})

function standing(one: ScheduleView, last: LastSlot | undefined, now: number): ScheduleMessage {
  const { isEnabled, cronExpression, timeZone } = one.settings
  return {
    nextSlotUnixMs: isEnabled ? (slotsOf(cronExpression, timeZone).next(now) ?? 0) : 0,
    lastSlotUnixMs: last?.slotUnixMs ?? 0,
    lastBackupId: last?.backupId ?? '',
    lastBackupStatus: last?.status ?? '',
    missedAtUnixMs: one.missedAtUnixMs,
  }
}
