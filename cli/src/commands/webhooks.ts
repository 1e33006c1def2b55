import type { Command } from 'commander'
import { type Context, print, printList } from '../context.ts'
import { ago, fields, status, table } from '../output.ts'
import { changes, given, list, segment, whole } from './options.ts'

interface Webhook {
  readonly id: string
  readonly organization_id: string | null
  readonly name: string
  readonly url: string
  readonly actions: readonly string[]
  readonly filter: string
  readonly is_enabled: boolean
  readonly description: string
  readonly alerts_from: string | null
  readonly format: string
  readonly suspended_because: string | null
  readonly pending: string
  readonly dead: string
  readonly last_success_at: string | null
  readonly last_failure: string
}

interface Attempt {
  readonly at: string
  readonly status: number | null
  readonly duration_ms: number
  readonly failure: string
}

interface Delivery {
  readonly id: string
  readonly type: string
  readonly sequence: string | null
  readonly state: string
  readonly attempts: number
  readonly created_at: string
  readonly next_attempt_at: string | null
  readonly recent_attempts: readonly Attempt[]
}

interface WithSecret {
  readonly webhook: Webhook
  readonly secret: string
}

interface SettingsOptions {
  readonly name?: string
  readonly endpoint?: string
  readonly action?: readonly string[] | false
  readonly filter?: string
  readonly description?: string
  readonly alertsFrom?: string | false
  readonly format?: string
}

const state = (w: Webhook): string =>
  w.suspended_because !== null ? 'suspended' : w.is_enabled ? 'enabled' : 'disabled'

const columns = [
  { title: 'NAME', value: (w: Webhook) => w.name },
  { title: 'STATE', value: (w: Webhook) => status(state(w)) },
  { title: 'TOLD OF', value: (w: Webhook) => w.actions.join(', ') || 'everything' },
  { title: 'WAITING', value: (w: Webhook) => w.pending },
  { title: 'DEAD', value: (w: Webhook) => w.dead },
  { title: 'LAST TAKEN', value: (w: Webhook) => ago(w.last_success_at) },
  { title: 'URL', value: (w: Webhook) => w.url },
]

const deliveryColumns = [
  { title: 'CREATED', value: (d: Delivery) => ago(d.created_at) },
  { title: 'TYPE', value: (d: Delivery) => d.type },
  { title: 'SEQUENCE', value: (d: Delivery) => d.sequence ?? '-' },
  { title: 'STATE', value: (d: Delivery) => status(d.state) },
  { title: 'ATTEMPTS', value: (d: Delivery) => `${d.attempts}` },
  { title: 'NEXT', value: (d: Delivery) => (d.next_attempt_at ? ago(d.next_attempt_at) : '') },
  { title: 'LAST ANSWER', value: (d: Delivery) => answerOf(d.recent_attempts.at(-1)) },
  { title: 'ID', value: (d: Delivery) => d.id },
]

const answerOf = (attempt: Attempt | undefined): string =>
  attempt === undefined
    ? ''
    : attempt.failure || `${attempt.status ?? ''} in ${attempt.duration_ms} ms`

/** What `create` and `update` share. */
const settingsOptions = (command: Command): Command =>
  command
    .option(
      '--action <code>',
      'action codes or their beginnings, repeat or separate by commas',
      list,
    )
    .option('--filter <expression>', 'only events it holds for (docs/webhooks.md)')
    .option('--description <text>')
    .option('--alerts-from <severity>', 'alerts too: info, warning, error or critical')
    .option('--format <word>', 'standard or cloudevents')

const bodyOf = (options: SettingsOptions) => ({
  name: options.name,
  url: options.endpoint,
  actions: options.action === false ? [] : options.action,
  filter: options.filter,
  description: options.description,
  alerts_from: options.alertsFrom === false ? null : options.alertsFrom,
  format: options.format,
})

