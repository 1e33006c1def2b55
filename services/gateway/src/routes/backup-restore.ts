import { Type } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import {
  BackupValidation,
  BackupValidationRun,
  printRestoreJob,
  printValidation,
  RestoreJob,
  validationResults,
} from '../views/backup-restore.ts'
import { closed, exampleId, flagIn, named, optional, ref, textIn, words } from '../views/fields.ts'
import { present, timeOf } from '../views/print.ts'
import { many, one, page, sendPage, text } from './list.ts'
import { organizationId, siteId } from './resolve.ts'
import { prefix, type Routes, signedIn } from './route.ts'

const tags = ['backups']
const organization = {
  organization_id: optional(named('organization', 'Acme')),
  organization: optional(named('organization', 'Acme')),
}
const byJob = closed({ job_id: textIn(36, 'Id of the restore job.', exampleId, 1) })
const passphrase = textIn(512, 'What the backup was sealed with.', 'correct horse battery staple')

const restoring = closed({
  backup_id: textIn(36, 'A completed snapshot, or a rollback slot.', exampleId, 1),
  dry_run: optional(flagIn('Only say what would be done; true when absent.', false)),
  restore_devices: optional(flagIn('Nodes, interfaces, peers; true when absent.', true)),
  restore_users: optional(flagIn('Users, without passwords; false when absent.', false)),
  restore_automation: optional(
    flagIn('Rules, policy tests, alert rules, webhooks; true when absent.', true),
  ),
  restore_vlans: optional(flagIn('There are none here: taken, and answered in warnings.', true)),
  restore_ssids: optional(flagIn('There are none here: taken, and answered in warnings.', true)),
  overwrite_existing: optional(
    flagIn('Change what exists to what the backup has; false when absent.', false),
  ),
  target_site_id: optional(named('site nodes go to', 'berlin')),
  allow_without_rollback: optional(
    flagIn('Go on, and record it, when no rollback slot can be taken; false when absent.', false),
  ),
  passphrase: optional(passphrase),
})
/** What may turn out to mean nothing for a backup, when somebody named it. */
const mayBeIdle = [
  'restore_devices',
  'restore_users',
  'restore_automation',
  'restore_vlans',
  'restore_ssids',
  'overwrite_existing',
  'target_site_id',
] as const

