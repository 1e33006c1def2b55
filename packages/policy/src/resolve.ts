import { implicitLines } from './anti-lockout.ts'
import { concerns, concernsPlace, isInForce, type Place, placesOf, ranked } from './concerns.ts'
import { TooManyDevices, TooManyLines, TooManyRules } from './errors.ts'
import { type Family, families } from './family.ts'
import {
  type DevicePolicy,
  type Line,
  maxDevices,
  maxLines,
  maxRules,
  type Policy,
  type View,
} from './intermediate.ts'
import {
  type Direction,
  directions,
  type FirewallSettings,
  type HostFacts,
  type InterfaceFacts,
  type RuleSet,
  type RuleSettings,
  type Target,
} from './model.ts'
import { peerRegions, type Region, regionOf } from './peer-regions.ts'
import { intersectPrefixes } from './prefix.ts'
import { type RuleLines, ruleLines } from './rule-lines.ts'

/**
 * What a host enforces of a rule set at a time. Same input, same policy.
 *
 * Refuses what exceeds a bound: `policy.too_many_rules`, `policy.too_many_devices`, `policy.too_many_lines`.
 */
export function resolve(ruleSet: RuleSet, facts: HostFacts, nowUnixMs: number): Policy {
  if (ruleSet.rules.length > maxRules) {
    throw TooManyRules({ rules: ruleSet.rules.length, most: maxRules })
  }
  const places = placesOf(facts)
  if (places.size > maxDevices) throw TooManyDevices({ devices: places.size, most: maxDevices })

  const rulesAt = rulesByPlace(ruleSet, facts, nowUnixMs)
  const views = new Views(ruleSet, facts)
  const devices = [...places]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([device, place]): DevicePolicy => ({
        device,
        kind: place.kind,
        interfaceId: place.kind === 'wireguard' ? place.interface.id : '',
        view: views.indexOf(rulesAt(place), place),
        firewall: firewallOf(place),
      }),
    )
  return { devices, views: views.list }
}

const firewallOf = (place: Place): FirewallSettings =>
  place.kind === 'wireguard' ? place.interface.firewall : place.uplink.firewall

/**
 * Rules in the order of evaluation. Most hold everywhere; places at which no others hold get the very same
 * array, so that they are seen to share a view without comparing.
 */
function rulesByPlace(
  { rules }: RuleSet,
  facts: HostFacts,
  nowUnixMs: number,
): (place: Place) => readonly RuleLines[] {
  // One look at each rule: with 100,000 of them, what takes time is fetching them from memory.
  const kept: RuleLines[] = []
  let specific = 0
  for (const rule of rules) {
    const { settings } = rule
    if (!isInForce(settings, nowUnixMs) || !concerns(settings.target, facts)) continue
    if (isSpecific(settings.target)) specific++
    kept.push(ruleLines(rule))
  }
  const sorted = ranked(
    kept,
    (rule) => rule.priority,
    (rule) => rule.order,
  )
  if (specific === 0) return () => sorted
  const everywhere = sorted.filter((rule) => !isSpecific(rule.settings.target))
  const uplinks = sorted.filter(
    ({ settings: { target } }) => !isSpecific(target) || target.kind === 'uplinks',
  )
  return (place) => {
    const here =
      place.kind === 'uplink'
        ? uplinks
        : sorted.filter(({ settings: { target } }) => concernsPlace(target, facts, place))
    return here.length === everywhere.length ? everywhere : here
  }
}

const isSpecific = ({ kind }: Target): boolean =>
  kind === 'interface' || kind === 'peer' || kind === 'uplinks'

/** Lists of lines while they grow. */
type Lists = Readonly<Record<Direction, Readonly<Record<Family, Line[]>>>>

const emptyLists = (): Lists => ({ ingress: { 4: [], 6: [] }, egress: { 4: [], 6: [] } })

/** Views as they are found to differ. */
class Views {
  readonly list: View[] = []
  readonly #ruleSet: RuleSet
  readonly #facts: HostFacts
  /** What rules come to without the implicit lines; under an interface's id where its peers come into it. */
  readonly #lists = new Map<readonly RuleLines[], Map<string, Lists>>()
  #lines = 0

  constructor(ruleSet: RuleSet, facts: HostFacts) {
    this.#ruleSet = ruleSet
    this.#facts = facts
  }

