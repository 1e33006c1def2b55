import { setTimeout } from 'node:timers/promises'
import type { Command } from 'commander'
import { type Context, print, printList } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import type { Flow, FlowSummaries } from '../model.ts'
import { bytes, fields, table } from '../output.ts'
import { flowPsql } from './flow-psql.ts'
import { pastMoment, segment, whole } from './options.ts'

interface FlowOptions {
  readonly org?: string
  readonly node?: string
  readonly interface?: string
  readonly peer?: string
  readonly rule?: string
  readonly verdict?: string
  readonly direction?: string
  readonly address?: string
  readonly source?: string
  readonly destination?: string
  readonly port?: number
  readonly from?: string
  readonly to?: string
}

type Ends = Pick<
  Flow,
  'source' | 'source_port' | 'destination' | 'destination_port' | 'protocol' | 'direction'
>

const end = (address: string, port: number | null): string =>
  port === null ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
const arrow = (f: Ends): string =>
  `${end(f.source, f.source_port)} → ${end(f.destination, f.destination_port)}`

const columns = [
  { title: 'LAST SEEN', value: (f: Flow) => f.last_seen_at },
  { title: 'VERDICT', value: (f: Flow) => f.verdict },
  { title: 'DIRECTION', value: (f: Flow) => f.direction },
  { title: 'PROTOCOL', value: (f: Flow) => f.protocol },
  { title: 'FLOW', value: arrow },
  { title: 'PACKETS', value: (f: Flow) => f.packets },
  { title: 'BYTES', value: (f: Flow) => bytes(f.bytes) },
  { title: 'RULE', value: (f: Flow) => f.rule_name ?? '' },
  { title: 'PEER', value: (f: Flow) => f.peer_name ?? '' },
  { title: 'WHERE', value: (f: Flow) => `${f.device} on ${f.node_name ?? 'a node'}` },
]

type Summary = FlowSummaries['items'][number]
const summaryColumns = [
  { title: 'VERDICT', value: (s: Summary) => s.verdict },
  { title: 'DIRECTION', value: (s: Summary) => s.direction },
  { title: 'PROTOCOL', value: (s: Summary) => s.protocol },
  { title: 'FLOW', value: arrow },
  { title: 'RECORDS', value: (s: Summary) => s.records },
  { title: 'PACKETS', value: (s: Summary) => s.packets },
  { title: 'BYTES', value: (s: Summary) => bytes(s.bytes) },
]

const line = (f: Flow): string =>
  `${f.last_seen_at}  ${f.verdict}  ${f.direction}  ${f.protocol}  ${arrow(f)}  ${f.packets} packets  ${[f.rule_name, f.peer_name].filter(Boolean).join('  ')}`.trimEnd()

/** `flow …`: what hosts recorded. */
export function flowCommands(program: Command, context: Context): void {
  const flow = program.command('flow').description('what hosts recorded of flows')

  filters(flow.command('list').alias('ls').description('list recorded flows, newest first'))
    .option('--limit <n>', 'at most so many; 100 when omitted', whole(1, 100_000))
    .option('-f, --follow', 'go on with what is recorded from now on, oldest first')
    .action(
      async (options: FlowOptions & { limit?: number; follow?: boolean }, command: Command) => {
        if (options.follow) return follow(context, command, options)
        if (options.limit === undefined) command.setOptionValue('limit', 100)
        const { limit = 100 } = options
        const query = { ...queryOf(options), limit: Math.min(limit, 1000) }
        const items = context.api(command).items<Flow>('/flows', query)
        const empty = 'No flows. Rules with --log, and the action log, leave records.'
        await printList(context, command, items, (rows) => table(rows, columns), empty)
      },
    )

  flow
    .command('get <id>')
    .description('show one flow')
    .action(async (id: string, _options, command: Command) => {
      const found = await context.api(command).json<Flow>(`/flows/${segment(id)}`)
      print(context, command, found, (f) =>
        fields([
          ['id', f.id],
          ...columns.map(({ title, value }) => [title.toLowerCase(), value(f)] as const),
        ]),
      )
    })

  filters(
    flow.command('summary').description('flows of a time, added up, and what is missing of them'),
  )
    .option('--limit <n>', 'at most so many; 100 when omitted', whole(1, 10_000))
    .action(async (options: FlowOptions & { limit?: number }, command: Command) => {
      const query = { ...queryOf(options), limit: options.limit ?? 100 }
      const found = await context.api(command).json<FlowSummaries>('/flows/summary', { query })
      print(context, command, found, ({ items, coverage }) =>
        [table(items, summaryColumns), '', ...coverage.map((words) => `  ${words}`)].join('\n'),
      )
    })

  flowPsql(flow, context)
}

const filters = (command: Command): Command =>
  command
    .option('--peer <name-or-id>', 'of this peer')
    .option('--rule <name-or-id>', 'decided by this rule')
    .option('--verdict <word>', 'pass, drop, limited, default_drop or unparsable')
    .option('--direction <word>', 'ingress or egress')
    .option('--node <name-or-id>', 'seen by this node')
    .option('--interface <name-or-id>', 'through this interface')
    .option('--address <cidr>', 'network or address on either side')
    .option('--source <cidr>', 'network or address it came from')
    .option('--destination <cidr>', 'network or address it went to')
    .option('--port <n>', 'on either side', whole(1, 65_535))
    .option('--from <time>', 'RFC 3339, or back from now such as 2h; an hour', pastMoment)
    .option('--to <time>', 'the same; now', pastMoment)
    .option('--org <name-or-id>', 'of this organization')

const queryOf = (options: FlowOptions) => ({
  organization_id: options.org,
  node: options.node,
  interface: options.interface,
  peer: options.peer,
  rule: options.rule,
  verdict: options.verdict,
  direction: options.direction,
  address: options.address,
  source: options.source,
  destination: options.destination,
  port: options.port,
  from: options.from,
  to: options.to,
})

const pollMs = 1_000
/** Hosts report at their own pace: what is younger than this may still come before what was shown. */
const lateMs = 10_000

async function follow(
  context: Context,
  command: Command,
  options: FlowOptions & { limit?: number },
): Promise<void> {
  if (options.to !== undefined) {
    throw new CliError('--follow has no end: leave --to out', exitCodes.usage)
  }
  const api = context.api(command)
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  const shown = new Map<string, number>()
  let from = Date.parse(options.from ?? new Date().toISOString())
  let failures = 0
  let count = 0
  while (!stop.signal.aborted) {
    try {
      const query = { ...queryOf(options), from: new Date(from).toISOString(), limit: 1000 }
      const fresh: Flow[] = []
      for await (const flow of api.items<Flow>('/flows', query)) {
        if (!shown.has(flow.id)) fresh.push(flow)
      }
      failures = 0
      for (const flow of fresh.reverse()) {
        context.out.write(context.wantsJson(command) ? JSON.stringify(flow) : line(flow))
        shown.set(flow.id, Date.parse(flow.last_seen_at))
        count += 1
        if (options.limit !== undefined && count >= options.limit) return
      }
      from = Math.max(from, Math.max(0, ...shown.values()) - lateMs)
      for (const [id, time] of shown) if (time < from) shown.delete(id)
    } catch (error) {
      if (!(error instanceof CliError) || error.exitCode !== exitCodes.unreachable) throw error
      failures += 1
      if (failures > 10) throw error
    }
    await setTimeout(pollMs, undefined, { signal: stop.signal }).catch(() => {})
  }
}
