import { mergeBoxes } from './box-sets.ts'
import { commonLines } from './common-lines.ts'
import { linesOf, viewOf } from './evaluate.ts'
import { type Family, families } from './family.ts'
import type { Line, LineRate, Policy } from './intermediate.ts'
import { type DefaultVerdict, type Direction, directions, type FirewallSettings } from './model.ts'
import type { PacketRegion } from './packet-region.ts'
import { anyPrefix } from './prefix.ts'
import { type Box, Space } from './space.ts'
import { type Budget, mayMeet } from './witness.ts'

/**
 * What packets may do on a device under one policy that they may not under another: a proof over all packets and not
 * a comparison of texts. What no rule changed for is not looked at, so a small change of a large set costs little.
 */

/** What becomes of packets, and why. A rate limit is told apart from passing, as are two different limits. */
export interface Decision {
  readonly outcome: DefaultVerdict | 'rate_limit'
  /** Present exactly with `rate_limit`; of a limit for each peer the bucket is `peer`. */
  readonly rate: LineRate | undefined
  /** `absent`: there is no such device, so nothing goes through it and nobody judges what does. */
  readonly decidedBy: 'line' | 'default' | 'fragment' | 'unparsable' | 'absent'
  readonly line: Line | undefined
}

export interface AccessDifference {
  readonly direction: Direction
  /** What cannot be parsed has no addresses to speak of. */
  readonly packets: PacketRegion | 'unparsable'
  readonly before: Decision
  readonly after: Decision
}

/** A device under a policy; no policy when there is no such device. */
export interface AccessSide {
  readonly policy: Policy | undefined
  readonly device: string
}

export interface AccessComparison {
  /** No packet is in two of them. */
  readonly differences: readonly AccessDifference[]
  /** False when the work was bounded: there may be differences that are not named. */
  readonly isComplete: boolean
}

/** What follows a packet that no line decides about. */
interface Side {
  readonly lines: (direction: Direction, family: Family) => readonly Line[]
  readonly firewall: FirewallSettings
  readonly otherwise: Decision
  readonly unparsable: Decision
}

/** `kind` says what a device is that is missing on one side. */
export function compareAccess(
  before: AccessSide,
  after: AccessSide,
  kind: 'wireguard' | 'uplink',
  budget: Budget,
): AccessComparison {
  const was = sideOf(before, kind)
  const is = sideOf(after, kind)
  const differences: AccessDifference[] = []
  let isComplete = true
  for (const direction of directions) {
    for (const family of families) {
      const run = (fragments: PacketRegion['fragments']): void => {
        const one = listOf(was, direction, family, fragments)
        const other = listOf(is, direction, family, fragments)
        const found = compareLists(family, fragments, one, other, budget)
        if (!found.isComplete) isComplete = false
        for (const difference of found.differences) differences.push({ direction, ...difference })
      }
      const drops = [was.firewall.dropsFragments, is.firewall.dropsFragments]
      run(drops.includes(true) ? 'none' : 'any')
      if (drops[0] !== drops[1]) run('only')
    }
    if (isOther(was.unparsable, is.unparsable)) {
      const sides = { before: was.unparsable, after: is.unparsable }
      differences.push({ direction, packets: 'unparsable', ...sides })
    }
  }
  return { differences, isComplete }
}

function sideOf({ policy, device }: AccessSide, kind: 'wireguard' | 'uplink'): Side {
  const found = policy?.devices.find((one) => one.device === device)
  if (policy === undefined || found === undefined) {
    // Without an interface nothing goes through it. What goes over a device we know nothing of is not ours to judge.
    const outcome = kind === 'wireguard' ? 'drop' : 'pass'
    const absent = { outcome, rate: undefined, decidedBy: 'absent', line: undefined } as const
    const firewall = {
      defaultVerdict: outcome,
      isStateful: false,
      dropsFragments: false,
      unparsableVerdict: outcome,
    } as const
    return { lines: () => [], firewall, otherwise: absent, unparsable: absent }
  }
  const { firewall } = found
  const view = viewOf(policy, found.view)
  const none = { rate: undefined, line: undefined }
  return {
    lines: (direction, family) =>
      linesOf(view, direction, family).filter(({ continues }) => !continues),
    firewall,
    otherwise: { ...none, outcome: firewall.defaultVerdict, decidedBy: 'default' },
    unparsable: { ...none, outcome: firewall.unparsableVerdict, decidedBy: 'unparsable' },
  }
}

/** Lines in order, and what becomes of the rest. */
interface List {
  readonly lines: readonly Line[]
  readonly otherwise: Decision
}

const fragmentDropped: Decision = {
  outcome: 'drop',
  rate: undefined,
  decidedBy: 'fragment',
  line: undefined,
}

const listOf = (
  side: Side,
  direction: Direction,
  family: Family,
  fragments: PacketRegion['fragments'],
): List =>
  fragments === 'only' && side.firewall.dropsFragments
    ? { lines: [], otherwise: fragmentDropped }
    : { lines: side.lines(direction, family), otherwise: side.otherwise }

