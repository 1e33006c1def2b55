import { rfc3339 } from '@holdfast/domain'
import {
  parseCidr,
  parseDeviceName,
  parseDnsEntry,
  parseEndpoint,
  parseEndpointOrHost,
  parseHostCidr,
  parseHostName,
  parseInterfaceName,
  parseIp,
  parseName,
  parseWgKey,
  suggestInterfaceName,
  type WgKey,
} from '@holdfast/net'
import { defaultFirewall, type FirewallSettings } from '@holdfast/policy'
import { parseDescription } from '@holdfast/service'
import {
  type JsonObject,
  moment,
  type Note,
  nameOf,
  parsedList,
  type Read,
  RecordFields,
  refusedFor,
} from '@holdfast/snapshot'
import type { NodeSettings } from '../domain/node.ts'
import {
  defaultMtu,
  defaultQuarantineSeconds,
  type InterfaceSettings,
  type PeerSettings,
} from '../domain/settings.ts'

// Records to the domain's words and back. Bounds are those of the API: what could not be asked for is not imported.

const maxName = 128
const verdicts = ['pass', 'drop'] as const
/** Values of such lines would stand in the log in the clear; domain/import-plan.ts. */
const looksSecret = /key|secret|token|passw/i

const firewallRecord = (settings: FirewallSettings): JsonObject => ({
  default_verdict: settings.defaultVerdict,
  is_stateful: settings.isStateful,
  drops_fragments: settings.dropsFragments,
  unparsable_verdict: settings.unparsableVerdict,
})

function readFirewall(fields: RecordFields | undefined): FirewallSettings {
  if (!fields) return defaultFirewall
  fields.allow('default_verdict', 'is_stateful', 'drops_fragments', 'unparsable_verdict')
  const { defaultVerdict, isStateful, dropsFragments, unparsableVerdict } = defaultFirewall
  return {
    defaultVerdict: fields.word('default_verdict', verdicts, defaultVerdict) ?? defaultVerdict,
    isStateful: fields.flag('is_stateful', isStateful),
    dropsFragments: fields.flag('drops_fragments', dropsFragments),
    unparsableVerdict:
      fields.word('unparsable_verdict', verdicts, unparsableVerdict) ?? unparsableVerdict,
  }
}

// Nodes

export const nodeFields = ['name', 'site', 'endpoint_host', 'uplinks']

export const nodeRecord = (settings: NodeSettings, site: string): JsonObject => ({
  name: settings.name,
  site,
  endpoint_host: settings.endpointHost,
  uplinks: settings.uplinks.map(({ device, firewall }) => ({
    device,
    firewall: firewallRecord(firewall),
  })),
})

export interface NodeWish {
  /** Empty outside any site. */
  readonly site: string
  readonly settings: Omit<NodeSettings, 'siteId'>
}

export function readNode(record: JsonObject): Read<NodeWish> {
  const fields = new RecordFields(record)
  const name = fields.parsed('name', maxName, parseName) ?? fields.text('name', maxName)
  const site = fields.text('site', maxName, '')
  const endpointHost = optional(fields, 'endpoint_host', parseHostName)
  const seen = new Set<string>()
  const uplinks = fields.objects('uplinks', 16).flatMap((uplink, i) => {
    uplink.allow('device', 'firewall')
    const firewall = readFirewall(uplink.object('firewall'))
    const device = uplink.parsed('device', 15, parseDeviceName)
    if (device === undefined) return []
    if (seen.has(device)) fields.refuse(`uplinks[${i}].device`, 'stands twice')
    seen.add(device)
    return [{ device, firewall }]
  })
  if (fields.faults.length > 0) return refused(record, fields)
  return { name, wish: { site, settings: { name, endpointHost, uplinks } } }
}

// Interfaces

export const interfaceFields = [
  'name',
  'node',
  'addresses',
  'listen_port',
  'mtu',
  'dns',
  'endpoint',
  'client_allowed_ips',
  'is_enabled',
  'extra_directives',
  'address_quarantine_seconds',
  'firewall',
]

export const interfaceRecord = (settings: InterfaceSettings, node: string): JsonObject => ({
  name: settings.name,
  node,
  addresses: settings.addresses,
  listen_port: settings.listenPort,
  mtu: settings.mtu,
  dns: settings.dns,
  endpoint: settings.endpoint,
  client_allowed_ips: settings.clientAllowedIps,
  is_enabled: settings.isEnabled,
  extra_directives: settings.extraDirectives.filter(isHarmless),
  address_quarantine_seconds: settings.addressQuarantineSeconds,
  firewall: firewallRecord(settings.firewall),
})

const isHarmless = (directive: string): boolean =>
  !looksSecret.test(directive.split('=', 1)[0] ?? '')

export interface InterfaceWish {
  readonly node: string
  readonly settings: InterfaceSettings
  readonly notes: readonly Note[]
}

