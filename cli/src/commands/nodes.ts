import type { Command } from 'commander'
import { type Context, print, printList } from '../context.ts'
import type { NodeFirewall, NodeObject } from '../model.ts'
import { ago, fields, status, table } from '../output.ts'
import { firewallText, type UplinkBody, uplink } from './firewall-options.ts'
import { changes, given, listOptions, segment, whole } from './options.ts'

interface EnrollToken {
  readonly token: string
  readonly expires_at: string
}

const columns = [
  { title: 'NAME', value: (n: NodeObject) => n.name },
  { title: 'STATE', value: (n: NodeObject) => status(n.is_online ? 'online' : 'offline') },
  { title: 'LAST SEEN', value: (n: NodeObject) => ago(n.last_seen_at) },
  { title: 'FIREWALL', value: (n: NodeObject) => status(firewallState(n.firewall)) },
  { title: 'APPLIED', value: (n: NodeObject) => n.applied_sequence },
  { title: 'HOST', value: (n: NodeObject) => n.hostname },
  { title: 'ID', value: (n: NodeObject) => n.id },
]

/** `node …`: hosts with an agent. */
export function nodeCommands(program: Command, context: Context): void {
  const node = program.command('node').description('hosts with an agent')
  listOptions(node.command('list').alias('ls').description('list nodes')).action(
    async (options: { query?: string }, command: Command) => {
      const items = context.api(command).items<NodeObject>('/nodes', { q: options.query })
      const empty = 'No nodes yet. Make a token for one: holdfast node enroll-token'
      await printList(context, command, items, (rows) => table(rows, columns), empty)
    },
  )
  node
    .command('get <name-or-id>')
    .description('show one node')
    .action(async (name: string, _options, command: Command) => {
      const found = await context.api(command).json<NodeObject>(`/nodes/${segment(name)}`)
      print(context, command, found, (n) =>
        fields([
          ['name', n.name],
          ['id', n.id],
          ['state', status(n.is_online ? 'online' : 'offline')],
          ['last seen', ago(n.last_seen_at)],
          ['host', `${n.hostname} (${n.platform})`],
          ['endpoint host', n.endpoint_host],
          ['agent', n.agent_version],
          ['applied sequence', n.applied_sequence],
          ...n.uplinks.map((one) => [`uplink ${one.device}`, firewallText(one)] as const),
          ...firewallFields(n.firewall),
        ]),
      )
    })
  node
    .command('enroll-token')
    .alias('enrol-token')
    .description('make a single-use token that enrolls a host')
    .option('--name <name>', "the node's name; the host name when omitted")
    .option('--org <name-or-id>', 'organization; the only one when omitted')
    .option('--ttl <seconds>', 'how long it may be used', whole(60, 604_800))
    .action(async (options: { name?: string; org?: string; ttl?: number }, command: Command) => {
      const api = context.api(command)
      const body = given({
        node_name: options.name,
        organization: options.org,
        ttl_seconds: options.ttl,
      })
      const made = await api.json<EnrollToken>('/nodes/enroll-tokens', { method: 'POST', body })
      print(context, command, made, (t) =>
        [
          t.token,
          '',
          `Works once, until ${t.expires_at}. On the host, as root, in a checkout of Holdfast:`,
          `  HOLDFAST_AGENT_ENROLL_URL=${api.url} HOLDFAST_AGENT_ENROLL_TOKEN=<token> npx holdfast-agent`,
        ].join('\n'),
      )
    })
  node
    .command('update <name-or-id>')
    .alias('set')
    .description('rename a node, set where peers reach it or its uplinks')
    .option('--name <name>')
    .option('--endpoint-host <host>', 'public host name or address')
    .option(
      '--uplink <device[,setting…]>',
      'a device towards the outside on which rules hold, for example eth0,default-verdict=drop,stateful; all of them, repeat for several',
      uplink,
    )
    .option('--no-uplink', 'none')
    .action(
      async (
        name: string,
        options: { name?: string; endpointHost?: string; uplink?: readonly UplinkBody[] | false },
        command: Command,
      ) => {
        const body = changes({
          name: options.name,
          endpoint_host: options.endpointHost,
          uplinks: options.uplink === false ? [] : options.uplink,
        })
        const made = await context
          .api(command)
          .json<NodeObject>(`/nodes/${segment(name)}`, { method: 'PATCH', body })
        print(context, command, made, (n) => `Updated node ${n.name}.`)
      },
    )
  node
    .command('delete <name-or-id>')
    .alias('rm')
    .description('delete a node without interfaces and withdraw its identity')
    .action(async (name: string, _options, command: Command) => {
      await context.api(command).json(`/nodes/${segment(name)}`, { method: 'DELETE' })
      print(context, command, { deleted: name }, () => `Deleted node ${name}.`)
    })
}

const firewallState = (firewall: NodeFirewall | null): string =>
  firewall === null ? 'unknown' : firewall.is_enforced ? 'enforced' : 'failed'

/** What the host says of enforcing, a line each. */
function firewallFields(firewall: NodeFirewall | null): (readonly [string, string])[] {
  if (!firewall) return [['firewall', 'unknown: the agent never spoke of one']]
  const { backend, error, policy_version: version, proven_at: provenAt } = firewall
  const why = error ? `: ${error}` : ''
  return [
    ['firewall', `${status(firewallState(firewall))} by ${backend}${why}`],
    ['policy', version ? `${version.slice(0, 12)}, ${firewall.rules} rules` : ''],
    ['proven', version ? ago(provenAt) : ''],
    ...firewall.devices.map((one) => [`on ${one.device}`, deviceText(one)] as const),
    ...firewall.troubles.map((one) => ['not enforced', `${one.rule_id}: ${one.reason}`] as const),
    [
      'waits for confirmation',
      firewall.pending_apply_id ? `goes back ${ago(firewall.pending_until)}` : '',
    ],
  ]
}

const deviceText = (one: NodeFirewall['devices'][number]): string =>
  one.error || `ingress ${one.ingress_hook || 'nothing'}, egress ${one.egress_hook || 'nothing'}`
