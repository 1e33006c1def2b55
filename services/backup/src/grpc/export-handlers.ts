import { isUuid, newId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { SnapshotService } from '@holdfast/proto'
import { type Call, Fields, type Handlers } from '@holdfast/service'
import { contentsFrom } from '../codecs/contents.ts'
import { SuperAdminOnly } from '../domain/backup-errors.ts'
import type { Exports } from '../snapshots/exports.ts'
import { type MakeSnapshotParts, makeSnapshot } from '../snapshots/make-snapshot.ts'
import { parsePassphrase } from '../snapshots/passphrase.ts'
import { OrganizationGone } from '../snapshots/snapshot-errors.ts'
import { isOfInstance } from './scope.ts'

type ExportHandlers = Pick<Handlers<typeof SnapshotService>, 'exportSnapshot' | 'readExport'>

/** What an answer at once may hold; a backup has no such bound. */
const maxExportBytes = 64 * 1024 * 1024
const exportMs = 300_000

export interface ExportParts extends MakeSnapshotParts {
  readonly exports: Exports
  now(): number
}

export const exportHandlers = (parts: ExportParts): ExportHandlers => ({
  async exportSnapshot(request, call) {
    const organizationId = exportedOrganization(call, request.organizationId)
    const fields = new Fields()
    if (request.passphrase !== '') {
      fields.take(parsePassphrase, request.passphrase, 'passphrase')
      if (!request.isEncrypted) {
        fields.add('is_encrypted', 'contradiction', 'must be true when there is a passphrase')
      }
    }
    fields.check()
    const createdAtUnixMs = parts.now()
    const signal = AbortSignal.any([call.signal, AbortSignal.timeout(exportMs)])
    let told = { sequence: 0n, manifest: '' }
    const made = await parts.exports.add(ownerOf(call), async (directory) => {
      const snapshot = await makeSnapshot(
        parts,
        {
          backupId: newId<string>(),
          organizationId,
          contents: contentsFrom(request.contents),
          isEncrypted: request.isEncrypted,
          passphrase: request.passphrase,
          isCompressed: request.isCompressed,
          createdAtUnixMs,
          maxBytes: maxExportBytes,
        },
        { directory, signal, reached: () => Promise.resolve() },
      )
      told = snapshot
      return snapshot
    })
    return {
      exportId: made.id,
      fileName: `holdfast-${stamp(createdAtUnixMs)}.hfsnap`,
      bytes: made.bytes,
      sequence: Number(told.sequence),
      manifest: told.manifest,
    }
  },

  async readExport({ exportId, offset }, call) {
    if (!isUuid(exportId)) {
      throw invalid({ field: 'export_id', code: 'malformed', detail: 'is no id' })
    }
    return { data: await parts.exports.read(ownerOf(call), exportId, offset) }
  },
})

/** Who may fetch it: whoever asked for it. */
const ownerOf = ({ caller }: Call): string => `${caller.actor.kind} ${caller.actor.id}`

/** Making and taking along are two permissions. Without an organization: all for a super-admin, the only one for others. */
function exportedOrganization(call: Call, organizationId: string): string {
  const { caller } = call
  if (organizationId !== '') {
    const hidden = () => OrganizationGone({ organization: organizationId.slice(0, 60) })
    if (!isUuid(organizationId)) throw hidden()
    caller.require('backup.create', organizationId, hidden)
    caller.require('backup.download', organizationId, hidden)
    return organizationId
  }
  if (isOfInstance(call, 'backup.create') && isOfInstance(call, 'backup.download')) return ''
  const mine = caller.organizations('backup.create')
  const [only, ...others] = mine === '*' ? [] : mine
  if (only === undefined || others.length > 0) {
    throw SuperAdminOnly({ what: 'An export of every organization' })
  }
  caller.require('backup.download', only)
  return only
}

/** `20261121T210000Z`. */
const stamp = (unixMs: number): string =>
  `${new Date(unixMs).toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}Z`
