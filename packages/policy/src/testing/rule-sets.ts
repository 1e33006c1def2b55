import type { Cidr } from '@holdfast/net'
import { bits, type Family } from '../family.ts'
import type { Prefix } from '../intermediate.ts'
import type {
  HostFacts,
  PortRange,
  Protocol,
  RateLimit,
  Rule,
  RuleDirection,
  RuleSet,
  RuleSettings,
  Target,
} from '../model.ts'
import { anyPrefix, printPrefix } from '../prefix.ts'
import { Random } from './random.ts'

/** Generated sets expire around this time. */
export const testNow = 1_750_000_000_000

/**
 * After ClassBench: an ACL names one side exactly and services by port, a firewall has many wildcards and ranges,
 * a chain is in between and nests its networks.
 */
export const shapes = ['acl', 'firewall', 'chain'] as const
export type Shape = (typeof shapes)[number]

export interface RuleSetOptions {
  readonly seed: number
  readonly size: number
  readonly shape: Shape
  /** Default `both`: half of the rules with addresses are of each. */
  readonly family?: Family | 'both'
  /** `classify`: allow and deny, ingress, everywhere, active, equal priorities. Default `all`: every word there is. */
  readonly words?: 'all' | 'classify'
  /** Whose sites, interfaces and peers targets name; without it all rules are for everything. */
  readonly facts?: HostFacts
}

export function generateRuleSet(options: RuleSetOptions): RuleSet {
  const random = new Random(options.seed)
  const nets = { 4: pool(random, 4, options), 6: pool(random, 6, options) }
  const rules: Rule[] = []
  for (let i = 0; i < options.size; i++) {
    const twin = rules.length > 0 && random.chance(0.02) ? random.pick(rules) : undefined
    const settings =
      twin === undefined ? settingsOf(random, options, nets, i) : again(random, twin, i)
    rules.push({ id: random.uuid(), order: i + 1, settings })
  }
  return { rules, isLockoutAllowed: options.words === 'classify' || random.chance(0.3) }
}

/** The same match once more, which decides nothing, or ties. */
const again = (random: Random, { settings }: Rule, index: number): RuleSettings => ({
  ...settings,
  name: `rule-${index}`,
  ...(settings.action === 'allow' || settings.action === 'deny'
    ? { action: random.chance(0.5) ? 'allow' : 'deny' }
    : {}),
})

type Pool = readonly Prefix[]

function settingsOf(
  random: Random,
  options: RuleSetOptions,
  nets: Readonly<Record<Family, Pool>>,
  index: number,
): RuleSettings {
  const family =
    options.family === 4 || options.family === 6 ? options.family : random.chance(0.5) ? 4 : 6
  const protocol = protocolOf(random, options.shape)
  const isAll = options.words !== 'classify'
  const hasPorts =
    protocol === 'tcp' || protocol === 'udp' || (protocol === 'any' && random.chance(0.2))
  const action = isAll
    ? random.weighted([
        ['allow', 44],
        ['deny', 38],
        ['rate_limit', 8],
        ['log', 10],
      ] as const)
    : random.chance(0.5)
      ? ('allow' as const)
      : ('deny' as const)
  // One rule about everybody may decide all that comes after it: few, and late.
  const isAboutAll =
    random.chance(Math.min(0.2, 8 / options.size)) && (isAll || index > options.size * 0.9)
  const isBothFamilies = isAboutAll && options.family === undefined && random.chance(0.5)
  const isFromAll = isAboutAll || random.chance(wildSource[options.shape])
  const isToAll = isAboutAll || (!isFromAll && random.chance(wildDestination[options.shape]))
  const priority = !isAll || random.chance(0.4) ? 100 : random.below(1001)
  return {
    name: `rule-${index}`,
    action,
    direction: isAll ? directionOf(random) : 'ingress',
    protocol,
    source: isBothFamilies ? undefined : network(random, family, nets[family], isFromAll),
    // An absent network is of both families: where both are, one of them has to say which.
    destination: isBothFamilies
      ? undefined
      : isFromAll && isToAll
        ? printPrefix(family, anyPrefix)
        : network(random, family, nets[family], isToAll),
    sourcePorts: hasPorts ? portsOf(random, sourcePortClasses[options.shape]) : undefined,
    destinationPorts: hasPorts ? portsOf(random, destinationPortClasses[options.shape]) : undefined,
    rate: action === 'rate_limit' ? rateOf(random) : undefined,
    priority: isAboutAll && isAll && options.size > 50 ? priority % 20 : priority,
    isActive: !isAll || random.chance(0.97),
    continues: action === 'log' && random.chance(0.6),
    logs: isAll && random.chance(0.1),
    target: isAll && options.facts ? targetOf(random, options.facts) : { kind: 'everything' },
    expiresAtUnixMs:
      isAll && random.chance(0.05) ? testNow + random.between(-1_000_000, 1_000_000) : 0,
    tags: [],
    description: '',
  }
}

const wildSource: Readonly<Record<Shape, number>> = { acl: 0.08, firewall: 0.4, chain: 0.15 }
const wildDestination: Readonly<Record<Shape, number>> = { acl: 0.02, firewall: 0.12, chain: 0.1 }

