import { type Command, Option } from 'commander'
import { type Context, print, printList } from '../context.ts'
import { ago, fields, status, table } from '../output.ts'
import { type PassphraseOptions, passphraseOf, passphraseOptions } from './backup-passphrase.ts'
import { changes, given, segment, whole } from './options.ts'

interface Schedule {
  readonly id: string
  readonly organization_id: string | null
  readonly name: string
  readonly cron_expression: string
  readonly time_zone: string
  readonly backup_type: string
  readonly storage_location_id: string
  readonly storage_location: string | null
  readonly retention_days: number
  readonly max_backups: number
  readonly is_encrypted: boolean
  readonly has_passphrase: boolean
  readonly include_devices: boolean
  readonly include_users: boolean
  readonly include_automation: boolean
  readonly missed_policy: string
  readonly is_enabled: boolean
  readonly description: string
  readonly next_slot_at: string | null
  readonly last_slot_at: string | null
  readonly last_backup_id: string | null
  readonly last_backup_status: string | null
  readonly missed_at: string | null
  readonly revision: string
}

interface SettingsOptions extends PassphraseOptions {
  readonly name?: string
  readonly cron?: string
  readonly timeZone?: string
  readonly type?: string
  readonly storage?: string
  readonly retentionDays?: number
  readonly maxBackups?: number
  readonly encrypted?: boolean
  readonly devices?: boolean
  readonly users?: boolean
  readonly automation?: boolean
  readonly missed?: string
  readonly description?: string
}

const base = '/backups/schedules'

const last = (s: Schedule): string =>
  s.last_slot_at === null
    ? 'never'
    : `${status(s.last_backup_status ?? 'let go')} ${ago(s.last_slot_at)}`
const location = (s: Schedule): string => s.storage_location ?? s.storage_location_id

const columns = [
  { title: 'NAME', value: (s: Schedule) => s.name },
  { title: 'MAKES', value: (s: Schedule) => s.backup_type },
  { title: 'WHEN', value: (s: Schedule) => `${s.cron_expression} ${s.time_zone}` },
  { title: 'WHERE', value: location },
  { title: 'NEXT', value: (s: Schedule) => (s.is_enabled ? ago(s.next_slot_at) : 'disabled') },
  { title: 'LAST', value: last },
  { title: 'KEEPS', value: (s: Schedule) => `${s.max_backups}, ${s.retention_days} days` },
]

function protection(s: Schedule): string {
  if (!s.is_encrypted) return 'no'
  if (s.backup_type === 'full') return 'yes, to the recovery recipients'
  return s.has_passphrase
    ? 'yes, with a passphrase'
    : 'yes, with the key of this instance: they open here alone'
}

const shown = (s: Schedule): string =>
  fields([
    ['name', s.name],
    ['id', s.id],
    ['of', s.organization_id ?? 'the whole instance'],
    ['makes', s.backup_type],
    ['when', `${s.cron_expression} (${s.time_zone})`],
    ['where', location(s)],
    ['encrypted', protection(s)],
    [
      'takes along',
      s.backup_type === 'full'
        ? 'everything'
        : [
            s.include_devices && 'devices',
            s.include_users && 'users',
            s.include_automation && 'automation',
          ]
            .filter(Boolean)
            .join(', ') || 'organizations and sites alone',
    ],
    ['keeps', `${s.max_backups} backups, for ${s.retention_days} days`],
    ['missed slots', s.missed_policy === 'skip' ? 'are let go' : 'are made up for by one run'],
    ['state', s.is_enabled ? 'enabled' : 'disabled'],
    ['next', s.next_slot_at ?? undefined],
    ['last', last(s)],
    ['last backup', s.last_backup_id ?? undefined],
    ['missed last', s.missed_at ? ago(s.missed_at) : undefined],
    ['description', s.description],
  ])

const settingsOptions = (command: Command): Command =>
  passphraseOptions(
    command
      .option('--time-zone <name>', 'IANA name, for example Europe/Berlin; UTC when omitted')
      .addOption(new Option('--type <word>', 'what it makes').choices(['snapshot', 'full']))
      .option('--storage <name-or-id>', 'where to; the built-in location when omitted')
      .option('--retention-days <n>', 'delete what is older (30)', whole(1, 3650))
      .option('--max-backups <n>', 'delete the oldest when there are more (10)', whole(1, 1000))
      .addOption(
        new Option('--missed <word>', 'slots nobody was there for: let go, or one run').choices([
          'skip',
          'run_once',
        ]),
      )
      .option('--description <text>')
      .option('--encrypted', 'encrypt what it makes (the usual)')
      .option('--devices', 'take nodes, interfaces and peers along (the usual)')
      .option('--users', 'take users along (the usual)')
      .option('--automation', 'take rules, policy tests and alert rules along (the usual)')
      // Behind what they take back: before it they would count as not said otherwise.
      .option('--no-encrypted', 'refused where it goes to another machine')
      .option('--no-devices')
      .option('--no-users')
      .option('--no-automation'),
  )

const bodyOf = (options: SettingsOptions) => ({
  name: options.name,
  cron_expression: options.cron,
  time_zone: options.timeZone,
  backup_type: options.type,
  storage_location_id: options.storage,
  retention_days: options.retentionDays,
  max_backups: options.maxBackups,
  is_encrypted: options.encrypted,
  include_devices: options.devices,
  include_users: options.users,
  include_automation: options.automation,
  missed_policy: options.missed,
  description: options.description,
})

