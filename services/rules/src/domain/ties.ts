import { type Cidr, readNetwork } from '@holdfast/net'
import type { PortRange, RuleSettings } from '@holdfast/policy'
import type { RuleId } from './ids.ts'
import type { RuleState } from './rule-set-state.ts'
import { equalsOf, type RulesInOrder } from './rules-in-order.ts'
import { idOfTarget } from './settings.ts'

/** Pairs looked at for one answer; a set in which everything overlaps everything would take hours. */
const maxPairs = 2_000_000
const shownTies = 10
/** Up to so many changed rules are compared with all others one by one. */
const fewRules = 8

/** Addresses of one family: numbers in IPv4, which is where the many are, bigints in IPv6. */
interface Span {
  readonly family: 4 | 6
  readonly first: number | bigint
  readonly last: number | bigint
}

/** A rule with its networks as numbers; undefined is any address of either family. */
interface Spanned {
  readonly rule: RuleState
  readonly source: Span | undefined
  readonly destination: Span | undefined
}

const spanned = (rule: RuleState): Spanned => ({
  rule,
  source: spanOf(rule.settings.source),
  destination: spanOf(rule.settings.destination),
})

function spanOf(cidr: Cidr | undefined): Span | undefined {
  if (cidr === undefined) return undefined
  if (cidr.includes(':')) {
    const { first, last } = readNetwork(cidr)
    return { family: 6, first, last }
  }
  // By hand, for it is done for every rule of a priority: numbers of canonical text, dots and a slash between.
  let address = 0
  let number = 0
  for (let i = 0; i < cidr.length; i++) {
    const code = cidr.charCodeAt(i)
    if (code === 46 || code === 47) {
      address = address * 256 + number
      number = 0
    } else number = number * 10 + (code - 48)
  }
  return { family: 4, first: address, last: address + 2 ** (32 - number) - 1 }
}

const spansOverlap = (a: Span | undefined, b: Span | undefined): boolean =>
  !a || !b || (a.family === b.family && a.first <= b.last && b.first <= a.last)

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
function isTie(one: Spanned, other: Spanned): boolean {
  const [a, b] = [one.rule.settings, other.rule.settings]
  return (
    a.action !== b.action &&
    (a.direction === b.direction || a.direction === 'both' || b.direction === 'both') &&
    protocolsMeet(a, b) &&
    portsOverlap(a.sourcePorts, b.sourcePorts) &&
    portsOverlap(a.destinationPorts, b.destinationPorts) &&
    targetsMeet(a.target, b.target) &&
    spansOverlap(one.source, other.source) &&
    spansOverlap(one.destination, other.destination)
  )
}

/** The first few of what was found, the rest as a number. */
class Ties {
  readonly #shown: string[] = []
  #found = 0
  #pairs = 0

  /** False when enough was looked at. */
  look(one: Spanned, other: Spanned): boolean {
    if (++this.#pairs > maxPairs) return false
    if (!isTie(one, other)) return true
    this.#found++
    if (this.#shown.length < shownTies) this.#shown.push(sentence(one.rule, other.rule))
    return true
  }

  sentences(): readonly string[] {
    const more = this.#found - this.#shown.length
    if (more === 0) return this.#shown
    const least = this.#pairs > maxPairs ? 'at least ' : ''
    const rest = `${least}${more} more pairs of rules overlap at equal priority with different actions; the older of each decides`
    return [...this.#shown, rest]
  }
}

function sentence(one: RuleState, other: RuleState): string {
  const [first, second] = one.order < other.order ? [one, other] : [other, one]
  const said = ({ settings }: RuleState) => `${settings.name} (${settings.action})`
  return `${said(first)} and ${said(second)} overlap at priority ${first.settings.priority}: ${first.settings.name} is older and decides; give them different priorities to say so`
}

/**
 * What deserves a second look about rules that were just changed: another rule of equal priority that overlaps
 * and has another action, so that only their age decides.
 */
export function tieWarnings(
  changed: readonly RuleState[],
  inOrder: RulesInOrder<RuleState>,
): readonly string[] {
  const deciding = changed.filter(({ settings }) => decides(settings))
  if (deciding.length === 0) return []
  const judged = new Set(deciding.map(({ id }) => id))
  const priorities = new Set(deciding.map(({ settings }) => settings.priority))
  const ties = new Ties()
  for (const priority of priorities) {
    const equals = equalsOf(inOrder, priority).filter(({ settings }) => decides(settings))
    if (!lookAtPairs(equals.map(spanned), judged, ties)) break
  }
  return ties.sentences()
}

/** Every pair of which one was changed, unless their sources are apart. False when enough was looked at. */
function lookAtPairs(list: readonly Spanned[], judged: ReadonlySet<RuleId>, ties: Ties): boolean {
  // A rule or two against all the others needs no order.
  const one = list.filter(({ rule }) => judged.has(rule.id))
  if (one.length <= fewRules) {
    return one.every((changed, i) =>
      list.every((other) => {
        const isSeen = one.indexOf(other)
        return (isSeen >= 0 && isSeen <= i) || ties.look(changed, other)
      }),
    )
  }
  // In order of where their sources begin, those that overlap stand together; any source begins before all.
  const sorted = [...list].sort(bySource)
  return sorted.every((first, i) => {
    const { source } = first
    for (let j = i + 1; j < sorted.length; j++) {
      const other = sorted[j]
      if (!other) break
      if (source && other.source && isBeyond(other.source, source)) break
      if (!judged.has(first.rule.id) && !judged.has(other.rule.id)) continue
      if (!ties.look(first, other)) return false
    }
    return true
  })
}

function bySource({ source: a }: Spanned, { source: b }: Spanned): number {
  if (!a || !b) return Number(Boolean(a)) - Number(Boolean(b))
  if (a.family !== b.family) return a.family - b.family
  return a.first < b.first ? -1 : a.first > b.first ? 1 : 0
}

const isBeyond = (later: Span, earlier: Span): boolean =>
  later.family !== earlier.family || later.first > earlier.last
