import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Command, Option } from 'commander'
import { type Context, print } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import { bytes, fields } from '../output.ts'
import { version } from '../version.ts'
import { bar } from './backup-download.ts'
import { whole } from './options.ts'
import { checkRestored } from './restore-check.ts'

interface InstanceOptions {
  readonly from: string
  readonly kind?: string
  readonly config: Readonly<Record<string, string>>
  readonly credentialsFile?: string
  readonly lineage?: string
  readonly sourceGeneration?: number
  readonly identity?: string
  readonly rootKeyFile?: string
  readonly shards?: readonly string[]
  readonly passphraseFile?: string
  readonly toSeq?: number
  readonly toTime?: string
  readonly data?: string
  readonly force?: boolean
  readonly sealed?: boolean
  readonly generation?: number
  readonly verifyOnly?: boolean
  readonly plan?: boolean
}

/** What dist/restore.mjs answers (runtime/src/restore/request.ts). */
interface Progress {
  readonly type: 'progress'
  readonly step: string
  readonly bytes: number
  readonly totalBytes?: number
  readonly commits: string
  readonly estimatedMsLeft?: number
}
interface Result {
  readonly type: 'result'
  readonly result: Plan & Partial<Report>
}
interface Refused {
  readonly type: 'refused'
  readonly code?: string
  readonly message: string
  readonly fields: readonly { readonly field: string; readonly detail: string }[]
}

interface Plan {
  readonly source: string
  readonly backup: string
  readonly made_at: string
  readonly made_by: string
  readonly lineage: string
  readonly generation: number
  readonly next_generation: number
  readonly last_sequence: string
  readonly up_to: string
  readonly up_to_time: string
  readonly root: string
  readonly signed_up_to: string
  readonly key_used: string
  readonly root_key_fingerprint: string
  readonly warnings: readonly string[]
}

interface Report {
  readonly data: string
  readonly moved_aside: string | null
  readonly root_key_file: string | null
  readonly environment: string | null
  readonly restored_sequence: string
  readonly carried_revocations: number
  readonly verify_ms: number
  readonly stage_ms: number
}

/** `restore instance`, `restore check`: a lost machine from a backup, with nothing of the suite running. */
export function restoreInstanceCommands(program: Command, context: Context): void {
  const group =
    program.commands.find((command) => command.name() === 'restore') ??
    program.command('restore').description('bring back what was (docs/restore-instance.md)')
  const keyValue = (text: string, all: Record<string, string>): Record<string, string> => {
    const [name, ...value] = text.split('=')
    if (!name || value.length === 0)
      throw new CliError(`--config takes name=value, not ${JSON.stringify(text)}`, exitCodes.usage)
    return { ...all, [name]: value.join('=') }
  }
  group
    .command('instance')
    .description('a whole instance, into an empty data directory; no server takes part')
    .requiredOption('--from <file-or-place>', 'a full backup, or a folder with an off-site copy')
    .option('--kind <kind>', 'the off-site copy is at a location of this kind, for example s3')
    .option('--config <name=value>', 'of that location; once for each', keyValue, {})
    .option('--credentials-file <file>', 'JSON object with the credentials of the location')
    .option('--lineage <id>', 'which instance, where several share a location')
    .option('--source-generation <n>', 'an earlier generation of the copy', whole(1, 1_000_000_000))
    .option('--identity <file>', 'recovery key, as age-keygen wrote it')
    .option('--root-key-file <file>', 'the root key')
    .option('--shards <files...>', 'shards of the root key')
    .option('--passphrase-file <file>', 'of a backup that is wrapped under one')
    .option('--to-seq <n>', 'up to this commit and no further', whole(1, Number.MAX_SAFE_INTEGER))
    .addOption(
      new Option('--to-time <time>', 'the state at this time, RFC 3339').conflicts('toSeq'),
    )
    .option('--data <dir>', 'where it is to stand (HOLDFAST_DATA)')
    .option('--force', 'what is there is moved aside, never deleted')
    .option('--sealed', 'put the root key into no file (HOLDFAST_SEAL=shamir)')
    .option('--generation <n>', 'to begin; the next one unless told', whole(2, 1_000_000_000))
    .option('--verify-only', 'judge every byte, change nothing')
    .option('--plan', 'the same, and show what would come')
    .action(async (options: InstanceOptions, command: Command) => {
      const request = await requestOf(context, options, command)
      const result = await carriedOut(context, request)
      const isDone = request.mode === 'restore'
      print(context, command, result, (shown) => (isDone ? done(shown) : planned(shown)))
    })
  group
    .command('check')
    .description(
      'after the first start of a restored instance: is it what was restored, does it work',
    )
    .option('--data <dir>', 'where it stands (HOLDFAST_DATA)')
    .action((options: { data?: string }, command: Command) =>
      checkRestored(context, command, dataOf(context, options.data)),
    )
}

