import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  joinShards,
  loadRootKey,
  parseShard,
  readRootKeyFile,
  rootKeyFingerprint,
} from '@holdfast/crypto'
import { DomainError } from '@holdfast/errors'
import { type Command, InvalidArgumentError } from 'commander'
import type { ApiClient } from '../client.ts'
import { type Context, print } from '../context.ts'
import { dataDirectory } from '../control.ts'
import { CliError, exitCodes } from '../exit.ts'
import { ago, fields, table } from '../output.ts'
import { askShard, readShards, replaceSecretly, shardPaths, writeSecretly } from '../shard-files.ts'
import { given } from './options.ts'

interface ShardSet {
  readonly set_id: string
  readonly shares: number
  readonly threshold: number
  readonly root_key_fingerprint: string
  readonly made_at: string | null
}
interface RootKeyView {
  readonly fingerprint: string
  readonly former_fingerprints: readonly string[]
  readonly kept_as: 'file' | 'given' | 'shards'
  readonly is_rotating: boolean
  readonly shards: ShardSet | null
}
interface Rotation {
  readonly old_fingerprint: string
  readonly new_fingerprint: string
  readonly keys: string
  readonly kept_as: RootKeyView['kept_as']
  readonly set: ShardSet | null
  readonly shards: readonly string[]
}
interface Seal {
  readonly is_sealed: boolean
  readonly threshold: number
  readonly given: number
}
export interface Warning {
  readonly warning: string
  readonly detail: string
  readonly remedy: string
}
interface SplitOptions {
  readonly shares: number
  readonly threshold: number
  readonly out: string
  readonly passwordStdin?: boolean
}

function small(text: string): number {
  if (!/^([2-9]|1[0-6])$/.test(text)) throw new InvalidArgumentError('a number from 2 to 16.')
  return Number(text)
}

const splitOptions = (command: Command): Command =>
  command
    .option('--shares <n>', 'how many shards', small, 3)
    .option('--threshold <n>', 'how many of them restore the root key', small, 2)
    .option('--out <directory>', 'where the files go', '.')
    .option('--password-stdin', 'read your password from standard input')

const warningColumns = [
  { title: 'WARNING', value: (w: Warning) => w.warning },
  { title: 'WHAT', value: (w: Warning) => w.detail },
  { title: 'WHAT TO DO', value: (w: Warning) => w.remedy },
]

