import { inOrder, isExpired, isInForce } from './concerns.ts'
import { matches, verdictOf } from './evaluate.ts'
import type { Finding, FindingKind, PlacedWitness } from './finding.ts'
import type { Line } from './intermediate.ts'
import type { HostFacts, Rule, RuleSet } from './model.ts'
import { intersectPrefixes } from './prefix.ts'
import { type RulePlace, rulePlaces } from './rule-places.ts'
import type { Box } from './space.ts'
import { type ObservedHosts, tooWide, type Wide } from './too-wide.ts'
import { Budget, findWitness, ruleBudget, uncovered, type Witness } from './witness.ts'

/**
 * What deserves a second look in a rule set, with proof. A rule is judged by all places it holds at: it is shadowed
 * only if it is so everywhere. What cannot be decided within the work allowed is said to be undecided.
 */

export interface Analysis {
  /** In the order of evaluation of their rules. */
  readonly findings: readonly Finding[]
  /** Questions that cost more than was allowed. */
  readonly undecided: readonly { readonly ruleId: string; readonly kind: FindingKind }[]
  /** Whether all places were looked at; otherwise a rule called shadowed or redundant is so at those that were. */
  readonly isComplete: boolean
}

/** Hits of a rule on all its hosts. */
export interface RuleUse {
  readonly packets: number
  /** Since when every host on which it holds has counted without a gap. */
  readonly countedSinceUnixMs: number
}

export interface AnalyzeOptions {
  /** By rule id; rules that are absent are not called unused. */
  readonly use?: ReadonlyMap<string, RuleUse>
  /** Default 90 days. */
  readonly unusedAfterMs?: number
  /** Hosts seen in the flows of a rule, by rule id; rules that are absent are not called too wide. */
  readonly observed?: ReadonlyMap<string, ObservedHosts>
  /** Comparisons in all, default 200,000,000: some ten seconds; 10,000 rules take two. */
  readonly comparisons?: number
}

/** Different lists of rules that are looked at; hosts beyond have rules of their own that few share. */
export const mostViews = 64
const mostOthers = 8
const dayMs = 86_400_000

export function analyze(
  ruleSet: RuleSet,
  hosts: readonly HostFacts[],
  nowUnixMs: number,
  options: AnalyzeOptions = {},
): Analysis {
  const { places, isComplete } = rulePlaces(ruleSet, hosts, nowUnixMs, mostViews)
  const question = new Question(ruleSet, places, options.comparisons ?? 200_000_000)
  for (const rule of inOrder(ruleSet.rules)) {
    const { settings } = rule
    if (settings.isActive && isExpired(settings, nowUnixMs)) question.report(expired(rule))
    if (!isInForce(settings, nowUnixMs)) continue
    if (question.isShadowed(rule)) continue
    question.askRedundant(rule)
    question.askTie(rule)
    const use = options.use?.get(rule.id)
    const since = nowUnixMs - (options.unusedAfterMs ?? 90 * dayMs)
    if (use?.packets === 0 && use.countedSinceUnixMs <= since) {
      question.report(unused(rule, Math.floor((nowUnixMs - use.countedSinceUnixMs) / dayMs)))
    }
    const observed = options.observed?.get(rule.id)
    for (const wide of observed === undefined ? [] : tooWide(settings, observed)) {
      question.reportWide(rule, wide)
    }
  }
  return { findings: question.findings, undecided: question.undecided, isComplete }
}

const expired = ({ id, settings }: Rule): Finding => ({
  kind: 'expired',
  ruleId: id,
  message: `expired at ${new Date(settings.expiresAtUnixMs).toISOString()} and decides nothing since`,
  otherRuleIds: [],
  witness: undefined,
})

const unused = ({ id }: Rule, days: number): Finding => ({
  kind: 'unused',
  ruleId: id,
  message: `no packet matched in ${days} days, during all of which its hosts counted`,
  otherRuleIds: [],
  witness: undefined,
})

/** The search for one analysis: places, findings so far, and what may still be spent. */
class Question {
  readonly findings: Finding[] = []
  readonly undecided: { readonly ruleId: string; readonly kind: FindingKind }[] = []
  readonly #rules: ReadonlyMap<string, Rule>
  readonly #places: readonly RulePlace[]
  readonly #whole: Budget
  /** Asked for each box of a line anew, and for each question. */
  #last: { place: RulePlace; index: number; earlier: readonly number[] } | undefined

