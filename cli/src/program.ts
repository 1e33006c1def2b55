import tab from '@bomb.sh/tab/commander'
import { Command, type CommanderError } from 'commander'
import { adminCommands } from './commands/admin.ts'
import { alertCommands } from './commands/alerts.ts'
import { auditCommands } from './commands/audit.ts'
import { auditEntryCommands } from './commands/audit-entries.ts'
import { authCommands } from './commands/auth.ts'
import { backupCommands } from './commands/backups.ts'
import { diffCommand } from './commands/diff.ts'
import { doctorCommand } from './commands/doctor.ts'
import { eventCommands } from './commands/events.ts'
import { flowCommands } from './commands/flows.ts'
import { historyCommands } from './commands/history.ts'
import { interfaceCommands } from './commands/interfaces.ts'
import { nodeCommands } from './commands/nodes.ts'
import { offsiteCommands } from './commands/offsite.ts'
import { operatorCommands } from './commands/operator.ts'
import { organizationCommands } from './commands/organizations.ts'
import { peerCommands } from './commands/peers.ts'
import { recoveryCommands } from './commands/recovery.ts'
import { restoreInstanceCommands } from './commands/restore-instance.ts'
import { restoreCommands } from './commands/restores.ts'
import { rootKeyCommands } from './commands/root-key.ts'
import { ruleCommands } from './commands/rules.ts'
import { scheduleCommands } from './commands/schedules.ts'
import { snapshotCommands } from './commands/snapshots.ts'
import { storageCommands } from './commands/storage.ts'
import { subscriberCommands } from './commands/subscribers.ts'
import { userCommands } from './commands/users.ts'
import { versionCommand } from './commands/version.ts'
import { webhookCommands } from './commands/webhooks.ts'
import { type Context, lookingBack } from './context.ts'
import { CliError, exitCodes } from './exit.ts'

/** The whole command line: `holdfast <noun> <verb> [name or id]`. */
export function createProgram(context: Context): Command {
  const program = new Command('holdfast')
    .description('Administer WireGuard networks whose every change is an event in one log.')
    .option('--url <address>', 'the server (HOLDFAST_URL)')
    .option('--json', "the API's JSON instead of tables; its shape is stable")
    .option('--reason <text>', 'why, for the log; goes with every change')
    .option('--at <moment>', lookingBack)
    .showHelpAfterError("(add --help to see how it's used)")
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => context.out.write(text.trimEnd()),
      writeErr: (text) => context.out.note(text.trimEnd()),
    })
    .addHelpText('after', examples)

  authCommands(program, context)
  organizationCommands(program, context)
  userCommands(program, context)
  nodeCommands(program, context)
  interfaceCommands(program, context)
  peerCommands(program, context)
  ruleCommands(program, context)
  flowCommands(program, context)
  eventCommands(program, context)
  auditCommands(program, context)
  auditEntryCommands(program, context)
  historyCommands(program, context)
  diffCommand(program, context)
  alertCommands(program, context)
  webhookCommands(program, context)
  subscriberCommands(program, context)
  backupCommands(program, context)
  snapshotCommands(program, context)
  recoveryCommands(program, context)
  offsiteCommands(program, context)
  scheduleCommands(program, context)
  storageCommands(program, context)
  operatorCommands(program, context)
  rootKeyCommands(program, context)
  restoreCommands(program, context)
  restoreInstanceCommands(program, context)
  adminCommands(program, context)
  doctorCommand(program, context)
  versionCommand(program, context)
  tab(program, { completionCommandName: 'completion' })

  inherit(program)
  return program
}

const examples = `
Examples:
  holdfast auth login
  holdfast interface create --name wg0 --address 10.10.0.1/24
  holdfast peer create --name alice-laptop --interface wg0
  holdfast peer qr alice-laptop
  holdfast rule create --name block-scanner --action deny --src 198.51.100.0/24 --priority 800
  holdfast peer list --json | jq '.items[].name'
  holdfast rule list --at 2026-04-23T03:00:00Z

Exit codes: 0 ok, 1 refused or failed, 2 wrong usage, 3 not signed in, 4 not found, 5 conflict, 6 unreachable.`

/** Global options work after the verb too, and wrong usage ends with one exit code everywhere. */
function inherit(command: Command): void {
  command.exitOverride(usage)
  for (const child of command.commands) {
    if (child.commands.length === 0 && child.name() !== 'completion') {
      child
        .option('--json', "the API's JSON")
        .option('--url <address>', 'the server')
        .option('--reason <text>', 'why, for the log')
      if (child.options.every(({ long }) => long !== '--at')) {
        child.option('--at <moment>', lookingBack)
      }
    }
    child.configureOutput(command.configureOutput())
    child.showSuggestionAfterError()
    inherit(child)
  }
}

function usage(error: CommanderError): never {
  if (error.exitCode === 0) throw new Shown(error.message)
  // Commander has already printed what is wrong.
  throw new Shown(error.message, exitCodes.usage)
}

/** Ends the command after commander has said everything there is to say. */
export class Shown extends CliError {
  constructor(message: string, exitCode: CliError['exitCode'] = exitCodes.ok) {
    super(message, exitCode)
  }
}