export function decisionOf(line: Line): Decision {
  const { action, rate } = line
  if (rate === undefined) {
    return { outcome: action === 'deny' ? 'drop' : 'pass', rate, decidedBy: 'line', line }
  }
  const isOfPeer = rate.bucket !== 'rule' && rate.bucket !== 'source'
  return {
    outcome: 'rate_limit',
    rate: isOfPeer ? { ...rate, bucket: 'peer' } : rate,
    decidedBy: 'line',
    line,
  }
}

const outcomeKey = ({ outcome, rate }: Decision): string =>
  rate === undefined ? outcome : `${outcome} ${rate.pps} ${rate.burst} ${rate.bucket}`

/** Whether packets fare differently, whoever decides. */
export const isOther = (a: Decision, b: Decision): boolean => outcomeKey(a) !== outcomeKey(b)

const wholeLine: Line = {
  ruleId: '',
  implicit: '',
  source: anyPrefix,
  destination: anyPrefix,
  protocol: undefined,
  sourcePorts: undefined,
  destinationPorts: undefined,
  action: 'allow',
  continues: false,
  logs: false,
  rate: undefined,
}

/** More changed lines than this are not compared one by one with the others to leave those out. */
const maxSieved = 200

type Found = Pick<AccessComparison, 'isComplete'> & {
  readonly differences: readonly Omit<AccessDifference, 'direction'>[]
}

function compareLists(
  family: Family,
  fragments: PacketRegion['fragments'],
  was: List,
  is: List,
  budget: Budget,
): Found {
  const isAllNew = isOther(was.otherwise, is.otherwise)
  // A packet that meets only lines both lists have, in the same order, meets the same one first.
  const { changed } = commonLines(was.lines, is.lines)
  if (changed.length === 0 && !isAllNew) return { differences: [], isComplete: true }
  const isSieved = !isAllNew && changed.length <= maxSieved
  const meets = (line: Line): boolean =>
    !isSieved || changed.some((other) => mayMeet(family, line, other))
  const before = was.lines.filter(meets)
  const after = is.lines.filter(meets)
  const comparison = new Comparison(
    family,
    { lines: before, otherwise: was.otherwise },
    { lines: after, otherwise: is.otherwise },
    isAllNew ? undefined : new Set(changed),
    budget,
  )
  return comparison.run(fragments)
}

/** Deeper than any real one: a guard for the stack. */
const maxDepth = 1_000
/** Pieces found before they are put together. */
const maxPieces = 50_000
/** What keeping and merging one costs, in comparisons. */
const costOfPiece = 300

/** Lines that meet a box, in order, ending with the first that covers it. */
interface Narrowed {
  readonly indices: readonly number[]
  readonly isCovered: boolean
}

class Comparison {
  readonly #family: Family
  readonly #space: Space
  readonly #before: readonly number[]
  readonly #after: readonly number[]
  readonly #seeds: readonly number[]
  readonly #whole: number
  readonly #otherwise: readonly [Decision, Decision]
  /** By line: what it makes of packets, as a small number, so that most is compared without looking. */
  readonly #outcomes: readonly number[]
  readonly #ends: readonly [number, number]
  readonly #decisions: readonly Decision[]
  readonly #budget: Budget
  readonly #found = new Map<string, { before: Decision; after: Decision; boxes: Box[] }>()
  #pieces = 0
  #isComplete = true

