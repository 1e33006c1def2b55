import { x25519PublicKey } from '@holdfast/crypto'
import {
  type HostCidr,
  parseCidr,
  parseDnsEntry,
  parseEndpointOrHost,
  parseHostCidr,
  parseInterfaceName,
  parseWgKey,
  type WgKey,
  wgKeyBytes,
  wgKeyFrom,
} from '@holdfast/net'
import type { holdfast } from '@holdfast/proto'
import { Fields } from '@holdfast/service'
import type { WgKeyPair } from '../commands/secrets.ts'
import {
  defaultMtu,
  defaultQuarantineSeconds,
  type InterfaceChanges,
  type InterfaceSettings,
} from '../domain/settings.ts'
import { parseFirewall, parseFirewallChanges } from './parse-firewall.ts'

type Create = holdfast.network.v1.CreateInterfaceRequest
type Update = holdfast.network.v1.UpdateInterfaceRequest

const maxAddresses = 16
const maxDns = 32
const maxRoutes = 256
const maxQuarantineSeconds = 31_536_000

/** Throws `invalid` with every bad field. */
export function parseCreateInterface(request: Create): {
  readonly settings: InterfaceSettings
  readonly keys: WgKeyPair | undefined
} {
  const fields = new Fields()
  const settings: InterfaceSettings = {
    name: fields.take(parseInterfaceName, request.name, 'name'),
    addresses: addresses(fields, request.addresses),
    listenPort: fields.integer(request.listenPort, 'listen_port', 0, 65_535),
    mtu: request.mtu === 0 ? defaultMtu : mtu(fields, request.mtu),
    dns: fields.list(parseDnsEntry, request.dns, 'dns', maxDns),
    endpoint: fields.takeOptional(parseEndpointOrHost, request.endpoint, 'endpoint'),
    clientAllowedIps: routes(fields, request.clientAllowedIps),
    isEnabled: true,
    extraDirectives: [],
    addressQuarantineSeconds: quarantine(
      fields,
      request.addressQuarantineSeconds ?? defaultQuarantineSeconds,
    ),
    firewall: parseFirewall(fields, request.firewall, 'firewall'),
  }
  const keys = keyPair(fields, request.privateKey)
  fields.check()
  return { settings, keys }
}

/** What is to change. Throws `invalid` with every bad field. */
export function parseUpdateInterface(request: Update): InterfaceChanges {
  const fields = new Fields()
  const changes: { -readonly [K in keyof InterfaceChanges]: InterfaceChanges[K] } = {}
  if (typeof request.name === 'string') {
    changes.name = fields.take(parseInterfaceName, request.name, 'name')
  }
  if (request.addresses) changes.addresses = addresses(fields, request.addresses.values ?? [])
  if (typeof request.listenPort === 'number') {
    changes.listenPort = fields.integer(request.listenPort, 'listen_port', 1, 65_535)
  }
  if (typeof request.mtu === 'number') {
    changes.mtu = request.mtu === 0 ? defaultMtu : mtu(fields, request.mtu)
  }
  if (request.dns) changes.dns = fields.list(parseDnsEntry, request.dns.values ?? [], 'dns', maxDns)
  if (typeof request.endpoint === 'string') {
    changes.endpoint = fields.takeOptional(parseEndpointOrHost, request.endpoint, 'endpoint')
  }
  if (request.clientAllowedIps) {
    changes.clientAllowedIps = routes(fields, request.clientAllowedIps.values ?? [])
  }
  if (typeof request.isEnabled === 'boolean') changes.isEnabled = request.isEnabled
  if (typeof request.addressQuarantineSeconds === 'number') {
    changes.addressQuarantineSeconds = quarantine(fields, request.addressQuarantineSeconds)
  }
  if (request.firewall) {
    changes.firewall = parseFirewallChanges(fields, request.firewall, 'firewall')
  }
  fields.check()
  return changes
}

/** The pair of a private key that was brought; undefined when there is none. Throws `invalid`. */
export function parseKeyPair(privateKey: string): WgKeyPair | undefined {
  const fields = new Fields()
  const keys = keyPair(fields, privateKey)
  fields.check()
  return keys
}

export const publicKeyOf = (privateKey: WgKey): WgKey =>
  wgKeyFrom(x25519PublicKey(wgKeyBytes(privateKey)))

function keyPair(fields: Fields, text: string): WgKeyPair | undefined {
  if (text === '') return undefined
  const parsed = parseWgKey(text)
  if (parsed.ok) return { privateKey: parsed.value, publicKey: publicKeyOf(parsed.value) }
  fields.add('private_key', parsed.code, parsed.detail)
  return undefined
}

function addresses(fields: Fields, texts: readonly string[]): readonly HostCidr[] {
  if (texts.length === 0) {
    fields.add('addresses', 'required', 'must name an address with its prefix length')
  }
  return fields.list(parseHostCidr, texts, 'addresses', maxAddresses)
}

const mtu = (fields: Fields, value: number) => fields.integer(value, 'mtu', 576, 9000)
const routes = (fields: Fields, texts: readonly string[]) =>
  fields.list(parseCidr, texts, 'client_allowed_ips', maxRoutes)
const quarantine = (fields: Fields, value: number) =>
  fields.integer(value, 'address_quarantine_seconds', 0, maxQuarantineSeconds)
