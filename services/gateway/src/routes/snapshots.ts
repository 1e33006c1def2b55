import { Type } from '@fastify/type-provider-typebox'
import { newId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { fileStream } from '../http/file-stream.ts'
import { readForm, takeForms } from '../http/multipart.ts'
import { closed, flagIn, id, named, optional, ref, textIn, words } from '../views/fields.ts'
import { present } from '../views/print.ts'
import {
  ImportRecord,
  importOutcomes,
  printImportRecord,
  printInspection,
  printSnapshotImport,
  SnapshotImport,
  SnapshotInspection,
} from '../views/snapshot.ts'
import { many, one, page, sendPage, text } from './list.ts'
import { nodeId, organizationId, siteId } from './resolve.ts'
import { prefix, type Routes, signedIn } from './route.ts'
import { attachment } from './wg-quick.ts'

const tags = ['backups']
/** Collecting, and waiting for one's turn in the work thread. */
const longMs = 300_000

const ofOrganization = named('organization', 'acme')
const contentFlags = {
  include_devices: optional(flagIn('Nodes, interfaces, peers; true when absent.', true)),
  include_users: optional(flagIn('Users, without passwords; true when absent.', true)),
  include_automation: optional(
    flagIn('Rules, policy tests, alert rules, webhooks; true when absent.', true),
  ),
  include_vlans: optional(flagIn('Accepted; there are none here.', false)),
  include_ssids: optional(flagIn('Accepted; there are none here.', false)),
}
interface ContentFlags {
  readonly include_devices?: boolean
  readonly include_users?: boolean
  readonly include_automation?: boolean
  readonly include_vlans?: boolean
  readonly include_ssids?: boolean
}
const contentsOf = (asked: ContentFlags) => ({
  devices: asked.include_devices ?? true,
  users: asked.include_users ?? true,
  automation: asked.include_automation ?? true,
})

const runFlags = {
  dry_run: optional(flagIn('Only say what would be done; true when absent.', false)),
  overwrite_existing: optional(
    flagIn('Change what exists to what the snapshot has; false when absent.', false),
  ),
  restore_devices: optional(flagIn('Nodes, interfaces, peers; true when absent.', true)),
  restore_users: optional(flagIn('Users; false when absent.', false)),
  restore_automation: optional(
    flagIn('Rules, policy tests, alert rules, webhooks; true when absent.', true),
  ),
  restore_vlans: optional(flagIn('Accepted; there are none here.', false)),
  restore_ssids: optional(flagIn('Accepted; there are none here.', false)),
  organization_id: optional(ofOrganization),
  target_site_id: optional(named('site nodes go to', 'berlin')),
  target_node_id: optional(
    named('node that takes the interfaces of nodes that are not here', 'gw-berlin'),
  ),
}
interface RunFlags {
  readonly dry_run?: boolean
  readonly overwrite_existing?: boolean
  readonly restore_devices?: boolean
  readonly restore_users?: boolean
  readonly restore_automation?: boolean
  readonly restore_vlans?: boolean
  readonly restore_ssids?: boolean
  readonly organization_id?: string
  readonly target_site_id?: string
  readonly target_node_id?: string
}

const passphrase = textIn(512, 'What seals it.', 'correct horse battery staple')
const byImport = closed({ id: id('Of the import.') })

const noVlans =
  'include_vlans and include_ssids have no effect: there are neither here. Nothing was left out.'

/** Portable snapshots at once: out as a file, and in. */
export const snapshotRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { snapshots } = clients

    async function sendExport(
      request: FastifyRequest,
      reply: FastifyReply,
      asked: ContentFlags & { readonly organization_id?: string },
      sealing: { isCompressed: boolean; isEncrypted: boolean; passphrase: string },
    ): Promise<FastifyReply> {
      const options = { ...reading(request), timeoutMs: longMs }
      const made = await snapshots.exportSnapshot(
        {
          organizationId: await organizationId(clients, asked.organization_id, request),
          contents: contentsOf(asked),
          ...sealing,
        },
        options,
      )
      const { exportId, bytes } = made
      async function* pieces(): AsyncGenerator<Uint8Array> {
        for (let offset = 0; offset < bytes; ) {
          const { data } = await snapshots.readExport({ exportId, offset }, options)
          if (data.length === 0) throw new Error('the export ended early')
          offset += data.length
          yield data
        }
      }
      const warnings = [
        ...(asked.include_vlans || asked.include_ssids ? [noVlans] : []),
        ...(sealing.isEncrypted && sealing.passphrase === ''
          ? ['Sealed with the key of this instance: it opens here and nowhere else.']
          : []),
      ]
      if (warnings.length > 0) reply.header('holdfast-warning', warnings.join(' '))
      return reply
        .header('content-type', 'application/vnd.holdfast.snapshot')
        .header('content-length', bytes)
        .header('content-disposition', attachment(made.fileName))
        .header('holdfast-sequence', `${made.sequence}`)
        .send(fileStream(pieces()))
    }

    app.get(
      '/backups/export',
      {
        exposeHeadRoute: false,
        config: { isStream: true },
        schema: {
          operationId: 'downloadSnapshot',
          tags,
          summary: 'A portable snapshot as a file, at once and without a record, not encrypted',
          description:
            'Configuration without secrets and audit. Without `compress` the file is readable: one JSON header, then JSON Lines. At most 64 MiB; a backup has no such bound. Sealed with a passphrase: POST.',
          security: signedIn,
          produces: ['application/vnd.holdfast.snapshot'],
          querystring: one({
            organization_id: optional(ofOrganization),
            ...contentFlags,
            compress: optional(flagIn('gzip; true when absent.', true)),
          }),
          response: { 200: Type.Any({ description: 'An `.hfsnap` file.' }) },
        },
      },
      async (request, reply) =>
        sendExport(request, reply, request.query, {
          isCompressed: request.query.compress ?? true,
          isEncrypted: false,
          passphrase: '',
        }),
    )

    app.post(
      '/backups/export',
      {
        config: { isStream: true, isUnkeyed: true },
        schema: {
          operationId: 'exportSnapshot',
          tags,
          summary: 'A portable snapshot as a file, at once and without a record, encrypted',
          description:
            'Sealed with the passphrase. Without one, with the key of this instance: then it opens here and nowhere else, and a `Holdfast-Warning` says so.',
          security: signedIn,
          produces: ['application/vnd.holdfast.snapshot'],
          body: closed({
            organization_id: optional(ofOrganization),
            ...contentFlags,
            compress: optional(flagIn('gzip; true when absent.', true)),
            is_encrypted: optional(flagIn('True when absent.', true)),
            passphrase: optional(passphrase),
          }),
          response: { 200: Type.Any({ description: 'An `.hfsnap` file.' }) },
        },
      },
      async (request, reply) =>
        sendExport(request, reply, request.body, {
          isCompressed: request.body.compress ?? true,
          isEncrypted: request.body.is_encrypted ?? true,
          passphrase: text(request.body.passphrase),
        }),
    )

    /** Names among what was asked for become ids. */
    async function wishOf(request: FastifyRequest, importId: string, asked: RunFlags) {
      const organization = await organizationId(clients, asked.organization_id, request)
      if (asked.target_site_id !== undefined && organization === '') {
        throw invalid({
          field: 'organization_id',
          code: 'required',
          detail: 'must be given along with a target site or node',
        })
      }
      return {
        importId,
        organizationId: organization,
        isDryRun: asked.dry_run ?? true,
        overwritesExisting: asked.overwrite_existing ?? false,
        contents: {
          devices: asked.restore_devices ?? true,
          users: asked.restore_users ?? false,
          automation: asked.restore_automation ?? true,
        },
        targetSiteId: await siteId(clients, asked.target_site_id, organization, request),
        targetNodeId: await nodeId(clients, asked.target_node_id, request),
      }
    }

    await app.register(async (forms) => {
      await takeForms(forms)
      const upload = (request: FastifyRequest, importId: string, known: readonly string[]) =>
        readForm(request, known, async (offset, data) => {
          await snapshots.putImport({ importId, offset, data }, reading(request))
        })

      forms.post<{ Querystring: RunFlags }>(
        '/backups/import',
        {
          config: { bodyType: 'multipart/form-data', isUnkeyed: true },
          schema: {
            operationId: 'importSnapshot',
            tags,
            summary: 'Bring in a portable snapshot, or see what that would do',
            description:
              'A form with the `.hfsnap` as `file`, and `passphrase` when it is sealed with one. For super-admins. All of it is checked before anything is written; then each record is carried out as its own command, by the rules everybody is held to. Answers at once: ask GET /backups/imports/{id}. After a dry run the file is kept for an hour: POST /backups/imports/{id}/run brings it in.',
            security: signedIn,
            consumes: ['multipart/form-data'],
            querystring: closed(runFlags),
            response: { 202: ref(SnapshotImport) },
          },
        },
        async (request, reply) => {
          const importId = newId<string>()
          const wish = await wishOf(request, importId, request.query)
          const form = await upload(request, importId, ['passphrase'])
          const found = await snapshots.runImport(
            { ...wish, passphrase: text(form['passphrase']) },
            { ...writing(request, reply), timeoutMs: longMs },
          )
          return sendImport(reply, found.import)
        },
      )

      forms.post(
        '/backups/import/inspect',
        {
          config: { bodyType: 'multipart/form-data', isUnkeyed: true },
          schema: {
            operationId: 'inspectSnapshot',
            tags,
            summary:
              'What the header of a portable snapshot says, and what would be read of it here',
            description:
              'A form with the `.hfsnap` as `file`. Checksums are checked, nothing is decrypted.',
            security: signedIn,
            consumes: ['multipart/form-data'],
            response: { 200: ref(SnapshotInspection) },
          },
        },
        async (request) => {
          const importId = newId<string>()
          await upload(request, importId, [])
          const options = { ...reading(request), timeoutMs: longMs }
          return printInspection(await snapshots.inspectImport({ importId }, options))
        },
      )
    })

    app.get(
      '/backups/imports',
      {
        schema: {
          operationId: 'listSnapshotImports',
          tags,
          summary: 'Imports of the last thirty days, newest first',
          security: signedIn,
          querystring: many({}),
          response: { 200: page(SnapshotImport) },
        },
      },
      async (request, reply) => {
        const { limit = 0, cursor } = request.query
        const asked = { limit, cursor: text(cursor) }
        const found = await snapshots.listImports(asked, reading(request))
        return sendPage(request, reply, found.imports, found.nextCursor, printSnapshotImport)
      },
    )

    app.get(
      '/backups/imports/:id',
      {
        schema: {
          operationId: 'getSnapshotImport',
          tags,
          summary: 'How an import goes, or went',
          security: signedIn,
          params: byImport,
          querystring: one({}),
          response: { 200: ref(SnapshotImport) },
        },
      },
      async (request) => {
        const found = await snapshots.getImport({ importId: request.params.id }, reading(request))
        return printSnapshotImport(present(found.import, 'import'))
      },
    )

    app.get(
      '/backups/imports/:id/records',
      {
        schema: {
          operationId: 'listSnapshotImportRecords',
          tags,
          summary:
            'What became of each record of an import, or would become, in the order of the file',
          security: signedIn,
          params: byImport,
          querystring: many({ outcome: optional(words(importOutcomes, 'Of this outcome.')) }, 1000),
          response: { 200: page(ImportRecord) },
        },
      },
      async (request, reply) => {
        const { limit = 0, cursor, outcome } = request.query
        const found = await snapshots.listImportRecords(
          {
            importId: request.params.id,
            limit,
            cursor: text(cursor),
            outcomes: outcome === undefined ? [] : [outcome],
          },
          reading(request),
        )
        return sendPage(request, reply, found.records, found.nextCursor, printImportRecord)
      },
    )

    app.post(
      '/backups/imports/:id/run',
      {
        config: { isUnkeyed: true },
        schema: {
          operationId: 'runSnapshotImport',
          tags,
          summary: 'Run an import again: after a dry run, or where it was interrupted',
          description:
            'By whoever sent the file. What was brought in is found and not brought in twice.',
          security: signedIn,
          params: byImport,
          body: closed({ ...runFlags, passphrase: optional(passphrase) }),
          response: { 202: ref(SnapshotImport) },
        },
      },
      async (request, reply) => {
        const wish = await wishOf(request, request.params.id, request.body)
        const found = await snapshots.runImport(
          { ...wish, passphrase: text(request.body.passphrase) },
          { ...writing(request, reply), timeoutMs: longMs },
        )
        return sendImport(reply, found.import)
      },
    )
  }

function sendImport(
  reply: FastifyReply,
  found: Parameters<typeof printSnapshotImport>[0] | null | undefined,
): FastifyReply {
  const body = printSnapshotImport(present(found, 'import'))
  return reply.code(202).header('location', `${prefix}/backups/imports/${body.id}`).send(body)
}
