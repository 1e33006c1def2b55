import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { type Context, print, printList } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import type { Peer } from '../model.ts'
import { ago, bytes, fields, status, table } from '../output.ts'
import { changes, given, list, listOptions, moment, segment, whole } from './options.ts'

const columns = [
  { title: 'NAME', value: (p: Peer) => p.name },
  { title: 'INTERFACE', value: (p: Peer) => p.interface_name },
  { title: 'ADDRESSES', value: (p: Peer) => p.addresses.join(', ') },
  { title: 'STATUS', value: (p: Peer) => status(p.status) },
  { title: 'HANDSHAKE', value: (p: Peer) => ago(p.latest_handshake_at) },
  { title: 'RECEIVED', value: (p: Peer) => bytes(p.rx_bytes) },
  { title: 'SENT', value: (p: Peer) => bytes(p.tx_bytes) },
]

const show = (p: Peer, config: string | undefined): string =>
  [
    fields([
      ['name', p.name],
      ['id', p.id],
      ['interface', p.interface_name],
      ['addresses', p.addresses.join(', ')],
      ['allowed ips', p.allowed_ips.join(', ')],
      ['public key', p.public_key],
      ['endpoint', p.endpoint],
      ['expires', p.expires_at ? `${p.expires_at} (${ago(p.expires_at)})` : undefined],
      ['status', `${status(p.status)}, ${status(p.enforcement)}`],
      ['latest handshake', ago(p.latest_handshake_at)],
      ['traffic', `${bytes(p.rx_bytes)} received, ${bytes(p.tx_bytes)} sent`],
    ]),
    ...(config ? ['', config.trimEnd()] : []),
  ].join('\n')

interface Settings {
  name?: string
  address?: readonly string[]
  allowedIps?: readonly string[]
  clientAllowedIps?: readonly string[]
  endpoint?: string
  keepalive?: number
  dns?: readonly string[]
  expires?: string
  description?: string
}

const settingsOptions = (command: Command): Command =>
  command
    .option('--address <ip>', 'instead of the lowest free one; repeat or separate by commas', list)
    .option('--allowed-ips <cidr>', 'networks behind the peer; repeat or separate by commas', list)
    .option('--client-allowed-ips <cidr>', 'what the peer routes through the interface', list)
    .option('--endpoint <host:port>', 'where the host reaches the peer')
    .option('--keepalive <seconds>', '25 when omitted, 0 is off', whole(0, 65_535))
    .option('--dns <server>', 'instead of what the interface says', list)
    .option('--expires <time>', 'RFC 3339, or a span from now such as 7d', moment)
    .option('--description <text>')

const bodyOf = (options: Settings): Record<string, unknown> =>
  given({
    name: options.name,
    addresses: options.address,
    allowed_ips: options.allowedIps,
    client_allowed_ips: options.clientAllowedIps,
    endpoint: options.endpoint,
    keepalive_seconds: options.keepalive,
    dns: options.dns,
    expires_at: options.expires,
    description: options.description,
  })

const onInterface = (command: Command): Command =>
  command.option('-i, --interface <name-or-id>', 'when several interfaces have a peer of this name')

