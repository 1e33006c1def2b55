import { type FieldError, invalid } from '@holdfast/errors'
import {
  addressOf,
  type Cidr,
  type DnsEntry,
  type Endpoint,
  type HostCidr,
  type HostName,
  hostRange,
  type InterfaceName,
  type IpAddress,
  ipNumber,
  type Network,
  networkOf,
  overlaps,
  printIp,
  readNetwork,
} from '@holdfast/net'

export const defaultMtu = 1420
export const defaultQuarantineSeconds = 3600
export const defaultKeepaliveSeconds = 25

export interface InterfaceSettings {
  readonly name: InterfaceName
  /** The host's own addresses; at least one. */
  readonly addresses: readonly HostCidr[]
  readonly listenPort: number
  readonly mtu: number
  /** For clients. */
  readonly dns: readonly DnsEntry[]
  /** Where clients reach it: `host:port`, or a host to which the listen port is added. Empty: the node's host. */
  readonly endpoint: Endpoint | HostName | ''
  /** What clients route through it. Empty: the interface's own networks. */
  readonly clientAllowedIps: readonly Cidr[]
  readonly isEnabled: boolean
  /** Lines of an imported file that are kept for export and never run. */
  readonly extraDirectives: readonly string[]
  /** How long a removed peer's address stays unused. */
  readonly addressQuarantineSeconds: number
}

export interface PeerSettings {
  readonly name: string
  /** Inside the interface's networks. */
  readonly addresses: readonly IpAddress[]
  /** Networks behind the peer. */
  readonly allowedIps: readonly Cidr[]
  /** What the peer routes through the interface. Empty: the interface's choice. */
  readonly clientAllowedIps: readonly Cidr[]
  /** Where the host reaches the peer; empty when the peer calls. */
  readonly endpoint: Endpoint | ''
  /** 0 is off. */
  readonly keepaliveSeconds: number
  readonly isEnabled: boolean
  /** ms since 1970; 0 is never. */
  readonly expiresAtUnixMs: number
  /** Empty: the interface's. */
  readonly dns: readonly DnsEntry[]
  readonly description: string
}

/** The networks of an interface's own addresses, each once. */
export function networksOf(addresses: readonly HostCidr[]): Network[] {
  return [...new Set(addresses.map(networkOf))].map(readNetwork)
}

/** Throws `invalid` with every field of an interface that contradicts another, or itself. */
export function requireConsistent(settings: InterfaceSettings): void {
  const fields: FieldError[] = []
  const seen = new Map<string, number>()
  const networks = settings.addresses.map((address) => readNetwork(networkOf(address)))
  settings.addresses.forEach((address, i) => {
    const field = `addresses[${i}]`
    const network = networks[i]
    if (!network) return
    const own = addressOf(address)
    const { first, last } = hostRange(network)
    const { value } = ipNumber(own)
    if (network.prefixLength === 0) {
      const detail = `${address} takes every address there is for the network; name one of your own`
      fields.push({ field, code: 'address_too_wide', detail })
    } else if (value < first || value > last) {
      const example = `${printIp({ family: network.family, value: first })}/${network.prefixLength}`
      const detail = `${own} is not an address a host may have in its network; write for example ${example}`
      fields.push({ field, code: 'address_not_host', detail })
    }
    if (seen.has(own)) {
      fields.push({ field, code: 'duplicate', detail: `${own} stands twice` })
    }
    seen.set(own, i)
    for (const [j, other] of networks.slice(0, i).entries()) {
      const isSame = other.first === network.first && other.prefixLength === network.prefixLength
      if (!isSame && overlaps(other, network)) {
        const detail = `its network overlaps the one of ${settings.addresses[j]}`
        fields.push({ field, code: 'address_overlap', detail })
      }
    }
  })
  if (settings.mtu < 1280 && networks.some(({ family }) => family === 6)) {
    const detail = `${settings.mtu} is too small: IPv6 needs 1280 or more`
    fields.push({ field: 'mtu', code: 'mtu_too_small_for_ipv6', detail })
  }
  if (fields.length > 0) throw invalid(...fields)
}

type Flat = Readonly<Record<string, unknown>>

/** Whether two settings of one shape say the same; lists are compared in order. */
export function isSameSettings<T extends InterfaceSettings | PeerSettings>(a: T, b: T): boolean {
  // as: both are flat objects of scalars and lists of scalars
  const left = a as unknown as Flat
  const right = b as unknown as Flat
  return Object.keys(left).every((key) => {
    const one = left[key]
    const two = right[key]
    if (!Array.isArray(one) || !Array.isArray(two)) return one === two
    return one.length === two.length && one.every((item, i) => item === two[i])
  })
}
