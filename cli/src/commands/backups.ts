import { setTimeout as delay } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import type { ApiClient } from '../client.ts'
import { type Context, print, printList } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import { ago, bytes, fields, status, table } from '../output.ts'
import { bar, downloadBackup } from './backup-download.ts'
import { isBackupFile, type VerifyFileOptions, verifyBackupFile } from './backup-file.ts'
import { type PassphraseOptions, passphraseOf, passphraseOptions } from './backup-passphrase.ts'
import { backupRestoreCommands } from './backup-restore.ts'
import { given, segment, whole } from './options.ts'

interface Backup {
  readonly id: string
  readonly organization_id: string | null
  readonly name: string
  readonly backup_type: string
  readonly protection: string
  readonly storage_location_name: string
  readonly storage_type: string
  readonly schedule_id: string | null
  readonly status: string
  readonly progress: number
  readonly step: string
  readonly steps: readonly { readonly progress: number; readonly at: string }[]
  readonly uploaded_bytes: string
  readonly created_at: string
  readonly completed_at: string | null
  readonly size_bytes: string
  readonly sha256: string | null
  readonly sequence: string
  readonly recipients: readonly string[]
  readonly file_name: string | null
  readonly object_key: string | null
  readonly failure_code: string | null
  readonly failure_detail: string | null
  readonly verified_at: string | null
  readonly verify_failure: string | null
  readonly kept_until: string | null
  readonly deleting_since: string | null
  readonly deletion_failure: string | null
}

interface Made {
  readonly backup: Backup
  readonly warnings: readonly string[]
}

interface Stats {
  readonly count: string
  readonly completed: string
  readonly failed: string
  readonly running: string
  readonly size_bytes: string
  readonly last_completed_at: string | null
  readonly last_verified_at: string | null
  readonly schedules: number
  readonly enabled_schedules: number
  readonly next_scheduled_at: string | null
  readonly by_type: readonly {
    readonly backup_type: string
    readonly completed: string
    readonly size_bytes: string
    readonly last_completed_at: string | null
    readonly last_verified_at: string | null
  }[]
  readonly by_storage_location: readonly {
    readonly name: string
    readonly storage_type: string
    readonly count: string
    readonly size_bytes: string
  }[]
}

interface Manifest {
  readonly sequence: string
  readonly key_fingerprint: string
  readonly sections: readonly {
    readonly schema: string
    readonly name: string
    readonly organization: string
    readonly records: string
    readonly status: string
  }[]
}

const stateOf = (b: Backup): string =>
  b.deleting_since ? 'deleting' : b.verify_failure ? 'damaged' : b.status

const verified = (b: Backup): string =>
  b.verify_failure ? `not good: ${b.verify_failure}` : ago(b.verified_at)

const columns = [
  { title: 'NAME', value: (b: Backup) => b.name },
  { title: 'TYPE', value: (b: Backup) => b.backup_type },
  { title: 'STATE', value: (b: Backup) => status(stateOf(b)) },
  {
    title: 'SIZE',
    value: (b: Backup) => (b.status === 'completed' ? bytes(b.size_bytes) : `${b.progress} %`),
  },
  { title: 'LOCATION', value: (b: Backup) => b.storage_location_name || b.storage_type },
  { title: 'VERIFIED', value: (b: Backup) => (b.status === 'completed' ? verified(b) : '') },
  { title: 'CREATED', value: (b: Backup) => ago(b.created_at) },
  { title: 'ID', value: (b: Backup) => b.id },
]

const none =
  'No backups. Make one: holdfast backup create, or holdfast schedule create for one a night.'
const pollMs = 500

