import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import type { ApiClient } from '../client.ts'
import { type Context, print, printList } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import { ago, fields, status, table } from '../output.ts'
import { bar } from './backup-download.ts'
import { type PassphraseOptions, passphraseOf, passphraseOptions } from './backup-passphrase.ts'
import { given, segment } from './options.ts'
import { type ImportSection, sectionTables } from './snapshots.ts'

interface Job {
  readonly id: string
  readonly backup_id: string
  readonly status: string
  readonly phase: string
  readonly progress: number
  readonly dry_run: boolean
  readonly rollback_backup_id: string | null
  readonly rollback_sequence: string | null
  readonly without_rollback_because: string
  readonly undoes_job_id: string | null
  readonly failure_code: string
  readonly failure_detail: string
  readonly warnings: readonly string[]
  readonly sections: readonly ImportSection[]
  readonly created_at: string
}

interface Validation {
  readonly organization_id: string
  readonly result: string
  readonly run_id: string
  readonly backup_id: string | null
  readonly backup_created_at: string | null
  readonly code: string
  readonly detail: string
  readonly records: number
  readonly took_ms: number
  readonly validated_at: string
}
interface RestoreOptions extends PassphraseOptions {
  readonly dryRun?: boolean
  readonly overwrite?: boolean
  readonly devices: boolean
  readonly users?: boolean
  readonly automation: boolean
  readonly site?: string
  readonly allowWithoutRollback?: boolean
  readonly yes?: boolean
  readonly wait: boolean
}

const pollMs = 300

/** `backup restore|restore-status|restores|validate|validations`: stored backups brought back, and tried. */
export function backupRestoreCommands(group: Command, context: Context): void {
  passphraseOptions(
    group
      .command('restore <id>')
      .description('bring a stored snapshot back, or undo a restore by its rollback slot')
      .option('--dry-run', 'only say what would be done')
      .option('--overwrite', 'change what exists to what the backup has')
      .option('--no-devices', 'without nodes, interfaces and peers')
      .option('--users', 'users too; they get no password')
      .option('--no-automation', 'without rules, policy tests, alert rules and webhooks')
      .option('--site <name-or-id>', 'nodes go to this site')
      .option('--allow-without-rollback', 'go on when no rollback slot can be taken; recorded')
      .option('--no-wait', 'do not wait for its end')
      .option('-y, --yes', 'do not ask'),
  ).action(async (id: string, options: RestoreOptions, command: Command) => {
    const api = context.api(command)
    const isMeant =
      options.dryRun || options.yes || (await context.ask.confirm(`Restore backup ${id}?`))
    if (!isMeant) throw new CliError('nothing was changed', exitCodes.interrupted)
    const left = (value: boolean): boolean | undefined => (value ? undefined : false)
    const body = given({
      backup_id: id,
      dry_run: options.dryRun ?? false,
      overwrite_existing: options.overwrite,
      restore_devices: left(options.devices),
      restore_users: options.users,
      restore_automation: left(options.automation),
      target_site_id: options.site,
      allow_without_rollback: options.allowWithoutRollback,
      passphrase: await passphraseOf(context, options, false),
    })
    const begun = await api.json<Job>('/backups/restore', { method: 'POST', body })
    await tell(context, command, options.wait ? await untilOver(context, api, begun) : begun)
  })

  passphraseOptions(
    group
      .command('restore-status <job>')
      .description('how a restore goes, or what a dry run found')
      .option('--wait', 'until it is over')
      .option('--continue', 'go on with one that was interrupted'),
  ).action(
    async (
      id: string,
      options: PassphraseOptions & { wait?: boolean; continue?: boolean },
      command: Command,
    ) => {
      const api = context.api(command)
      const path = `/backups/restore/${segment(id)}`
      const body = given({ passphrase: await passphraseOf(context, options, false) })
      const found = options.continue
        ? await api.json<Job>(`${path}/continue`, { method: 'POST', body })
        : await api.json<Job>(path)
      const isAwaited = options.wait || options.continue
      await tell(context, command, isAwaited ? await untilOver(context, api, found) : found)
    },
  )

  group
    .command('restores')
    .description('list restores of stored backups, newest first')
    .option('--org <name-or-id>', 'of this organization')
    .action(async ({ org }: { org?: string }, command: Command) => {
      const items = context.api(command).items<Job>('/backups/restore', { organization: org })
      const empty = 'No restore in the last thirty days. Begin one: holdfast backup restore ID'
      await printList(context, command, items, (rows) => table(rows, jobColumns), empty)
    })

  group
    .command('validations')
    .description('whether the newest snapshot of each organization could be restored')
    .option('--org <name-or-id>', 'of this organization')
    .action(async ({ org }: { org?: string }, command: Command) => {
      const items = context
        .api(command)
        .items<Validation>('/backups/validations', { organization: org })
      const empty = 'Nothing was validated yet. Do it now: holdfast backup validate'
      await printList(context, command, items, (rows) => table(rows, validationColumns), empty)
    })

  group
    .command('validate')
    .description('try now whether the newest snapshot could be restored; nothing is written')
    .option('--org <name-or-id>', 'of this organization; of all of them when omitted')
    .action(async ({ org }: { org?: string }, command: Command) => {
      const api = context.api(command)
      const body = given({ organization: org })
      const run = await api.json<{ run_id: string; organization_ids: string[] }>(
        '/backups/validations',
        { method: 'POST', body },
      )
      const found = await untilValidated(context, api, run.run_id, run.organization_ids.length)
      const rows = [...found]
      print(context, command, rows, () =>
        rows.length === 0 ? 'There is no organization.' : table(rows, validationColumns),
      )
      const failed = rows.filter(({ result }) => result === 'error' || result === 'timeout')
      if (failed.length > 0) {
        throw new CliError(`${failed.length} could not be restored`, exitCodes.failed)
      }
    })
}

