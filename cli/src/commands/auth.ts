import type { Command } from 'commander'
import type { Tokens } from '../client.ts'
import { type Context, print } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import { fields } from '../output.ts'

interface LoginAnswer extends Partial<Tokens> {
  readonly challenge?: string
  readonly methods?: readonly string[]
}

interface Me {
  readonly user: {
    readonly id: string
    readonly username: string
    readonly email: string
    readonly bindings: readonly { readonly role: string; readonly organization_id: string | null }[]
  }
  readonly session_id: string
}

/** `auth login|logout|whoami|password`; the first three also stand at the top level. */
export function authCommands(program: Command, context: Context): void {
  const auth = program.command('auth').description('sign in and out')
  for (const parent of [auth, program]) {
    const isAlias = parent === program
    const add = (name: string, description: string): Command =>
      parent.command(name, { hidden: isAlias }).description(description)

    add('login', 'sign in; asks for what is not given')
      .option('-u, --username <name>', 'user name or e-mail address (HOLDFAST_USERNAME)')
      .option('--email <address>', 'the same as --username')
      .option('--password-stdin', 'read the password from standard input')
      .action((_options, command: Command) => login(context, command))
    add('logout', 'end the session').action((_options, command: Command) =>
      logout(context, command),
    )
    add('whoami', 'who is signed in, with roles').action((_options, command: Command) =>
      whoami(context, command),
    )
    if (isAlias) continue
    add('password', 'change your password (at least 12 characters)')
      .option(
        '--password-stdin',
        'read the current and the new password from standard input, a line each',
      )
      .action((_options, command: Command) => password(context, command))
  }
}

async function login(context: Context, command: Command): Promise<void> {
  const options = command.opts<{ username?: string; email?: string; passwordStdin?: boolean }>()
  const api = context.api(command)
  const name =
    options.username ??
    options.email ??
    context.env['HOLDFAST_USERNAME'] ??
    (await context.ask.text('User name or e-mail'))
  const secret =
    (options.passwordStdin
      ? firstLine(await context.ask.stdin())
      : context.env['HOLDFAST_PASSWORD']) ?? (await context.ask.secret('Password'))
  let answer = await api.json<LoginAnswer>('/auth/login', {
    method: 'POST',
    anonymous: true,
    body: { username: name, password: secret },
  })
  if (answer.challenge) {
    const code = await context.ask.text('Code of your authenticator app')
    answer = await api.json<LoginAnswer>('/auth/login/totp', {
      method: 'POST',
      anonymous: true,
      body: { challenge: answer.challenge, code },
    })
  }
  const { access_token, refresh_token, expires_in } = answer
  if (!access_token || !refresh_token || !expires_in) {
    throw new CliError(
      'the server asked for a factor this release does not know: upgrade the CLI',
      exitCodes.failed,
    )
  }
  api.keep(name, { access_token, refresh_token, expires_in })
  print(
    context,
    command,
    { url: api.url, username: name },
    () => `Signed in to ${api.url} as ${name}.`,
  )
}

async function logout(context: Context, command: Command): Promise<void> {
  const api = context.api(command)
  const session = api.session()
  try {
    await api.json('/auth/logout', {
      method: 'POST',
      body: { refresh_token: session.refreshToken },
    })
  } catch (error) {
    // An ended session is what was asked for; anything else must be known before the tokens are dropped.
    if (!(error instanceof CliError && error.exitCode === exitCodes.signedOut)) throw error
  }
  api.forget()
  print(context, command, { url: api.url }, () => `Signed out of ${api.url}.`)
}

async function whoami(context: Context, command: Command): Promise<void> {
  const api = context.api(command)
  const me = await api.json<Me>('/auth/me')
  print(context, command, me, ({ user }) =>
    fields([
      ['user', user.username],
      ['e-mail', user.email],
      [
        'roles',
        user.bindings
          .map((b) => (b.organization_id ? `${b.role} in ${b.organization_id}` : b.role))
          .join(', '),
      ],
      ['server', api.url],
    ]),
  )
}

async function password(context: Context, command: Command): Promise<void> {
  const api = context.api(command)
  let current: string
  let next: string
  if (command.opts<{ passwordStdin?: boolean }>().passwordStdin) {
    const [first = '', second = ''] = (await context.ask.stdin()).split(/\r?\n/)
    current = first
    next = second
  } else {
    current = await context.ask.secret('Current password')
    next = await context.ask.secret('New password (at least 12 characters)')
    if ((await context.ask.secret('New password again')) !== next) {
      throw new CliError('the two new passwords differ; nothing was changed', exitCodes.failed)
    }
  }
  await api.json('/auth/password', {
    method: 'POST',
    body: { current_password: current, new_password: next },
  })
  print(
    context,
    command,
    { changed: true },
    () => 'Password changed. Your other sessions have ended.',
  )
}

const firstLine = (text: string): string => text.split(/\r?\n/, 1)[0] ?? ''
