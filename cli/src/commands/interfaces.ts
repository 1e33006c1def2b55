import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Command } from 'commander'
import { type Context, print, printList } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import type { Interface } from '../model.ts'
import { fields, status, table } from '../output.ts'
import {
  type FirewallOptions,
  firewallBody,
  firewallOptions,
  firewallText,
} from './firewall-options.ts'
import { changes, given, list, listOptions, segment, whole } from './options.ts'

interface ImportAnswer {
  readonly interface: Interface | null
  readonly name: string
  readonly peer_count: number
  readonly peers: readonly {
    readonly name: string
    readonly addresses: readonly string[]
    readonly allowed_ips: readonly string[]
  }[]
  readonly notes: readonly {
    readonly level: string
    readonly code: string
    readonly detail: string
    readonly line: number
  }[]
}

const columns = [
  { title: 'NAME', value: (i: Interface) => i.name },
  { title: 'NODE', value: (i: Interface) => i.node_name },
  { title: 'ADDRESSES', value: (i: Interface) => i.addresses.join(', ') },
  { title: 'PORT', value: (i: Interface) => String(i.listen_port) },
  { title: 'PEERS', value: (i: Interface) => String(i.peer_count) },
  { title: 'ENFORCEMENT', value: (i: Interface) => status(i.enforcement.state) },
]

const show = (i: Interface): string =>
  fields([
    ['name', i.name],
    ['id', i.id],
    ['node', i.node_name],
    ['addresses', i.addresses.join(', ')],
    ['listen port', String(i.listen_port)],
    ['mtu', String(i.mtu)],
    ['dns', i.dns.join(', ')],
    ['endpoint', i.endpoint],
    ['public key', i.public_key],
    ['peers', String(i.peer_count)],
    [
      'enforcement',
      `${status(i.enforcement.state)}${i.enforcement.error ? `: ${i.enforcement.error}` : ''}`,
    ],
    ['driver', i.enforcement.driver],
    ['firewall', firewallText(i.firewall)],
  ])

interface Settings extends FirewallOptions {
  name?: string
  node?: string
  address?: readonly string[]
  listenPort?: number
  mtu?: number
  dns?: readonly string[]
  endpoint?: string
  clientAllowedIps?: readonly string[]
}

const settingsOptions = (command: Command): Command =>
  firewallOptions(command)
    .option(
      '--address <cidr>',
      "the host's address with prefix length; repeat or separate by commas",
      list,
    )
    .option(
      '--listen-port <port>',
      'UDP port; the lowest free one from 51820 when omitted',
      whole(1, 65_535),
    )
    .option('--mtu <bytes>', '1420 when omitted', whole(576, 9000))
    .option('--dns <server>', 'for clients; repeat or separate by commas', list)
    .option('--endpoint <host[:port]>', 'where clients reach the interface')
    .option(
      '--client-allowed-ips <cidr>',
      "what clients route through it; the interface's own networks when omitted",
      list,
    )

const bodyOf = (options: Settings): Record<string, unknown> =>
  given({
    name: options.name,
    node: options.node,
    addresses: options.address,
    listen_port: options.listenPort,
    mtu: options.mtu,
    dns: options.dns,
    endpoint: options.endpoint,
    client_allowed_ips: options.clientAllowedIps,
    firewall: firewallBody(options),
  })

