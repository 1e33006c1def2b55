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
import type { FirewallSettings } from '@holdfast/policy'

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
  /** How packets are treated that no rule decides. */
  readonly firewall: FirewallSettings
}

/** What is to be different; the firewall one setting at a time. */
export type InterfaceChanges = Partial<Omit<InterfaceSettings, 'firewall'>> & {
  readonly firewall?: Partial<FirewallSettings>
}

export const withChanges = (
  settings: InterfaceSettings,
  changes: InterfaceChanges,
): InterfaceSettings => ({
  ...settings,
  ...changes,
  firewall: { ...settings.firewall, ...changes.firewall },
})

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

/** Whether two settings say the same; lists are compared in order. */
export function isSameSettings<T>(a: T, b: T): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  // as: settings are objects and lists of scalars and of such objects, all of one shape
  const left = a as Readonly<Record<string, unknown>>
  const right = b as Readonly<Record<string, unknown>>
  const keys = Object.keys(left)
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => isSameSettings(left[key], right[key]))
  )
}
