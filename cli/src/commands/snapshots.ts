import { openAsBlob } from 'node:fs'
import { open, rename, rm, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { openSnapshot, type SnapshotHeader } from '@holdfast/snapshot'
import type { Command } from 'commander'
import type { ApiClient } from '../client.ts'
import { type Context, print, printList } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import { ago, bytes, fields, status, table } from '../output.ts'
import { type PassphraseOptions, passphraseOf, passphraseOptions } from './backup-passphrase.ts'
import { segment } from './options.ts'

interface ImportRecord {
  readonly section: string
  readonly organization: string
  readonly record: number
  readonly name: string
  readonly outcome: string
  readonly code: string
  readonly detail: string
}
export interface ImportSection {
  readonly name: string
  readonly organization: string
  readonly status: string
  readonly records: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly skipped: number
  readonly refused: number
  /** Where a restore is undone. */
  readonly removed?: number
  readonly issues: readonly ImportRecord[]
}
interface Import {
  readonly id: string
  readonly status: string
  readonly progress: number
  readonly is_dry_run: boolean
  readonly failure_code: string
  readonly failure_detail: string
  readonly warnings: readonly string[]
  readonly sections: readonly ImportSection[]
  readonly rollback_sequence: string | null
  readonly bytes: string
  readonly created_at: string
}

interface ExportOptions extends PassphraseOptions {
  readonly org?: string
  readonly devices: boolean
  readonly users: boolean
  readonly automation: boolean
  readonly encrypt: boolean
  readonly compress: boolean
  readonly instanceKey?: boolean
  readonly output?: string
}
interface RunOptions extends PassphraseOptions {
  readonly dryRun?: boolean
  readonly overwrite?: boolean
  readonly devices: boolean
  readonly users?: boolean
  readonly automation: boolean
  readonly org?: string
  readonly site?: string
  readonly node?: string
  readonly yes?: boolean
}

/** As the service bounds it by default; what is larger there is for the service to say. */
const maxBytes = 4 * 1024 ** 3
const pollMs = 300

/** `snapshot export|inspect|import|run|imports|records`: configuration as a file, out and in. */
export function snapshotCommands(program: Command, context: Context): void {
  const group = program
    .command('snapshot')
    .description('portable snapshots: configuration as one file, without secrets')

  passphraseOptions(
    group
      .command('export')
      .description('save a snapshot now, without a record; sealed with a passphrase')
      .option('--org <name-or-id>', 'of this organization; all of them when omitted')
      .option('--no-devices', 'without nodes, interfaces and peers')
      .option('--no-users', 'without users')
      .option('--no-automation', 'without rules, policy tests, alert rules and webhooks')
      .option('--no-encrypt', 'readable by anybody who has the file')
      .option('--no-compress', 'text, when it is not encrypted either')
      .option('--instance-key', 'seal it with the key of this instance: it opens here alone')
      .option('-o, --output <file>', 'where to; its own name when omitted'),
  ).action(async (options: ExportOptions, command: Command) => {
    const saved = await saveExport(context, context.api(command), options)
    print(context, command, saved, (s) => `Saved ${s.file} (${bytes(s.bytes)}).`)
  })

  group
    .command('inspect <file>')
    .description('check a snapshot and show its table of contents; asks no server, needs no key')
    .action(async (file: string, _options, command: Command) => {
      const header = await headerOf(file)
      print(context, command, inspection(header), () => contents(header))
    })

  runOptions(
    passphraseOptions(
      group
        .command('import <file>')
        .description('bring a snapshot in; --dry-run says what would be done'),
    ),
  ).action(async (file: string, options: RunOptions, command: Command) => {
    const header = await headerOf(file)
    const api = context.api(command)
    await sure(context, options, `Bring ${file} in?`)
    const form = new FormData()
    const passphrase = await passphraseFor(context, header, options)
    if (passphrase !== undefined) form.append('passphrase', passphrase)
    form.append('file', await openAsBlob(file), basename(file))
    const query = runQuery(options)
    const begun = await api.json<Import>('/backups/import', { method: 'POST', query, form })
    await tell(context, command, await untilOver(context, api, begun))
  })

  runOptions(
    passphraseOptions(
      group
        .command('run <id>')
        .description('run an import again: after a dry run, or where it was interrupted'),
    ),
  ).action(async (id: string, options: RunOptions, command: Command) => {
    const api = context.api(command)
    await sure(context, options, `Run import ${id}?`)
    const passphrase = await passphraseOf(context, options, false)
    const body = { ...runQuery(options), ...(passphrase === undefined ? {} : { passphrase }) }
    const path = `/backups/imports/${segment(id)}/run`
    const begun = await api.json<Import>(path, { method: 'POST', body })
    await tell(context, command, await untilOver(context, api, begun))
  })

  group
    .command('imports [id]')
    .description('list imports, or show one')
    .action(async (id: string | undefined, _options, command: Command) => {
      const api = context.api(command)
      if (id === undefined) {
        const items = api.items<Import>('/backups/imports')
        const empty =
          'No import in the last thirty days. Bring one in: holdfast snapshot import FILE'
        await printList(context, command, items, (rows) => table(rows, importColumns), empty)
        return
      }
      const found = await api.json<Import>(`/backups/imports/${segment(id)}`)
      print(context, command, found, report)
    })

  group
    .command('records <id>')
    .description('list what became of each record of an import')
    .option('--outcome <word>', 'created, updated, unchanged, skipped or refused')
    .action(async (id: string, { outcome }: { outcome?: string }, command: Command) => {
      const path = `/backups/imports/${segment(id)}/records`
      const items = context.api(command).items<ImportRecord>(path, { limit: 1000, outcome })
      await printList(context, command, items, (rows) => table(rows, recordColumns), 'No record.')
    })
}

const runOptions = (command: Command): Command =>
  command
    .option('--dry-run', 'only say what would be done')
    .option('--overwrite', 'change what exists to what the snapshot has')
    .option('--no-devices', 'without nodes, interfaces and peers')
    .option('--users', 'users too; they get no password')
    .option('--no-automation', 'without rules, policy tests, alert rules and webhooks')
    .option('--org <name-or-id>', 'into this organization, whatever it is called in the snapshot')
    .option('--site <name-or-id>', 'nodes go to this site; with --org')
    .option('--node <name-or-id>', 'takes the interfaces of nodes that are not here; with --org')
    .option('-y, --yes', 'do not ask')

const runQuery = (options: RunOptions) => ({
  dry_run: options.dryRun ?? false,
  overwrite_existing: options.overwrite ?? false,
  restore_devices: options.devices,
  restore_users: options.users ?? false,
  restore_automation: options.automation,
  ...(options.org === undefined ? {} : { organization_id: options.org }),
  ...(options.site === undefined ? {} : { target_site_id: options.site }),
  ...(options.node === undefined ? {} : { target_node_id: options.node }),
})

/** A dry run needs no asking. */
async function sure(context: Context, options: RunOptions, question: string): Promise<void> {
  if (options.dryRun || options.yes || (await context.ask.confirm(question))) return
  throw new CliError('nothing was changed', exitCodes.interrupted)
}

const isNamed = ({ passphrase, passphraseFile, passphraseStdin }: PassphraseOptions): boolean =>
  passphrase === true || passphraseFile !== undefined || passphraseStdin === true

/** Asked for when the file says that it takes one. */
async function passphraseFor(
  context: Context,
  { encryption }: SnapshotHeader,
  options: RunOptions,
): Promise<string | undefined> {
  if (encryption?.format.kind !== 'pbkdf2') return undefined
  const asked = isNamed(options) ? options : { passphrase: true }
  return await passphraseOf(context, asked, false)
}

async function saveExport(context: Context, api: ApiClient, options: ExportOptions) {
  if (options.instanceKey && (isNamed(options) || !options.encrypt)) {
    throw new CliError(
      '--instance-key goes without a passphrase and with encryption',
      exitCodes.usage,
    )
  }
  if (!options.encrypt && isNamed(options)) {
    throw new CliError('--no-encrypt goes without a passphrase', exitCodes.usage)
  }
  const asked = isNamed(options) ? options : { passphrase: true }
  const passphrase =
    options.encrypt && !options.instanceKey ? await passphraseOf(context, asked, true) : undefined
  const response = await api.send('/backups/export', {
    method: 'POST',
    body: {
      include_devices: options.devices,
      include_users: options.users,
      include_automation: options.automation,
      is_encrypted: options.encrypt,
      compress: options.compress,
      ...(options.org === undefined ? {} : { organization_id: options.org }),
      ...(passphrase === undefined ? {} : { passphrase }),
    },
  })
  if (!response.body) throw new CliError('the server answered nothing', exitCodes.failed)
  const warning = response.headers.get('holdfast-warning')
  if (warning) context.out.note(warning)
  const named = /filename="([A-Za-z0-9][A-Za-z0-9._-]*)"/.exec(
    response.headers.get('content-disposition') ?? '',
  )
  const file = options.output ?? named?.[1] ?? 'snapshot.hfsnap'
  const partial = `${file}.part`
  try {
    // as: the same stream by its other name
    const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])
    await writeFile(partial, body, { mode: 0o600 })
    const header = await headerOf(partial)
    await rename(partial, file)
    return { file, bytes: (await openAsBlob(file)).size, sequence: `${header.manifest.sequence}` }
  } catch (error) {
    await rm(partial, { force: true })
    throw error instanceof CliError
      ? error
      : new CliError(`cannot save ${file}: ${(error as Error).message}`, exitCodes.failed)
  }
}