/** `interface …`: WireGuard interfaces. */
export function interfaceCommands(program: Command, context: Context): void {
  const group = program.command('interface').alias('if').description('WireGuard interfaces')
  listOptions(group.command('list').alias('ls').description('list interfaces'))
    .option('--node <name-or-id>')
    .action(async (options: { query?: string; node?: string }, command: Command) => {
      const items = context
        .api(command)
        .items<Interface>('/interfaces', { q: options.query, node: options.node })
      const empty =
        'No interfaces yet. Create one: holdfast interface create --name wg0 --address 10.10.0.1/24'
      await printList(context, command, items, (rows) => table(rows, columns), empty)
    })
  group
    .command('get <name-or-id>')
    .description('show one interface')
    .option('--node <name-or-id>', 'when several nodes have one of this name')
    .action(async (name: string, options: { node?: string }, command: Command) => {
      const path = `/interfaces/${segment(name)}`
      print(
        context,
        command,
        await context.api(command).json<Interface>(path, { query: { node: options.node } }),
        show,
      )
    })
  settingsOptions(
    group
      .command('create')
      .description('create an interface; its key pair is generated')
      .requiredOption('--name <name>', 'lower case, at most 15 characters, for example wg0')
      .option('--node <name-or-id>', 'the only node when omitted'),
  ).action(async (options: Settings, command: Command) => {
    if (!options.address?.length)
      throw new CliError('--address is needed, for example --address 10.10.0.1/24', exitCodes.usage)
    const body = bodyOf(options)
    const made = await context.api(command).json<Interface>('/interfaces', { method: 'POST', body })
    print(
      context,
      command,
      made,
      (i) =>
        `Created interface ${i.name} (${i.addresses.join(', ')}, port ${i.listen_port}). Next: holdfast peer create --name <name> --interface ${i.name}`,
    )
  })
  settingsOptions(
    group
      .command('update <name-or-id>')
      .alias('set')
      .description('change an interface in place')
      .option('--name <name>'),
  )
    .option('--enable', 'bring it up')
    .option('--disable', 'take it down, keeping everything')
    .action(
      async (
        name: string,
        options: Settings & { enable?: boolean; disable?: boolean },
        command: Command,
      ) => {
        const body = changes({
          ...bodyOf(options),
          ...(options.enable ? { is_enabled: true } : options.disable ? { is_enabled: false } : {}),
        })
        const made = await context
          .api(command)
          .json<Interface>(`/interfaces/${segment(name)}`, { method: 'PATCH', body })
        print(context, command, made, (i) => `Updated interface ${i.name}.`)
      },
    )
  group
    .command('rotate-key <name-or-id>')
    .description('give it a new key pair; every peer needs its new configuration')
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, options: { yes?: boolean }, command: Command) => {
      await confirm(
        context,
        options.yes,
        `Every peer of ${name} loses its connection until it has its new configuration. Go on?`,
      )
      const made = await context
        .api(command)
        .json<Interface>(`/interfaces/${segment(name)}/rotate-key`, { method: 'POST', body: {} })
      print(
        context,
        command,
        made,
        (i) => `Interface ${i.name} has the public key ${i.public_key}.`,
      )
    })
  group
    .command('delete <name-or-id>')
    .alias('rm')
    .description('delete an interface with its peers')
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, options: { yes?: boolean }, command: Command) => {
      const api = context.api(command)
      const found = await api.json<Interface>(`/interfaces/${segment(name)}`)
      await confirm(
        context,
        options.yes,
        `Delete interface ${found.name} with ${found.peer_count} ${found.peer_count === 1 ? 'peer' : 'peers'}?`,
      )
      await api.json(`/interfaces/${found.id}`, { method: 'DELETE' })
      print(context, command, { deleted: found.id }, () => `Deleted interface ${found.name}.`)
    })
  group
    .command('import <file>')
    .description("read a host's wg-quick(8) file; - is standard input")
    .option('--name <name>', 'the name of the interface; the file name when omitted')
    .option('--node <name-or-id>', 'the only node when omitted')
    .option('--dry-run', 'only show what would come; exit code 5 when it would be refused')
    .action((file: string, _options, command: Command) => importFile(context, file, command))
  group
    .command('export <name-or-id>')
    .description("the host's own wg-quick(8) file, private key included")
    .action(async (name: string, _options, command: Command) => {
      const response = await context.api(command).send(`/interfaces/${segment(name)}/export`)
      context.out.write((await response.text()).trimEnd())
    })
}

async function confirm(
  context: Context,
  yes: boolean | undefined,
  question: string,
): Promise<void> {
  if (yes || (await context.ask.confirm(question))) return
  throw new CliError('nothing was changed', exitCodes.failed)
}

async function importFile(context: Context, file: string, command: Command): Promise<void> {
  const options = command.opts<{ name?: string; node?: string; dryRun?: boolean }>()
  const name = options.name ?? (file === '-' ? undefined : basename(file).replace(/\.conf$/, ''))
  if (!name)
    throw new CliError('--name is needed when the file comes from standard input', exitCodes.usage)
  const text = file === '-' ? await context.ask.stdin() : read(file)
  const answer = await context.api(command).json<ImportAnswer>('/interfaces/import', {
    method: 'POST',
    text,
    query: { name, node: options.node, dry_run: options.dryRun === true },
  })
  const isRefused = !answer.interface && answer.notes.some((note) => note.level === 'error')
  print(context, command, answer, (a) => {
    const notes = a.notes.map((n) => `${n.level}: ${n.line ? `line ${n.line}: ` : ''}${n.detail}`)
    const what = `interface ${a.name} with ${a.peer_count} ${a.peer_count === 1 ? 'peer' : 'peers'}`
    const head = a.interface
      ? `Imported ${what} in one commit.`
      : isRefused
        ? `Would refuse ${what}: see the errors. Nothing was changed.`
        : `Would import ${what}. Nothing was changed.`
    const peers = a.interface
      ? []
      : [
          table(a.peers, [
            { title: 'PEER', value: (p) => p.name },
            { title: 'ADDRESSES', value: (p) => p.addresses.join(', ') },
            { title: 'ALLOWED IPS', value: (p) => p.allowed_ips.join(', ') },
          ]),
        ]
    return [head, ...notes, ...peers].join('\n')
  })
  if (isRefused) throw new CliError('the import would be refused', exitCodes.conflict)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CliError(`cannot read ${file}: ${(error as Error).message}`, exitCodes.failed)
  }
}
