import { ipNumber, parseIp, readNetwork, take } from '@holdfast/net'
import { bits, type Family } from './family.ts'
import type { Prefix } from './intermediate.ts'
import type { RuleSettings } from './model.ts'
import { anyPrefix, prefixHas, printPrefix } from './prefix.ts'

/** Addresses seen in the flows a rule let through, over a time long enough to mean something. */
export interface ObservedHosts {
  readonly sources: readonly string[]
  readonly destinations: readonly string[]
}

/** A network is too wide when one this many bits longer holds all that was seen. */
export const spareBits = 8

export interface Wide {
  readonly side: 'source' | 'destination'
  readonly family: Family
  /** For people. */
  readonly message: string
  /** Half of what is allowed, none of it used. */
  readonly outside: Prefix
}

/** Only rules that let something through: a wide deny is no risk. */
export function tooWide(settings: RuleSettings, observed: ObservedHosts): Wide[] {
  if (settings.action === 'deny') return []
  return [
    ...onSide('source', settings.source, observed.sources),
    ...onSide('destination', settings.destination, observed.destinations),
  ]
}

function onSide(side: Wide['side'], cidr: RuleSettings['source'], seen: readonly string[]): Wide[] {
  const hosts = seen.map((text) => ipNumber(take(parseIp, text, `${side}s`)))
  const family = cidr === undefined ? hosts[0]?.family : readNetwork(cidr).family
  // Without a network both families are meant; hosts of both are no reason to narrow it to one.
  if (family === undefined || hosts.some((host) => host.family !== family)) return []
  const used = new Set(hosts.map((host) => host.value))
  const allowed = cidr === undefined ? anyPrefix : prefixOf(cidr)
  const needed = smallestAround(family, used)
  if (needed === undefined || needed.length - allowed.length < spareBits) return []
  const hostsUsed = used.size === 1 ? 'one host' : `${used.size} hosts`
  return [
    {
      side,
      family,
      message: `${side} allows ${printPrefix(family, allowed)}, but only ${hostsUsed} of it used the rule: ${printPrefix(family, needed)} would do`,
      outside: otherHalf(family, allowed, needed),
    },
  ]
}

function prefixOf(cidr: NonNullable<RuleSettings['source']>): Prefix {
  const { first, prefixLength } = readNetwork(cidr)
  return { value: first, length: prefixLength }
}

function smallestAround(family: Family, addresses: ReadonlySet<bigint>): Prefix | undefined {
  const [first] = addresses
  if (first === undefined) return undefined
  let length = bits[family]
  for (const address of addresses) {
    while (!prefixHas(family, cut(family, first, length), address)) length--
  }
  return cut(family, first, length)
}

function cut(family: Family, address: bigint, length: number): Prefix {
  const free = BigInt(bits[family] - length)
  return { value: (address >> free) << free, length }
}

/** Of two halves of a network, the one without the other network. */
const otherHalf = (family: Family, whole: Prefix, inside: Prefix): Prefix =>
  cut(family, inside.value ^ (1n << BigInt(bits[family] - whole.length - 1)), whole.length + 1)
