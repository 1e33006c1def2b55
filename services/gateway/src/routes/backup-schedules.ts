import { Type } from '@fastify/type-provider-typebox'
import { isUuid } from '@holdfast/domain'
import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { sendObject } from '../http/etag.ts'
import {
  BackupSchedule,
  missedPolicies,
  printSchedule,
  scheduledTypes,
} from '../views/backup-schedule.ts'
import {
  closed,
  exampleTime,
  flagIn,
  integerIn,
  listOut,
  named,
  optional,
  ref,
  textIn,
  words,
} from '../views/fields.ts'
import { momentOf, present } from '../views/print.ts'
import { empty } from './auth.ts'
import { byId, one, page, pastMany, pastOne, sendPage, text } from './list.ts'
import { existingOrganizationId, organizationId } from './resolve.ts'
import { type Routes, sendChanged, sendCreated, signedIn } from './route.ts'

const tags = ['backups']
const base = '/backups/schedules'
const organization = {
  organization_id: optional(named('organization', 'Acme')),
  organization: optional(named('organization', 'Acme')),
}
const cronExpression = textIn(
  100,
  'Five fields: minute, hour, day of month, month, day of week (docs/backup-schedules.md).',
  '0 2 * * *',
  1,
)
const timeZone = textIn(64, 'IANA name; UTC when absent.', 'Europe/Berlin')
const settings = closed({
  name: textIn(128, 'Unique in the organization, regardless of case.', 'nightly', 1),
  cron_expression: cronExpression,
  time_zone: optional(timeZone),
  backup_type: optional(words(scheduledTypes, 'snapshot when absent; full takes a super-admin.')),
  storage_location_id: optional(named('storage location', 'offsite')),
  retention_days: optional(integerIn(1, 3650, 'Delete backups older than that; 30.', 30)),
  max_backups: optional(integerIn(1, 1000, 'Delete the oldest when there are more; 10.', 10)),
  is_encrypted: optional(flagIn('True when absent; leave it on.', true)),
  passphrase: optional(
    textIn(
      512,
      'Of its snapshots, 12 characters at least. Empty: the key of this instance, which opens them here alone. Absent in an update: stays.',
      'a long sentence nobody guesses',
    ),
  ),
  include_devices: optional(flagIn('Nodes, interfaces and peers; true when absent.', true)),
  include_users: optional(flagIn('Users; true when absent.', true)),
  include_automation: optional(
    flagIn('Rules, policy tests and alert rules; true when absent.', true),
  ),
  missed_policy: optional(
    words(
      missedPolicies,
      'Slots that went by while nobody could run them: skip (when absent) lets them go, run_once makes one backup for all of them.',
    ),
  ),
  is_enabled: optional(flagIn('True when absent.', true)),
  description: optional(textIn(1000, 'Free text.', 'Every night')),
})

/** Writes name schedules by id; people name them by name. */
async function scheduleId(
  { schedules }: Clients,
  given: string,
  request: FastifyRequest,
): Promise<string> {
  if (isUuid(given)) return given
  const found = await schedules.getSchedule({ schedule: given }, reading(request))
  return present(found.schedule, 'schedule').id ?? ''
}

const settingsOf = (body: Static<typeof settings>) => ({
  name: body.name,
  cronExpression: body.cron_expression,
  timeZone: text(body.time_zone),
  kind: scheduledTypes.indexOf(body.backup_type ?? 'snapshot') + 1,
  storageLocationId: text(body.storage_location_id),
  retentionDays: body.retention_days ?? 30,
  maxBackups: body.max_backups ?? 10,
  isEncrypted: body.is_encrypted ?? true,
  contents: {
    devices: body.include_devices ?? true,
    users: body.include_users ?? true,
    automation: body.include_automation ?? true,
  },
  missedPolicy: missedPolicies.indexOf(body.missed_policy ?? 'skip'),
  isEnabled: body.is_enabled ?? true,
  description: text(body.description),
})

