import type { Command } from 'commander'
import { type Context, print, printList } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import { ago, fields, status, table } from '../output.ts'
import { changes, given, segment, whole } from './options.ts'
import {
  type FieldOptions,
  fetchKinds,
  fieldOptions,
  type Kind,
  type KindField,
  kindNamed,
  readFields,
  secretsToAskFor,
} from './storage-fields.ts'

interface Location {
  readonly id: string
  readonly organization_id: string | null
  readonly name: string
  readonly kind: string
  readonly config: Readonly<Record<string, string | number | boolean | null>>
  readonly credential_fields: readonly string[]
  readonly description: string
  readonly is_builtin: boolean
  readonly is_continuous: boolean
  readonly is_immutable: boolean
  readonly keep_daily: number
  readonly keep_weekly: number
  readonly keep_monthly: number
  readonly tested_at: string | null
  readonly test_failure: string
}

interface Test {
  readonly is_good: boolean
  readonly steps: readonly {
    readonly step: string
    readonly duration_ms: number
    readonly code: string | null
    readonly failure: string
  }[]
}

interface SettingsOptions extends FieldOptions {
  readonly name?: string
  readonly description?: string
  readonly continuous?: boolean
  readonly immutable?: boolean
  readonly keepDaily?: number
  readonly keepWeekly?: number
  readonly keepMonthly?: number
}

const base = '/backups/storage-locations'

const tested = (l: Location): string =>
  l.tested_at === null
    ? 'never'
    : `${l.test_failure === '' ? 'good' : status('failed')} ${ago(l.tested_at)}`
const use = (l: Location): string =>
  [l.is_builtin && 'built in', l.is_continuous && 'continuous', l.is_immutable && 'immutable']
    .filter(Boolean)
    .join(', ')

const columns = [
  { title: 'NAME', value: (l: Location) => l.name },
  { title: 'KIND', value: (l: Location) => l.kind },
  { title: 'OF', value: (l: Location) => l.organization_id ?? 'the instance' },
  { title: 'USE', value: use },
  { title: 'TESTED', value: tested },
  { title: 'ID', value: (l: Location) => l.id },
]

const shown = (l: Location): string =>
  fields([
    ['name', l.name],
    ['id', l.id],
    ['of', l.organization_id ?? 'the whole instance'],
    ['kind', l.kind],
    ...Object.entries(l.config).map(([name, value]) => [`  ${name}`, String(value)] as const),
    ['secrets that are set', l.credential_fields.join(', ') || 'none'],
    ['description', l.description],
    ['continuous', l.is_continuous ? 'yes: full backups are pushed here all the time' : 'no'],
    ['immutable', l.is_immutable ? 'yes' : 'no'],
    [
      'kept',
      l.is_continuous
        ? `${l.keep_daily} daily, ${l.keep_weekly} weekly, ${l.keep_monthly} monthly`
        : undefined,
    ],
    ['tested', tested(l)],
    ['', l.test_failure],
  ])

const kindColumns = [
  { title: 'KIND', value: (k: Kind) => k.kind },
  { title: 'WHAT IT IS', value: (k: Kind) => k.title },
  { title: 'FIELDS', value: (k: Kind) => k.fields.map(({ name }) => name).join(', ') },
  { title: 'HERE', value: (k: Kind) => k.unavailable_because ?? 'yes' },
]
const fieldColumns = [
  { title: 'FIELD', value: (f: KindField) => f.name },
  { title: 'TYPE', value: (f: KindField) => f.type },
  {
    title: 'REQUIRED',
    value: (f: KindField) => (f.is_required ? 'yes' : (f.default?.toString() ?? '')),
  },
  { title: 'GIVE IT AS', value: (f: KindField) => (f.is_secret ? '--secret' : '--set') },
  { title: 'WHAT IT IS', value: (f: KindField) => f.description },
]

const settingsOptions = (command: Command): Command =>
  fieldOptions(
    command
      .option('--description <text>')
      .option('--keep-daily <n>', 'continuous backups to keep, one a day', whole(0, 3650))
      .option('--keep-weekly <n>', 'one a week', whole(0, 520))
      .option('--keep-monthly <n>', 'one a month', whole(0, 120))
      .option('--continuous', 'push full backups here all the time')
      .option('--immutable', 'objects there cannot be deleted: nothing is pruned'),
  )

const bodyOf = (options: SettingsOptions) => ({
  name: options.name,
  description: options.description,
  is_continuous: options.continuous,
  is_immutable: options.immutable,
  keep_daily: options.keepDaily,
  keep_weekly: options.keepWeekly,
  keep_monthly: options.keepMonthly,
})

const filled = <T extends object>(values: T): T | undefined =>
  Object.keys(values).length === 0 ? undefined : values