  constructor(ruleSet: RuleSet, places: readonly RulePlace[], comparisons: number) {
    this.#rules = new Map(ruleSet.rules.map((rule) => [rule.id, rule]))
    this.#places = places
    this.#whole = new Budget(comparisons)
  }

  report(finding: Finding): void {
    this.findings.push(finding)
  }

  /** Whether nothing it matches ever reaches it; also when that could not be decided, so that no more is asked. */
  isShadowed(rule: Rule): boolean {
    if (this.#whole.isSpent) {
      this.#giveUp(rule, 'shadowed')
      return true
    }
    const by = new Set<Line>()
    let shown: PlacedWitness | undefined
    let holds = false
    let isDecided = true
    const budget = this.#budget()
    for (const { place, index, box } of this.#boxesOf(rule)) {
      holds = true
      const earlier = this.#earlier(place, index)
      const search = uncovered(place.space, box, earlier, budget)
      if (search.kind === 'found') return false
      if (search.kind === 'undecided') {
        isDecided = false
        continue
      }
      for (const other of search.by) by.add(place.space.lineAt(other))
      shown ??= this.#witnessAt(place, box, earlier)
    }
    if (!isDecided) this.#giveUp(rule, 'shadowed')
    else if (holds) {
      this.report({
        kind: 'shadowed',
        ruleId: rule.id,
        message: `never decides: everything it matches is matched before by ${this.#names(by)}`,
        otherRuleIds: ruleIds(by),
        witness: shown,
      })
    }
    return holds
  }

