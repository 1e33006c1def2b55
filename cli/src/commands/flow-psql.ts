import { spawn } from 'node:child_process'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { control } from '../control.ts'
import { CliError, exitCodes } from '../exit.ts'

/** `flow psql`: reading `connection_logs` with psql, on the machine of the suite. */
export function flowPsql(flow: Command, context: Context): void {
  flow
    .command('psql [options...]')
    .description('open psql on connection_logs; reads only, and sees all organizations')
    .option('--print', 'print the connection string, password included, instead')
    .addHelpText(
      'after',
      "\nOn the host of the suite, for its operators. What follows -- is psql's:\n  holdfast flow psql -- -c \"select verdict, count(*) from connection_logs where last_seen > now() - interval '1 hour' group by 1\"",
    )
    .action(async (args: readonly string[], options: { print?: boolean }) => {
      const { url } = await control<{ url: string }>(context.env, { command: 'reader' })
      if (options.print) context.out.write(url)
      else await psql(url, args, context.env)
    })
}

/** The password goes by the environment: what is on a command line, everybody on the machine can read. */
export function psqlEnvironment(url: string): Record<string, string> {
  const { hostname, port, pathname, username, password, searchParams } = new URL(url)
  return {
    PGHOST: searchParams.get('host') ?? hostname,
    PGPORT: port,
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGAPPNAME: 'holdfast flow psql',
  }
}

function psql(url: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn('psql', [...args], {
      stdio: 'inherit',
      env: { ...env, ...psqlEnvironment(url) },
    })
    child.on('error', () => {
      const message =
        'psql is not installed here: apt-get install postgresql-client, or use --print with another client'
      fail(new CliError(message, exitCodes.failed))
    })
    child.on('exit', (code) => {
      if (code === 0) done()
      else fail(new CliError(`psql ended with ${code ?? 'a signal'}`, exitCodes.failed))
    })
  })
}
