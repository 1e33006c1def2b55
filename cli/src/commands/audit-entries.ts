import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Command, Option } from 'commander'
import type { ApiClient } from '../client.ts'
import { type Context, print, printList } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import { ago, bytes, clean, fields, table } from '../output.ts'
import { list, pastMoment, segment, whole } from './options.ts'

interface AuditEntry {
  readonly trail: 'log' | 'access'
  readonly sequence: string
  readonly time: string
  readonly action: string
  readonly result: string
  readonly code: string
  readonly actor: {
    readonly kind: string
    readonly id: string
    readonly method: string
    readonly session_id: string | null
  }
  readonly target: { readonly kind: string; readonly id: string; readonly name: string } | null
  readonly organization_id: string | null
  readonly reason: string
  readonly correlation_id: string | null
  readonly count: string
  readonly window_ms: number
  readonly accounts: number
  readonly source: string
}
interface AuditEntryDetail extends AuditEntry {
  readonly changes: readonly {
    readonly action: string
    readonly target: { readonly kind: string; readonly id: string; readonly name: string }
    readonly fields: readonly {
      readonly field: string
      readonly before?: unknown
      readonly after?: unknown
    }[]
  }[]
}
interface AuditAction {
  readonly code: string
  readonly trail: string
  readonly kind: string
  readonly title: string
}
interface FilterOptions {
  readonly trail?: string
  readonly action?: readonly string[]
  readonly result?: string
  readonly actor?: string
  readonly target?: string
  readonly kind?: string
  readonly address?: string
  readonly from?: string
  readonly to?: string
  readonly q?: string
  readonly organization?: string
  readonly session?: string
  readonly correlation?: string
}
/** What people are called, by id. */
type Names = ReadonlyMap<string, string>

/** People beyond these are shown by their ids. */
const maxNames = 2_000
const defaultLimit = 50

/** `audit list|show|export|actions`: the trail, for people. */
export function auditEntryCommands(program: Command, context: Context): void {
  const audit =
    program.commands.find((command) => command.name() === 'audit') ?? program.command('audit')

  filters(audit.command('list').alias('ls').description('who did what, newest first'))
    .option('--limit <n>', `at most so many; ${defaultLimit} when omitted`, whole(1, 1_000_000))
    .option('--all', 'every page, as far back as the trail goes')
    .action(
      async (options: FilterOptions & { limit?: number; all?: boolean }, command: Command) => {
        if (options.all && options.limit !== undefined) {
          throw new CliError('--all and --limit exclude each other', exitCodes.usage)
        }
        const limit = options.all ? 500 : (options.limit ?? defaultLimit)
        if (!options.all) command.setOptionValue('limit', limit)
        const api = context.api(command)
        const query = { ...queryOf(options), limit: Math.min(limit, 500) }
        const names = context.wantsJson(command) ? new Map() : await namesOf(api)
        const items = api.items<AuditEntry>('/audit', query)
        const empty =
          'Nothing in the trail answers to that. Older entries: --from; --help lists filters.'
        await printList(context, command, items, (rows) => table(rows, columns(names)), empty)
      },
    )

  audit
    .command('show <trail> <sequence>')
    .description('show one entry: of the log with every field before and after, or of access')
    .action(async (trail: string, sequence: string, _options, command: Command) => {
      if (trail !== 'log' && trail !== 'access') {
        throw new CliError('the trail is log or access', exitCodes.usage)
      }
      if (!/^[1-9]\d{0,15}$/.test(sequence)) {
        throw new CliError('a place in the trail is a number from 1.', exitCodes.usage)
      }
      const api = context.api(command)
      const found = await api.json<AuditEntryDetail>(`/audit/${trail}/${segment(sequence)}`)
      const names = context.wantsJson(command) ? new Map() : await namesOf(api)
      print(context, command, found, (entry) => detail(entry, names))
    })

  filters(audit.command('export').description('save the trail, oldest first, with what changed'))
    .addOption(
      new Option('--format <word>', 'csv or jsonl').choices(['csv', 'jsonl']).default('jsonl'),
    )
    .option('-o, --output <file>', 'where to; audit.<format> when omitted, - for the terminal')
    .action(async (options: FilterOptions & { format: string; output?: string }, command) => {
      const { format, output = `audit.${format}` } = options
      const query = { ...queryOf(options), format }
      const response = await context.api(command).send('/audit/export', { query })
      await save(context, response, output, format)
    })

  audit
    .command('actions')
    .description('list the codes of everything the trail tells of')
    .action(async (_options, command: Command) => {
      const items = context.api(command).items<AuditAction>('/audit/actions', { limit: undefined })
      await printList(context, command, items, (rows) => table(rows, actionColumns), 'No action.')
    })
}

const filters = (command: Command): Command =>
  command
    .addOption(
      new Option('--trail <word>', 'changes, or what happened at the door').choices([
        'log',
        'access',
      ]),
    )
    .option('--action <codes>', 'actions or their beginnings: network.peer,access.login', list)
    .addOption(
      new Option('--result <word>', 'with this result').choices(['success', 'failure', 'denied']),
    )
    .option('--actor <name-or-id>', 'by this person, key, host or service')
    .option('--target <id>', 'about this object, alone or among others')
    .option('--kind <word>', 'about objects of this kind: peer, rule, …')
    .option('--address <ip>', 'from this address; changes by sessions seen there')
    .option('--from <time>', 'RFC 3339, or back from now such as 7d', pastMoment)
    .option('--to <time>', 'the same; now', pastMoment)
    .option('-q, --q <words>', 'words of action, names, reason or problem code')
    .option('--organization <name-or-id>', 'of this organization')
    .option('--session <id>', 'in this session')
    .option('--correlation <id>', 'started by this request')

