// Rule sets as people plan networks, to any size: some prefix lengths are common and most never occur, networks nest,
// few addresses are in many rules, and a service is a port. What is drawn is after the filter sets in research
// (acl1, fw1, ipc1 of ClassBench), whose number of different pairs of lengths (100 to 350) hardly grows with their
// size. `generateRuleSet` of packages/policy instead makes lengths of all sorts, which no network has; it is measured
// too, as what is hard. All of it is IPv4; `inIpv6` makes the like of a set in the other family.
import type { PortRange, Prefix, Protocol, Rule, RuleSet } from '@holdfast/policy'
import { Random, type Shape } from '@holdfast/policy/testing'
import { anyPrefix, printPrefix } from '../../packages/policy/src/prefix.ts'

type Weights<T> = readonly (readonly [T, number])[]

interface Plan {
  readonly source: Weights<number>
  readonly destination: Weights<number>
  /** Different networks for each hundred rules. */
  readonly sources: number
  readonly destinations: number
  readonly protocol: Weights<Protocol>
  readonly sourcePorts: Weights<PortClass>
  readonly destinationPorts: Weights<PortClass>
}

type PortClass = 'any' | 'service' | 'high' | 'range'

const plans: Readonly<Record<Shape, Plan>> = {
  acl: {
    source: [
      [0, 1],
      [8, 1],
      [21, 1],
      [22, 3],
      [23, 7],
      [24, 5],
      [25, 1],
      [29, 1],
      [30, 5],
      [31, 24],
      [32, 51],
    ],
    destination: [
      [0, 1],
      [2, 1],
      [8, 1],
      [14, 1],
      [15, 1],
      [16, 1],
      [21, 2],
      [22, 7],
      [23, 4],
      [24, 3],
      [25, 2],
      [28, 1],
      [30, 5],
      [31, 20],
      [32, 50],
    ],
    sources: 40,
    destinations: 8,
    protocol: [
      ['tcp', 87],
      ['icmp', 3],
      ['udp', 2],
      ['any', 8],
    ],
    sourcePorts: [['any', 1]],
    destinationPorts: [
      ['service', 65],
      ['any', 27],
      ['range', 8],
    ],
  },
  firewall: {
    source: [
      [0, 41],
      [1, 12],
      [11, 1],
      [20, 1],
      [21, 1],
      [22, 1],
      [23, 1],
      [26, 1],
      [27, 2],
      [28, 3],
      [29, 3],
      [30, 5],
      [31, 11],
      [32, 17],
    ],
    destination: [
      [0, 18],
      [1, 9],
      [2, 1],
      [20, 1],
      [21, 1],
      [22, 1],
      [27, 1],
      [28, 1],
      [29, 1],
      [30, 6],
      [31, 28],
      [32, 32],
    ],
    sources: 35,
    destinations: 70,
    protocol: [
      ['tcp', 60],
      ['udp', 35],
      ['icmp', 4],
      ['any', 1],
    ],
    sourcePorts: [
      ['any', 77],
      ['service', 15],
      ['high', 8],
    ],
    destinationPorts: [
      ['service', 62],
      ['any', 29],
      ['high', 8],
      ['range', 1],
    ],
  },
  chain: {
    source: [
      [0, 8],
      [1, 5],
      [15, 1],
      [16, 3],
      [17, 4],
      [21, 2],
      [22, 5],
      [23, 13],
      [24, 15],
      [25, 8],
      [26, 4],
      [27, 2],
      [28, 2],
      [30, 1],
      [31, 8],
      [32, 19],
    ],
    destination: [
      [0, 5],
      [1, 3],
      [15, 3],
      [16, 5],
      [17, 2],
      [22, 2],
      [23, 8],
      [24, 13],
      [25, 10],
      [26, 4],
      [27, 3],
      [28, 2],
      [29, 1],
      [30, 2],
      [31, 11],
      [32, 26],
    ],
    sources: 28,
    destinations: 48,
    protocol: [
      ['tcp', 27],
      ['udp', 38],
      ['icmp', 2],
      ['any', 33],
    ],
    sourcePorts: [
      ['any', 80],
      ['service', 17],
      ['high', 3],
    ],
    destinationPorts: [
      ['any', 57],
      ['service', 32],
      ['high', 6],
      ['range', 5],
    ],
  },
}