/** `webhook …`: endpoints that are told of events. */
export function webhookCommands(program: Command, context: Context): void {
  const group = program
    .command('webhook')
    .description('endpoints that are told of events (docs/webhooks.md)')

  group
    .command('list')
    .alias('ls')
    .description('list webhooks')
    .option('--org <name-or-id>', 'of this organization')
    .option('--limit <n>', 'at most so many', whole(1, 100_000))
    .action(async (options: { org?: string }, command: Command) => {
      const query = { organization: options.org }
      const items = context.api(command).items<Webhook>('/webhooks', query)
      const none = 'No webhooks. Make one: holdfast webhook create --name siem --endpoint https://…'
      await printList(context, command, items, (rows) => table(rows, columns), none)
    })

  group
    .command('show <name-or-id>')
    .alias('get')
    .description('show one webhook and how its queue stands')
    .action(async (name: string, _options, command: Command) => {
      const path = `/webhooks/${segment(name)}`
      const found = await context.api(command).json<Webhook>(path)
      print(context, command, found, shown)
    })

  settingsOptions(
    group
      .command('create')
      .description('make a webhook; its secret is shown once')
      .requiredOption('--name <name>')
      .requiredOption('--endpoint <url>', 'https://…')
      .option('--org <name-or-id>', "whose events; the whole instance's when omitted")
      .option('--secret <whsec_…>', 'made when omitted'),
  ).action(
    async (options: SettingsOptions & { org?: string; secret?: string }, command: Command) => {
      const { org, secret } = options
      const body = given({ ...bodyOf(options), organization: org, secret })
      const made = await context
        .api(command)
        .json<WithSecret>('/webhooks', { method: 'POST', body })
      print(context, command, made, (m) =>
        [
          `Created webhook ${m.webhook.name} (${m.webhook.id}).`,
          ...secretLines(m.secret),
          `Try it: holdfast webhook test ${m.webhook.name}`,
        ].join('\n'),
      )
    },
  )

  settingsOptions(
    group
      .command('update <name-or-id>')
      .alias('set')
      .description('change what is named')
      .option('--name <name>', 'a new name')
      .option('--endpoint <url>', 'https://…')
      .option('--enable', 'deliver, also after a suspension')
      .option('--disable', 'deliver and queue nothing'),
  )
    // Behind what they take back: before it they would count as not said otherwise.
    .option('--no-action', 'every action')
    .option('--no-alerts-from', 'no alerts')
    .action(
      async (
        name: string,
        options: SettingsOptions & { enable?: boolean; disable?: boolean },
        command: Command,
      ) => {
        const isEnabled = options.enable ? true : options.disable ? false : undefined
        const body = changes({ ...bodyOf(options), is_enabled: isEnabled })
        const path = `/webhooks/${segment(name)}`
        const made = await context.api(command).json<Webhook>(path, { method: 'PATCH', body })
        print(context, command, made, (w) => `Updated webhook ${w.name}; it is ${state(w)}.`)
      },
    )

  group
    .command('rotate-secret <name-or-id>')
    .description('new secret; the old one signs along for a while')
    .option('--overlap <seconds>', 'how long both sign; a day when omitted', whole(0, 2_592_000))
    .option('--secret <whsec_…>', 'made when omitted')
    .action(
      async (name: string, options: { overlap?: number; secret?: string }, command: Command) => {
        const body = given({ overlap_seconds: options.overlap, secret: options.secret })
        const path = `/webhooks/${segment(name)}/rotate-secret`
        const made = await context.api(command).json<WithSecret>(path, { method: 'POST', body })
        print(context, command, made, (m) =>
          [`Webhook ${m.webhook.name} has a new secret.`, ...secretLines(m.secret)].join('\n'),
        )
      },
    )

  group
    .command('test <name-or-id>')
    .description('send a test message at once and say what came of it')
    .action(async (name: string, _options, command: Command) => {
      const path = `/webhooks/${segment(name)}/test`
      const made = await context.api(command).json<Attempt>(path, { method: 'POST' })
      print(context, command, made, (a) =>
        a.failure === ''
          ? `The endpoint took it: ${answerOf(a)}.`
          : `The endpoint did not take it: ${a.failure}`,
      )
    })

  group
    .command('deliveries <name-or-id>')
    .description('what was and is to be delivered, newest first')
    .option('--state <word>', 'pending, delivered or dead')
    .option('--limit <n>', 'at most so many', whole(1, 100_000), 50)
    .action(async (name: string, options: { state?: string }, command: Command) => {
      const path = `/webhooks/${segment(name)}/deliveries`
      const items = context.api(command).items<Delivery>(path, { state: options.state })
      await printList(
        context,
        command,
        items,
        (rows) => table(rows, deliveryColumns),
        'Nothing has been delivered yet.',
      )
    })

  group
    .command('replay <name-or-id> [delivery-id]')
    .description('send dead messages again, or one of any state')
    .action(async (name: string, delivery: string | undefined, _options, command: Command) => {
      const path = `/webhooks/${segment(name)}/replay`
      const body = given({ delivery_id: delivery })
      const done = await context
        .api(command)
        .json<{ count: number }>(path, { method: 'POST', body })
      print(context, command, done, (d) =>
        d.count === 0 ? 'Nothing is dead.' : `${d.count} will be sent again.`,
      )
    })

  group
    .command('delete <name-or-id>')
    .alias('rm')
    .description('delete a webhook; what waits for it is dropped')
    .action(async (name: string, _options, command: Command) => {
      await context.api(command).json(`/webhooks/${segment(name)}`, { method: 'DELETE' })
      print(context, command, { deleted: name }, () => `Deleted webhook ${name}.`)
    })
}

const secretLines = (secret: string): readonly string[] =>
  secret === ''
    ? ['Its secret was shown when this was first asked for.']
    : ['Its secret, shown this once:', `  ${secret}`]

const shown = (w: Webhook): string =>
  fields([
    ['name', w.name],
    ['id', w.id],
    ['of', w.organization_id ?? 'the whole instance'],
    ['state', w.suspended_because ? `suspended: ${w.suspended_because}` : status(state(w))],
    ['url', w.url],
    ['told of', w.actions.join(', ') || 'everything'],
    ['filter', w.filter],
    ['alerts from', w.alerts_from ?? 'none'],
    ['format', w.format],
    ['description', w.description],
    ['waiting', w.pending],
    ['dead', w.dead],
    ['last taken', ago(w.last_success_at)],
    ['last failure', w.last_failure],
  ])