/** Stored backups brought back, and tried whether they could be. */
export const backupRestoreRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { restoreJobs, validations } = clients

    app.post(
      '/backups/restore',
      {
        schema: {
          operationId: 'restoreBackup',
          tags,
          summary: 'Restore a stored snapshot, or see what that would do; undo a restore',
          description:
            'For super-admins. Answers at once; ask `GET /backups/restore/{job_id}`. The backup is fetched, compared with its SHA-256 and checked whole; then a rollback slot is taken, and each record is carried out as its own command. Without a slot nothing is changed, unless `allow_without_rollback`. To undo a restore, restore its slot: `GET /backups?rollback_for_restore_job_id=…`. A full backup is refused here: it takes the place of a whole instance.',
          security: signedIn,
          body: restoring,
          response: { 202: ref(RestoreJob) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const found = await restoreJobs.runRestoreJob(
          {
            backupId: body.backup_id,
            isDryRun: body.dry_run ?? true,
            contents: {
              devices: body.restore_devices ?? true,
              users: body.restore_users ?? false,
              automation: body.restore_automation ?? true,
            },
            overwritesExisting: body.overwrite_existing ?? false,
            targetSiteId: await siteOf(body.backup_id, body.target_site_id),
            allowsWithoutRollback: body.allow_without_rollback ?? false,
            passphrase: text(body.passphrase),
            named: mayBeIdle.filter((name) => body[name] !== undefined),
          },
          options,
        )
        return sendJob(reply, found.job)

        /** A name is one of the backup's organization. */
        async function siteOf(backupId: string, site: string | undefined): Promise<string> {
          if (site === undefined) return ''
          const { backup } = await clients.backups.getBackup({ id: backupId }, reading(request))
          return await siteId(clients, site, backup?.organizationId ?? '', request)
        }
      },
    )

    app.get(
      '/backups/restore',
      {
        schema: {
          operationId: 'listRestoreJobs',
          tags,
          summary: 'Restore jobs of the last thirty days, newest first',
          security: signedIn,
          querystring: many(organization),
          response: { 200: page(RestoreJob) },
        },
      },
      async (request, reply) => {
        const { limit = 0, cursor, ...query } = request.query
        const within = query.organization_id ?? query.organization
        const found = await restoreJobs.listRestoreJobs(
          {
            limit,
            cursor: text(cursor),
            organizationId: await organizationId(clients, within, request),
          },
          reading(request),
        )
        return sendPage(request, reply, found.jobs, found.nextCursor, printRestoreJob)
      },
    )

    app.get(
      '/backups/restore/:job_id',
      {
        schema: {
          operationId: 'getRestoreJob',
          tags,
          summary: 'How a restore goes, or went; of a dry run, what it would do',
          description:
            'For everybody of the organization. Each record: `GET /backups/imports/{job_id}/records`.',
          security: signedIn,
          params: byJob,
          querystring: one({}),
          response: { 200: ref(RestoreJob) },
        },
      },
      async (request) => {
        const { job_id: id } = request.params
        const { job } = await restoreJobs.getRestoreJob({ id }, reading(request))
        return printRestoreJob(present(job, 'restore job'))
      },
    )

    app.post(
      '/backups/restore/:job_id/continue',
      {
        schema: {
          operationId: 'continueRestoreJob',
          tags,
          summary: 'Go on with a restore that was interrupted',
          description: 'What was done is found and not done twice. The rollback slot stays.',
          security: signedIn,
          params: byJob,
          body: Type.Optional(closed({ passphrase: optional(passphrase) })),
          response: { 202: ref(RestoreJob) },
        },
      },
      async (request, reply) => {
        const { job_id: id } = request.params
        const options = writing(request, reply)
        const asked = { id, passphrase: text(request.body?.passphrase) }
        const { job } = await restoreJobs.continueRestoreJob(asked, options)
        return sendJob(reply, job)
      },
    )

    app.get(
      '/backups/validations',
      {
        schema: {
          operationId: 'listBackupValidations',
          tags,
          summary: 'Whether the newest snapshot of each organization could be restored',
          description:
            'The last time that was tried, newest first. `next_run_at`: when it is tried next by itself.',
          security: signedIn,
          querystring: many({
            ...organization,
            result: optional(words(validationResults, 'Only those.')),
          }),
          response: {
            200: Type.Object({
              ...page(BackupValidation).properties,
              next_run_at: Type.Unsafe<string | null>({
                type: ['string', 'null'],
                description: 'Null: never by itself.',
              }),
            }),
          },
        },
      },
      async (request, reply) => {
        const { limit = 0, cursor, result, ...query } = request.query
        const within = query.organization_id ?? query.organization
        const found = await validations.listValidations(
          {
            limit,
            cursor: text(cursor),
            organizationId: await organizationId(clients, within, request),
            result: text(result),
          },
          reading(request),
        )
        const listed = sendPage(
          request,
          reply,
          found.validations,
          found.nextCursor,
          printValidation,
        )
        return { ...listed, next_run_at: timeOf(found.nextRunUnixMs) }
      },
    )

    app.post(
      '/backups/validations',
      {
        schema: {
          operationId: 'runBackupValidations',
          tags,
          summary: 'Try now whether the newest snapshot could be restored; nothing is written',
          description:
            'Of one organization, or of all of them, which takes a super-admin. Answers at once: ask `GET /backups/validations` for verdicts with this `run_id`.',
          security: signedIn,
          body: Type.Optional(closed(organization)),
          response: { 202: ref(BackupValidationRun) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const within = request.body?.organization_id ?? request.body?.organization
        const of = await organizationId(clients, within, request)
        const { runId, organizationIds } = await validations.runValidations(
          { organizationId: of },
          options,
        )
        return reply.code(202).send({ run_id: runId, organization_ids: organizationIds })
      },
    )
  }

function sendJob(
  reply: FastifyReply,
  job: Parameters<typeof printRestoreJob>[0] | null | undefined,
): FastifyReply {
  const body = printRestoreJob(present(job, 'restore job'))
  return reply.code(202).header('location', `${prefix}/backups/restore/${body.id}`).send(body)
}