/** Checks lengths and checksums, here and now. */
async function headerOf(path: string): Promise<SnapshotHeader> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`cannot read ${path}: ${error.code ?? error.message}`, exitCodes.usage)
  })
  try {
    const { size } = await file.stat()
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset)
      return buffer.subarray(0, bytesRead)
    }
    return (await openSnapshot({ size, read }, { maxBytes })).header
  } catch (error) {
    throw new CliError(`${path}: ${(error as Error).message}`, exitCodes.failed)
  } finally {
    await file.close()
  }
}

async function untilOver(context: Context, api: ApiClient, begun: Import): Promise<Import> {
  let found = begun
  while (found.status === 'running' || found.status === 'received') {
    await delay(pollMs)
    found = await api.json<Import>(`/backups/imports/${segment(begun.id)}`)
    if (context.out.isTerminal) context.out.note(`${found.progress} %`)
  }
  return found
}

async function tell(context: Context, command: Command, found: Import): Promise<void> {
  print(context, command, found, report)
  if (found.status === 'completed') return
  throw new CliError(found.failure_detail, exitCodes.failed, [], found.failure_code)
}

const importColumns = [
  { title: 'WHEN', value: (i: Import) => ago(i.created_at) },
  { title: 'STATE', value: (i: Import) => status(i.status) },
  { title: 'DRY', value: (i: Import) => (i.is_dry_run ? 'yes' : '') },
  { title: 'SIZE', value: (i: Import) => bytes(Number(i.bytes)) },
  { title: 'ID', value: (i: Import) => i.id },
]