/** What PUT takes of what GET answers. */
const settingsOf = (s: Schedule) => ({
  name: s.name,
  cron_expression: s.cron_expression,
  time_zone: s.time_zone,
  backup_type: s.backup_type,
  storage_location_id: s.storage_location_id,
  retention_days: s.retention_days,
  max_backups: s.max_backups,
  is_encrypted: s.is_encrypted,
  include_devices: s.include_devices,
  include_users: s.include_users,
  include_automation: s.include_automation,
  missed_policy: s.missed_policy,
  is_enabled: s.is_enabled,
  description: s.description,
})

const nextLine = (s: Schedule): string =>
  s.next_slot_at === null ? 'It is disabled.' : `Next: ${s.next_slot_at} (${ago(s.next_slot_at)}).`

/** `schedule …`: when backups are made by themselves. */
export function scheduleCommands(program: Command, context: Context): void {
  const group = program
    .command('schedule')
    .description('when backups are made by themselves (docs/backup-schedules.md)')

  group
    .command('list')
    .alias('ls')
    .description('list schedules')
    .option('--org <name-or-id>', 'of this organization')
    .option('--limit <n>', 'at most so many', whole(1, 100_000))
    .action(async (options: { org?: string }, command: Command) => {
      const items = context.api(command).items<Schedule>(base, { organization: options.org })
      const none =
        "No schedules. Make one: holdfast schedule create --name nightly --cron '0 2 * * *'"
      await printList(context, command, items, (rows) => table(rows, columns), none)
    })

  group
    .command('show <name-or-id>')
    .alias('get')
    .description('show one schedule and how its last slot went')
    .action(async (name: string, _options, command: Command) => {
      const found = await context.api(command).json<Schedule>(`${base}/${segment(name)}`)
      print(context, command, found, shown)
    })

  settingsOptions(
    group
      .command('create')
      .description('make a schedule')
      .requiredOption('--name <name>')
      .requiredOption('--cron <expression>', "five fields, for example '0 2 * * *'")
      .option('--org <name-or-id>', "whose; the whole instance's when omitted")
      .option('--disabled', 'make it, and enable it later'),
  ).action(
    async (options: SettingsOptions & { org?: string; disabled?: boolean }, command: Command) => {
      const passphrase = await passphraseOf(context, options, true)
      const body = given({
        ...bodyOf(options),
        passphrase,
        organization: options.org,
        is_enabled: options.disabled ? false : undefined,
      })
      const made = await context.api(command).json<Schedule>(base, { method: 'POST', body })
      const opensHereAlone =
        made.is_encrypted && !made.has_passphrase && made.backup_type !== 'full'
      if (opensHereAlone)
        context.out.note(
          'Without a passphrase its snapshots open on this instance alone: holdfast schedule update … --passphrase',
        )
      print(context, command, made, (s) =>
        [`Created schedule ${s.name} (${s.id}).`, nextLine(s)].join('\n'),
      )
    },
  )

  settingsOptions(
    group
      .command('update <name-or-id>')
      .alias('set')
      .description('change what is named')
      .option('--name <name>', 'a new name')
      .option('--cron <expression>', "five fields, for example '0 2 * * *'"),
  )
    // Behind what it takes back: before it it would count as not said otherwise.
    .option('--no-passphrase', 'the key of this instance: snapshots open here alone')
    .action(async (name: string, options: SettingsOptions, command: Command) => {
      const api = context.api(command)
      const given = await passphraseOf(context, options, true)
      const passphrase = options.passphrase === false ? '' : given
      const wanted = changes({ ...bodyOf(options), passphrase })
      const before = await api.json<Schedule>(`${base}/${segment(name)}`)
      const made = await api.json<Schedule>(`${base}/${before.id}`, {
        method: 'PUT',
        body: { ...settingsOf(before), ...wanted },
        // The rest is as it was read: whoever changed it meanwhile is not undone.
        headers: { 'if-match': `"${before.revision}"` },
      })
      print(context, command, made, (s) => `Updated schedule ${s.name}. ${nextLine(s)}`)
    })

  for (const [verb, isEnabled] of [
    ['enable', true],
    ['disable', false],
  ] as const) {
    group
      .command(`${verb} <name-or-id>`)
      .description(isEnabled ? 'make backups from now on' : 'make none; what there is stays')
      .action(async (name: string, _options, command: Command) => {
        const path = `${base}/${segment(name)}/toggle`
        const body = { is_enabled: isEnabled }
        const made = await context.api(command).json<Schedule>(path, { method: 'POST', body })
        print(context, command, made, (s) => `Schedule ${s.name} is ${verb}d. ${nextLine(s)}`)
      })
  }

  group
    .command('next <expression>')
    .alias('preview')
    .description("the next slots of an expression, for example '0 2 * * 1-5'")
    .option('--time-zone <name>', 'IANA name; UTC when omitted')
    .option('--count <n>', 'how many; 5 when omitted', whole(1, 50))
    .action(
      async (
        expression: string,
        options: { timeZone?: string; count?: number },
        command: Command,
      ) => {
        const query = {
          cron_expression: expression,
          time_zone: options.timeZone,
          count: options.count,
        }
        const found = await context
          .api(command)
          .json<{ slots: string[] }>(`${base}/preview`, { query })
        print(context, command, found, ({ slots }) =>
          slots.map((slot) => `${slot}  ${ago(slot)}`).join('\n'),
        )
      },
    )

  group
    .command('delete <name-or-id>')
    .alias('rm')
    .description('delete a schedule; what it made stays')
    .action(async (name: string, _options, command: Command) => {
      await context.api(command).json(`${base}/${segment(name)}`, { method: 'DELETE' })
      print(context, command, { deleted: name }, () => `Deleted schedule ${name}.`)
    })
}