const services = [
  20, 21, 22, 23, 25, 53, 67, 69, 80, 110, 119, 123, 135, 143, 161, 389, 443, 445, 514, 750, 993,
]

export function plannedSet(shape: Shape, size: number, seed: number): RuleSet {
  const random = new Random(seed)
  const plan = plans[shape]
  const sites = sitesOf(random, size)
  const sources = networks(random, sites, plan.source, (size * plan.sources) / 100)
  const destinations = networks(random, sites, plan.destination, (size * plan.destinations) / 100)
  const rules: Rule[] = []
  for (let i = 0; i < size; i++) {
    const isLast = i === size - 1
    const protocol = isLast ? 'any' : random.weighted(plan.protocol)
    const hasPorts = protocol === 'tcp' || protocol === 'udp'
    const source = isLast ? everywhere : often(random, sources)
    // Who names neither side has a default, which comes last.
    let destination = isLast ? everywhere : often(random, destinations)
    for (let tries = 0; tries < 64 && !isLast && source.isWide && destination.isWide; tries++) {
      destination = often(random, destinations)
    }
    rules.push({
      id: random.uuid(),
      order: i + 1,
      settings: {
        name: `rule-${i}`,
        action: random.chance(0.5) ? 'allow' : 'deny',
        direction: 'ingress',
        protocol,
        source: printPrefix(4, source.prefix),
        destination: printPrefix(4, destination.prefix),
        sourcePorts: hasPorts ? ports(random, plan.sourcePorts) : undefined,
        destinationPorts: hasPorts ? ports(random, plan.destinationPorts) : undefined,
        rate: undefined,
        priority: 100,
        isActive: true,
        continues: false,
        logs: false,
        target: { kind: 'everything' },
        expiresAtUnixMs: 0,
        tags: [],
        description: '',
      },
    })
  }
  return { rules, isLockoutAllowed: true }
}

/** The first ones are in many rules, the last in few. */
const often = <T>(random: Random, list: readonly T[]): T => {
  const at = random.u32() / 2 ** 32
  return list[Math.floor(at ** 1.5 * list.length)] as T // as: below 1
}

interface Network {
  readonly prefix: Prefix
  readonly isWide: boolean
}

const everywhere: Network = { prefix: anyPrefix, isWide: true }

/** Few, and each with 256 subnets of 256 hosts. */
function sitesOf(random: Random, size: number): bigint[] {
  const count = Math.max(3, Math.ceil(Math.sqrt(size) / 2))
  return Array.from({ length: count }, () => random.bits(16) << 16n)
}

function networks(
  random: Random,
  sites: readonly bigint[],
  lengths: Weights<number>,
  count: number,
): readonly Network[] {
  let subnet = 0n
  return Array.from({ length: Math.max(4, Math.ceil(count)) }, () => {
    const length = random.weighted(lengths)
    // Three in four lie in the subnet the one before lies in, or beside it.
    if (random.chance(0.25)) subnet = random.bits(8)
    const address = random.pick(sites) | (subnet << 8n) | random.bits(8)
    const free = BigInt(32 - length)
    return { prefix: { value: (address >> free) << free, length }, isWide: length < 14 }
  })
}

function ports(random: Random, classes: Weights<PortClass>): PortRange | undefined {
  switch (random.weighted(classes)) {
    case 'any':
      return undefined
    case 'service': {
      const port = random.chance(0.6) ? random.pick(services) : 1024 + random.below(800)
      return { from: port, to: port }
    }
    case 'high':
      return { from: 1024, to: 65_535 }
    case 'range': {
      const from = random.below(60_000)
      return { from, to: from + random.below(5_000) }
    }
  }
}
