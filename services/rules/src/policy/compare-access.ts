import { setImmediate } from 'node:timers/promises'
import {
  type AccessDifference,
  Budget,
  compareAccess,
  type DevicePolicy,
  type Direction,
  type Policy,
  resolve,
  viewDigest,
  viewOf,
} from '@holdfast/policy'
import type { Host } from '../topology/host.ts'
import { type AccessWords, accessWords, type Names } from './access-words.ts'
import { NodeNotFound } from './device-in-question.ts'
import { namesOf, type Situation } from './situation.ts'

/** Where differences hold. */
export interface AccessPlace {
  readonly nodeId: string
  readonly nodeName: string
  readonly interfaceName: string
}

export interface PlacedDifference extends Omit<AccessWords, 'saysFamily'> {
  readonly places: readonly AccessPlace[]
  readonly direction: Direction | 'both'
  readonly family: 'ipv4' | 'ipv6' | 'both'
}

/** Lines compared with boxes for one question: some hundred milliseconds, with a pause after each host. */
const comparisons = 12_000_000
/** Hosts looked at for one question. */
const maxHosts = 1_000
const maxNamed = 5

/** What packets may do in one situation of an organization that they may not in the other. */
export async function accessDifferences(
  before: Situation,
  after: Situation,
  node: string,
  limit: number,
): Promise<{ differences: readonly PlacedDifference[]; omitted: readonly string[] }> {
  const pairs = pairHosts(before.hosts, after.hosts).filter(
    ([was, is]) => node === '' || [was, is].some((host) => host && isCalled(host, node)),
  )
  if (node !== '' && pairs.length === 0) throw NodeNotFound({ node: node.slice(0, 60) })
  const omitted: string[] = []
  if (pairs.length > maxHosts) {
    omitted.push(`only ${maxHosts} of ${pairs.length} nodes were looked at: name one`)
  }
  const names = { before: namesOf(before.ruleSet.rules), after: namesOf(after.ruleSet.rules) }
  const gathered = new Gathered()
  const compare = comparer(new Budget(comparisons))
  const undecided: string[] = []
  for (const [was, is] of pairs.slice(0, maxHosts)) {
    if (gathered.size > limit * 4) {
      omitted.push('not every node was looked at: there are more differences than were asked for')
      break
    }
    await setImmediate()
    const policyBefore = was && resolve(before.ruleSet, was.facts, before.atUnixMs)
    const policyAfter = is && resolve(after.ruleSet, is.facts, after.atUnixMs)
    for (const { one, other, kind } of pairDevices(policyBefore, policyAfter)) {
      const place = placeOf(is ?? was, other ?? one)
      const where = `${place.interfaceName} of ${place.nodeName}`
      const found = compare(policyBefore, one, policyAfter, other, kind)
      if (!found.isComplete) undecided.push(where)
      if (one && other && one.firewall.isStateful !== other.firewall.isStateful) {
        const now = other.firewall.isStateful ? 'lets answers pass by itself now' : 'no longer does'
        omitted.push(`${where} ${now}: only what opens a flow is compared`)
      }
      const interfaceId = (other ?? one)?.interfaceId
      const facts = (is ?? was)?.facts.interfaces.find(({ id }) => id === interfaceId)
      const known: Names = { ...names, peers: peerNames(was, is) }
      for (const difference of found.differences) {
        gathered.add(place, difference, accessWords(difference, facts, known))
      }
    }
  }
  if (undecided.length > 0) {
    const more = undecided.length > maxNamed ? ` and ${undecided.length - maxNamed} more` : ''
    const list = undecided.slice(0, maxNamed).join(', ')
    omitted.push(`not compared to the end, for too many rules meet there: ${list}${more}`)
  }
  const all = gathered.list()
  if (all.length > limit) omitted.push(`${all.length - limit} further differences`)
  return { differences: all.slice(0, limit), omitted }
}

const isCalled = ({ facts, name }: Host, node: string): boolean =>
  facts.nodeId === node || name.toLowerCase() === node.toLowerCase()

type Pair<T> = readonly [before: T | undefined, after: T | undefined]

function pairHosts(before: readonly Host[], after: readonly Host[]): readonly Pair<Host>[] {
  const was = new Map(before.map((host) => [host.facts.nodeId, host]))
  const is = new Map(after.map((host) => [host.facts.nodeId, host]))
  return [...new Set([...was.keys(), ...is.keys()])].sort().map((id) => [was.get(id), is.get(id)])
}

/** An interface is the same one under another name; an uplink has only its name. */
function pairDevices(before: Policy | undefined, after: Policy | undefined) {
  const keyOf = ({ interfaceId, device }: DevicePolicy): string => interfaceId || ` ${device}`
  const was = new Map(before?.devices.map((one) => [keyOf(one), one]))
  const is = new Map(after?.devices.map((one) => [keyOf(one), one]))
  return [...new Set([...was.keys(), ...is.keys()])].map((key) => {
    const one = was.get(key)
    const other = is.get(key)
    return { one, other, kind: (other ?? one)?.kind ?? 'wireguard' }
  })
}