  /** Without `changed` every packet is looked at. */
  constructor(
    family: Family,
    was: List,
    is: List,
    changed: ReadonlySet<Line> | undefined,
    budget: Budget,
  ) {
    const lines = [...was.lines, ...is.lines]
    const indices = lines.map((_, i) => i)
    this.#family = family
    this.#space = new Space(family, [...lines, wholeLine])
    this.#before = indices.slice(0, was.lines.length)
    this.#after = indices.slice(was.lines.length)
    this.#whole = lines.length
    this.#seeds = changed
      ? indices.filter((i) => changed.has(this.#space.lineAt(i)))
      : [this.#whole]
    this.#decisions = lines.map(decisionOf)
    this.#otherwise = [was.otherwise, is.otherwise]
    const numbers = new Map<string, number>()
    const numberOf = (decision: Decision): number => {
      const key = outcomeKey(decision)
      const known = numbers.get(key) ?? numbers.size
      numbers.set(key, known)
      return known
    }
    this.#outcomes = this.#decisions.map(numberOf)
    this.#ends = [numberOf(was.otherwise), numberOf(is.otherwise)]
    this.#budget = budget
  }

  run(fragments: PacketRegion['fragments']): Found {
    for (const box of this.#space.boxes(this.#whole)) {
      if (fragments === 'none' && this.#space.isOfLaterFragments(box)) continue
      this.#walk(box, this.#seeds, false, this.#before, this.#after, 0)
    }
    const space = this.#space
    const allKinds = space.kinds()
    const whole = [0, 1, 2, 3].map((dimension) => space.lastOf(dimension))
    const differences = [...this.#found.values()].flatMap(({ before, after, boxes }) =>
      mergeBoxes(boxes, whole).map(({ classes, sides }) => {
        const [sources, destinations, sourcePorts, destinationPorts] = sides.map((side, d) =>
          space.spans(d, side),
        )
        const packets: PacketRegion = {
          family: this.#family,
          sources: sources ?? [],
          destinations: destinations ?? [],
          kinds: classes.flatMap((c) => allKinds[c] ?? []),
          allKinds,
          sourcePorts: (sourcePorts ?? []).map(portsOf),
          destinationPorts: (destinationPorts ?? []).map(portsOf),
          fragments,
        }
        return { packets, before, after }
      }),
    )
    return { differences, isComplete: this.#isComplete }
  }

  /** `seeds` are changed lines that may meet the box; `isInside` says that one of them covers it. */
  #walk(
    box: Box,
    seeds: readonly number[],
    isInside: boolean,
    before: readonly number[],
    after: readonly number[],
    depth: number,
  ): void {
    if (!this.#isComplete && this.#budget.isSpent) return
    const work = seeds.length + before.length + after.length + 1
    if (!this.#budget.spend(work) || depth > maxDepth || this.#pieces > maxPieces) {
      this.#isComplete = false
      return
    }
    const touched = isInside ? undefined : this.#touching(box, seeds)
    if (touched?.length === 0) return
    const was = this.#narrow(box, before)
    const is = this.#narrow(box, after)
    if (this.#isSettled(was, is)) return
    // Away from what changed first: most of the box may be of no interest.
    const isOutside = touched !== undefined && !touched.isCovered
    const split = isOutside ? touched.indices[0] : this.#nextSplit(box, was, is)
    if (split === undefined) {
      this.#note(box, was, is)
      return
    }
    const rest = touched?.isCovered === false ? touched.indices : []
    const isIn = isInside || touched?.isCovered === true
    const both = this.#space.intersect(box, split)
    if (both) this.#walk(both, rest, isIn, was.indices, is.indices, depth + 1)
    for (const piece of this.#space.subtract(box, split)) {
      this.#walk(piece, rest, isIn, was.indices, is.indices, depth + 1)
    }
  }

  #touching(box: Box, seeds: readonly number[]): Narrowed & { readonly length: number } {
    const indices: number[] = []
    for (const index of seeds) {
      const relation = this.#space.relation(box, index)
      if (relation === 'covers') return { indices: [index], isCovered: true, length: 1 }
      if (relation === 'overlaps') indices.push(index)
    }
    return { indices, isCovered: false, length: indices.length }
  }

  #narrow(box: Box, candidates: readonly number[]): Narrowed {
    const indices: number[] = []
    for (const index of candidates) {
      const relation = this.#space.relation(box, index)
      if (relation === 'apart') continue
      indices.push(index)
      if (relation === 'covers') return { indices, isCovered: true }
    }
    return { indices, isCovered: false }
  }

  /** Whether nothing in the box can fare differently: one and the same outcome for all of it, before and after. */
  #isSettled(was: Narrowed, is: Narrowed): boolean {
    const only = was.indices[0] === undefined ? this.#ends[0] : this.#outcomes[was.indices[0]]
    const isAll = ({ indices, isCovered }: Narrowed, end: number): boolean =>
      (isCovered || end === only) && indices.every((index) => this.#outcomes[index] === only)
    return isAll(was, this.#ends[0]) && isAll(is, this.#ends[1])
  }

  /** The first line of either list that meets only a part of the box; undefined when both have decided. */
  #nextSplit(box: Box, was: Narrowed, is: Narrowed): number | undefined {
    const open = ({ indices, isCovered }: Narrowed): number | undefined =>
      indices.length > (isCovered ? 1 : 0) ? indices[0] : undefined
    const one = open(was)
    const other = open(is)
    if (one === undefined || other === undefined) return one ?? other
    return this.#space.pieces(box, other) < this.#space.pieces(box, one) ? other : one
  }

  #note(box: Box, was: Narrowed, is: Narrowed): void {
    const before = this.#decision(was, 0)
    const after = this.#decision(is, 1)
    this.#pieces++
    if (!this.#budget.spend(costOfPiece)) this.#isComplete = false
    const key = `${deciderKey(before)} ${deciderKey(after)}`
    const known = this.#found.get(key)
    if (known) known.boxes.push(box)
    else this.#found.set(key, { before, after, boxes: [box] })
  }

  #decision({ indices: [first] }: Narrowed, side: 0 | 1): Decision {
    return (first === undefined ? undefined : this.#decisions[first]) ?? this.#otherwise[side]
  }
}

/** Lines of one rule decide as one. */
const deciderKey = (decision: Decision): string =>
  `${decision.decidedBy} ${decision.line?.ruleId} ${decision.line?.implicit} ${outcomeKey(decision)}`

const portsOf = ({ first, last }: { first: bigint; last: bigint }) => ({
  from: Number(first),
  to: Number(last),
})