/** When backups are made by themselves. */
export const backupScheduleRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { schedules } = clients

    app.get(
      base,
      {
        schema: {
          operationId: 'listBackupSchedules',
          tags,
          summary: 'Schedules the caller may see, by name',
          security: signedIn,
          querystring: pastMany(organization),
          response: { 200: page(BackupSchedule) },
        },
      },
      async (request, reply) => {
        const { query } = request
        const options = reading(request)
        const within = query.organization_id ?? query.organization
        const found = await schedules.listSchedules(
          {
            limit: query.limit ?? 0,
            cursor: text(query.cursor),
            organizationId: await organizationId(clients, within, request),
          },
          options,
        )
        return sendPage(request, reply, found.schedules, found.nextCursor, printSchedule)
      },
    )

    app.post(
      base,
      {
        schema: {
          operationId: 'createBackupSchedule',
          tags,
          summary: 'Create a schedule',
          description:
            'Its first slot is the first one after now. Without an organization, and for full backups, it takes a super-admin.',
          security: signedIn,
          body: closed({ ...organization, ...settings.properties }),
          response: { 201: ref(BackupSchedule) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const within = body.organization_id ?? body.organization
        const { schedule } = await schedules.createSchedule(
          {
            organizationId: await existingOrganizationId(clients, within, request),
            settings: settingsOf(body),
            passphrase: text(body.passphrase),
          },
          options,
        )
        return sendCreated(reply, base.slice(1), printSchedule(present(schedule, 'schedule')))
      },
    )

    app.get(
      `${base}/preview`,
      {
        schema: {
          operationId: 'previewBackupSchedule',
          tags,
          summary: 'The next slots of an expression, without saving anything',
          security: signedIn,
          querystring: one({
            cron_expression: cronExpression,
            time_zone: optional(timeZone),
            count: optional(integerIn(1, 50, 'How many; 5 when absent.', 5)),
          }),
          response: { 200: Type.Object({ slots: listOut('In order, UTC.', exampleTime) }) },
        },
      },
      async (request, reply) => {
        const { query } = request
        const { slotsUnixMs } = await schedules.previewSchedule(
          {
            cronExpression: query.cron_expression,
            timeZone: text(query.time_zone),
            count: query.count ?? 0,
          },
          reading(request),
        )
        return reply.send({ slots: slotsUnixMs.map((slot) => momentOf(slot)) })
      },
    )

    app.get(
      `${base}/:id`,
      {
        schema: {
          operationId: 'getBackupSchedule',
          tags,
          summary: 'One schedule, by id or name',
          security: signedIn,
          params: byId('schedule'),
          querystring: pastOne({}),
          response: { 200: ref(BackupSchedule) },
        },
      },
      async (request, reply) => {
        const { schedule } = await schedules.getSchedule(
          { schedule: request.params.id },
          reading(request),
        )
        return sendObject(request, reply, printSchedule(present(schedule, 'schedule')))
      },
    )

    app.put(
      `${base}/:id`,
      {
        config: { isConditional: true },
        schema: {
          operationId: 'updateBackupSchedule',
          tags,
          summary: 'Replace the settings; what is absent gets its usual value',
          security: signedIn,
          params: byId('schedule'),
          body: settings,
          response: { 200: ref(BackupSchedule) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const { schedule } = await schedules.updateSchedule(
          {
            id: await scheduleId(clients, request.params.id, request),
            settings: settingsOf(body),
            passphrase: body.passphrase ?? null,
          },
          options,
        )
        return sendChanged(reply, printSchedule(present(schedule, 'schedule')))
      },
    )

    app.post(
      `${base}/:id/toggle`,
      {
        config: { isConditional: true },
        schema: {
          operationId: 'toggleBackupSchedule',
          tags,
          summary: 'Enable or disable a schedule',
          description: 'Slots that went by while it was disabled were not missed.',
          security: signedIn,
          params: byId('schedule'),
          body: closed({ is_enabled: flagIn('Whether it is to make backups.', false) }),
          response: { 200: ref(BackupSchedule) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const { schedule } = await schedules.toggleSchedule(
          {
            id: await scheduleId(clients, request.params.id, request),
            isEnabled: request.body.is_enabled,
          },
          options,
        )
        return sendChanged(reply, printSchedule(present(schedule, 'schedule')))
      },
    )

    app.delete(
      `${base}/:id`,
      {
        config: { isConditional: true },
        schema: {
          operationId: 'deleteBackupSchedule',
          tags,
          summary: 'Delete a schedule; what it made stays',
          security: signedIn,
          params: byId('schedule'),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const own = await scheduleId(clients, request.params.id, request)
        await schedules.deleteSchedule({ id: own }, options)
        return empty(reply)
      },
    )
  }
