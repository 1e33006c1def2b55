import type { Command } from 'commander'
import { type Context, print, printList } from '../context.ts'
import type { User } from '../model.ts'
import { table } from '../output.ts'
import { given, listOptions, segment } from './options.ts'

const columns = [
  { title: 'USER', value: (u: User) => u.username },
  { title: 'E-MAIL', value: (u: User) => u.email },
  { title: 'ROLES', value: (u: User) => u.bindings.map((b) => b.role).join(', ') },
  { title: 'STATE', value: (u: User) => (u.is_disabled ? 'disabled' : 'active') },
  { title: 'ID', value: (u: User) => u.id },
]

/** `user …`: people and their roles. */
export function userCommands(program: Command, context: Context): void {
  const user = program.command('user').description('people and their roles')
  listOptions(user.command('list').alias('ls').description('list users')).action(
    async (options: { query?: string }, command: Command) => {
      const items = context.api(command).items<User>('/users', { q: options.query })
      await printList(context, command, items, (rows) => table(rows, columns), 'No users match.')
    },
  )
  user
    .command('create')
    .description('create a user; the password is generated and shown once')
    .requiredOption('--username <name>')
    .requiredOption('--email <address>')
    .option('--display-name <name>')
    .option('--role <role>', 'super_admin, org_admin, operator, auditor or viewer')
    .option('--org <name-or-id>', 'the organization the role holds in')
    .action(
      async (
        options: {
          username: string
          email: string
          displayName?: string
          role?: string
          org?: string
        },
        command: Command,
      ) => {
        const bindings = options.role
          ? [given({ role: options.role, organization_id: options.org })]
          : undefined
        const body = given({
          username: options.username,
          email: options.email,
          display_name: options.displayName,
          bindings,
        })
        const made = await context
          .api(command)
          .json<User & { generated_password?: string }>('/users', { method: 'POST', body })
        print(context, command, made, (u) =>
          [
            `Created user ${u.username} (${u.id}).`,
            ...(u.generated_password ? [`Password, shown only now: ${u.generated_password}`] : []),
          ].join('\n'),
        )
      },
    )
  user
    .command('erase <name-or-id>')
    .description(
      'forget a person for good: what was done stays, and nobody can read any more by whom',
    )
    .option('--confirm <username>', 'the user name, instead of being asked for it')
    .action(async (name: string, options: { confirm?: string }, command: Command) => {
      const api = context.api(command)
      const found = await api.json<User>(`/users/${segment(name)}`)
      const confirmed =
        options.confirm ??
        (await context.ask.text(
          `This destroys the keys of ${found.username}; nothing brings them back.\nType the user name to go on: `,
        ))
      await api.send(`/users/${segment(found.id)}/erase`, {
        method: 'POST',
        body: { confirm_username: confirmed.trim() },
      })
      print(context, command, { id: found.id }, ({ id }) => `Forgotten. In the log they are ${id}.`)
    })
  for (const [verb, isDisabled] of [
    ['disable', true],
    ['enable', false],
  ] as const) {
    user
      .command(`${verb} <name-or-id>`)
      .description(
        isDisabled ? 'end the sessions of a user and refuse new ones' : 'let a user sign in again',
      )
      .action(async (name: string, _options, command: Command) => {
        const body = { is_disabled: isDisabled }
        const made = await context
          .api(command)
          .json<User>(`/users/${segment(name)}`, { method: 'PATCH', body })
        print(
          context,
          command,
          made,
          (u) => `User ${u.username} is ${u.is_disabled ? 'disabled' : 'active'}.`,
        )
      })
  }
}