/** `operator recover`, `restore`, `unseal`, …: the root key (docs/root-key.md). */
export function rootKeyCommands(program: Command, context: Context): void {
  const operator = program.commands.find((command) => command.name() === 'operator')
  if (!operator) throw new Error('operator comes first')

  const password = async ({ passwordStdin }: { readonly passwordStdin?: boolean }) => {
    if (passwordStdin) return (await context.ask.stdin()).replace(/\r?\n$/, '')
    return context.env['HOLDFAST_PASSWORD'] || (await context.ask.secret('Your password, again'))
  }
  const confirm = async (question: string, yes: boolean | undefined) => {
    if (!yes && !(await context.ask.confirm(question)))
      throw new CliError('cancelled', exitCodes.interrupted)
  }
  const sealOf = async (api: ApiClient) =>
    await api.json<Seal>('/operator/seal', { anonymous: true })

  operator
    .command('root-key')
    .description('which root key there is, and whether shards of it were made')
    .action(async (_options, command: Command) => {
      const found = await context.api(command).json<RootKeyView>('/operator/root-key')
      print(context, command, found, describe)
    })

  splitOptions(operator.command('recover'))
    .description('split the root key into shards that restore it, a file each')
    .action(async (options: SplitOptions, command: Command) => {
      const paths = shardPaths(options.out, options.shares)
      const { shares, threshold } = options
      const made = await context
        .api(command)
        .json<{ set: ShardSet; shards: readonly string[] }>('/operator/root-key/shards', {
          method: 'POST',
          body: { password: await password(options), shares, threshold },
        })
      for (const [at, path] of paths.entries()) writeSecretly(path, made.shards[at] ?? '')
      // The shards are in the files and nowhere else, this output included.
      print(context, command, { set: made.set, files: paths }, ({ set }) => keepText(set, paths))
    })

  operator
    .command('prove [files...]')
    .description('see whether these shards restore the present root key')
    .action(async (files: readonly string[], _options, command: Command) => {
      const shards = await gather(context, files)
      const proved = await context
        .api(command)
        .json<{ root_key_fingerprint: string; set_id: string }>('/operator/root-key/shards/prove', {
          method: 'POST',
          body: { shards },
        })
      print(
        context,
        command,
        proved,
        (p) => `They restore the root key ${p.root_key_fingerprint} (set ${p.set_id}).`,
      )
    })

  operator
    .command('seal-status')
    .description('whether the instance waits for shards of its root key')
    .action(async (_options, command: Command) => {
      print(context, command, await sealOf(context.api(command)), sealText)
    })

  const unseal = async (
    files: readonly string[],
    options: { readonly startOver?: boolean },
    command: Command,
  ): Promise<void> => {
    const api = context.api(command)
    let seal = await sealOf(api)
    const give = async (body: object) => {
      seal = await api.json<Seal>('/operator/seal/unseal', {
        method: 'POST',
        body,
        // Nobody can sign in to what is sealed.
        anonymous: true,
      })
      if (!context.wantsJson(command)) context.out.note(sealText(seal))
    }
    if (seal.is_sealed && options.startOver) await give({ start_over: true })
    for (const shard of readShards(files)) if (seal.is_sealed) await give({ shard })
    for (let n = 1; seal.is_sealed && files.length === 0; n += 1)
      await give({ shard: await askShard(context.ask, n) })
    print(context, command, seal, sealText)
    if (seal.is_sealed) throw new CliError('it is still sealed', exitCodes.failed)
  }

  operator
    .command('unseal [files...]')
    .description('give shards of its root key to an instance that is sealed')
    .option('--start-over', 'forget those given before')
    .action(unseal)

  operator
    .command('restore [files...]')
    .description(
      'restore the root key from shards: to its file here, or into an instance that is sealed',
    )
    .option('--force', 'replace another root key that is there')
    .action(async (files: readonly string[], options: { force?: boolean }, command: Command) => {
      const seal = await sealOf(context.api(command)).catch(() => undefined)
      if (seal?.is_sealed) return await unseal(files, {}, command)
      const data = dataDirectory(context.env)
      const expected = fingerprintOf(data)
      const rootKey = await joinShards(await gather(context, files, expected), expected)
      const path = join(data, 'root.key')
      const fingerprint = rootKeyFingerprint(rootKey)
      if (existsSync(path) && keyIn(path) !== fingerprint) {
        if (!options.force)
          throw new CliError(
            `${path} holds another root key (${keyIn(path)}): the shards are of ${fingerprint}. Nothing was changed; --force replaces it`,
            exitCodes.conflict,
          )
      }
      // Whole or not at all: there is no moment without either of the two.
      replaceSecretly(path, `${rootKey.reveal()}\n`)
      print(
        context,
        command,
        { path, root_key_fingerprint: fingerprint },
        () => `The root key ${fingerprint} is in ${path}. Start with: npm start`,
      )
    })

  splitOptions(operator.command('rotate-root-key'))
    .description('replace the root key and wrap every key anew, while everything goes on')
    .option('-y, --yes', 'do not ask')
    .action(async (options: SplitOptions & { yes?: boolean }, command: Command) => {
      const api = context.api(command)
      const { kept_as: keptAs } = await api.json<RootKeyView>('/operator/root-key')
      const isNowhere = keptAs === 'shards'
      const paths = isNowhere ? shardPaths(options.out, options.shares) : []
      await confirm(
        'Replace the root key? Shards and copies of the present one restore older backups only.',
        options.yes,
      )
      const { shares, threshold } = options
      const wish = {
        password: await password(options),
        ...(isNowhere ? { shares, threshold } : {}),
      }
      const rotate = async (more: object = {}) =>
        await api.json<Rotation>('/operator/root-key/rotate', {
          method: 'POST',
          body: { ...wish, ...more },
        })
      let rotated = await rotate()
      if (rotated.set) {
        // Nothing has changed yet, and nothing does before every shard is on the disk.
        const { set } = rotated
        for (const [at, path] of paths.entries()) writeSecretly(path, rotated.shards[at] ?? '')
        rotated = await rotate({ set_id: set.set_id })
        if (!context.wantsJson(command)) context.out.note(keepText(set, paths))
      }
      const { shards: _, ...shown } = rotated
      print(context, command, { ...shown, files: paths }, rotationText)
    })

  operator
    .command('rotate-data-keys')
    .description('seal with new data keys from now on')
    .option('--organization <id>', 'those of one organization')
    .option('-y, --yes', 'do not ask')
    .action(async (options: { organization?: string; yes?: boolean }, command: Command) => {
      await confirm(
        'Make a new version of these data keys? The old ones stay, for reading.',
        options.yes,
      )
      const rotated = await context
        .api(command)
        .json<{ keys: string }>('/operator/data-keys/rotate', {
          method: 'POST',
          body: given({ organization_id: options.organization }),
        })
      print(context, command, rotated, ({ keys }) => `${keys} data keys have a new version.`)
    })

  operator
    .command('warnings')
    .description('what stands in the way of a recovery')
    .action(async (_options, command: Command) => {
      const found = await context
        .api(command)
        .json<{ items: readonly Warning[] }>('/operator/warnings')
      print(context, command, found, ({ items }) =>
        items.length === 0
          ? 'Nothing stands in the way of a recovery.'
          : table(items, warningColumns),
      )
    })
}