/** `peer …`: peers and the configurations handed to them. */
export function peerCommands(program: Command, context: Context): void {
  const group = program.command('peer').description('peers of an interface')
  listOptions(group.command('list').alias('ls').description('list peers with their status'))
    .option('-i, --interface <name-or-id>', 'only of this interface')
    .option('--status <word>', 'new, connected, disconnected, disabled or expired')
    .action(
      async (
        options: { query?: string; interface?: string; status?: string },
        command: Command,
      ) => {
        const query = { q: options.query, interface: options.interface, status: options.status }
        const empty =
          'No peers here. Create one: holdfast peer create --name <name> --interface <interface>'
        const items = context.api(command).items<Peer>('/peers', query)
        await printList(context, command, items, (rows) => table(rows, columns), empty)
      },
    )
  onInterface(
    group.command('get <name-or-id>').description('show one peer with its configuration'),
  ).action(async (name: string, options: { interface?: string }, command: Command) => {
    const api = context.api(command)
    const peer = await api.json<Peer>(`/peers/${segment(name)}`, {
      query: { interface: options.interface },
    })
    const config = await optionalConfig(() => api.send(`/peers/${peer.id}/config`))
    print(context, command, config === undefined ? peer : { ...peer, config }, (p) =>
      show(p, config),
    )
  })
  settingsOptions(
    group
      .command('create')
      .description('add a peer; address and keys are made when not given')
      .requiredOption('--name <name>', 'unique on the interface')
      .requiredOption('-i, --interface <name-or-id>', 'the interface it joins')
      .option(
        '--public-key <key>',
        "the peer's own public key: the server then never sees the private one",
      )
      .option('--preshared-key-file <file>', 'bring a preshared key; - is standard input')
      .option('--no-preshared-key', 'go without a preshared key'),
  ).action(
    async (
      options: Settings & {
        interface: string
        publicKey?: string
        presharedKeyFile?: string
        presharedKey: boolean
      },
      command: Command,
    ) => {
      const presharedKey = options.presharedKeyFile
        ? await secretFile(context, options.presharedKeyFile)
        : options.presharedKey
          ? undefined
          : ''
      const body = given({
        ...bodyOf(options),
        public_key: options.publicKey,
        preshared_key: presharedKey,
      })
      const path = `/interfaces/${segment(options.interface)}/peers`
      const made = await context.api(command).json<Peer>(path, { method: 'POST', body })
      print(
        context,
        command,
        made,
        (p) =>
          `Created peer ${p.name} (${p.addresses.join(', ')}). Next: holdfast peer qr ${p.name}, or holdfast peer config ${p.name}`,
      )
    },
  )
  settingsOptions(
    onInterface(
      group
        .command('update <name-or-id>')
        .description('change a peer in place')
        .option('--name <name>'),
    ),
  )
    .option('--never-expires', 'take the expiry away')
    .option('--enable')
    .option('--disable')
    .action(
      async (
        name: string,
        options: Settings & {
          interface?: string
          neverExpires?: boolean
          enable?: boolean
          disable?: boolean
        },
        command: Command,
      ) => {
        const body = changes({
          ...bodyOf(options),
          ...(options.neverExpires ? { expires_at: null } : {}),
          ...(options.enable ? { is_enabled: true } : options.disable ? { is_enabled: false } : {}),
        })
        const made = await context.api(command).json<Peer>(`/peers/${segment(name)}`, {
          method: 'PATCH',
          body,
          query: { interface: options.interface },
        })
        print(context, command, made, (p) => `Updated peer ${p.name}.`)
      },
    )
  onInterface(
    group
      .command('config <name-or-id>')
      .description('the wg-quick(8) configuration for the peer, secrets included')
      .option('-o, --output <file>', 'write it to a file only you can read')
      .option('--qr', 'as a QR code'),
  ).action(
    async (
      name: string,
      options: { interface?: string; output?: string; qr?: boolean },
      command: Command,
    ) => {
      await writeConfig(context, command, name, options)
    },
  )
  onInterface(
    group
      .command('qr <name-or-id>')
      .description('the configuration as a QR code for a phone')
      .option('-o, --output <file>', 'a .png or .svg file instead of the terminal'),
  ).action(
    async (name: string, options: { interface?: string; output?: string }, command: Command) => {
      const image = /\.(png|svg)$/.exec(options.output ?? '')?.[1]
      if (options.output && !image)
        throw new CliError('--output takes a .png or .svg file', exitCodes.usage)
      if (options.output && image) {
        const path = `/peers/${segment(name)}/config.${image}`
        const response = await context
          .api(command)
          .send(path, { query: { interface: options.interface } })
        savePrivately(options.output, Buffer.from(await response.arrayBuffer()))
        context.out.note(`Wrote ${options.output}.`)
      } else await writeConfig(context, command, name, { ...options, qr: true })
    },
  )
  onInterface(
    group
      .command('rotate <name-or-id>')
      .description('give the peer a new key pair')
      .option('--psk', 'a new preshared key instead')
      .option('--public-key <key>', 'the new public key the peer brings'),
  ).action(
    async (
      name: string,
      options: { interface?: string; psk?: boolean; publicKey?: string },
      command: Command,
    ) => {
      const path = `/peers/${segment(name)}/${options.psk ? 'rotate-psk' : 'rotate-key'}`
      const body = given({ public_key: options.publicKey })
      const made = await context
        .api(command)
        .json<Peer>(path, { method: 'POST', body, query: { interface: options.interface } })
      print(
        context,
        command,
        made,
        (p) =>
          `Peer ${p.name} has a new ${options.psk ? 'preshared key' : 'key'}: hand out its new configuration.`,
      )
    },
  )
  onInterface(group.command('delete <name-or-id>').alias('rm').description('remove a peer')).action(
    async (name: string, options: { interface?: string }, command: Command) => {
      await context.api(command).json(`/peers/${segment(name)}`, {
        method: 'DELETE',
        query: { interface: options.interface },
      })
      print(context, command, { deleted: name }, () => `Deleted peer ${name}.`)
    },
  )
}

async function writeConfig(
  context: Context,
  command: Command,
  name: string,
  options: { interface?: string; output?: string; qr?: boolean },
): Promise<void> {
  const response = await context
    .api(command)
    .send(`/peers/${segment(name)}/config`, { query: { interface: options.interface } })
  const text = await response.text()
  if (options.output) {
    savePrivately(options.output, Buffer.from(text))
    context.out.note(`Wrote ${options.output}.`)
  } else if (options.qr) {
    const { qrTerminal } = await import('@holdfast/net') // only this command draws
    context.out.write(await qrTerminal(text))
  } else context.out.write(text.trimEnd())
}

/** A reader without the right to secrets still sees the peer. */
async function optionalConfig(send: () => Promise<Response>): Promise<string | undefined> {
  try {
    return await (await send()).text()
  } catch (error) {
    if (error instanceof CliError && error.exitCode === exitCodes.failed) return undefined
    throw error
  }
}

function savePrivately(file: string, content: Buffer): void {
  try {
    writeFileSync(file, content, { mode: 0o600 })
    chmodSync(file, 0o600)
  } catch (error) {
    throw new CliError(`cannot write ${file}: ${(error as Error).message}`, exitCodes.failed)
  }
}

async function secretFile(context: Context, file: string): Promise<string> {
  try {
    return (file === '-' ? await context.ask.stdin() : readFileSync(file, 'utf8')).trim()
  } catch (error) {
    throw new CliError(`cannot read ${file}: ${(error as Error).message}`, exitCodes.failed)
  }
}