/** `backup …`: portable snapshots and full backups. */
export function backupCommands(program: Command, context: Context): void {
  const group = program
    .command('backup')
    .description(
      'portable snapshots of organizations, full backups of the instance (docs/backup.md)',
    )

  group
    .command('list')
    .alias('ls')
    .description('list backups, newest first')
    .option('--org <name-or-id>', 'of this organization')
    .option('--site <name-or-id>', 'snapshots that hold this site')
    .addOption(
      new Option('--type <word>', 'only those').choices(['snapshot', 'full', 'rollback_slot']),
    )
    .addOption(
      new Option('--status <word>', 'only those').choices([
        'pending',
        'running',
        'completed',
        'failed',
        'cancelled',
      ]),
    )
    .option('--storage-type <kind>', 'at locations of this kind')
    .option('--schedule <id>', 'made by this schedule')
    .option('-q, --search <text>', 'only names that contain the text')
    .option('--limit <n>', 'at most so many', whole(1, 100_000))
    .action(async (options: ListOptions, command: Command) => {
      const query = {
        organization: options.org,
        site_id: options.site,
        backup_type: options.type,
        status: options.status,
        storage_type: options.storageType,
        schedule_id: options.schedule,
        search: options.search,
      }
      const items = context.api(command).items<Backup>('/backups', query)
      const isFiltered = Object.values(query).some((value) => value !== undefined)
      const empty = isFiltered ? 'No backup answers to that.' : none
      await printList(context, command, items, (rows) => table(rows, columns), empty)
    })

  passphraseOptions(
    group
      .command('create')
      .description('make a backup and wait for it; of the whole instance when no --org is given')
      .option('--name <name>', 'what it is called; the type and the date when omitted')
      .addOption(
        new Option('--type <word>', 'a portable snapshot, or everything')
          .choices(['snapshot', 'full'])
          .default('snapshot'),
      )
      .option('--org <name-or-id>', 'a snapshot of this organization')
      .option('--storage <name-or-id>', 'where to; the built-in local location when omitted')
      .option('--no-devices', 'without nodes, interfaces and peers')
      .option('--no-users', 'without users')
      .option('--no-automation', 'without rules, policy tests, alert rules and webhooks')
      .option('--no-encrypt', 'leave it readable to whoever can read the location')
      .option('--no-wait', 'do not wait for its end'),
  ).action(async (options: CreateOptions, command: Command) => {
    const api = context.api(command)
    const passphrase = await passphraseOf(context, options, true)
    const left = (value: boolean): boolean | undefined => (value ? undefined : false)
    const body = given({
      name: options.name ?? `${options.type} ${new Date().toISOString().slice(0, 16)}`,
      backup_type: options.type,
      organization: options.org,
      storage_location_id: options.storage,
      include_devices: left(options.devices),
      include_users: left(options.users),
      include_automation: left(options.automation),
      is_encrypted: left(options.encrypt),
      passphrase,
    })
    const made = await api.json<Made>('/backups', { method: 'POST', body })
    for (const warning of made.warnings) context.out.note(`Note: ${warning}`)
    if (!options.wait) {
      print(context, command, made, ({ backup }) =>
        [`Backup ${backup.name} is being made (${backup.id}).`, watchLine(backup)].join('\n'),
      )
      return
    }
    const backup = await watch(context, api, made.backup.id)
    tellEnd(context, command, { ...made, backup }, backup)
  })

  group
    .command('show <id>')
    .alias('get')
    .description('show one backup and how far it is')
    .action(async (id: string, _options, command: Command) => {
      const found = await context.api(command).json<Backup>(`/backups/${segment(id)}`)
      print(context, command, found, shown)
    })

  group
    .command('watch <id>')
    .description('follow a backup until it is over')
    .action(async (id: string, _options, command: Command) => {
      const backup = await watch(context, context.api(command), id)
      tellEnd(context, command, backup, backup)
    })

  group
    .command('contents <id>')
    .alias('manifest')
    .description('what a backup holds, and whether this instance could restore it')
    .action(async (id: string, _options, command: Command) => {
      const path = `/backups/${segment(id)}/manifest`
      const found = await context.api(command).json<Manifest>(path)
      print(context, command, found, contents)
    })

  group
    .command('download <id>')
    .description('save a backup as a file, checked against its SHA-256')
    .option('-o, --output <file>', 'where to; its own name when omitted')
    .option('--force', 'overwrite a file that is there')
    .action(async (id: string, options: { output?: string; force?: boolean }, command: Command) => {
      const saved = await downloadBackup(context, context.api(command), id, options)
      print(
        context,
        command,
        saved,
        (s) => `Saved ${s.file} (${bytes(s.bytes)}, SHA-256 ${s.sha256}).`,
      )
    })

  passphraseOptions(
    group
      .command('verify <id-or-file>')
      .description(
        'read a backup back from where it lies; of a full one as a file, judge every byte without any server',
      )
      .option(
        '--identity <file>',
        'of a file: look into what is sealed; an age key or the root key',
      ),
  ).action(async (id: string, options: PassphraseOptions & VerifyFileOptions, command: Command) => {
    if (isBackupFile(id)) {
      const passphrase = await passphraseOf(context, options, false)
      await verifyBackupFile(context, command, id, options, passphrase)
      return
    }
    const api = context.api(command)
    const path = `/backups/${segment(id)}`
    const before = await api.json<Backup>(path)
    await api.json(`${path}/verify`, { method: 'POST' })
    let backup = before
    while (backup.verified_at === before.verified_at) {
      await delay(pollMs)
      backup = await api.json<Backup>(path)
    }
    print(context, command, backup, (b) =>
      b.verify_failure
        ? `Backup ${b.name} is not good: ${b.verify_failure}`
        : `Backup ${b.name} is there, whole and as it was made.`,
    )
    if (backup.verify_failure)
      throw new CliError(`backup ${backup.name} is not good`, exitCodes.failed)
  })

  group
    .command('cancel <id>')
    .description('stop a backup that is not over; nothing of it stays')
    .action(async (id: string, _options, command: Command) => {
      const path = `/backups/${segment(id)}/cancel`
      const done = await context.api(command).json<Backup>(path, { method: 'POST' })
      print(context, command, done, (b) => `Cancelled backup ${b.name}.`)
    })

  group
    .command('delete <id>')
    .alias('rm')
    .description('delete a backup: its file and its record')
    .option('-y, --yes', 'do not ask')
    .action(async (id: string, options: { yes?: boolean }, command: Command) => {
      const api = context.api(command)
      const path = `/backups/${segment(id)}`
      const { name } = await api.json<Backup>(path)
      const isMeant =
        options.yes || (await context.ask.confirm(`Delete backup ${name}? It cannot be undone.`))
      if (!isMeant) throw new CliError('nothing was deleted', exitCodes.interrupted)
      const left = await api.json<Backup | undefined>(path, { method: 'DELETE' })
      print(context, command, left ?? { deleted: id }, () =>
        left
          ? `Backup ${name} is being deleted: its location cannot be reached now (${left.deletion_failure ?? 'it is tried again'}).`
          : `Deleted backup ${name}.`,
      )
    })

  group
    .command('stats')
    .description('counts, sizes and last successes')
    .option('--org <name-or-id>', 'of this organization')
    .option('--site <name-or-id>', 'of snapshots that hold this site')
    .action(async (options: { org?: string; site?: string }, command: Command) => {
      const query = given({ organization: options.org, site_id: options.site })
      const found = await context
        .api(command)
        .json<Stats>('/backups/stats', { query: query as Record<string, string> }) // as: both are texts
      print(context, command, found, statsShown)
    })

  backupRestoreCommands(group, context)
}

