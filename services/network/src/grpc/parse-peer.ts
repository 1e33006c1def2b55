import {
  accept,
  type IpAddress,
  type Parser,
  parseCidr,
  parseDnsEntry,
  parseEndpoint,
  parseIp,
  parseName,
  parseWgKey,
  singleAddress,
  type WgKey,
} from '@holdfast/net'
import type { holdfast } from '@holdfast/proto'
import { Fields, parseDescription } from '@holdfast/service'
import type { PeerWish, PresharedKeyWish } from '../commands/change-peers.ts'
import { defaultKeepaliveSeconds, type PeerSettings } from '../domain/settings.ts'

type Create = holdfast.network.v1.CreatePeerRequest
type Update = holdfast.network.v1.UpdatePeerRequest

const maxAddresses = 16
const maxRoutes = 256
const maxDns = 32
/** The last millisecond of the year 9999, which RFC 3339 ends with. */
const maxTimeUnixMs = 253_402_300_799_999

/** Throws `invalid` with every bad field. */
export function parseCreatePeer(request: Create): PeerWish {
  const fields = new Fields()
  const addresses = fields.list(parseAddress, request.addresses, 'addresses', maxAddresses)
  const wish: PeerWish = {
    settings: {
      name: fields.take(parseName, request.name, 'name'),
      addresses: request.addresses.length === 0 ? undefined : addresses,
      allowedIps: fields.list(parseCidr, request.allowedIps, 'allowed_ips', maxRoutes),
      clientAllowedIps: clientRoutes(fields, request.clientAllowedIps),
      endpoint: fields.takeOptional(parseEndpoint, request.endpoint, 'endpoint'),
      keepaliveSeconds: keepalive(fields, request.keepaliveSeconds ?? defaultKeepaliveSeconds),
      isEnabled: request.isEnabled ?? true,
      expiresAtUnixMs: time(fields, request.expiresAtUnixMs),
      dns: fields.list(parseDnsEntry, request.dns, 'dns', maxDns),
      description: fields.take(parseDescription, request.description, 'description'),
    },
    publicKey: key(fields, request.publicKey, 'public_key'),
    presharedKey: presharedKey(fields, request.presharedKey),
  }
  fields.check()
  return wish
}

/** What is to change. Throws `invalid` with every bad field. */
export function parseUpdatePeer(request: Update): Partial<PeerSettings> {
  const fields = new Fields()
  const changes: { -readonly [K in keyof PeerSettings]?: PeerSettings[K] } = {}
  if (typeof request.name === 'string') changes.name = fields.take(parseName, request.name, 'name')
  if (request.addresses) {
    const texts = request.addresses.values ?? []
    changes.addresses = fields.list(parseAddress, texts, 'addresses', maxAddresses)
  }
  if (request.allowedIps) {
    const texts = request.allowedIps.values ?? []
    changes.allowedIps = fields.list(parseCidr, texts, 'allowed_ips', maxRoutes)
  }
  if (request.clientAllowedIps) {
    changes.clientAllowedIps = clientRoutes(fields, request.clientAllowedIps.values ?? [])
  }
  if (typeof request.endpoint === 'string') {
    changes.endpoint = fields.takeOptional(parseEndpoint, request.endpoint, 'endpoint')
  }
  if (typeof request.keepaliveSeconds === 'number') {
    changes.keepaliveSeconds = keepalive(fields, request.keepaliveSeconds)
  }
  if (request.dns) changes.dns = fields.list(parseDnsEntry, request.dns.values ?? [], 'dns', maxDns)
  if (typeof request.isEnabled === 'boolean') changes.isEnabled = request.isEnabled
  if (typeof request.expiresAtUnixMs === 'number') {
    changes.expiresAtUnixMs = time(fields, request.expiresAtUnixMs)
  }
  if (typeof request.description === 'string') {
    changes.description = fields.take(parseDescription, request.description, 'description')
  }
  fields.check()
  return changes
}

/** Undefined when there is none. Throws `invalid`. */
export function parsePublicKey(text: string): WgKey | undefined {
  const fields = new Fields()
  const parsed = key(fields, text, 'public_key')
  fields.check()
  return parsed
}

/** For a rotation: generated unless said otherwise. Throws `invalid`. */
export function parsePresharedKey(
  text: string | null | undefined,
): Exclude<PresharedKeyWish, 'default'> {
  const fields = new Fields()
  const wish = presharedKey(fields, text)
  fields.check()
  return wish === 'default' ? 'generate' : wish
}

/** A single address; /32 and /128 may be written and mean the same. */
const parseAddress: Parser<IpAddress> = (text) => {
  const cidr = text.includes('/') ? parseCidr(text) : undefined
  const single = cidr?.ok ? singleAddress(cidr.value) : undefined
  return single === undefined ? parseIp(text) : accept(single)
}

function key(fields: Fields, text: string, field: string): WgKey | undefined {
  return text === '' ? undefined : fields.take(parseWgKey, text, field)
}

function presharedKey(fields: Fields, text: string | null | undefined): PresharedKeyWish {
  if (text === null || text === undefined) return 'default'
  if (text === '') return 'none'
  if (text === 'generate') return 'generate'
  return { key: fields.take(parseWgKey, text, 'preshared_key') }
}

const clientRoutes = (fields: Fields, texts: readonly string[]) =>
  fields.list(parseCidr, texts, 'client_allowed_ips', maxRoutes)
const keepalive = (fields: Fields, value: number) =>
  fields.integer(value, 'keepalive_seconds', 0, 65_535)
const time = (fields: Fields, value: number) =>
  fields.integer(value, 'expires_at', 0, maxTimeUnixMs)
