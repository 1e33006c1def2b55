import { type Cidr, type Network, overlaps, readNetwork } from '@holdfast/net'
import type { PortRange, RuleSettings } from '@holdfast/policy'
import type { RuleState } from './rule-set-state.ts'
import { idOfTarget } from './settings.ts'

/** Two rules whose order alone decides about some packets. */
interface Tie {
  readonly first: RuleState
  readonly second: RuleState
}

/** Pairs looked at for one answer; a set in which everything ties with everything would take hours. */
const maxPairs = 2_000_000
const shownTies = 10

/** Reading a network costs more than all else here, and the same ones come again and again. */
class Networks {
  readonly #read = new Map<Cidr, Network>()

  overlap(a: Cidr | undefined, b: Cidr | undefined): boolean {
    if (a === undefined || b === undefined || a === b) return true
    return overlaps(this.#of(a), this.#of(b))
  }

  #of(cidr: Cidr): Network {
    const known = this.#read.get(cidr)
    if (known) return known
    const network = readNetwork(cidr)
    this.#read.set(cidr, network)
    return network
  }
}

const portsOverlap = (a: PortRange | undefined, b: PortRange | undefined): boolean =>
  !a || !b || (a.from <= b.to && b.from <= a.to)

/** Targets of different kinds may meet on some host; two of one kind only when they are the same. */
const targetsMeet = (a: RuleSettings['target'], b: RuleSettings['target']): boolean =>
  a.kind !== b.kind || idOfTarget(a) === idOfTarget(b)

/** A rule that goes on decides nothing, so it ties with nothing. */
const decides = ({ isActive, continues }: RuleSettings): boolean => isActive && !continues

const hasPorts = (s: RuleSettings): boolean => Boolean(s.sourcePorts ?? s.destinationPorts)

function protocolsMeet(a: RuleSettings, b: RuleSettings): boolean {
  if (a.protocol === b.protocol) return true
  if (a.protocol !== 'any' && b.protocol !== 'any') return false
  // With ports, any means tcp and udp.
  if (a.protocol === 'icmp') return !hasPorts(b)
  if (b.protocol === 'icmp') return !hasPorts(a)
  return true
}

/** Whether some packet matches both and they disagree about it. */
function tie(a: RuleSettings, b: RuleSettings, networks: Networks): boolean {
  return (
    a.action !== b.action &&
    (a.direction === b.direction || a.direction === 'both' || b.direction === 'both') &&
    protocolsMeet(a, b) &&
    portsOverlap(a.sourcePorts, b.sourcePorts) &&
    portsOverlap(a.destinationPorts, b.destinationPorts) &&
    targetsMeet(a.target, b.target) &&
    networks.overlap(a.source, b.source) &&
    networks.overlap(a.destination, b.destination)
  )
}

const inOrder = (a: RuleState, b: RuleState): Tie =>
  a.order < b.order ? { first: a, second: b } : { first: b, second: a }

/**
 * What deserves a second look about rules that were just changed: another rule of equal priority that overlaps
 * and has another action, so that only their age decides.
 */
export function tieWarnings(
  changed: readonly RuleState[],
  rules: ReadonlyMap<string, RuleState>,
): readonly string[] {
  const judged = changed.filter(({ settings }) => decides(settings))
  if (judged.length === 0) return []
  const networks = new Networks()
  const isChanged = new Set(judged.map(({ id }) => id))
  const priorities = new Set(judged.map(({ settings }) => settings.priority))
  const peersOf = new Map<number, RuleState[]>()
  for (const rule of rules.values()) {
    const { priority } = rule.settings
    if (!priorities.has(priority) || !decides(rule.settings)) continue
    const peers = peersOf.get(priority)
    if (peers) peers.push(rule)
    else peersOf.set(priority, [rule])
  }
  const ties: Tie[] = []
  let pairs = 0
  let found = 0
  for (const rule of judged) {
    for (const other of peersOf.get(rule.settings.priority) ?? []) {
      // A pair of two changed rules is looked at once.
      if (other.id === rule.id || (isChanged.has(other.id) && other.order > rule.order)) continue
      if (++pairs > maxPairs) return report(ties, found, true)
      if (!tie(rule.settings, other.settings, networks)) continue
      found++
      if (ties.length < shownTies) ties.push(inOrder(rule, other))
    }
  }
  return report(ties, found, false)
}

function report(ties: readonly Tie[], found: number, isCut: boolean): readonly string[] {
  const warnings = ties.map(
    ({ first, second }) =>
      `${first.settings.name} (${first.settings.action}) and ${second.settings.name} (${second.settings.action}) overlap at priority ${first.settings.priority}: ${first.settings.name} is older and decides; give them different priorities to say so`,
  )
  if (found > ties.length || isCut) {
    const least = isCut ? 'at least ' : ''
    warnings.push(
      `${least}${found} pairs of rules overlap at equal priority with different actions; the older of each decides`,
    )
  }
  return isCut && found === 0 ? [] : warnings
}
