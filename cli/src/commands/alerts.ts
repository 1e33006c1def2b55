import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Context, print, printList } from '../context.ts'
import { ago, fields, table } from '../output.ts'
import { alertRuleCommands } from './alert-rules.ts'
import { given, segment, severityWords, whole } from './options.ts'

interface Alert {
  readonly id: string
  readonly organization_id: string | null
  readonly rule_id: string | null
  readonly code: string
  readonly severity: string
  readonly title: string
  readonly detail: string
  readonly about_sequence: string | null
  readonly count: string
  readonly state: string
  readonly raised_at: string
  readonly acknowledged_at: string | null
  readonly acknowledged_by: string | null
  readonly resolved_at: string | null
  readonly note: string
}

const columns = [
  { title: 'SEVERITY', value: (a: Alert) => a.severity },
  { title: 'STATE', value: (a: Alert) => a.state },
  { title: 'TITLE', value: (a: Alert) => a.title },
  { title: 'COUNT', value: (a: Alert) => a.count },
  { title: 'RAISED', value: (a: Alert) => ago(a.raised_at) },
  { title: 'ID', value: (a: Alert) => a.id },
]

const show = (a: Alert): string =>
  fields([
    ['title', a.title],
    ['severity', a.severity],
    ['state', a.state],
    ['detail', a.detail],
    ['code', a.code],
    ['count', a.count],
    ['raised', a.raised_at],
    ['acknowledged', a.acknowledged_at ?? undefined],
    ['by', a.acknowledged_by ?? undefined],
    ['resolved', a.resolved_at ?? undefined],
    ['note', a.note],
    ['sequence', a.about_sequence ?? undefined],
    ['organization', a.organization_id ?? 'of the instance'],
    ['rule', a.rule_id ?? undefined],
    ['id', a.id],
  ])

interface ListOptions {
  readonly all?: boolean
  readonly state?: string
  readonly severity?: string
  readonly org?: string
}

/** `alert …` */
export function alertCommands(program: Command, context: Context): void {
  const group = program.command('alert').description('what somebody should look at')

  group
    .command('list')
    .alias('ls')
    .description('open alerts, newest first')
    .addOption(new Option('--state <state>').choices(['open', 'acknowledged', 'resolved']))
    .option('--all', 'acknowledged and resolved ones too')
    .addOption(new Option('--severity <severity>', 'this bad, and worse').choices(severityWords))
    .option('--org <name-or-id>', 'only of this organization')
    .option('--limit <n>', 'at most so many', whole(1, 100_000))
    .action(async ({ all, state, severity, org }: ListOptions, command: Command) => {
      const api = context.api(command)
      const wanted = state ?? (all === true ? undefined : 'open')
      const query = { state: wanted, severity, organization: org }
      const empty =
        wanted === 'open' && !context.wantsJson(command)
          ? await nothingOpen(() => api.json<{ watching: number }>('/alert-rules?limit=1'))
          : 'No alerts.'
      const items = api.items<Alert>('/alerts', query)
      await printList(context, command, items, (rows) => table(rows, columns), empty)
    })

  group
    .command('show <id>')
    .alias('get')
    .description('show one alert')
    .action(async (id: string, _options, command: Command) => {
      const path = `/alerts/${segment(id)}`
      print(context, command, await context.api(command).json<Alert>(path), show)
    })

  const verbs = [
    ['ack', 'acknowledge', 'say that you take care of it', 'Acknowledged'],
    ['resolve', 'resolve', 'say that what it spoke of is over', 'Resolved'],
  ] as const
  for (const [verb, path, description, done] of verbs) {
    group
      .command(`${verb} <id>`)
      .description(description)
      .option('--note <text>', 'what others should know')
      .action(async (id: string, { note }: { note?: string }, command: Command) => {
        const api = context.api(command)
        const options = { method: 'POST', body: given({ note }) } as const
        const changed = await api.json<Alert>(`/alerts/${segment(id)}/${path}`, options)
        print(context, command, changed, (a) => `${done}: ${a.title} (${a.id}).`)
      })
  }

  group
    .command('test-mail <address>')
    .description('send a test mail through the mail server')
    .action(async (to: string, _options, command: Command) => {
      if (!to.includes('@')) throw new InvalidArgumentError('a mail address is needed.')
      const options = { method: 'POST', body: { to } } as const
      const sent = await context
        .api(command)
        .json<{ answer: string }>('/alert-rules/test-mail', options)
      print(context, command, sent, ({ answer }) => `Sent to ${to}. The server said: ${answer}`)
    })

  alertRuleCommands(group, context)
}

async function nothingOpen(ask: () => Promise<{ readonly watching: number }>): Promise<string> {
  const { watching } = await ask()
  return `No open alerts. Rules watching: ${watching} (holdfast alert rule list).`
}