/** All that is needed: from files, or asked for one by one until there are enough. */
async function gather(
  context: Context,
  files: readonly string[],
  expected?: string,
): Promise<readonly string[]> {
  if (files.length > 0) return readShards(files)
  const texts: string[] = []
  for (;;) {
    const text = await askShard(context.ask, texts.length + 1)
    try {
      const {
        index,
        shares,
        threshold,
        rootKeyFingerprint: of,
      } = parseShard(text, texts.length + 1)
      if (expected !== undefined && of !== expected) await joinShards([text], expected)
      texts.push(text)
      const missing = threshold - texts.length
      if (missing <= 0) return texts
      context.out.note(`Shard ${index} of ${shares}: ${missing} more.`)
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      context.out.note(error.message)
    }
  }
}

/** Of the root key this data belongs to; undefined where nothing says so. */
function fingerprintOf(data: string): string | undefined {
  const [owner, mark] = ['root-key.json', 'root-key.fingerprint'].map((name) =>
    join(data, 'keys', name),
  ) as [string, string]
  if (existsSync(owner)) return readRootKeyFile(readFileSync(owner, 'utf8'))?.fingerprint
  return existsSync(mark) ? readFileSync(mark, 'utf8').trim() : undefined
}

const keyIn = (path: string): string =>
  rootKeyFingerprint(loadRootKey({ reveal: () => readFileSync(path, 'utf8') }))

const describe = (key: RootKeyView): string =>
  fields([
    ['fingerprint', key.fingerprint],
    [
      'kept',
      {
        file: 'in a file beside the data',
        given: 'by whoever gives it',
        shards: 'nowhere: shards open it',
      }[key.kept_as],
    ],
    [
      'shards',
      key.shards
        ? `${key.shards.threshold} of ${key.shards.shares}, set ${key.shards.set_id}, made ${ago(key.shards.made_at)}`
        : 'none: holdfast operator recover',
    ],
    ['before it', key.former_fingerprints.join(', ')],
    ['rotation', key.is_rotating ? 'under way' : ''],
  ])

const keepText = (set: ShardSet, paths: readonly string[]): string =>
  [
    ...paths,
    '',
    `Any ${set.threshold} of these ${set.shares} restore the root key ${set.root_key_fingerprint}. Keep each in another place, offline,`,
    'then erase the files: holdfast operator prove FILE… shows first that they work.',
  ].join('\n')

const sealText = (seal: Seal): string => {
  if (!seal.is_sealed) return 'Open.'
  return seal.threshold === 0
    ? 'Sealed: no shard given yet.'
    : `Sealed: ${seal.given} of ${seal.threshold} shards given.`
}

const next: Readonly<Record<RootKeyView['kept_as'], string>> = {
  file: 'Make shards of it now: holdfast operator recover',
  given:
    'Give the new one as HOLDFAST_ROOT_KEY from the next start on; then make shards: holdfast operator recover',
  shards: 'The shards written above are the only place it is kept.',
}
const rotationText = (rotated: Omit<Rotation, 'shards'>): string =>
  [
    fields([
      ['before', rotated.old_fingerprint],
      ['now', rotated.new_fingerprint],
      ['keys wrapped anew', rotated.keys],
    ]),
    '',
    next[rotated.kept_as],
  ].join('\n')
