import type { Command } from 'commander'
import { type Context, print } from '../context.ts'
import { version } from '../version.ts'

/** `version`: of the CLI and, when it answers, of the server. */
export function versionCommand(program: Command, context: Context): void {
  program.version(version, '-V, --version', 'the version of this command')
  program
    .command('version')
    .description('the versions of this command and of the server')
    .action(async (_options, command: Command) => {
      const server = await serverVersion(context, command)
      print(context, command, { cli: version, server, node: process.version }, (v) =>
        [`holdfast ${v.cli}`, v.server ? `server   ${v.server}` : 'server   not reachable'].join(
          '\n',
        ),
      )
    })
}

async function serverVersion(context: Context, command: Command): Promise<string | null> {
  try {
    const health = await context
      .api(command)
      .json<{ version?: string }>('/health', { anonymous: true })
    return health.version ?? null
  } catch {
    return null // the command answers without a server, too
  }
}