  indexOf(rules: readonly RuleLines[], place: Place): number {
    const view = this.#view(this.#listsOf(rules, place), place)
    const twin = this.list.findIndex((other) => isSameView(view, other))
    if (twin >= 0) return twin
    this.#lines += sizeOf(view)
    if (this.#lines > maxLines) throw TooManyLines({ most: maxLines })
    return this.list.push(view) - 1
  }

  #listsOf(rules: readonly RuleLines[], place: Place): Lists {
    let byKey = this.#lists.get(rules)
    if (byKey === undefined) {
      byKey = new Map()
      this.#lists.set(rules, byKey)
    }
    const hasOwn =
      place.kind === 'wireguard' &&
      place.interface.peers.length > 0 &&
      rules.some((rule) => rule.isPerPeer)
    const key = hasOwn ? place.interface.id : ''
    let lists = byKey.get(key)
    if (lists === undefined) {
      lists = listsOf(rules, hasOwn ? place.interface : undefined)
      byKey.set(key, lists)
    }
    return lists
  }

  #view({ ingress, egress }: Lists, { kind }: Place): View {
    const whole = (direction: Direction, family: Family, lines: readonly Line[]): Line[] =>
      this.#ruleSet.isLockoutAllowed
        ? lines.slice()
        : implicitLines(this.#facts, kind, direction, family).concat(lines)
    return {
      ingress4: whole('ingress', 4, ingress[4]),
      egress4: whole('egress', 4, egress[4]),
      ingress6: whole('ingress', 6, ingress[6]),
      egress6: whole('egress', 6, egress[6]),
    }
  }
}

function listsOf(rules: readonly RuleLines[], withPeers: InterfaceFacts | undefined): Lists {
  const lists = emptyLists()
  let forPeers = 0
  for (const rule of rules) {
    for (const family of families) {
      const lines = rule[family]
      if (lines.length === 0) continue
      if (rule.isPerPeer && withPeers !== undefined) {
        for (const way of directions) {
          if (way === 'ingress' ? !rule.isIngress : !rule.isEgress) continue
          forPeers += pushForPeers(lists[way][family], lines, rule.settings, withPeers, way, family)
        }
        continue
      }
      for (const line of lines) {
        if (rule.isIngress) lists.ingress[family].push(line)
        if (rule.isEgress) lists.egress[family].push(line)
      }
    }
    // Checked on the way: rules times prefixes of peers is a number that fits no memory.
    if (forPeers > maxLines) throw TooManyLines({ most: maxLines })
  }
  return lists
}

/** Cuts lines down to the peers they are meant for; how many there were. */
function pushForPeers(
  list: Line[],
  lines: readonly Line[],
  settings: RuleSettings,
  withPeers: InterfaceFacts,
  way: Direction,
  family: Family,
): number {
  const before = list.length
  const isLimitOfEach = settings.rate?.scope === 'peer'
  const cut = (line: Line, peerId: string, region: Region): void => {
    const side = way === 'ingress' ? 'source' : 'destination'
    for (const prefix of region[family]) {
      const both = intersectPrefixes(family, line[side], prefix)
      if (both === undefined) continue
      const rate = isLimitOfEach && line.rate ? { ...line.rate, bucket: peerId } : line.rate
      list.push({ ...line, [side]: both, rate })
    }
  }
  for (const line of lines) {
    if (settings.target.kind === 'peer') {
      cut(line, settings.target.id, regionOf(withPeers, settings.target.id))
      continue
    }
    for (const [peerId, region] of peerRegions(withPeers)) cut(line, peerId, region)
    // What belongs to no peer is still the rule's to decide.
    list.push(line)
  }
  return list.length - before
}

const sizeOf = (view: View): number =>
  view.ingress4.length + view.egress4.length + view.ingress6.length + view.egress6.length

const isSameView = (a: View, b: View): boolean =>
  isSameList(a.ingress4, b.ingress4) &&
  isSameList(a.egress4, b.egress4) &&
  isSameList(a.ingress6, b.ingress6) &&
  isSameList(a.egress6, b.egress6)

/** Lines of a rule are the same object wherever it holds; lines cut for peers are never another's. */
const isSameList = (a: readonly Line[], b: readonly Line[]): boolean =>
  a.length === b.length &&
  a.every((line, i) => line === b[i] || (line.implicit !== '' && line.implicit === b[i]?.implicit))