  /** Whether the set means the same without it: what comes later, or the default, says the same. */
  askRedundant(rule: Rule): void {
    const { settings } = rule
    if ((settings.action !== 'allow' && settings.action !== 'deny') || settings.logs) return
    const by = new Set<Line>()
    let shown: PlacedWitness | undefined
    const budget = this.#budget()
    for (const { place, index, box } of this.#boxesOf(rule)) {
      const own = new Set(place.indicesOf(rule.id))
      const earlier = this.#earlier(place, index)
      const decided = uncovered(place.space, box, earlier, budget)
      if (decided.kind === 'undecided') {
        this.#giveUp(rule, 'redundant')
        return
      }
      if (decided.kind === 'none') continue
      this.#whole.spend((place.space.lines.length - index) / 4)
      const later = place.space
        .overlapping(index, index + 1, place.space.lines.length)
        .filter((other) => !own.has(other))
      const change = this.#changes(
        place,
        box,
        effectOf(place.space.lineAt(index)),
        earlier,
        later,
        budget,
      )
      if (change === 'undecided') {
        this.#giveUp(rule, 'redundant')
        return
      }
      if (change) return
      const packet = place.space.packet(decided.found)
      const next = later.map((i) => place.space.lineAt(i)).find((line) => matches(line, packet))
      if (next !== undefined) by.add(next)
      shown ??= { ...placed(place), packet, line: place.space.lineAt(index) }
    }
    if (shown !== undefined) {
      this.report({
        kind: 'redundant',
        ruleId: rule.id,
        message: `changes nothing: without it ${by.size === 0 ? 'the default verdict' : this.#names(by)} would decide the same`,
        otherRuleIds: ruleIds(by),
        witness: shown,
      })
    }
  }

  /** Whether some packet of the box that comes past `earlier` fares differently among `later`. */
  #changes(
    { space, defaultVerdict }: RulePlace,
    box: Box,
    effect: string,
    earlier: readonly number[],
    later: readonly number[],
    budget: Budget,
  ): boolean | 'undecided' {
    const before = [...earlier]
    let isDecided = true
    const isReached = (part: Box | undefined): boolean => {
      if (part === undefined) return false
      const search = uncovered(space, part, before, budget)
      if (search.kind === 'undecided') isDecided = false
      return search.kind === 'found'
    }
    for (const index of later) {
      const line = space.lineAt(index)
      if (effectOf(line) !== effect && isReached(space.intersect(box, index))) return true
      if (!line.continues) before.push(index)
    }
    if (defaultVerdict !== effect && isReached(box)) return true
    return isDecided ? false : 'undecided'
  }

  /** Earlier rules of equal priority that act differently on packets that reach both: only age decides. */
  askTie(rule: Rule): void {
    if (rule.settings.continues) return
    const by = new Set<Line>()
    let shown: PlacedWitness | undefined
    const budget = this.#budget()
    for (const { place, index, box } of this.#boxesOf(rule)) {
      const earlier = this.#earlier(place, index)
      for (const [rank, other] of earlier.entries()) {
        if (by.size >= mostOthers) break
        const line = place.space.lineAt(other)
        if (!this.#isTied(rule, line) || by.has(line)) continue
        const both = place.space.intersect(box, other)
        if (both === undefined) continue
        const search = uncovered(place.space, both, earlier.slice(0, rank), budget)
        if (search.kind === 'undecided') {
          this.#giveUp(rule, 'tie')
          return
        }
        if (search.kind === 'none') continue
        by.add(line)
        shown ??= { ...placed(place), packet: place.space.packet(search.found), line }
      }
    }
    if (by.size > 0) {
      this.report({
        kind: 'tie',
        ruleId: rule.id,
        message: `acts differently from ${this.#names(by)} on some packets and has the same priority: the older rule wins`,
        otherRuleIds: ruleIds(by),
        witness: shown,
      })
    }
  }

  reportWide(rule: Rule, { side, family, message, outside }: Wide): void {
    let shown: PlacedWitness | undefined
    for (const place of this.#places) {
      if (place.family !== family || shown !== undefined) continue
      for (const index of place.indicesOf(rule.id)) {
        const line = place.space.lineAt(index)
        const prefix = intersectPrefixes(family, line[side], outside)
        if (prefix === undefined) continue
        const region = { ...line, [side]: prefix }
        const lines = place.space.lines.slice(0, index + 1)
        const search = findWitness(family, region, lines, (one) => one === line, {
          budget: this.#budget(),
        })
        if (search.kind === 'found') shown = { ...placed(place), ...search.found }
      }
    }
    this.report({ kind: 'too_wide', ruleId: rule.id, message, otherRuleIds: [], witness: shown })
  }

  #isTied(rule: Rule, { ruleId, action }: Line): boolean {
    const priority = this.#rules.get(ruleId)?.settings.priority
    return priority === rule.settings.priority && action !== rule.settings.action
  }

  *#boxesOf(rule: Rule): Generator<{ place: RulePlace; index: number; box: Box }> {
    for (const place of this.#places) {
      for (const index of place.indicesOf(rule.id)) {
        for (const box of place.space.boxes(index)) yield { place, index, box }
      }
    }
  }

  /** Lines of other rules before it that share packets with it and decide. */
  #earlier(place: RulePlace, index: number): readonly number[] {
    const last = this.#last
    if (last?.place === place && last.index === index) return last.earlier
    const earlier = this.#findEarlier(place, index)
    this.#last = { place, index, earlier }
    return earlier
  }

  #findEarlier({ space }: RulePlace, index: number): readonly number[] {
    const { ruleId } = space.lineAt(index)
    this.#whole.spend(index / 4)
    return space.overlapping(index, 0, index).filter((other) => {
      const line = space.lineAt(other)
      return !line.continues && line.ruleId !== ruleId
    })
  }

  #witnessAt(place: RulePlace, box: Box, earlier: readonly number[]): PlacedWitness {
    const at = box.sides.filter((_, side) => side % 2 === 0)
    const packet = place.space.packet({ class: box.class, at })
    const line = earlier
      .map((index) => place.space.lineAt(index))
      .find((one) => matches(one, packet))
    return { ...placed(place), packet, line }
  }

  #budget(): Budget {
    return new Budget(ruleBudget, this.#whole)
  }

  #giveUp({ id }: Rule, kind: FindingKind): void {
    this.undecided.push({ ruleId: id, kind })
  }

  #names(lines: ReadonlySet<Line>): string {
    const names = new Set<string>()
    for (const { ruleId, implicit } of lines) {
      names.add(
        implicit === '' ? `'${this.#rules.get(ruleId)?.settings.name ?? ruleId}'` : implicit,
      )
    }
    const shown = [...names].slice(0, mostOthers)
    return names.size > shown.length
      ? `${shown.join(', ')} and ${names.size - shown.length} more`
      : shown.join(', ')
  }
}

/** Two lines with one effect are the same to packet and records; whatever logs, limits or continues is unlike all. */
const effectOf = (line: Line): string =>
  line.logs || line.rate !== undefined ? `like ${line.ruleId} only` : verdictOf(line)

const placed = ({ nodeId, device, direction }: RulePlace): Omit<PlacedWitness, keyof Witness> => ({
  nodeId,
  device,
  direction,
})

const ruleIds = (lines: ReadonlySet<Line>): string[] => [
  ...new Set([...lines].map((line) => line.ruleId).filter((id) => id !== '')),
]