interface ListOptions {
  readonly org?: string
  readonly site?: string
  readonly type?: string
  readonly status?: string
  readonly storageType?: string
  readonly schedule?: string
  readonly search?: string
}

interface CreateOptions extends PassphraseOptions {
  readonly name?: string
  readonly type: string
  readonly org?: string
  readonly storage?: string
  readonly devices: boolean
  readonly users: boolean
  readonly automation: boolean
  readonly encrypt: boolean
  readonly wait: boolean
}

const isOver = ({ status: word }: Backup): boolean => word !== 'pending' && word !== 'running'

/** Follows it until it is over; a line a step, for people and for logs alike. */
async function watch({ out }: Context, api: ApiClient, id: string): Promise<Backup> {
  let told = -1
  for (;;) {
    const backup = await api.json<Backup>(`/backups/${segment(id)}`)
    if (backup.progress !== told && backup.progress > 0) {
      told = backup.progress
      out.note(`${bar(told)} ${String(told).padStart(3)} %  ${backup.step || backup.status}`)
    }
    if (isOver(backup)) return backup
    await delay(pollMs)
  }
}

/** The exit code says it too: scripts wait for a backup by it. */
function tellEnd(context: Context, command: Command, value: unknown, backup: Backup): void {
  const isCompleted = backup.status === 'completed'
  if (isCompleted || context.wantsJson(command)) print(context, command, value, () => ended(backup))
  if (!isCompleted)
    throw new CliError(ended(backup), exitCodes.failed, [], backup.failure_code ?? undefined)
}

