import {
  contains,
  type IpAddress,
  ipNumber,
  parseCidrLoosely,
  parseIp,
  readNetwork,
} from '@holdfast/net'
import ipaddr from 'ipaddr.js'

/** Where connections may go. */
export interface EgressPolicy {
  /** Whether the operator named the address: nothing else is asked of it. */
  isAllowed(address: string): boolean
  /** Whether the operator named any. */
  readonly hasAllowed: boolean
  /** Why an address may not be connected to; undefined when it may. */
  refusal(address: string): string | undefined
}

/** Unicast by their class, and still the inside of a cloud: Azure's host agent. */
const insideClouds: ReadonlySet<string> = new Set(['168.63.129.16'])

const globalUnicast = ipaddr.parseCIDR('2000::/3')

/**
 * The public internet, and what the operator allows (CIDRs; throws for what is none). An address is taken in its
 * canonical spelling alone: IPv4 in IPv6 clothes is refused, whatever it carries.
 */
export function egressPolicy(allow: readonly string[] = []): EgressPolicy {
  const networks = allow.map((text) => {
    const parsed = parseCidrLoosely(text)
    if (!parsed.ok) throw new Error(`HOLDFAST_EGRESS_ALLOW: ${parsed.detail}`)
    return readNetwork(parsed.value)
  })
  const isAllowed = (address: string): boolean => {
    const parsed = parseIp(address)
    return parsed.ok && networks.some((network) => contains(network, ipNumber(parsed.value)))
  }
  return {
    isAllowed,
    hasAllowed: networks.length > 0,
    refusal(address) {
      const parsed = parseIp(address)
      if (!parsed.ok) return parsed.detail
      if (isAllowed(parsed.value)) return undefined
      const place = classOf(parsed.value)
      return place === 'unicast'
        ? undefined
        : `${parsed.value} is ${words[place] ?? `a ${place} address`}`
    },
  }
}

function classOf(address: IpAddress): string {
  if (insideClouds.has(address)) return 'metadata'
  const parsed = ipaddr.parse(address)
  const range: string = parsed.range()
  if (range !== 'unicast' || parsed.kind() === 'ipv4') return range
  // Site-local, IPv4-compatible, and whatever is not given out yet.
  return parsed.match(globalUnicast) ? range : 'reserved'
}

const words: Readonly<Record<string, string>> = {
  loopback: 'this machine itself',
  private: 'in a private network',
  uniqueLocal: 'in a private network',
  linkLocal: 'a link-local address, where clouds keep their metadata',
  carrierGradeNat: 'in the network of a carrier (CGNAT)',
  metadata: "a cloud's own service",
}
