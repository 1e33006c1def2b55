import type { Command } from 'commander'
import type { RuleSettings } from '../model.ts'
import { given, list, moment, whole } from './options.ts'

/** What can be said about a rule on the command line. */
export interface RuleOptions {
  name?: string
  action?: string
  direction?: string
  protocol?: string
  src?: string
  dst?: string
  srcPortFrom?: number
  srcPortTo?: number
  dstPortFrom?: number
  dstPortTo?: number
  ratePps?: number
  rateBurst?: number
  rateScope?: string
  priority?: number
  continue?: boolean
  log?: boolean
  interface?: string
  node?: string
  site?: string
  peer?: string
  uplinks?: string
  expires?: string
  tag?: readonly string[]
  description?: string
}

const port = whole(0, 65_535)
const rate = whole(1, 100_000_000)

export const ruleOptions = (command: Command): Command =>
  command
    .option('--direction <word>', 'ingress (into the host), egress or both')
    .option('--protocol <word>', 'tcp, udp, icmp or any')
    .option('--src <cidr>', 'source network')
    .option('--dst <cidr>', 'destination network')
    .option('--src-port-from <port>', 'first source port', port)
    .option('--src-port-to <port>', 'last source port, the first when omitted', port)
    .option('--dst-port-from <port>', 'first destination port', port)
    .option('--dst-port-to <port>', 'last destination port, the first when omitted', port)
    .option('--rate-pps <n>', 'packets a second, with rate_limit', rate)
    .option('--rate-burst <n>', 'packets at once; as many as in a second when omitted', rate)
    .option('--rate-scope <word>', 'who shares a bucket: rule, source or peer')
    .option('--priority <n>', '0 to 1000, the greater first; 100 when omitted', whole(0, 1000))
    .option('--continue', 'with log: record and go on')
    .option('--log', 'record what matches')
    .option('-i, --interface <name-or-id>', 'only on this interface')
    .option('--node <name-or-id>', 'only on this node (with --interface: whose it is)')
    .option('--site <name-or-id>', 'only at this site')
    .option('--peer <name-or-id>', 'only for this peer (with --interface: whose it is)')
    .option('--uplinks <node>', 'only on the uplinks of this node')
    .option('--expires <time>', 'RFC 3339, or a span from now such as 4h', moment)
    .option('--tag <word>', 'repeat or separate by commas', list)
    .option('--description <text>')

/** The body the API takes; what was not given keeps its default. */
export const bodyOf = (options: RuleOptions): Record<string, unknown> =>
  given({
    name: options.name,
    action: options.action,
    direction: options.direction,
    protocol: options.protocol,
    src: options.src,
    dst: options.dst,
    src_port_from: options.srcPortFrom,
    src_port_to: options.srcPortTo,
    dst_port_from: options.dstPortFrom,
    dst_port_to: options.dstPortTo,
    rate_pps: options.ratePps,
    rate_burst: options.rateBurst,
    rate_scope: options.rateScope,
    priority: options.priority,
    continue: options.continue,
    log: options.log,
    target: targetOf(options),
    expires_at: options.expires,
    tags: options.tag,
    description: options.description,
  })

/** The narrowest of what was named. */
export function targetOf(options: RuleOptions): Record<string, unknown> | undefined {
  const { interface: onInterface, node, site, peer, uplinks } = options
  if (peer !== undefined) return given({ kind: 'peer', id: peer, interface: onInterface })
  if (onInterface !== undefined) return given({ kind: 'interface', id: onInterface, node })
  if (uplinks !== undefined) return { kind: 'uplinks', id: uplinks }
  if (node !== undefined) return { kind: 'node', id: node }
  if (site !== undefined) return { kind: 'site', id: site }
  return undefined
}

const range = (from: number | null, to: number | null): string =>
  from === null ? '' : from === to ? `${from}` : `${from}-${to}`

/** `tcp 198.51.100.0/24 → any:22`, as tables show it. */
export function matchOf(rule: RuleSettings): string {
  const end = (network: string | null, ports: string): string =>
    `${network ?? 'any'}${ports === '' ? '' : `:${ports}`}`
  const source = end(rule.src, range(rule.src_port_from, rule.src_port_to))
  const destination = end(rule.dst, range(rule.dst_port_from, rule.dst_port_to))
  return `${rule.protocol} ${source} → ${destination}`
}

export function actionOf(rule: RuleSettings): string {
  if (rule.action === 'rate_limit') return `rate_limit ${rule.rate_pps}/s`
  return rule.continue ? `${rule.action} and go on` : rule.action
}