/** `storage …`: where backups are put. */
export function storageCommands(program: Command, context: Context): void {
  const group = program.command('storage').description('where backups are put (docs/storage.md)')

  group
    .command('kinds [kind]')
    .description('kinds of storage, or the fields of one')
    .action(async (name: string | undefined, _options, command: Command) => {
      const kinds = await fetchKinds(context, command)
      if (name === undefined)
        print(context, command, { items: kinds }, () => table(kinds, kindColumns))
      else
        print(context, command, kindNamed(kinds, name), (kind) =>
          [
            `${kind.title}${kind.unavailable_because ? `; not here: ${kind.unavailable_because}` : ''}`,
            table(kind.fields, fieldColumns),
          ].join('\n\n'),
        )
    })

  group
    .command('list')
    .alias('ls')
    .description('list storage locations')
    .option('--org <name-or-id>', 'of this organization')
    .option('--kind <kind>', 'only of this kind')
    .option('--limit <n>', 'at most so many', whole(1, 100_000))
    .action(async (options: { org?: string; kind?: string }, command: Command) => {
      const query = { organization: options.org, kind: options.kind }
      const items = context.api(command).items<Location>(base, query)
      const none =
        'No such storage location. Make one: holdfast storage create --name offsite --kind s3'
      await printList(context, command, items, (rows) => table(rows, columns), none)
    })

  group
    .command('show <name-or-id>')
    .alias('get')
    .description('show one storage location; secrets are never shown')
    .action(async (name: string, _options, command: Command) => {
      const found = await context.api(command).json<Location>(`${base}/${segment(name)}`)
      print(context, command, found, shown)
    })

  settingsOptions(
    group
      .command('create')
      .description('make a storage location; secrets it needs are asked for')
      .requiredOption('--name <name>')
      .requiredOption('--kind <kind>', 'local, nfs, s3, sftp, …: holdfast storage kinds')
      .option('--org <name-or-id>', "whose; the whole instance's when omitted"),
  ).action(async (options: SettingsOptions & { kind: string; org?: string }, command: Command) => {
    const kind = kindNamed(await fetchKinds(context, command), options.kind)
    const { config, credentials } = await readFields(
      context,
      kind,
      options,
      secretsToAskFor(kind, options),
    )
    const body = given({
      ...bodyOf(options),
      kind: kind.kind,
      organization: options.org,
      config: filled(config),
      credentials: filled(credentials),
    })
    const made = await context.api(command).json<Location>(base, { method: 'POST', body })
    print(context, command, made, (l) =>
      [
        `Created storage location ${l.name} (${l.id}).`,
        `Try it: holdfast storage test ${l.name}`,
      ].join('\n'),
    )
  })

  settingsOptions(
    group
      .command('update <name-or-id>')
      .alias('set')
      .description('change what is named; a secret goes with a new address')
      .option('--name <name>', 'a new name')
      .option(
        '--unset <field>',
        'clear a field or a secret; repeat',
        (text: string, before: string[] = []) => [...before, text],
      ),
  )
    // Behind what they take back: before it they would count as not said otherwise.
    .option('--no-continuous', 'push nothing here any more')
    .option('--no-immutable', 'objects can be deleted')
    .action(async (name: string, options: SettingsOptions, command: Command) => {
      const api = context.api(command)
      const before = await api.json<Location>(`${base}/${segment(name)}`)
      const kind = kindNamed(await fetchKinds(context, command), before.kind)
      const { config, credentials } = await readFields(context, kind, options)
      const body = changes({
        ...bodyOf(options),
        config: filled(config),
        credentials: filled(credentials),
      })
      const path = `${base}/${before.id}`
      const made = await api.json<Location>(path, { method: 'PATCH', body })
      print(context, command, made, (l) => `Updated storage location ${l.name}.`)
    })

  group
    .command('test <name-or-id>')
    .description('connect, write, read, list and delete a small object')
    .action(async (name: string, _options, command: Command) => {
      const path = `${base}/${segment(name)}/test`
      const made = await context.api(command).json<Test>(path, { method: 'POST' })
      print(context, command, made, (test) =>
        test.steps
          .map((one) => {
            const word = one.code === null ? 'good  ' : 'failed'
            return `${one.step.padEnd(8)} ${word}  ${`${one.duration_ms} ms`.padStart(9)}  ${one.failure}`.trimEnd()
          })
          .join('\n'),
      )
      if (!made.is_good) throw new CliError(`${name} cannot be used as it is`, exitCodes.failed)
    })

  group
    .command('delete <name-or-id>')
    .alias('rm')
    .description('delete a storage location no schedule and no backup needs')
    .action(async (name: string, _options, command: Command) => {
      await context.api(command).json(`${base}/${segment(name)}`, { method: 'DELETE' })
      print(context, command, { deleted: name }, () => `Deleted storage location ${name}.`)
    })
}
