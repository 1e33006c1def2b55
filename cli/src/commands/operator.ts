import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Context, print } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import type { LogIncident, LogState, LogVerification, LogVolume } from '../model.ts'
import { ago, bytes, fields, status, table } from '../output.ts'
import { advice, segmentsOf } from './log-checks.ts'

const volumeColumns = [
  { title: 'DISK OF', value: (v: LogVolume) => v.name },
  { title: 'FREE', value: (v: LogVolume) => bytes(v.free_bytes) },
  { title: 'KEPT FREE', value: (v: LogVolume) => bytes(v.reserve_bytes) },
  { title: 'SIZE', value: (v: LogVolume) => bytes(v.total_bytes) },
  { title: 'DIRECTORY', value: (v: LogVolume) => v.directory },
]
const incidentColumns = [
  { title: 'WHEN', value: (i: LogIncident) => ago(i.at) },
  { title: 'WHAT', value: (i: LogIncident) => i.kind },
  { title: 'COMMITS', value: rangeOf },
  { title: 'DETAIL', value: (i: LogIncident) => i.detail },
]

function rangeOf({ first_sequence: first, last_sequence: last }: LogIncident): string {
  if (first === null) return last ?? ''
  return last === null || last === first ? first : `${first}–${last}`
}

/** A place in the log, as the server names it. */
function place(text: string): string {
  if (!/^[1-9]\d{0,15}$/.test(text)) {
    throw new InvalidArgumentError('a place in the log is a number from 1.')
  }
  return text
}

/** `operator log …`: for who runs the instance. All of it works while nothing can be changed. */
export function operatorCommands(program: Command, context: Context): void {
  const log = program
    .command('operator')
    .description('for who runs the instance (super-admins)')
    .command('log')
    .description('the log and its archive')

  log
    .command('status')
    .description('how log and archive stand, and whether changes are taken')
    .action(async (_options, command: Command) => {
      const state = await context.api(command).json<LogState>('/operator/log')
      print(context, command, state, describe)
    })

  log
    .command('verify')
    .description('compare every commit in log and archive; minutes for millions')
    .action(async (_options, command: Command) => {
      const found = await context
        .api(command)
        .json<LogVerification>('/operator/log/verify', { method: 'POST' })
      print(context, command, found, (f) =>
        f.is_equal
          ? `Equal: ${f.compared} commits compared in ${f.took_ms} ms.`
          : `${f.detail}\n${f.compared} commits compared in ${f.took_ms} ms.`,
      )
      if (!found.is_equal) {
        const where =
          found.first_bad_sequence === null ? '' : ` from ${found.first_bad_sequence} on`
        throw new CliError(`log and archive differ${where}`, exitCodes.failed)
      }
    })

  log
    .command('repair')
    .description('decide which of log and archive is right where they disagree')
    .requiredOption('--first-bad <sequence>', "the place 'operator log status' shows", place)
    .addOption(
      new Option('--trust <which>', 'which of the two is right from there on')
        .choices(['archive', 'log'])
        .makeOptionMandatory(),
    )
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', repairHelp)
    .action(
      async (
        options: { firstBad: string; trust: 'archive' | 'log'; yes?: boolean },
        command: Command,
      ) => {
        const { firstBad, trust } = options
        const other = trust === 'archive' ? 'log' : 'archive'
        const question = `Replace the ${other} from commit ${firstBad} on by what the ${trust} has? What is replaced is kept aside.`
        if (!options.yes && !(await context.ask.confirm(question))) {
          throw new CliError('cancelled', exitCodes.interrupted)
        }
        const state = await context.api(command).json<LogState>('/operator/log/repair', {
          method: 'POST',
          body: { first_bad_sequence: firstBad, trusted: trust },
        })
        print(context, command, state, describe)
      },
    )
}

const repairHelp = `
Only while changes are frozen, and only for the commit shown last. Keep copies of the data directory and of the
archive before you decide. Trust the archive when the log's disk failed, was restored from an old copy or was
written to by somebody else; trust the log when that happened to the archive's. What read models had seen and
neither copy has any more is in docs/running.md, "Log and archive".`

function describe(state: LogState): string {
  const { archive, volumes, incidents } = state
  const todo = advice(state)
  const parts = [
    fields([
      ['changes', status(state.writes)],
      ['reason', state.reason],
      ['first bad commit', state.first_bad_sequence ?? ''],
      ['durability', state.durability],
      [
        'log',
        `${state.last_sequence} commits, ${bytes(state.log_bytes)} of ${bytes(state.log_max_bytes)}`,
      ],
      [
        'archive',
        `${state.archived_sequence} commits, ${segmentsOf(archive)} at ${archive.directory}`,
      ],
      [
        'compared',
        `${ago(state.verified_at)}${state.verified_at ? `, up to ${state.verified_sequence}` : ''}`,
      ],
      ['lineage', `${state.lineage_id}, generation ${state.generation}`],
    ]),
    ...(volumes.length > 0 ? [table(volumes, volumeColumns)] : []),
    ...(incidents.length > 0 ? [table(incidents, incidentColumns)] : []),
    ...(todo === undefined ? [] : [`→ ${todo}`]),
  ]
  return parts.join('\n\n')
}
