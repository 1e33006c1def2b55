import type { Command } from 'commander'
import { type Context, print } from '../context.ts'
import { control } from '../control.ts'
import { bytes, status, table } from '../output.ts'

interface Seeded {
  readonly created: boolean
  readonly username: string
  readonly generated_password?: string
}

interface Process {
  readonly name: string
  readonly state: string
  readonly pid: number | null
  readonly restarts: number
  readonly rss_bytes: number
}

interface SuiteStatus {
  readonly url: string
  readonly state: string
  readonly mode: string
  readonly processes: readonly Process[]
}

const columns = [
  { title: 'PROCESS', value: (p: Process) => p.name },
  { title: 'STATE', value: (p: Process) => status(p.state) },
  { title: 'PID', value: (p: Process) => (p.pid === null ? '' : String(p.pid)) },
  { title: 'RESTARTS', value: (p: Process) => String(p.restarts) },
  { title: 'MEMORY', value: (p: Process) => bytes(p.rss_bytes) },
]

/** What works on the machine the suite runs on, without signing in: `status` and `admin seed`. */
export function adminCommands(program: Command, context: Context): void {
  program
    .command('status')
    .description('what runs on this machine')
    .action(async (_options, command: Command) => {
      const suite = await control<SuiteStatus>(context.env, { command: 'status' })
      print(
        context,
        command,
        suite,
        (s) => `${s.url}  ${status(s.state)} (${s.mode})\n${table(s.processes, columns)}`,
      )
    })
  const admin = program.command('admin').description('on the host of the suite, without signing in')
  admin
    .command('seed')
    .description(
      'create the first super-admin (HOLDFAST_ADMIN_EMAIL, _USERNAME, _PASSWORD); nothing when there is one',
    )
    .action(async (_options, command: Command) => {
      const seeded = await control<Seeded>(context.env, {
        command: 'seed',
        email: context.env['HOLDFAST_ADMIN_EMAIL'],
        username: context.env['HOLDFAST_ADMIN_USERNAME'],
        password: context.env['HOLDFAST_ADMIN_PASSWORD'],
      })
      print(context, command, seeded, (s) =>
        s.created
          ? [
              `Created super-admin ${s.username}.`,
              ...(s.generated_password
                ? [`Password, shown only now: ${s.generated_password}`]
                : []),
            ].join('\n')
          : 'There is a super-admin already; nothing was changed.',
      )
    })
}