const watchLine = ({ id }: Backup): string => `Follow it: holdfast backup watch ${id}`

const ended = (b: Backup): string =>
  b.status === 'completed'
    ? [
        `Backup ${b.name} is complete: ${bytes(b.size_bytes)} at ${b.storage_location_name}.`,
        `Fetch it: holdfast backup download ${b.id}`,
      ].join('\n')
    : b.status === 'failed'
      ? `Backup ${b.name} failed: ${b.failure_detail ?? ''} (${b.failure_code ?? ''})`
      : `Backup ${b.name} was ${b.status}.`

const protectionWords: Readonly<Record<string, string>> = {
  none: 'not encrypted',
  passphrase: 'passphrase',
  instance_key: 'key of this instance: no other can open it',
  recipients: 'age recipients',
}

const shown = (b: Backup): string =>
  fields([
    ['name', b.name],
    ['id', b.id],
    ['type', b.backup_type],
    ['state', status(stateOf(b))],
    ['progress', `${b.progress} % ${b.step}`.trim()],
    ['failure', b.failure_code ? `${b.failure_detail ?? ''} (${b.failure_code})` : ''],
    ['location', `${b.storage_location_name} (${b.storage_type})`],
    ['object', b.object_key ?? ''],
    ['size', b.status === 'completed' ? bytes(b.size_bytes) : ''],
    ['SHA-256', b.sha256 ?? ''],
    ['encryption', protectionWords[b.protection] ?? b.protection],
    ['opened by', b.recipients.join(', ')],
    ['holds', b.sequence === '0' ? '' : `everything up to sequence ${b.sequence}`],
    ['verified', b.status === 'completed' ? verified(b) : ''],
    ['schedule', b.schedule_id ?? ''],
    ['kept until', b.kept_until ?? ''],
    ['deleting', b.deleting_since ? `${b.deletion_failure ?? ''}, since ${b.deleting_since}` : ''],
    ['created', `${b.created_at} (${ago(b.created_at)})`],
    ['ended', b.completed_at ?? ''],
    ['steps', b.steps.map(({ progress, at }) => `${progress} ${at.slice(11, 23)}`).join('  ')],
  ])

const contents = ({ sequence, sections, key_fingerprint: fingerprint }: Manifest): string =>
  [
    `Everything up to sequence ${sequence}.`,
    ...(fingerprint ? [`Root key of the instance that made it: ${fingerprint}`] : []),
    table(sections, [
      { title: 'ORGANIZATION', value: (s) => s.organization || '-' },
      { title: 'SECTION', value: (s) => s.name },
      { title: 'RECORDS', value: (s) => s.records },
      { title: 'SCHEMA', value: (s) => s.schema },
      { title: 'HERE', value: (s) => s.status.replaceAll('_', ' ') },
    ]),
  ].join('\n')

const statsShown = (s: Stats): string =>
  [
    fields([
      [
        'backups',
        `${s.count}: ${s.completed} completed, ${s.failed} failed, ${s.running} under way`,
      ],
      ['size', bytes(s.size_bytes)],
      ['last completed', ago(s.last_completed_at)],
      ['last verified', ago(s.last_verified_at)],
      ['schedules', `${s.schedules}, ${s.enabled_schedules} enabled`],
      ['next', s.next_scheduled_at ? ago(s.next_scheduled_at) : ''],
    ]),
    ...(s.by_type.length === 0
      ? [none]
      : [
          table(s.by_type, [
            { title: 'TYPE', value: (t) => t.backup_type },
            { title: 'COMPLETED', value: (t) => t.completed },
            { title: 'SIZE', value: (t) => bytes(t.size_bytes) },
            { title: 'LAST COMPLETED', value: (t) => ago(t.last_completed_at) },
            { title: 'LAST VERIFIED', value: (t) => ago(t.last_verified_at) },
          ]),
          table(s.by_storage_location, [
            { title: 'LOCATION', value: (l) => l.name },
            { title: 'KIND', value: (l) => l.storage_type },
            { title: 'BACKUPS', value: (l) => l.count },
            { title: 'SIZE', value: (l) => bytes(l.size_bytes) },
          ]),
        ]),
  ].join('\n')
