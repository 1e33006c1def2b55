import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Context, print, printList } from '../context.ts'
import { fields, table } from '../output.ts'
import { changes, given, list, segment, severityWords, whole } from './options.ts'

interface AlertRule {
  readonly id: string
  readonly organization_id: string | null
  readonly name: string
  readonly description: string
  readonly severity: string
  readonly actions: readonly string[]
  readonly alarms: readonly string[]
  readonly filter: string
  readonly threshold: number
  readonly window_ms: number
  readonly mail_to: readonly string[]
  readonly is_enabled: boolean
  readonly is_builtin: boolean
}

const watches = (r: AlertRule): string => [...r.actions, ...r.alarms].join(', ')
const each = ({ threshold, window_ms: windowMs }: AlertRule): string =>
  threshold > 1 ? `${threshold} within ${windowMs / 1000} s` : 'each'

const columns = [
  { title: 'NAME', value: (r: AlertRule) => r.name },
  { title: 'SEVERITY', value: (r: AlertRule) => r.severity },
  { title: 'WATCHES', value: watches },
  { title: 'RAISES', value: (r: AlertRule) => (r.is_enabled ? each(r) : 'disabled') },
  { title: 'MAIL', value: (r: AlertRule) => `${r.mail_to.length}` },
  { title: 'ID', value: (r: AlertRule) => r.id },
]

const show = (r: AlertRule): string =>
  fields([
    ['name', r.name],
    ['severity', r.severity],
    ['watches', watches(r)],
    ['filter', r.filter || undefined],
    ['raises', each(r)],
    ['enabled', r.is_enabled ? 'yes' : 'no'],
    ['mail to', r.mail_to.join(', ') || 'nobody'],
    ['description', r.description],
    ['organization', r.organization_id ?? 'all of them, and the instance'],
    ['comes with the product', r.is_builtin ? 'yes' : 'no'],
    ['id', r.id],
  ])

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `30s`, `5m`, `1h`, `7d` in ms. */
function spanOf(text: string): number {
  const span = /^(\d{1,6})([smhd])$/.exec(text)
  if (!span) throw new InvalidArgumentError('a span such as 30s, 5m, 1h or 7d is needed.')
  return Number(span[1]) * units[span[2] as keyof typeof units] // the pattern allows no other
}

interface Wish {
  readonly name?: string
  readonly severity?: string
  readonly action?: readonly string[]
  readonly alarm?: readonly string[]
  readonly filter?: string
  readonly threshold?: number
  readonly within?: number
  readonly mailTo?: readonly string[]
  readonly mail?: boolean
  readonly description?: string
  readonly org?: string
}

const wished = (command: Command): Command =>
  command
    .addOption(new Option('--severity <severity>').choices(severityWords))
    .option('--action <code>', 'watch an action, or all that begin so; may be repeated', list)
    .option('--alarm <code>', 'watch an alarm, or all that begin so; may be repeated', list)
    .option('--filter <expression>', 'what must hold of the event')
    .option('--threshold <n>', 'raise one alert for so many', whole(0, 1_000))
    .option('--within <span>', 'within this time, such as 5m', spanOf)
    .option('--mail-to <address>', 'mail somebody; may be repeated', list)
    .option('--description <text>')

const bodyOf = (wish: Wish): Record<string, unknown> => ({
  name: wish.name,
  severity: wish.severity,
  actions: wish.action,
  alarms: wish.alarm,
  filter: wish.filter,
  threshold: wish.threshold,
  window_ms: wish.within,
  mail_to: wish.mail === false ? [] : wish.mailTo,
  description: wish.description,
  organization: wish.org,
})

/** `alert rule …` */
export function alertRuleCommands(alert: Command, context: Context): void {
  const group = alert.command('rule').description('what raises an alert')
  const path = (name: string): string => `/alert-rules/${segment(name)}`

  group
    .command('list')
    .alias('ls')
    .description('list rules, those of the product included')
    .option('--org <name-or-id>', 'only of this organization')
    .option('--limit <n>', 'at most so many', whole(1, 100_000))
    .action(async ({ org }: { org?: string }, command: Command) => {
      const items = context.api(command).items<AlertRule>('/alert-rules', { organization: org })
      const empty = 'No rules of this organization. Create one: holdfast alert rule create --help'
      await printList(context, command, items, (rows) => table(rows, columns), empty)
    })
  group
    .command('show <name-or-id>')
    .alias('get')
    .description('show one rule')
    .action(async (name: string, _options, command: Command) => {
      print(context, command, await context.api(command).json<AlertRule>(path(name)), show)
    })
  wished(group.command('create').description('create a rule'))
    .requiredOption('--name <name>', '1 to 128 characters')
    .option('--org <name-or-id>', 'watch this organization')
    .action(async (wish: Wish, command: Command) => {
      const body = given({ ...bodyOf(wish), severity: wish.severity ?? 'warning' })
      const made = await context
        .api(command)
        .json<AlertRule>('/alert-rules', { method: 'POST', body })
      print(context, command, made, (r) => `Created rule ${r.name} (${r.id}).`)
    })
  wished(group.command('update <name-or-id>').description('change a rule'))
    .option('--name <name>', '1 to 128 characters')
    .option('--no-mail', 'mail nobody any more')
    .action(async (name: string, wish: Wish, command: Command) => {
      const options = { method: 'PATCH', body: changes(bodyOf(wish)) } as const
      const changed = await context.api(command).json<AlertRule>(path(name), options)
      print(context, command, changed, (r) => `Changed rule ${r.name} (${r.id}).`)
    })
  for (const isEnabled of [true, false]) {
    const verb = isEnabled ? 'enable' : 'disable'
    group
      .command(`${verb} <name-or-id>`)
      .description(isEnabled ? 'let a rule watch' : 'keep a rule, and let it rest')
      .action(async (name: string, _options, command: Command) => {
        const options = { method: 'PATCH', body: { is_enabled: isEnabled } } as const
        const changed = await context.api(command).json<AlertRule>(path(name), options)
        print(context, command, changed, (r) => `Rule ${r.name} is ${verb}d.`)
      })
  }
  group
    .command('delete <name-or-id>')
    .alias('rm')
    .description('delete a rule; its alerts stay')
    .action(async (name: string, _options, command: Command) => {
      await context.api(command).json(path(name), { method: 'DELETE' })
      print(context, command, { deleted: name }, () => `Deleted rule ${name}.`)
    })
}
