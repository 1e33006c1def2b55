import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type BundleReport, bundleName, identitiesIn, verifyBundle } from '@holdfast/full-backup'
import type { Command } from 'commander'
import { type Context, print } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import { bytes, fields } from '../output.ts'
import { bar, downloadBackup } from './backup-download.ts'
import { segment } from './options.ts'

/** `backup verify` takes the id of a backup, or the file of a full one. */
export const isBackupFile = (given: string): boolean =>
  given.includes('/') || /\.hfbak(\.age)?$/.test(given)

export interface VerifyFileOptions {
  /** Of `age-keygen`, or the root key. */
  readonly identity?: string
}

/** Reads a full backup without any server. Throws when a single byte of it is not as it was made. */
export async function verifyBackupFile(
  context: Context,
  command: Command,
  file: string,
  { identity }: VerifyFileOptions,
  passphrase: string | undefined,
): Promise<void> {
  const report = await judge(context, file, usingOf(identity, passphrase))
  print(context, command, reportOf(file, report), () => shown(file, report))
}

function usingOf(identity: string | undefined, passphrase: string | undefined) {
  if (identity !== undefined && passphrase !== undefined)
    throw new CliError('give a key or the passphrase, not both', exitCodes.usage)
  if (passphrase !== undefined) return { passphrase }
  if (identity === undefined) return undefined
  if (!existsSync(identity)) throw new CliError(`there is no file ${identity}`, exitCodes.usage)
  return identitiesIn(readFileSync(identity, 'utf8'))
}

async function judge(
  { out }: Context,
  file: string,
  using: ReturnType<typeof usingOf>,
): Promise<BundleReport> {
  if (!existsSync(file)) throw new CliError(`there is no file ${file}`, exitCodes.notFound)
  const { size } = statSync(file)
  let told = 0
  try {
    return await verifyBundle(createReadStream(file, { highWaterMark: 1024 * 1024 }), {
      ...(using === undefined ? {} : { using }),
      onProgress(read) {
        const percent = Math.floor((read / size) * 10) * 10
        if (percent <= told || size < 64 * 1024 * 1024) return
        told = percent
        out.note(`${bar(percent)} ${String(percent).padStart(3)} %  ${bytes(read)}`)
      },
    })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
    const words = error instanceof Error ? error.message : String(error)
    throw new CliError(words, exitCodes.failed, [], code)
  }
}

const reportOf = (
  file: string,
  { manifest, opened, unopened, segments, isWrapped, ...rest }: BundleReport,
) => ({
  file,
  is_whole: true,
  is_encrypted: isWrapped,
  size_bytes: String(rest.bytes),
  members: rest.members,
  segments,
  created_at: new Date(manifest.createdAtUnixSeconds * 1000).toISOString(),
  version: manifest.version,
  lineage: manifest.lineageId,
  generation: manifest.generation,
  last_sequence: String(manifest.lastSequence),
  root: Buffer.from(manifest.root).toString('hex'),
  root_key_fingerprint: manifest.rootKeyFingerprint,
  recipients: manifest.recipients,
  tables: manifest.tables,
  missing: manifest.missing,
  opened,
  unopened,
})

function shown(file: string, report: BundleReport): string {
  const { manifest, opened, unopened, members } = report
  return [
    `${file} is whole: every byte of its ${members} members is as it was made.`,
    fields([
      ['made', new Date(manifest.createdAtUnixSeconds * 1000).toISOString()],
      ['log', `${manifest.lineageId}, generation ${manifest.generation}`],
      ['holds', `everything up to ${manifest.lastSequence}`],
      ['root key', manifest.rootKeyFingerprint],
      ['size', bytes(report.bytes)],
      ['opens with', manifest.recipients.join(', ')],
      ['opened', opened.join(', ')],
      ['not opened', unopened.join(', ')],
    ]),
    ...manifest.missing.map(({ part, reason }) => `Without ${part}: ${reason}`),
    ...(opened.length === 0
      ? ['What is sealed was not looked into; --identity FILE or the passphrase does.']
      : []),
  ].join('\n')
}

interface Backup {
  readonly id: string
  readonly status: string
  readonly created_at: string
  readonly failure_code: string | null
  readonly failure_detail: string | null
}

const pollMs = 500

/** `backup bundle`: a full backup as one file in a folder of yours, judged before it has its name. */
export function bundleCommand(program: Command, context: Context): void {
  const group = program.commands.find((command) => command.name() === 'backup')
  if (!group) throw new Error('backup … is registered first')
  group
    .command('bundle [directory]')
    .description('make a full backup, save it as holdfast-<UTC>Z.hfbak and check every byte of it')
    .option('--name <name>', 'what it is called on the server while it is there', 'bundle')
    .action(async (directory = '.', { name }: { name: string }, command: Command) => {
      const api = context.api(command)
      const { backup } = await api.json<{ backup: Backup }>('/backups', {
        method: 'POST',
        body: { name, backup_type: 'full', is_encrypted: false },
      })
      const path = `/backups/${segment(backup.id)}`
      let made = backup
      while (made.status === 'pending' || made.status === 'running') {
        await delay(pollMs)
        made = await api.json<Backup>(path)
      }
      if (made.status !== 'completed')
        throw new CliError(
          `the backup ${made.status}: ${made.failure_detail ?? ''}`,
          exitCodes.failed,
          [],
          made.failure_code ?? undefined,
        )
      const file = join(directory, bundleName(Date.parse(made.created_at)))
      const unjudged = `${file}.unverified`
      const fetched = async () => {
        if (existsSync(file)) throw new CliError(`${file} is there already`, exitCodes.conflict)
        const options = { output: unjudged, force: true }
        const saved = await downloadBackup(context, api, backup.id, options)
        const report = await judge(context, unjudged, undefined)
        await rename(unjudged, file)
        return { saved, report }
      }
      // The server's copy was a means to this one. It goes if this came to nothing, too: the next attempt makes its own.
      const { saved, report } = await fetched().finally(() =>
        api.json(path, { method: 'DELETE' }).catch((error: Error) => {
          context.out.note(`${backup.id} stays on the server: ${error.message}`)
        }),
      )
      print(
        context,
        command,
        { ...reportOf(file, report), sha256: saved.sha256 },
        () => `${file}: ${bytes(saved.bytes)}, everything up to ${report.manifest.lastSequence}.`,
      )
    })
}
