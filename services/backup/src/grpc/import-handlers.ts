import { isUuid } from '@holdfast/domain'
import { DomainError, invalid } from '@holdfast/errors'
import { type Postgres, parsePage, toPage } from '@holdfast/postgres'
import type { SnapshotService } from '@holdfast/proto'
import { type Call, Fields, type Handlers } from '@holdfast/service'
import { ImportTooLarge, notASnapshot, type SnapshotLimits } from '@holdfast/snapshot'
import { contentsFrom } from '../codecs/contents.ts'
import { SuperAdminOnly } from '../domain/backup-errors.ts'
import type { ImportFiles } from '../imports/import-files.ts'
import { importRecords } from '../imports/import-records.ts'
import type { ImportRuns } from '../imports/import-runs.ts'
import {
  beginImport,
  dropImport,
  type ImportRow,
  importRow,
  importRows,
  inspected,
  receiveBytes,
  receiving,
  waitingImports,
} from '../imports/import-store.ts'
import { planImport } from '../imports/plan-import.ts'
import { organizationsFor } from '../queries/organizations.ts'
import type { Directory } from '../snapshots/directory.ts'
import type { Inspected } from '../snapshots/read-task.ts'
import {
  ImportFileGone,
  ImportNotFound,
  ImportNotWaiting,
  ImportOutOfOrder,
  ImportsBusy,
  OrganizationGone,
} from '../snapshots/snapshot-errors.ts'
import type { Work } from '../work/work.ts'
import { importMessage, recordMessage } from './import-views.ts'
import { isOfInstance } from './scope.ts'

type ImportHandlers = Omit<Handlers<typeof SnapshotService>, 'exportSnapshot' | 'readExport'>

export interface ImportHandlerParts {
  readonly postgres: Postgres
  readonly files: ImportFiles
  readonly runs: ImportRuns
  readonly work: Work
  readonly directory: Directory
  readonly limits: SnapshotLimits
  caughtUp(): Promise<bigint>
}

const maxPieceBytes = 1024 * 1024
/** Whose files lie here at once, and how many of the largest. */
const maxWaiting = 500
const maxWaitingFiles = 10
const maxPassphrase = 512
const maxListed = 200
const maxRecords = 1_000
const outcomes: readonly string[] = ['created', 'updated', 'unchanged', 'skipped', 'refused']