const sectionColumns = [
  { title: 'ORGANIZATION', value: (s: ImportSection) => s.organization },
  { title: 'SECTION', value: (s: ImportSection) => s.name },
  { title: 'STATE', value: (s: ImportSection) => status(s.status) },
  { title: 'RECORDS', value: (s: ImportSection) => `${s.records}` },
  { title: 'CREATED', value: (s: ImportSection) => `${s.created}` },
  { title: 'UPDATED', value: (s: ImportSection) => `${s.updated}` },
  { title: 'UNCHANGED', value: (s: ImportSection) => `${s.unchanged}` },
  { title: 'LEFT', value: (s: ImportSection) => `${s.skipped - s.unchanged}` },
  { title: 'REFUSED', value: (s: ImportSection) => `${s.refused}` },
]

const removedColumn = {
  title: 'REMOVED',
  value: ({ removed = 0 }: ImportSection) => `${removed}`,
}

const recordColumns = [
  { title: 'SECTION', value: (r: ImportRecord) => r.section },
  { title: 'NAME', value: (r: ImportRecord) => r.name },
  { title: 'OUTCOME', value: (r: ImportRecord) => r.outcome },
  { title: 'CODE', value: (r: ImportRecord) => r.code },
  { title: 'WHY', value: (r: ImportRecord) => r.detail },
]

/** What became of each section, and what was not taken as it is. */
export function sectionTables(sections: readonly ImportSection[]): readonly string[] {
  const issues = sections.flatMap((section) => section.issues)
  const isUndone = sections.some(({ removed = 0 }) => removed > 0)
  const columns = isUndone ? [...sectionColumns, removedColumn] : sectionColumns
  return [
    ...(sections.length > 0 ? [table(sections, columns)] : []),
    ...(issues.length > 0 ? [table(issues, recordColumns)] : []),
  ]
}

function report(found: Import): string {
  return [
    fields([
      ['import', found.id],
      ['state', status(found.status) + (found.is_dry_run ? ' (dry run: nothing was written)' : '')],
      [
        'undo',
        found.rollback_sequence ? `restore the log to sequence ${found.rollback_sequence}` : '',
      ],
    ]),
    ...sectionTables(found.sections),
    ...found.warnings,
    ...(found.status === 'completed' && found.is_dry_run
      ? [`Bring it in: holdfast snapshot run ${found.id}`]
      : []),
  ].join('\n\n')
}

const sealing = ({ encryption }: SnapshotHeader): string =>
  encryption === undefined
    ? 'not encrypted: nothing vouches for it but its checksums'
    : encryption.format.kind === 'pbkdf2'
      ? 'a passphrase'
      : 'the key of the instance that made it: opens there alone'

const inspection = (header: SnapshotHeader) => ({
  backup_id: header.backupId,
  created_at: header.createdAt,
  version: header.version,
  is_encrypted: header.encryption !== undefined,
  is_compressed: header.isCompressed,
  content_bytes: `${header.contentBytes}`,
  lineage_id: header.manifest.lineageId,
  root_key_fingerprint: header.manifest.rootKeyFingerprint,
  sequence: `${header.manifest.sequence}`,
  contents: header.manifest.contents,
  organizations: header.manifest.organizations,
  contributors: header.manifest.contributors,
  sections: header.manifest.sections.map((one) => ({ ...one, sequence: `${one.sequence}` })),
})

function contents(header: SnapshotHeader): string {
  const { manifest } = header
  return [
    fields([
      ['made', `${header.createdAt} (${ago(header.createdAt)})`],
      ['by', `Holdfast ${header.version}, instance ${manifest.lineageId}`],
      ['sealed with', sealing(header)],
      ['holds', `everything up to sequence ${manifest.sequence}`],
      ['content', bytes(header.contentBytes)],
    ]),
    manifest.sections.length === 0
      ? 'There is no record in it.'
      : table(manifest.sections, [
          { title: 'ORGANIZATION', value: (s) => s.organization },
          { title: 'SECTION', value: (s) => s.contributor },
          { title: 'RECORDS', value: (s) => `${s.records}` },
          { title: 'AS OF', value: (s) => `${s.sequence}` },
        ]),
  ].join('\n\n')
}
