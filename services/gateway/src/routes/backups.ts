import { Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { partOf } from '../http/download.ts'
import { fileStream } from '../http/file-stream.ts'
import {
  Backup,
  BackupMade,
  BackupManifest,
  BackupStats,
  backupStatuses,
  backupTypes,
  printBackup,
  printManifest,
  printStats,
} from '../views/backup.ts'
import { closed, exampleId, flagIn, named, optional, ref, textIn, words } from '../views/fields.ts'
import { present } from '../views/print.ts'
import { empty } from './auth.ts'
import { one, page, pastMany, pastOne, sendPage, text } from './list.ts'
import { existingOrganizationId, organizationId, siteId } from './resolve.ts'
import { prefix, type Routes, signedIn } from './route.ts'
import { attachment } from './wg-quick.ts'

const tags = ['backups']
const organization = {
  organization_id: optional(named('organization', 'Acme')),
  organization: optional(named('organization', 'Acme')),
}
const byId = closed({ id: textIn(36, 'Id of the backup: names need not be unique.', exampleId, 1) })
const numberOf = (list: readonly string[], word: string | undefined): number =>
  word === undefined ? 0 : list.indexOf(word) + 1
const pieceBytes = 1_048_576

const creating = closed({
  ...organization,
  name: textIn(128, 'What it is called.', 'before the move', 1),
  backup_type: optional(
    words(backupTypes, 'snapshot when absent; full takes a super-admin, rollback_slot a restore.'),
  ),
  include_devices: optional(flagIn('Nodes, interfaces and peers; true when absent.', true)),
  include_users: optional(flagIn('Users, without passwords; true when absent.', true)),
  include_automation: optional(
    flagIn('Rules, policy tests, alert rules and webhooks; true when absent.', true),
  ),
  include_vlans: optional(flagIn('There are none here: taken, and answered in warnings.', true)),
  include_ssids: optional(flagIn('There are none here: taken, and answered in warnings.', true)),
  is_encrypted: optional(flagIn('True when absent.', true)),
  storage_location_id: optional(named('storage location', 'nas')),
  passphrase: optional(
    textIn(
      512,
      'Of a snapshot, 12 to 512 characters: opens it anywhere. Without one only this instance can.',
      'correct horse battery staple',
    ),
  ),
})

/** What was named and means nothing for such a backup. */
function ignoredIn(body: Readonly<Record<string, unknown>>): readonly string[] {
  const isFull = body['backup_type'] === 'full'
  const nothing = ['include_vlans', 'include_ssids'].filter((name) => body[name] !== undefined)
  const parts = ['include_devices', 'include_users', 'include_automation']
  const whole = isFull ? parts.filter((name) => body[name] !== undefined) : []
  return [
    ...nothing.map((name) => `${name} is ignored: Holdfast has none.`),
    ...whole.map((name) => `${name} is ignored: a full backup holds everything.`),
  ]
}

/** Backups of the instance and of organizations: portable snapshots and full ones. */
export const backupRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { backups } = clients

    app.get(
      '/backups',
      {
        schema: {
          operationId: 'listBackups',
          tags,
          summary: 'Backups the caller may see, newest first',
          security: signedIn,
          querystring: pastMany({
            ...organization,
            site_id: optional(named('site; snapshots that hold it', 'Berlin')),
            backup_type: optional(words(backupTypes, 'Only those.')),
            status: optional(words(backupStatuses, 'Only those.')),
            storage_type: optional(textIn(32, 'Kind of the storage location.', 's3', 1)),
            schedule_id: optional(textIn(36, 'Made by this schedule.', exampleId, 1)),
            rollback_for_restore_job_id: optional(
              textIn(36, 'Rollback slots of this restore job.', exampleId, 1),
            ),
            search: optional(textIn(200, 'In names.', 'move', 1)),
          }),
          response: { 200: page(Backup) },
        },
      },
      async (request, reply) => {
        const { query } = request
        const within = query.organization_id ?? query.organization
        const of = await organizationId(clients, within, request)
        const found = await backups.listBackups(
          {
            limit: query.limit ?? 0,
            cursor: text(query.cursor),
            organizationId: of,
            siteId: await siteId(clients, query.site_id, of, request),
            kind: numberOf(backupTypes, query.backup_type),
            status: numberOf(backupStatuses, query.status),
            storageKind: text(query.storage_type),
            scheduleId: text(query.schedule_id),
            rollbackFor: text(query.rollback_for_restore_job_id),
            search: text(query.search),
          },
          reading(request),
        )
        return sendPage(request, reply, found.backups, found.nextCursor, printBackup)
      },
    )

    app.post(
      '/backups',
      {
        schema: {
          operationId: 'createBackup',
          tags,
          summary: 'Begin a backup; it is made by itself',
          description:
            'Answers at once; `GET /backups/{id}` tells how far it is. A snapshot is of one organization; without one it is of all of them, which takes a super-admin, as a full backup does.',
          security: signedIn,
          body: creating,
          response: { 202: ref(BackupMade) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const within = body.organization_id ?? body.organization
        const made = await backups.createBackup(
          {
            organizationId: await existingOrganizationId(clients, within, request),
            name: body.name,
            kind: numberOf(backupTypes, body.backup_type ?? 'snapshot'),
            contents: {
              devices: body.include_devices ?? true,
              users: body.include_users ?? true,
              automation: body.include_automation ?? true,
            },
            isEncrypted: body.is_encrypted ?? true,
            storageLocation: text(body.storage_location_id),
            passphrase: text(body.passphrase),
          },
          options,
        )
        const backup = printBackup(present(made.backup, 'backup'))
        return reply
          .code(202)
          .header('location', `${prefix}/backups/${backup.id}`)
          .send({ backup, warnings: [...ignoredIn(body), ...made.warnings] })
      },
    )

    app.get(
      '/backups/stats',
      {
        schema: {
          operationId: 'getBackupStats',
          tags,
          summary: 'Counts, sizes and last successes of the backups the caller may see',
          security: signedIn,
          querystring: one({
            ...organization,
            site_id: optional(named('site; snapshots that hold it', 'Berlin')),
          }),
          response: { 200: ref(BackupStats) },
        },
      },
      async (request, reply) => {
        const { query } = request
        const within = query.organization_id ?? query.organization
        const of = await organizationId(clients, within, request)
        const site = await siteId(clients, query.site_id, of, request)
        const stats = await backups.getBackupStats(
          { organizationId: of, siteId: site },
          reading(request),
        )
        return reply.send(printStats(stats))
      },
    )

    app.get(
      '/backups/:id',
      {
        schema: {
          operationId: 'getBackup',
          tags,
          summary: 'One backup, and how far it is',
          security: signedIn,
          params: byId,
          querystring: pastOne({}),
          response: { 200: ref(Backup) },
        },
      },
      async (request, reply) => {
        const { backup } = await backups.getBackup({ id: request.params.id }, reading(request))
        return reply.send(printBackup(present(backup, 'backup')))
      },
    )

    app.get(
      '/backups/:id/manifest',
      {
        schema: {
          operationId: 'getBackupManifest',
          tags,
          summary: 'What a completed backup holds, and whether this instance could restore it',
          description: 'From its clear, authenticated manifest: nothing is opened. Super-admins.',
          security: signedIn,
          params: byId,
          querystring: one({}),
          response: { 200: ref(BackupManifest) },
        },
      },
      async (request, reply) => {
        const { id } = request.params
        return reply.send(printManifest(await backups.getBackupManifest({ id }, reading(request))))
      },
    )

    app.post(
      '/backups/:id/cancel',
      {
        schema: {
          operationId: 'cancelBackup',
          tags,
          summary: 'Stop a backup that is not over; nothing of it stays',
          security: signedIn,
          params: byId,
          response: { 200: ref(Backup) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const { backup } = await backups.cancelBackup({ id: request.params.id }, options)
        return reply.send(printBackup(present(backup, 'backup')))
      },
    )

    app.post(
      '/backups/:id/verify',
      {
        schema: {
          operationId: 'verifyBackup',
          tags,
          summary: 'Read a backup back from where it lies, and compare it',
          description: 'Answers at once; `verified_at` and `verify_failure` tell what came of it.',
          security: signedIn,
          params: byId,
          response: { 202: ref(Backup) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const { backup } = await backups.verifyBackup({ id: request.params.id }, options)
        return reply.code(202).send(printBackup(present(backup, 'backup')))
      },
    )

    app.delete(
      '/backups/:id',
      {
        schema: {
          operationId: 'deleteBackup',
          tags,
          summary: 'Delete a backup: its object and its record',
          description:
            '202 with the backup when its location cannot be reached: that is tried again until it is done.',
          security: signedIn,
          params: byId,
          response: { 202: ref(Backup), 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const { backup } = await backups.deleteBackup({ id: request.params.id }, options)
        return backup ? reply.code(202).send(printBackup(backup)) : empty(reply)
      },
    )

    app.get(
      '/backups/:id/download',
      {
        exposeHeadRoute: false,
        config: { isStream: true },
        schema: {
          operationId: 'downloadBackup',
          tags,
          summary: 'The backup as a file, as it lies at its location',
          description:
            'One `Range` of bytes is understood, so that a download that broke off can go on. `Repr-Digest` (RFC 9530) is of the whole file; an answer whose bytes turn out to be others is cut off before its end.',
          security: signedIn,
          produces: ['application/octet-stream'],
          params: byId,
          querystring: one({}),
          response: { 200: Type.Any({ description: 'A file.' }), 206: Type.Any() },
        },
      },
      async (request, reply) => {
        const { id } = request.params
        const options = reading(request)
        const about = await backups.readBackup({ id, offset: 0, length: 0 }, options)
        const total = Number(about.total)
        const digest = Buffer.from(about.sha256)
        const etag = `"${digest.toString('hex')}"`
        const part = goesOn(request, etag) ? partOf(request.headers.range, total) : undefined
        const { from, to } = part ?? { from: 0, to: total }
        const read = async (offset: number): Promise<Uint8Array> => {
          const length = Math.min(pieceBytes, to - offset)
          return length === 0
            ? new Uint8Array()
            : (await backups.readBackup({ id, offset, length }, options)).data
        }
        // Refusals come before the first byte of an answer.
        const first = await read(from)
        async function* pieces(): AsyncGenerator<Uint8Array> {
          let offset = from
          for (let data = first; data.length > 0; data = await read(offset)) {
            yield data
            offset += data.length
          }
        }
        if (part) reply.code(206).header('content-range', `bytes ${from}-${to - 1}/${total}`)
        return reply
          .header('content-type', 'application/octet-stream')
          .header('content-disposition', attachment(about.fileName))
          .header('content-length', to - from)
          .header('accept-ranges', 'bytes')
          .header('cache-control', 'no-store')
          .header('etag', etag)
          .header('repr-digest', `sha-256=:${digest.toString('base64')}:`)
          .send(fileStream(pieces()))
      },
    )
  }

/** Whether a range is of the file as it is now (`If-Range`). */
const goesOn = ({ headers }: FastifyRequest, etag: string): boolean =>
  headers['if-range'] === undefined || headers['if-range'] === etag