export function importHandlers(parts: ImportHandlerParts): ImportHandlers {
  const { postgres, files, runs, work, limits } = parts

  /** Of whoever sent it; others do not learn that it is there. */
  async function ownImport(call: Call, id: string): Promise<ImportRow> {
    const row = isUuid(id) ? await importRow(postgres, id) : undefined
    if (!row || row.owner !== ownerOf(call)) throw ImportNotFound({ import: id.slice(0, 40) })
    return row
  }

  /** Of the organization it went to, or of the instance. */
  async function visibleImport(call: Call, id: string): Promise<ImportRow> {
    const row = isUuid(id) ? await importRow(postgres, id) : undefined
    const isVisible =
      row !== undefined &&
      (row.organizationId === ''
        ? isOfInstance(call, 'backup.view')
        : call.caller.can('backup.view', row.organizationId))
    if (!isVisible) throw ImportNotFound({ import: id.slice(0, 40) })
    return row
  }

  /** Refused at the first look: nobody sends 200 MiB to hear that it is a zip file. */
  async function begin(call: Call, id: string, data: Uint8Array): Promise<void> {
    const isOurs = Buffer.from(data.subarray(4, 24)).toString('latin1') === '{"header_checksum":"'
    if (!isOurs) throw notASnapshot(data)
    const { count, bytes } = await waitingImports(postgres)
    if (count >= maxWaiting || bytes > maxWaitingFiles * limits.maxBytes) throw ImportsBusy({})
    if (!(await beginImport(postgres, id, ownerOf(call)))) await ownImport(call, id)
  }

  async function look(row: ImportRow, signal: AbortSignal): Promise<Inspected> {
    const file = { path: files.path(row.id), limits }
    const found = await work
      .run('snapshot.inspect', file, { signal })
      .catch(async (error: unknown) => {
        if (isMissing(error)) throw ImportFileGone({})
        if (error instanceof DomainError && unusable.has(error.code)) {
          await dropImport(postgres, row.id)
          await files.remove(row.id)
        }
        throw error
      })
    await inspected(postgres, row.id, found)
    return found
  }

  return {
    async putImport({ importId, offset, data }, call) {
      requireInstance(call)
      const fields = new Fields()
      if (!isUuid(importId)) fields.add('import_id', 'malformed', 'must be a UUID')
      if (data.length > maxPieceBytes) fields.add('data', 'too_long', 'is at most 1 MiB')
      if (data.length === 0) fields.add('data', 'required', 'must not be empty')
      fields.check()
      if (offset === 0) await begin(call, importId, data)
      await ownImport(call, importId)
      const end = offset + data.length
      if (end > limits.maxBytes) {
        // With its row it would count as a file that waits.
        if ((await dropImport(postgres, importId)) > 0) await files.remove(importId)
        throw ImportTooLarge({
          what: 'The file is larger',
          limitMib: Math.floor(limits.maxBytes / 1024 ** 2),
        })
      }
      // Those who began at once may have become too many since.
      const { bytes } = await waitingImports(postgres)
      if (bytes > maxWaitingFiles * limits.maxBytes) throw ImportsBusy({})
      return await postgres.tx(async (tx) => {
        const { state, receivedBytes } = await receiving(tx, importId)
        if (state === undefined) throw ImportNotFound({ import: importId })
        if (state !== 'receiving') throw ImportNotWaiting({ status: state })
        if (offset > 0 && end <= receivedBytes) return { received: receivedBytes }
        if (offset !== 0 && offset !== receivedBytes) {
          throw ImportOutOfOrder({ received: receivedBytes })
        }
        await files.put(importId, offset, data)
        await receiveBytes(tx, importId, end)
        return { received: end }
      })
    },

    async inspectImport({ importId }, call) {
      requireInstance(call)
      const row = await ownImport(call, importId)
      const { header, headerJson, bytes, sha256 } = await look(row, call.signal)
      const known = await parts.directory.contributors(call.signal)
      const wish = {
        organizationId: '',
        contents: { devices: true, users: true, automation: true },
      }
      const { sections } = planImport(header, wish, known, [])
      return {
        header: headerJson,
        bytes,
        sha256: Buffer.from(sha256, 'hex'),
        sections: sections.map(({ standing, contributor, major, minor }) => ({
          organization: standing.organization,
          name: standing.name,
          records: standing.records,
          major,
          minor,
          status: contributor ? standing.status : 'unknown',
        })),
      }
    },

    async runImport(request, call) {
      requireInstance(call)
      const row = await ownImport(call, request.importId)
      const { organizationId, targetNodeId, targetSiteId } = request
      const fields = new Fields()
      const ids = { organizationId, targetSiteId, targetNodeId }
      for (const [name, id] of Object.entries(ids)) {
        if (id !== '' && !isUuid(id)) fields.add(snakeOf(name), 'malformed', 'must be a UUID')
      }
      // As they are counted when one is made.
      if ([...request.passphrase].length > maxPassphrase) {
        fields.add('passphrase', 'too_long', `must have ${maxPassphrase} characters at most`)
      }
      if (organizationId === '' && (targetSiteId !== '' || targetNodeId !== '')) {
        fields.add('organization_id', 'required', 'must be given along with a target site or node')
      }
      fields.check()
      if (organizationId !== '') {
        await parts.caughtUp()
        const [found] = await organizationsFor(postgres, organizationId)
        if (!found) throw OrganizationGone({ organization: organizationId })
      }
      const { accessToken } = call
      if (accessToken === undefined)
        throw invalid({ field: 'authorization', code: 'required', detail: 'must be a person’s' })
      if (row.state === 'completed' && !row.isDryRun) throw ImportNotWaiting({ status: row.state })
      // What is wrong with the file as such is said at once.
      if (row.state !== 'running') await look(row, call.signal)
      const isBegun = await runs.begin(row.id, {
        wish: {
          organizationId,
          isDryRun: request.isDryRun,
          overwritesExisting: request.overwritesExisting,
          contents: contentsFrom(request.contents),
          targetSiteId,
          targetNodeId,
        },
        passphrase: request.passphrase,
        accessToken,
        actor: call.caller.actor,
        correlationId: call.correlationId,
      })
      const now = (await importRow(postgres, row.id)) ?? row
      if (!isBegun && now.state !== 'running') throw ImportNotWaiting({ status: now.state })
      return { import: await importMessage(postgres, now) }
    },

    async getImport({ importId }, call) {
      return { import: await importMessage(postgres, await visibleImport(call, importId)) }
    },

    async listImports({ limit, cursor }, call) {
      requireInstance(call)
      const page = parsePage(limit, cursor, maxListed)
      const rows = await importRows(postgres, page.limit, page.after)
      const found = toPage(rows, page, (row) => ({ key: `${row.createdAtUnixMs}`, id: row.id }))
      return {
        imports: await Promise.all(found.rows.map((row) => importMessage(postgres, row, false))),
        nextCursor: found.nextCursor,
      }
    },

    async listImportRecords(request, call) {
      const { id } = await visibleImport(call, request.importId)
      const fields = new Fields()
      for (const outcome of request.outcomes) {
        if (!outcomes.includes(outcome)) {
          fields.add('outcome', 'unknown', `must be one of ${outcomes.join(', ')}`)
        }
      }
      if (request.limit > maxRecords) fields.integer(request.limit, 'limit', 1, maxRecords)
      if (!/^(-?\d{1,9})?$/.test(request.cursor)) {
        fields.add('cursor', 'cursor_invalid', 'is not a cursor of this list')
      }
      fields.check()
      const limit = request.limit || 100
      const after = request.cursor === '' ? -1_000_000_000 : Number(request.cursor)
      const rows = await importRecords(postgres, id, { after, limit, outcomes: request.outcomes })
      const shown = rows.slice(0, limit)
      return {
        records: shown.map(recordMessage),
        nextCursor: rows.length > limit ? `${shown.at(-1)?.place ?? ''}` : '',
      }
    },
  }
}

const ownerOf = ({ caller }: Call): string => `${caller.actor.kind} ${caller.actor.id}`

function requireInstance(call: Call): void {
  if (!isOfInstance(call, 'backup.restore')) throw SuperAdminOnly({ what: 'Importing a snapshot' })
}

/** What no other run would change. */
const unusable: ReadonlySet<string> = new Set([
  'backup.not_a_snapshot',
  'backup.snapshot_damaged',
  'backup.snapshot_version_unknown',
  'backup.import_too_large',
])

const snakeOf = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const isMissing = (error: unknown): boolean =>
  error instanceof Error && /\bENOENT\b/.test(error.message)
