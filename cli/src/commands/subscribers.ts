import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { type Context, print, printList } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import type { NewSubscriber, Subscriber, SubscriberCredentials } from '../model.ts'
import { ago, table } from '../output.ts'
import { given, segment } from './options.ts'

const columns = [
  { title: 'NAME', value: (s: Subscriber) => s.name },
  { title: 'READS', value: (s: Subscriber) => s.actions.join(', ') || 'everything' },
  { title: 'OF', value: (s: Subscriber) => s.organization_id ?? 'the whole instance' },
  { title: 'CREATED', value: (s: Subscriber) => ago(s.created_at) },
  { title: 'ID', value: (s: Subscriber) => s.id },
]

/** `subscriber …`: programs outside that follow events over NATS. */
export function subscriberCommands(program: Command, context: Context): void {
  const subscriber = program
    .command('subscriber')
    .description('programs outside that follow events over NATS (docs/subscribers.md)')

  subscriber
    .command('list')
    .alias('ls')
    .description('list external subscribers')
    .option('--org <name-or-id>', 'of this organization')
    .action(async (options: { org?: string }, command: Command) => {
      const items = context
        .api(command)
        .items<Subscriber>('/subscribers', { organization_id: options.org })
      const none = "No subscribers. 'holdfast subscriber create --name siem --out siem' makes one."
      await printList(context, command, items, (rows) => table(rows, columns), none)
    })

  subscriber
    .command('create')
    .description('make an identity for a program; its credentials are shown once')
    .requiredOption('--name <name>')
    .option('--org <name-or-id>', 'only events of this organization')
    .option('--action <code...>', 'only these actions, or what is below them: network.peer')
    .option('--out <prefix>', 'write <prefix>.creds and <prefix>-ca.pem (0600) instead of printing')
    .action(
      async (
        options: { name: string; org?: string; action?: string[]; out?: string },
        command: Command,
      ) => {
        const { name, org, action, out } = options
        const body = given({ name, organization_id: org, actions: action })
        const made = await context
          .api(command)
          .json<NewSubscriber>('/subscribers', { method: 'POST', body })
        if (out !== undefined) {
          save(`${out}.creds`, made.credentials)
          save(`${out}-ca.pem`, made.ca_certificate)
        }
        print(context, command, made, (m) =>
          [
            `Created subscriber ${m.subscriber.name} (${m.subscriber.id}).`,
            `  servers   ${m.servers.join(', ')}`,
            `  stream    ${m.stream}`,
            `  consumer  ${m.subscriber.consumer}`,
            out === undefined
              ? `Credentials, shown only now:\n\n${m.credentials}`
              : `Credentials in ${out}.creds, the authority of the servers in ${out}-ca.pem.`,
          ].join('\n'),
        )
      },
    )

  subscriber
    .command('rotate <id>')
    .description('new credentials; the old ones end within seconds')
    .option('--out <prefix>', 'write <prefix>.creds instead of printing')
    .action(async (id: string, { out }: { out?: string }, command: Command) => {
      const made = await context
        .api(command)
        .json<SubscriberCredentials>(`/subscribers/${segment(id)}/rotate`, { method: 'POST' })
      if (out !== undefined) save(`${out}.creds`, made.credentials)
      print(context, command, made, (m) =>
        out === undefined ? m.credentials : `New credentials in ${out}.creds.`,
      )
    })

  subscriber
    .command('revoke <id>')
    .description('end a subscriber, its open connection included')
    .action(async (id: string, _options, command: Command) => {
      await context.api(command).send(`/subscribers/${segment(id)}`, { method: 'DELETE' })
      print(context, command, { id }, () => 'Revoked.')
    })
}

function save(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600 })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CliError(
      `cannot write ${path}: ${why}. The subscriber was made: 'holdfast subscriber rotate' gives new credentials`,
      exitCodes.failed,
    )
  }
}