async function untilOver({ out }: Context, api: ApiClient, begun: Job): Promise<Job> {
  let found = begun
  let told = ''
  for (;;) {
    const line = `${bar(found.progress)} ${String(found.progress).padStart(3)} %  ${found.phase.replaceAll('_', ' ')}`
    if (line !== told) out.note(line)
    told = line
    if (found.status !== 'running') return found
    await delay(pollMs)
    found = await api.json<Job>(`/backups/restore/${segment(begun.id)}`)
  }
}

/** The exit code says it too. */
async function tell(context: Context, command: Command, found: Job): Promise<void> {
  print(context, command, found, report)
  if (found.status === 'completed' || found.status === 'running') return
  throw new CliError(found.failure_detail, exitCodes.failed, [], found.failure_code)
}

async function untilValidated(
  { out }: Context,
  api: ApiClient,
  runId: string,
  count: number,
): Promise<readonly Validation[]> {
  let told = -1
  for (;;) {
    const found: Validation[] = []
    for await (const one of api.items<Validation>('/backups/validations')) {
      if (one.run_id === runId) found.push(one)
    }
    if (found.length !== told) out.note(`${found.length} of ${count} organizations`)
    told = found.length
    if (found.length >= count) return found
    await delay(pollMs)
  }
}

const jobColumns = [
  { title: 'WHEN', value: (j: Job) => ago(j.created_at) },
  { title: 'STATE', value: (j: Job) => status(j.status) },
  { title: 'DRY', value: (j: Job) => (j.dry_run ? 'yes' : '') },
  { title: 'UNDOES', value: (j: Job) => j.undoes_job_id ?? '' },
  { title: 'BACKUP', value: (j: Job) => j.backup_id },
  { title: 'ID', value: (j: Job) => j.id },
]

const validationColumns = [
  { title: 'ORGANIZATION', value: (v: Validation) => v.organization_id },
  { title: 'RESULT', value: (v: Validation) => status(v.result) },
  { title: 'WHEN', value: (v: Validation) => ago(v.validated_at) },
  {
    title: 'BACKUP MADE',
    value: (v: Validation) => (v.backup_created_at ? ago(v.backup_created_at) : 'none'),
  },
  { title: 'RECORDS', value: (v: Validation) => `${v.records}` },
  { title: 'WHY', value: (v: Validation) => v.detail },
]

const nextStep = (job: Job): string => {
  if (job.status === 'interrupted') {
    return `Go on: holdfast backup restore-status ${job.id} --continue`
  }
  if (job.status === 'running') return `Follow it: holdfast backup restore-status ${job.id} --wait`
  if (job.status !== 'completed' || !job.dry_run) return ''
  return `Do it: holdfast backup restore ${job.backup_id}`
}

function report(job: Job): string {
  const undo = job.rollback_backup_id ? `holdfast backup restore ${job.rollback_backup_id}` : ''
  return [
    fields([
      ['restore', job.id],
      ['state', status(job.status) + (job.dry_run ? ' (dry run: nothing was written)' : '')],
      ['undoes', job.undoes_job_id ?? ''],
      ['undo', undo],
      ['no way back', job.without_rollback_because],
    ]),
    ...sectionTables(job.sections),
    ...job.warnings,
    nextStep(job),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}