export function readInterface(record: JsonObject): Read<InterfaceWish> {
  const fields = new RecordFields(record)
  const text = fields.text('name', maxName)
  const node = fields.text('node', maxName)
  const parsedName = parseInterfaceName(text)
  const lines = fields.texts('extra_directives', 64, 1000)
  const directives = lines.filter((line, i) => {
    const isLine = /^[A-Za-z]{1,40} = \S/.test(line)
    if (!isLine) fields.refuse(`extra_directives[${i}]`, 'must be a line such as Table = off')
    return isLine && isHarmless(line)
  })
  const settings = {
    addresses: parsedList(fields, 'addresses', 16, 64, parseHostCidr),
    listenPort: fields.integer('listen_port', 0, 65_535, 0),
    mtu: fields.integer('mtu', 576, 9000, defaultMtu),
    dns: parsedList(fields, 'dns', 32, 253, parseDnsEntry),
    endpoint: optional(fields, 'endpoint', parseEndpointOrHost),
    clientAllowedIps: parsedList(fields, 'client_allowed_ips', 256, 64, parseCidr),
    isEnabled: fields.flag('is_enabled', true),
    extraDirectives: directives,
    addressQuarantineSeconds: fields.integer(
      'address_quarantine_seconds',
      0,
      31_536_000,
      defaultQuarantineSeconds,
    ),
    firewall: readFirewall(fields.object('firewall')),
  }
  if (settings.addresses.length === 0 && fields.faults.length === 0) {
    fields.refuse('addresses', 'must name an address with its prefix length')
  }
  if (fields.faults.length > 0) return refused(record, fields)
  if (!parsedName.ok) return { name: text, outcome: renameOffered(text) }
  const notes =
    directives.length === lines.length
      ? []
      : [
          {
            code: 'network.directive_dropped',
            detail: 'a directive that may hold a secret is not kept',
          },
        ]
  return { name: text, wish: { node, settings: { name: parsedName.value, ...settings }, notes } }
}

/** A name from elsewhere that no device here may have is said, with one that would do. */
const renameOffered = (name: string) =>
  ({
    outcome: 'skipped',
    name,
    code: 'network.interface_name_foreign',
    detail: `no interface here can be called so: rename it to ${suggestInterfaceName(name)} where it comes from, and export again`,
  }) as const

// Peers

export const peerFields = [
  'name',
  'interface',
  'node',
  'public_key',
  'addresses',
  'allowed_ips',
  'client_allowed_ips',
  'endpoint',
  'keepalive_seconds',
  'is_enabled',
  'expires_at',
  'dns',
  'description',
  'has_generated_key',
  'has_preshared_key',
]

export interface PeerInRecord {
  readonly settings: PeerSettings
  readonly publicKey: WgKey
  readonly hasPrivateKey: boolean
  readonly hasPresharedKey: boolean
  readonly interfaceName: string
}

export const peerRecord = (
  { settings, publicKey, hasPrivateKey, hasPresharedKey, interfaceName }: PeerInRecord,
  node: string,
): JsonObject => ({
  name: settings.name,
  interface: interfaceName,
  node,
  public_key: publicKey,
  addresses: settings.addresses,
  allowed_ips: settings.allowedIps,
  client_allowed_ips: settings.clientAllowedIps,
  endpoint: settings.endpoint,
  keepalive_seconds: settings.keepaliveSeconds,
  is_enabled: settings.isEnabled,
  expires_at: settings.expiresAtUnixMs === 0 ? '' : rfc3339(settings.expiresAtUnixMs),
  dns: settings.dns,
  description: settings.description,
  has_generated_key: hasPrivateKey,
  has_preshared_key: hasPresharedKey,
})

export interface PeerWish {
  readonly node: string
  readonly interfaceName: string
  readonly settings: PeerSettings
  readonly publicKey: WgKey
  readonly notes: readonly Note[]
}

export function readPeer(record: JsonObject): Read<PeerWish> {
  const fields = new RecordFields(record)
  const name = fields.parsed('name', maxName, parseName) ?? fields.text('name', maxName)
  const node = fields.text('node', maxName)
  const interfaceName = fields.text('interface', maxName)
  const description = fields.prose('description', 1000)
  const described = parseDescription(description)
  if (!described.ok) fields.refuse('description', described.detail)
  const settings: PeerSettings = {
    name,
    addresses: parsedList(fields, 'addresses', 16, 64, parseIp),
    allowedIps: parsedList(fields, 'allowed_ips', 256, 64, parseCidr),
    clientAllowedIps: parsedList(fields, 'client_allowed_ips', 256, 64, parseCidr),
    endpoint: optional(fields, 'endpoint', parseEndpoint),
    keepaliveSeconds: fields.integer('keepalive_seconds', 0, 65_535, 0),
    isEnabled: fields.flag('is_enabled', true),
    expiresAtUnixMs: moment(fields, 'expires_at'),
    dns: parsedList(fields, 'dns', 32, 253, parseDnsEntry),
    description,
  }
  const publicKey = fields.parsed('public_key', 64, parseWgKey)
  if (!fields.has('public_key')) fields.refuse('public_key', 'is missing')
  const notes = [
    ...(fields.flag('has_generated_key', false) ? [generatedKey] : []),
    ...(fields.flag('has_preshared_key', false) ? [presharedKey] : []),
  ]
  if (fields.faults.length > 0 || publicKey === undefined) return refused(record, fields)
  return { name, wish: { node, interfaceName, settings, publicKey, notes } }
}

const generatedKey: Note = {
  code: 'network.private_key_not_in_snapshot',
  detail:
    'keeps its public key; its private key was made by the server it comes from and is not in a snapshot, so only its present configuration has it',
}
const presharedKey: Note = {
  code: 'network.preshared_key_not_in_snapshot',
  detail: 'had a preshared key, which is not in a snapshot: make a new one for both ends',
}

function optional<T>(
  fields: RecordFields,
  field: string,
  parse: (
    text: string,
  ) => { readonly ok: true; readonly value: T } | { readonly ok: false; readonly detail: string },
): T | '' {
  const text = fields.text(field, 300, '')
  if (text === '') return ''
  return fields.parsed(field, 300, parse) ?? ''
}

const refused = (record: JsonObject, fields: RecordFields) => {
  const name = nameOf(record)
  return { name, outcome: refusedFor(name, fields.faults) }
}