function protocolOf(random: Random, shape: Shape): Protocol {
  return random.weighted<Protocol>(
    shape === 'acl'
      ? [
          ['tcp', 72],
          ['udp', 18],
          ['icmp', 3],
          ['any', 7],
        ]
      : [
          ['tcp', 50],
          ['udp', 28],
          ['icmp', 6],
          ['any', 16],
        ],
  )
}

const directionOf = (random: Random): RuleDirection =>
  random.weighted([
    ['ingress', 60],
    ['egress', 25],
    ['both', 15],
  ])

/** Networks that rules share, nest and split, so that they overlap as in real sets. */
function pool(random: Random, family: Family, { size, shape }: RuleSetOptions): Pool {
  const roots = Math.max(2, Math.ceil(Math.sqrt(size) / 2))
  const deep = shape === 'chain' ? 4 : 3
  const prefixes: Prefix[] = []
  for (let i = 0; i < roots; i++) {
    const length = family === 4 ? random.between(8, 20) : random.between(32, 56)
    let prefix = narrow(random, family, rootOf(family), length)
    prefixes.push(prefix)
    for (let depth = 0; depth < deep; depth++) {
      const room = bits[family] - prefix.length
      if (room === 0) break
      prefix = narrow(random, family, prefix, prefix.length + random.between(1, room))
      prefixes.push(prefix)
    }
  }
  return prefixes
}

const rootOf = (family: Family): Prefix =>
  family === 4 ? { value: 0n, length: 0 } : { value: 0x2001_0db8n << 96n, length: 32 }

/** A network inside another. */
function narrow(random: Random, family: Family, outer: Prefix, length: number): Prefix {
  if (length <= outer.length) return outer
  const free = BigInt(bits[family] - length)
  return { value: outer.value | (random.bits(length - outer.length) << free), length }
}

function network(random: Random, family: Family, nets: Pool, isWild: boolean): Cidr | undefined {
  if (isWild) return random.chance(0.5) ? printPrefix(family, anyPrefix) : undefined
  const outer = random.pick(nets)
  if (random.chance(0.35)) return printPrefix(family, outer)
  const room = bits[family] - outer.length
  const length = random.chance(0.5) ? bits[family] : outer.length + random.below(room + 1)
  return printPrefix(family, narrow(random, family, outer, length))
}

type PortClass = 'any' | 'exact' | 'high' | 'low' | 'range'
type PortClasses = readonly (readonly [PortClass, number])[]

const sourcePortClasses: Readonly<Record<Shape, PortClasses>> = {
  acl: [
    ['any', 97],
    ['high', 2],
    ['exact', 1],
  ],
  firewall: [
    ['any', 60],
    ['high', 25],
    ['exact', 10],
    ['range', 5],
  ],
  chain: [
    ['any', 75],
    ['high', 12],
    ['exact', 10],
    ['low', 3],
  ],
}
const destinationPortClasses: Readonly<Record<Shape, PortClasses>> = {
  acl: [
    ['exact', 70],
    ['any', 12],
    ['range', 10],
    ['high', 6],
    ['low', 2],
  ],
  firewall: [
    ['exact', 45],
    ['any', 22],
    ['range', 18],
    ['high', 12],
    ['low', 3],
  ],
  chain: [
    ['exact', 55],
    ['any', 25],
    ['range', 10],
    ['high', 8],
    ['low', 2],
  ],
}

const services = [20, 21, 22, 25, 53, 80, 110, 123, 143, 161, 389, 443, 445, 993, 1433, 1521, 3306]

function portsOf(random: Random, classes: PortClasses): PortRange | undefined {
  switch (random.weighted(classes)) {
    case 'any':
      // Said or unsaid is not the same: a range wants ports to be there.
      return random.chance(0.1) ? { from: 0, to: 65535 } : undefined
    case 'exact': {
      const port = random.chance(0.7) ? random.pick(services) : random.below(65536)
      return { from: port, to: port }
    }
    case 'high':
      return { from: 1024, to: 65535 }
    case 'low':
      return { from: 0, to: 1023 }
    case 'range': {
      const from = random.below(65536)
      return { from, to: Math.min(65535, from + random.below(random.chance(0.5) ? 16 : 8192)) }
    }
  }
}

function rateOf(random: Random): RateLimit {
  const pps = random.pick([1, 10, 100, 1000, 50_000, 1_000_000])
  return {
    pps,
    burst: random.chance(0.5) ? pps : random.between(1, 2 * pps),
    scope: random.pick(['rule', 'source', 'peer']),
  }
}

function targetOf(random: Random, facts: HostFacts): Target {
  const interfaces = facts.interfaces
  const peers = interfaces.flatMap((one) => one.peers)
  const isElsewhere = random.chance(0.1)
  const kind = random.weighted([
    ['everything', 60],
    ['site', 6],
    ['node', 8],
    ['interface', 10],
    ['peer', 10],
    ['uplinks', 6],
  ] as const)
  const elsewhere = (): string => random.uuid()
  switch (kind) {
    case 'everything':
      return { kind }
    case 'site':
      return { kind, id: isElsewhere ? elsewhere() : facts.siteId }
    case 'node':
    case 'uplinks':
      return { kind, id: isElsewhere ? elsewhere() : facts.nodeId }
    case 'interface':
      return {
        kind,
        id: isElsewhere || !interfaces.length ? elsewhere() : random.pick(interfaces).id,
      }
    case 'peer':
      return { kind, id: isElsewhere || !peers.length ? elsewhere() : random.pick(peers).id }
  }
}
