import type {
  HostFacts,
  InterfaceFacts,
  Rule,
  RuleSet,
  RuleSettings,
  Target,
  UplinkFacts,
} from './model.ts'

/** Which rules hold where and when. */

/** Whether a rule for this target holds on any device the host may have. */
export function concerns(target: Target, facts: HostFacts): boolean {
  switch (target.kind) {
    case 'everything':
      return true
    case 'site':
      return facts.siteId !== '' && facts.siteId === target.id
    case 'node':
    case 'uplinks':
      return facts.nodeId === target.id
    case 'interface':
      return facts.interfaces.some((one) => one.id === target.id)
    case 'peer':
      return facts.interfaces.some((one) => peerIds(one).has(target.id))
  }
}

/** A device of a host: one of its interfaces, or one of its uplinks. */
export type Place =
  | { readonly kind: 'wireguard'; readonly interface: InterfaceFacts }
  | { readonly kind: 'uplink'; readonly uplink: UplinkFacts }

export function concernsPlace(target: Target, facts: HostFacts, place: Place): boolean {
  switch (target.kind) {
    case 'everything':
    case 'site':
    case 'node':
      return concerns(target, facts)
    case 'interface':
      return place.kind === 'wireguard' && place.interface.id === target.id
    case 'peer':
      return place.kind === 'wireguard' && peerIds(place.interface).has(target.id)
    case 'uplinks':
      return place.kind === 'uplink' && facts.nodeId === target.id
  }
}

/** WireGuard devices first; an uplink that names one of them is not counted twice. */
export function placesOf(facts: HostFacts): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>()
  for (const one of facts.interfaces) {
    places.set(one.device, { kind: 'wireguard', interface: one })
  }
  for (const uplink of facts.uplinks) {
    if (!places.has(uplink.device)) places.set(uplink.device, { kind: 'uplink', uplink })
  }
  return places
}

/** Switched on and not over. An expiry is over at its millisecond. */
export const isInForce = (settings: RuleSettings, nowUnixMs: number): boolean =>
  settings.isActive && !isExpired(settings, nowUnixMs)

export const isExpired = (settings: RuleSettings, nowUnixMs: number): boolean =>
  settings.expiresAtUnixMs !== 0 && settings.expiresAtUnixMs <= nowUnixMs

/** When the next rule that is in force expires; undefined when none will. */
export function nextExpiry(ruleSet: RuleSet, nowUnixMs: number): number | undefined {
  let next: number | undefined
  for (const { settings } of ruleSet.rules) {
    const at = settings.expiresAtUnixMs
    if (settings.isActive && at > nowUnixMs && (next === undefined || at < next)) next = at
  }
  return next
}

/** In the order of evaluation: priority descending, order ascending. The argument stays as it is. */
export const inOrder = (rules: readonly Rule[]): Rule[] =>
  ranked(
    rules,
    (rule) => rule.settings.priority,
    (rule) => rule.order,
  )

/**
 * By hand, because a comparison sort of 100,000 takes longer than everything else: rules come by order mostly, so
 * that dealing them out by priority leaves little to sort.
 */
export function ranked<T>(
  items: readonly T[],
  priorityOf: (item: T) => number,
  orderOf: (item: T) => number,
): T[] {
  const byPriority = new Map<number, T[]>()
  for (const item of items) {
    const priority = priorityOf(item)
    const equals = byPriority.get(priority)
    if (equals === undefined) byPriority.set(priority, [item])
    else equals.push(item)
  }
  const sorted: T[] = []
  for (const priority of [...byPriority.keys()].sort((a, b) => b - a)) {
    const equals = byPriority.get(priority) ?? []
    if (!isAscending(equals, orderOf)) equals.sort((a, b) => orderOf(a) - orderOf(b))
    for (const item of equals) sorted.push(item)
  }
  return sorted
}

function isAscending<T>(items: readonly T[], orderOf: (item: T) => number): boolean {
  let previous = Number.NEGATIVE_INFINITY
  for (const item of items) {
    const order = orderOf(item)
    if (order < previous) return false
    previous = order
  }
  return true
}

/** The rules in force on a host, or on one of its devices, in the order of evaluation. */
export function rulesOn(
  ruleSet: RuleSet,
  facts: HostFacts,
  nowUnixMs: number,
  device?: string,
): Rule[] {
  const place = device === undefined ? undefined : placesOf(facts).get(device)
  if (device !== undefined && place === undefined) return []
  return inOrder(
    ruleSet.rules.filter(
      ({ settings }) =>
        isInForce(settings, nowUnixMs) &&
        (place === undefined
          ? concerns(settings.target, facts)
          : concernsPlace(settings.target, facts, place)),
    ),
  )
}

const knownPeers = new WeakMap<InterfaceFacts, ReadonlySet<string>>()

/** Asked for every rule that is about a peer, so made once for each interface. */
function peerIds(one: InterfaceFacts): ReadonlySet<string> {
  let ids = knownPeers.get(one)
  if (ids === undefined) {
    ids = new Set(one.peers.map((peer) => peer.id))
    knownPeers.set(one, ids)
  }
  return ids
}