const placeOf = (host: Host | undefined, device: DevicePolicy | undefined): AccessPlace => ({
  nodeId: host?.facts.nodeId ?? '',
  nodeName: host?.name ?? '',
  interfaceName: device?.device ?? '',
})

/** Names of then where there is no name of now. */
const peerNames = (was: Host | undefined, is: Host | undefined): ReadonlyMap<string, string> =>
  new Map([was, is].flatMap((host) => [...(host?.peers ?? [])].map(([id, { name }]) => [id, name])))

/** Compares devices; those with the same lines and settings on both sides once. */
function comparer(budget: Budget) {
  const known = new Map<string, ReturnType<typeof compareAccess>>()
  const digests = new WeakMap<object, string>()
  const keyOf = (policy: Policy | undefined, device: DevicePolicy | undefined): string => {
    if (!policy || !device) return 'absent'
    const view = viewOf(policy, device.view)
    let digest = digests.get(view)
    if (digest === undefined) {
      digest = Buffer.from(viewDigest(view)).toString('base64')
      digests.set(view, digest)
    }
    return `${digest} ${JSON.stringify(device.firewall)}`
  }
  return (
    before: Policy | undefined,
    one: DevicePolicy | undefined,
    after: Policy | undefined,
    other: DevicePolicy | undefined,
    kind: DevicePolicy['kind'],
  ) => {
    const key = `${kind}|${keyOf(before, one)}|${keyOf(after, other)}`
    let found = known.get(key)
    if (found === undefined) {
      const side = (policy: Policy | undefined, device: DevicePolicy | undefined) => ({
        policy: device && policy,
        device: device?.device ?? '',
      })
      found = compareAccess(side(before, one), side(after, other), kind, budget)
      known.set(key, found)
    }
    return found
  }
}

interface Said {
  readonly words: AccessWords
  readonly place: AccessPlace
  readonly ways: Set<string>
}

/** The same words about several devices, directions and families become one difference. */
class Gathered {
  readonly #byPlace = new Map<string, Said>()

  get size(): number {
    return this.#byPlace.size
  }

  add(place: AccessPlace, { direction, packets }: AccessDifference, words: AccessWords): void {
    const family = packets === 'unparsable' ? 'both' : packets.family === 4 ? 'ipv4' : 'ipv6'
    const key = `${place.nodeId} ${place.interfaceName} ${JSON.stringify(words)}`
    const known = this.#byPlace.get(key)
    if (known) known.ways.add(`${direction} ${family}`)
    else this.#byPlace.set(key, { words, place, ways: new Set([`${direction} ${family}`]) })
  }

  /** Those that hold in most places first. */
  list(): readonly PlacedDifference[] {
    const alike = new Map<string, { words: AccessWords; way: Way; places: AccessPlace[] }>()
    for (const { words, place, ways } of this.#byPlace.values()) {
      for (const way of joined(ways)) {
        const key = `${way.direction} ${way.family} ${JSON.stringify(words)}`
        const known = alike.get(key)
        if (known) known.places.push(place)
        else alike.set(key, { words, way, places: [place] })
      }
    }
    return [...alike.values()]
      .sort((a, b) => b.places.length - a.places.length)
      .map(({ words: { saysFamily, ...words }, way, places }) => ({
        ...words,
        ...way,
        places,
        sentence: `${words.sentence}${
          saysFamily || way.family === 'both'
            ? ''
            : ` over ${way.family === 'ipv4' ? 'IPv4' : 'IPv6'}`
        }, ${where(way.direction, places)}`,
      }))
  }
}

interface Way {
  readonly direction: PlacedDifference['direction']
  readonly family: PlacedDifference['family']
}

/** Directions and families as one way where every combination is there; otherwise direction by direction. */
function joined(ways: ReadonlySet<string>): readonly Way[] {
  const of = (direction: Direction): Way[] => {
    const families = (['ipv4', 'ipv6', 'both'] as const).filter((family) =>
      ways.has(`${direction} ${family}`),
    )
    const isBoth = families.includes('both') || families.length > 1
    return isBoth
      ? [{ direction, family: 'both' }]
      : families.map((family) => ({ direction, family }))
  }
  const into = of('ingress')
  const out = of('egress')
  const isSame = into.length === 1 && out.length === 1 && into[0]?.family === out[0]?.family
  return isSame && into[0] ? [{ ...into[0], direction: 'both' }] : [...into, ...out]
}

const ways = { ingress: 'in through', egress: 'out through', both: 'through' } as const

function where(direction: Way['direction'], places: readonly AccessPlace[]): string {
  const [first, second] = places
  const name = (place: AccessPlace | undefined): string =>
    `${place?.interfaceName} of ${place?.nodeName}`
  const others =
    places.length === 1
      ? ''
      : places.length === 2
        ? ` and ${name(second)}`
        : ` and ${places.length - 1} other places`
  return `${ways[direction]} ${name(first)}${others}`
}