const queryOf = (options: FilterOptions) => ({
  log: options.trail,
  action: options.action?.join(','),
  result: options.result,
  actor: options.actor,
  target: options.target,
  target_kind: options.kind,
  organization_id: options.organization,
  address: options.address,
  from: options.from,
  to: options.to,
  q: options.q,
  session_id: options.session,
  correlation_id: options.correlation,
})

/** Whoever may not see people sees ids. */
async function namesOf(api: ApiClient): Promise<Names> {
  const names = new Map<string, string>()
  try {
    for await (const user of api.items<{ id: string; username: string }>('/users')) {
      names.set(user.id, user.username)
      if (names.size >= maxNames) break
    }
  } catch (error) {
    if (!(error instanceof CliError)) throw error
  }
  return names
}

const who = ({ actor }: AuditEntry, names: Names): string =>
  actor.id === ''
    ? actor.kind
    : actor.kind === 'user'
      ? (names.get(actor.id) ?? actor.id)
      : `${actor.kind} ${actor.id}`

const about = ({ target, count }: AuditEntry, names: Names): string => {
  if (!target) return ''
  const name = target.name || names.get(target.id) || target.id
  const others = target.kind !== 'call' && Number(count) > 1 ? ` (+${Number(count) - 1})` : ''
  return target.kind === 'call' ? name : `${target.kind} ${name}${others}`
}

const columns = (names: Names) => [
  { title: 'WHEN', value: (e: AuditEntry) => ago(e.time) },
  { title: 'ENTRY', value: (e: AuditEntry) => `${e.trail} ${e.sequence}` },
  { title: 'WHO', value: (e: AuditEntry) => who(e, names) },
  { title: 'ACTION', value: (e: AuditEntry) => e.action },
  { title: 'RESULT', value: (e: AuditEntry) => (e.code ? `${e.result} ${e.code}` : e.result) },
  { title: 'WHAT', value: (e: AuditEntry) => about(e, names) },
  {
    title: 'TIMES',
    value: (e: AuditEntry) => (e.trail === 'access' && e.count !== '1' ? e.count : ''),
  },
  { title: 'FROM', value: (e: AuditEntry) => e.source },
  { title: 'REASON', value: (e: AuditEntry) => e.reason },
]

const actionColumns = [
  { title: 'CODE', value: (a: AuditAction) => a.code },
  { title: 'ABOUT', value: (a: AuditAction) => a.kind },
  { title: 'MEANS', value: (a: AuditAction) => a.title },
]

function detail(entry: AuditEntryDetail, names: Names): string {
  const head = fields([
    ['entry', `${entry.trail} ${entry.sequence}`],
    ['time', `${entry.time} (${ago(entry.time)})`],
    ['who', who(entry, names)],
    ['signed in by', entry.actor.method],
    ['session', entry.actor.session_id ?? ''],
    ['from', entry.source],
    ['action', entry.action],
    ['result', entry.code ? `${entry.result} ${entry.code}` : entry.result],
    ['what', about(entry, names)],
    ['organization', entry.organization_id ?? ''],
    ['reason', entry.reason],
    ['request', entry.correlation_id ?? ''],
    ['times', entry.window_ms > 0 ? `${entry.count} in ${entry.window_ms / 1000} s` : ''],
  ])
  const changes = entry.changes.map(({ action, target, fields: changed }) =>
    [
      `${action}  ${target.kind} ${target.name || target.id}`,
      ...changed.map(
        ({ field, before, after }) => `  ${field}: ${value(before)} → ${value(after)}`,
      ),
    ]
      .map(clean)
      .join('\n'),
  )
  return [head, ...changes].join('\n\n')
}

const value = (of: unknown): string => (of === undefined ? '–' : JSON.stringify(of))

/** Writes as it comes and says how far it is; what was cut off is not left under the file's name. */
async function save(context: Context, response: Response, file: string, format: string) {
  if (!response.body) throw new CliError('the server answered nothing', exitCodes.failed)
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])
  let written = 0
  let told = performance.now()
  let tail = ''
  async function* watched(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      written += chunk.length
      tail = (tail + chunk.toString('latin1')).slice(-200)
      if (context.out.isTerminal && performance.now() - told > 1_000) {
        told = performance.now()
        context.out.note(`${bytes(written)} …`)
      }
      yield chunk
    }
    if (format === 'jsonl' && !tail.trimEnd().split('\n').at(-1)?.startsWith('{"end":true')) {
      throw new Error('the answer was cut off')
    }
  }
  if (file === '-') {
    let rest = ''
    const decoder = new TextDecoder()
    for await (const chunk of watched(body)) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) context.out.write(line.replace(/\r$/, ''))
    }
    return
  }
  const partial = `${file}.part`
  try {
    await pipeline(body, watched, createWriteStream(partial, { mode: 0o600 }))
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    throw new CliError(`cannot save ${file}: ${(error as Error).message}`, exitCodes.failed)
  }
  context.out.note(`${file}: ${bytes(written)}.`)
}