const dataOf = ({ env }: Context, given: string | undefined): string =>
  given ?? env['HOLDFAST_DATA'] ?? '.holdfast'

async function requestOf(context: Context, options: InstanceOptions, command: Command) {
  const { env } = context
  const { reason } = command.optsWithGlobals<{ reason?: string }>()
  if (options.toTime !== undefined && !Number.isFinite(Date.parse(options.toTime)))
    throw new CliError('--to-time: no time, for example 2026-04-23T03:00:00Z', exitCodes.usage)
  const isSealed = options.sealed === true || env['HOLDFAST_SEAL'] === 'shamir'
  return {
    source: sourceOf(options),
    key: await keyOf(context, options),
    mode: options.verifyOnly || options.plan ? 'verify' : 'restore',
    ...(options.toSeq === undefined ? {} : { toSequence: String(options.toSeq) }),
    ...(options.toTime === undefined ? {} : { toTime: options.toTime }),
    data: dataOf(context, options.data),
    ...(env['HOLDFAST_ARCHIVE_DIR'] ? { archive: env['HOLDFAST_ARCHIVE_DIR'] } : {}),
    ...{ force: options.force === true, isSealed, version },
    ...(options.generation === undefined ? {} : { generation: options.generation }),
    ...(reason === undefined ? {} : { reason }),
  }
}

function sourceOf(options: InstanceOptions) {
  const { from, kind, config, credentialsFile, lineage, sourceGeneration } = options
  const which = {
    ...(lineage === undefined ? {} : { lineage }),
    ...(sourceGeneration === undefined ? {} : { generation: sourceGeneration }),
  }
  const credentials = credentialsFile === undefined ? {} : objectIn(credentialsFile)
  // `--from` names the bucket, host or address of a kind; the rest is --config.
  if (kind !== undefined && kind !== 'local')
    return { kind, config: { ...placeOf(kind, from), ...config }, credentials, ...which }
  if (!existsSync(from))
    throw new CliError(`there is no ${from}; --kind says what else it is`, exitCodes.notFound)
  if (kind === undefined && statSync(from).isFile()) return { file: from }
  return { kind: 'local', config: { path: from, ...config }, credentials, ...which }
}

const places: Readonly<Record<string, string>> = {
  s3: 'bucket',
  webdav: 'url',
  sftp: 'host',
  ftp: 'host',
  rclone: 'remote',
  nfs: 'path',
}
const placeOf = (kind: string, from: string): Readonly<Record<string, string>> => {
  const field = places[kind]
  return field === undefined || from === '-' ? {} : { [field]: from }
}

function objectIn(file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(textOf(file))
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch (error) {
    if (error instanceof CliError) throw error
  }
  // Quotes nothing of it.
  throw new CliError(`${file} holds no JSON object`, exitCodes.usage)
}

function textOf(file: string): string {
  if (!existsSync(file)) throw new CliError(`there is no file ${file}`, exitCodes.usage)
  return readFileSync(file, 'utf8')
}

/** A file, the environment, or a hidden question; never an argument. */
async function keyOf({ env, ask }: Context, options: InstanceOptions) {
  const { identity, rootKeyFile, shards, passphraseFile } = options
  const given = [identity, rootKeyFile, shards].filter((one) => one !== undefined)
  if (given.length > 1)
    throw new CliError('give one of --identity, --root-key-file and --shards', exitCodes.usage)
  const passphrase =
    passphraseFile === undefined ? {} : { passphrase: textOf(passphraseFile).replace(/\r?\n$/, '') }
  if (shards !== undefined) return { shards: shards.map(textOf), ...passphrase }
  const file = identity ?? rootKeyFile ?? env['HOLDFAST_ROOT_KEY_FILE']
  if (file !== undefined && file !== '') return { file: textOf(file), ...passphrase }
  const inEnvironment = env['HOLDFAST_ROOT_KEY']
  if (inEnvironment) return { file: inEnvironment, ...passphrase }
  const answer = await ask.secret('Root key, or recovery key (AGE-SECRET-KEY-1…)')
  return { file: answer.trim(), ...passphrase }
}

const program = (): string => fileURLToPath(new URL('../../../dist/restore.mjs', import.meta.url))

