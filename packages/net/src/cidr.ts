import type { Brand } from '@holdfast/domain'
import {
  bitsOf,
  type IpAddress,
  type IpFamily,
  type IpNumber,
  ipNumber,
  printIp,
  readIp,
} from './ip.ts'
import { accept, type Parsed, quoted, refuse } from './parsed.ts'

/** A network, host bits zero, canonical: `10.10.0.0/24`, `fd00::/64`. */
export type Cidr = Brand<string, 'Cidr'>

/** An address with its prefix length, host bits kept, canonical: `10.10.0.1/24`. */
export type HostCidr = Brand<string, 'HostCidr'>

/** A network as numbers, for arithmetic. */
export interface Network {
  readonly family: IpFamily
  /** First address. */
  readonly first: bigint
  /** Last address. */
  readonly last: bigint
  readonly prefixLength: number
}

const lengthPattern = /^(?:0|[1-9][0-9]{0,2})$/

function split(text: string): Parsed<{ ip: IpNumber; prefixLength: number | undefined }> {
  const slash = text.indexOf('/')
  const ip = readIp(slash < 0 ? text : text.slice(0, slash))
  if (!ip.ok) return ip.code === 'address_invalid' ? notCidr(text) : ip
  if (slash < 0) return accept({ ip: ip.value, prefixLength: undefined })
  const length = text.slice(slash + 1)
  const prefixLength = Number(length)
  if (!lengthPattern.test(length) || prefixLength > bitsOf(ip.value.family)) return notCidr(text)
  return accept({ ip: ip.value, prefixLength })
}

const notCidr = (text: string): Parsed<never> =>
  refuse(
    'cidr_invalid',
    `${quoted(text)} is not an address with a prefix length, like 10.10.0.0/24`,
  )

/**
 * A network. Refuses set host bits (`cidr_host_bits`) and says which network was probably meant; an
 * address alone counts as /32 or /128, as in wg(8).
 */
export function parseCidr(text: string): Parsed<Cidr> {
  const parts = split(text)
  if (!parts.ok) return parts
  const { ip, prefixLength = bitsOf(ip.family) } = parts.value
  const network = networkAt(ip, prefixLength)
  if (network.first !== ip.value) {
    return refuse(
      'cidr_host_bits',
      `${quoted(text)} has host bits set; the network is ${printNetwork(network)}`,
    )
  }
  return accept(printNetwork(network))
}

/** A network with whatever host bits cut off, as wg(8) reads it: for files written for wg, not for requests. */
export function parseCidrLoosely(text: string): Parsed<Cidr> {
  const parts = split(text)
  if (!parts.ok) return parts
  const { ip, prefixLength = bitsOf(ip.family) } = parts.value
  return accept(printNetwork(networkAt(ip, prefixLength)))
}

/** An interface's own address. The prefix length must be there (`cidr_prefix_missing`). */
export function parseHostCidr(text: string): Parsed<HostCidr> {
  const parts = split(text)
  if (!parts.ok) return parts
  const { ip, prefixLength } = parts.value
  if (prefixLength === undefined) {
    return refuse(
      'cidr_prefix_missing',
      `${quoted(text)} lacks its prefix length; write for example ${printIp(ip)}/${ip.family === 4 ? 24 : 64}`,
    )
  }
  return accept(hostCidr(printIp(ip), prefixLength))
}

/** Like `parseHostCidr`; an address alone counts as /32 or /128, as in wg-quick(8). */
export function parseHostCidrLoosely(text: string): Parsed<HostCidr> {
  const parts = split(text)
  if (!parts.ok) return parts
  const { ip, prefixLength = bitsOf(ip.family) } = parts.value
  return accept(hostCidr(printIp(ip), prefixLength))
}

// as: both parts are canonical
export const hostCidr = (address: IpAddress, prefixLength: number): HostCidr =>
  `${address}/${prefixLength}` as HostCidr

/** The route to one address: /32 or /128. */
export const hostRoute = (address: IpAddress): Cidr =>
  `${address}/${address.includes(':') ? 128 : 32}` as Cidr // as: canonical by construction

/** The address of a host route; undefined for a wider network. */
export function singleAddress(cidr: Cidr): IpAddress | undefined {
  const slash = cidr.indexOf('/')
  const bits = cidr.includes(':') ? '128' : '32'
  return cidr.slice(slash + 1) === bits ? (cidr.slice(0, slash) as IpAddress) : undefined // as: canonical
}

/** The address of an interface address: `10.10.0.1` of `10.10.0.1/24`. */
export const addressOf = (host: HostCidr): IpAddress =>
  host.slice(0, host.indexOf('/')) as IpAddress // as: canonical

/** The network an interface address lies in: `10.10.0.0/24` of `10.10.0.1/24`. */
export const networkOf = (host: HostCidr): Cidr => printNetwork(readNetwork(host))

/** A network as numbers, host bits cut off. */
export function readNetwork(cidr: Cidr | HostCidr): Network {
  const slash = cidr.indexOf('/')
  // as: the part before the slash of canonical text is canonical
  return networkAt(ipNumber(cidr.slice(0, slash) as IpAddress), Number(cidr.slice(slash + 1)))
}

function networkAt({ family, value }: IpNumber, prefixLength: number): Network {
  const hostBits = BigInt(bitsOf(family) - prefixLength)
  const first = (value >> hostBits) << hostBits
  return { family, first, last: first + (1n << hostBits) - 1n, prefixLength }
}

export const printNetwork = ({ family, first, prefixLength }: Network): Cidr =>
  `${printIp({ family, value: first })}/${prefixLength}` as Cidr // as: canonical by construction

export const contains = (network: Network, ip: IpNumber): boolean =>
  ip.family === network.family && ip.value >= network.first && ip.value <= network.last

export const overlaps = (a: Network, b: Network): boolean =>
  a.family === b.family && a.first <= b.last && b.first <= a.last

/**
 * The addresses hosts may have. IPv4 loses network and broadcast address, except in a /31 (RFC 3021) and a
 * /32; IPv6 loses its first, which is every router's (RFC 4291, 2.6.1), except in a /127 (RFC 6164) and a /128.
 */
export function hostRange({ family, first, last, prefixLength }: Network): {
  readonly first: bigint
  readonly last: bigint
} {
  if (prefixLength >= bitsOf(family) - 1) return { first, last }
  return { first: first + 1n, last: family === 4 ? last - 1n : last }
}
