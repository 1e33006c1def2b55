import { isIP } from 'node:net'
import type { Brand } from '@holdfast/domain'
import { parseIp } from './ip.ts'
import { accept, type Parsed, quoted, refuse } from './parsed.ts'

/** `host:port` or `[v6]:port`; names in lower case, addresses canonical. */
export type Endpoint = Brand<string, 'Endpoint'>

/** A host name in lower case, or a canonical address; IPv6 without brackets. */
export type HostName = Brand<string, 'HostName'>

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/
const port = /^[1-9][0-9]{0,4}$/
const numeric = /^(?:[0-9]+|0x[0-9a-f]*)$/

/** A host name (RFC 1123, underscores allowed) or an address, IPv6 with or without brackets. At most 253 characters. */
export function parseHostName(text: string): Parsed<HostName> {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  if (bare.includes(':') || isIP(bare) === 4) {
    const address = parseIp(bare)
    return address.ok ? accept(address.value as string as HostName) : address // as: an address is a host
  }
  const name = text.toLowerCase().replace(/\.$/, '')
  const labels = name.split('.')
  const last = labels.at(-1) ?? ''
  // A name that ends in a number is an address in disguise to many resolvers: 010.1.1.1, 1, 0x7f.1.
  if (name.length > 253 || !labels.every((part) => label.test(part)) || numeric.test(last)) {
    return refuse('host_invalid', `${quoted(text)} is not a host name or an address`)
  }
  return accept(name as HostName) // as: checked above
}

/** A host with a port from 1 to 65535. */
export function parseEndpoint(text: string): Parsed<Endpoint> {
  const colon = text.lastIndexOf(':')
  const host = text.slice(0, Math.max(colon, 0))
  const number = text.slice(colon + 1)
  const isBracketed = host.startsWith('[') && host.endsWith(']')
  const bad = refuse(
    'endpoint_invalid',
    `${quoted(text)} is not host:port; write vpn.example.org:51820 or [2001:db8::1]:51820`,
  )
  if (colon < 1 || !port.test(number) || Number(number) > 65535) return bad
  if (host.includes(':') !== isBracketed) return bad
  const name = parseHostName(host)
  if (!name.ok) return name.code === 'host_invalid' ? bad : name
  return accept(endpointOf(name.value, Number(number)))
}

// as: both parts are checked
export const endpointOf = (host: HostName, portNumber: number): Endpoint =>
  `${host.includes(':') ? `[${host}]` : host}:${portNumber}` as Endpoint

/** Either form: what an interface's `endpoint` may be. A host alone takes the interface's listen port. */
export function parseEndpointOrHost(text: string): Parsed<Endpoint | HostName> {
  const isHost = text.startsWith('[') ? text.endsWith(']') : isIP(text) === 6 || !text.includes(':')
  return isHost ? parseHostName(text) : parseEndpoint(text)
}

/** Whether it is `host:port` rather than a host alone. */
export const hasPort = (value: Endpoint | HostName): value is Endpoint =>
  isIP(value) !== 6 && /:[0-9]+$/.test(value)