/** In a process of its own: it has the readers of every kind of place, which no other command needs. */
async function carriedOut(context: Context, request: object): Promise<Result['result']> {
  const path = program()
  if (!existsSync(path))
    throw new CliError(`${path} is not there: npm run build makes it`, exitCodes.failed)
  const child = fork(path, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
  })
  const answer = await answerOf(context, child, request)
  if (answer?.type === 'result') return answer.result
  if (answer?.type === 'refused')
    throw new CliError(
      answer.message,
      exitCodes.failed,
      answer.fields.map(({ field, detail }) => `${field}: ${detail}`),
      answer.code,
    )
  // Killed, at any moment: also right behind the rename.
  throw new CliError(
    'the restore ended without a word: what stood there stands there still, or beside it as .before-…',
    exitCodes.failed,
  )
}

function answerOf(
  { out }: Context,
  child: ChildProcess,
  request: object,
): Promise<Result | Refused | undefined> {
  let told = 0
  let answer: Result | Refused | undefined
  child.on('message', (message: Progress | Result | Refused) => {
    if (message.type !== 'progress') {
      answer = message
      return
    }
    const now = performance.now()
    if (now - told < (told === 0 ? 0 : 2_000)) return
    told = now
    const line = progressLine(message)
    if (line !== '') out.note(line)
  })
  // Both are told by the terminal; who waits here shows what the other says.
  const wait = () => undefined
  process.on('SIGINT', wait)
  child.send(request)
  return new Promise((done, failed) => {
    child.once('error', failed)
    child.once('exit', () => done(answer))
  }).finally(() => process.off('SIGINT', wait)) as Promise<Result | Refused | undefined> // as: what `done` is given
}

const words: Readonly<Record<string, string>> = {
  key: 'comparing the key',
  verify: 'reading and judging',
  stage: 'writing beside the target',
  place: 'putting it in place',
}

function progressLine({
  step,
  bytes: read,
  totalBytes,
  commits,
  estimatedMsLeft,
}: Progress): string {
  const what = words[step] ?? step
  if (!totalBytes || read === 0) return `${what}…`
  const percent = Math.min(100, Math.floor((read / totalBytes) * 100))
  const left =
    estimatedMsLeft === undefined ? '' : `, about ${Math.ceil(estimatedMsLeft / 1000)} s left`
  return `${bar(percent)} ${String(percent).padStart(3)} %  ${what}: ${bytes(read)}, ${commits} commits${left}`
}

const facts = (plan: Plan): string =>
  fields([
    ['backup', `${plan.backup} (${plan.source})`],
    ['made', `${plan.made_at}, by Holdfast ${plan.made_by}`],
    ['instance', `${plan.lineage}, generation ${plan.generation}`],
    ['holds', `commits 1 to ${plan.last_sequence}`],
    ['restores', `commits 1 to ${plan.up_to}, the state of ${plan.up_to_time}`],
    ['root', plan.root],
    ['signed', `by the log's own key, up to commit ${plan.signed_up_to}`],
    ['root key', plan.root_key_fingerprint],
  ])

const warned = ({ warnings }: Plan): readonly string[] => warnings.map((one) => `Warning: ${one}`)

const planned = (plan: Plan): string =>
  [
    'The backup is whole and opens with this key. Nothing was changed.',
    facts(plan),
    `A restore begins generation ${plan.next_generation}.`,
    ...warned(plan),
  ].join('\n')

function done(report: Plan & Partial<Report>): string {
  const { data = '', environment } = report
  return [
    `Restored into ${data} in ${(((report.verify_ms ?? 0) + (report.stage_ms ?? 0)) / 1000).toFixed(1)} s; it is generation ${report.next_generation}.`,
    facts(report),
    ...(report.moved_aside ? [`What was there is ${report.moved_aside}.`] : []),
    ...(report.carried_revocations
      ? [`${report.carried_revocations} commits keep revoked what was revoked behind that point.`]
      : []),
    ...warned(report),
    '',
    'What is next:',
    ...(report.root_key_file
      ? []
      : ['  - the root key is in no file: give it by HOLDFAST_ROOT_KEY_FILE, or unseal by shards']),
    ...(environment
      ? [`  - settings of before: set -a; . ${environment}; set +a`]
      : ['  - settings (HOLDFAST_…): as they were before']),
    `  - HOLDFAST_DATA=${data} npm start -- --detach`,
    '  - holdfast auth login: passwords are as they were, sessions and tokens of before are void',
    '  - holdfast restore check: generation, log, read models, nodes',
    '  - one peer: holdfast peer config NAME renders, and its tunnel works',
  ].join('\n')
}
