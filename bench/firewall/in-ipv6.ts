// The like of an IPv4 rule set in IPv6: the same networks below 2001:db8::/32, so that two families can be compared.
import { type Cidr, readNetwork } from '@holdfast/net'
import type { Prefix, RuleSet } from '@holdfast/policy'
import { Random } from '@holdfast/policy/testing'
import { anyPrefix, printPrefix } from '../../packages/policy/src/prefix.ts'

/** Global unicast, unique local, link local, multicast. */
const usual: readonly Prefix[] = [
  { value: 0x2000n << 112n, length: 3 },
  { value: 0xfc00n << 112n, length: 7 },
  { value: 0xfe80n << 112n, length: 10 },
  { value: 0xff00n << 112n, length: 8 },
]

/**
 * Half of the hosts stay hosts, the others become a /64. What is wider than a site is either below 2001:db8::/32 like
 * everything else (`inside`), or one of the wide networks IPv6 rules usually name.
 */
export function inIpv6(ruleSet: RuleSet, seed: number, wide: 'inside' | 'usual'): RuleSet {
  const random = new Random(seed)
  const known = new Map<Cidr, Cidr>()
  const like = (cidr: Cidr): Prefix => {
    const { first, prefixLength } = readNetwork(cidr)
    const upper = (0x2001_0db8n << 96n) | (first << 64n)
    if (prefixLength === 0) return anyPrefix
    if (prefixLength < 4 && wide === 'usual') return random.pick(usual)
    if (prefixLength < 32 || random.chance(0.5)) return { value: upper, length: 32 + prefixLength }
    return { value: upper | random.bits(64), length: 128 }
  }
  const mapped = (cidr: Cidr | undefined): Cidr | undefined => {
    if (cidr === undefined) return undefined
    const before = known.get(cidr)
    if (before !== undefined) return before
    const made = printPrefix(6, like(cidr))
    known.set(cidr, made)
    return made
  }
  return {
    ...ruleSet,
    rules: ruleSet.rules.map((rule) => ({
      ...rule,
      settings: {
        ...rule.settings,
        source: mapped(rule.settings.source),
        destination: mapped(rule.settings.destination),
      },
    })),
  }
}
