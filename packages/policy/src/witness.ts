import type { IpPacket } from './evaluate.ts'
import type { Family } from './family.ts'
import type { Line } from './intermediate.ts'
import { intersectPrefixes } from './prefix.ts'
import { type Box, type Point, Space } from './space.ts'

/**
 * Finding a packet that shows something, or proving that there is none. Proving is hard in general (covering a box
 * with boxes), so work is bounded, and beyond it the answer is `undecided`, never a guess.
 */
export type Search<Found, By> =
  | { readonly kind: 'found'; readonly found: Found }
  /** Proven: there is none. `by` are the lines the proof needed. */
  | { readonly kind: 'none'; readonly by: ReadonlySet<By> }
  | { readonly kind: 'undecided' }

/** Lines compared with boxes; shared by the searches of one question. */
export class Budget {
  readonly #whole: Budget | undefined
  #left: number

  /** Part of a whole, what is spent here is spent there. */
  constructor(comparisons: number, whole?: Budget) {
    this.#left = comparisons
    this.#whole = whole
  }

  get isSpent(): boolean {
    return this.#left < 0
  }

  /** False when there is none left. */
  spend(comparisons: number): boolean {
    this.#left -= comparisons
    const isWithin = this.#whole?.spend(comparisons) ?? true
    return isWithin && this.#left >= 0
  }
}

/** Comparisons for one question about one rule; some milliseconds. */
export const ruleBudget = 400_000
const maxDepth = 400

const undecided = { kind: 'undecided' } as const

/** A packet of the box that none of these lines matches. */
export function uncovered(
  space: Space,
  box: Box,
  lines: readonly number[],
  budget: Budget,
): Search<Point, number> {
  const by = new Set<number>()
  const found = search(space, box, lines, budget, by, 0)
  if (found === undefined) return { kind: 'none', by }
  return found === 'undecided' ? undecided : { kind: 'found', found }
}

function search(
  space: Space,
  box: Box,
  candidates: readonly number[],
  budget: Budget,
  by: Set<number>,
  depth: number,
): Point | undefined | 'undecided' {
  if (!budget.spend(candidates.length + 1) || depth > maxDepth) return 'undecided'
  const overlapping: number[] = []
  for (const index of candidates) {
    const relation = space.relation(box, index)
    if (relation === 'covers') {
      by.add(index)
      return undefined
    }
    if (relation === 'overlaps') overlapping.push(index)
  }
  if (!budget.spend(2 * overlapping.length)) return 'undecided'
  const lucky = tryPoints(space, box, overlapping, depth)
  if (lucky !== undefined) return lucky

  // The line that leaves the fewest pieces: halves are put together first, chips come last.
  let best = -1
  let fewest = Number.POSITIVE_INFINITY
  for (const index of overlapping) {
    const pieces = space.pieces(box, index)
    if (pieces < fewest) {
      fewest = pieces
      best = index
    }
  }
  if (best < 0) throw new RangeError('a box that nothing overlaps has a free point')
  by.add(best)
  let isDecided = true
  for (const piece of space.subtract(box, best)) {
    const found = search(space, piece, overlapping, budget, by, depth + 1)
    if (found === 'undecided') isDecided = false
    else if (found !== undefined) return found
  }
  return isDecided ? undefined : 'undecided'
}

/** Most boxes that have a free point have many: corners, and some points inside that follow from the depth. */
function tryPoints(
  space: Space,
  box: Box,
  lines: readonly number[],
  depth: number,
): Point | undefined {
  const tries = depth === 0 ? 24 : 4
  let state = 0x9e3779b1 ^ depth
  for (let i = 0; i < tries; i++) {
    const at: number[] = []
    for (let side = 0; side < box.sides.length; side += 2) {
      const first = box.sides[side] ?? 0
      const last = box.sides[side + 1] ?? 0
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      at.push(
        i === 0
          ? first
          : i === 1
            ? last
            : first + Math.floor((state / 2 ** 32) * (last - first + 1)),
      )
    }
    if (!lines.some((index) => space.has(index, at))) return { class: box.class, at }
  }
  return undefined
}

/** A packet together with the line that decides it; undefined means that none does. */
export interface Witness {
  readonly packet: IpPacket
  readonly line: Line | undefined
}

/**
 * A packet of the region whose deciding line is a wanted one. Lines are in the order of evaluation; those that
 * continue decide nothing.
 */
export function findWitness(
  family: Family,
  region: Line,
  lines: readonly Line[],
  isWanted: (line: Line | undefined) => boolean,
  options: { readonly budget?: Budget; readonly withFragments?: boolean } = {},
): Search<Witness, Line> {
  const budget = options.budget ?? new Budget(ruleBudget * 10)
  const inside = lines.filter((line) => !line.continues && mayMeet(family, region, line))
  const space = new Space(family, [...inside, region])
  const boxes = space
    .boxes(inside.length)
    .filter((box) => options.withFragments !== false || !space.isOfLaterFragments(box))
  const all = inside.map((_, index) => index)
  const by = new Set<Line>()
  let isDecided = true
  const ask = (box: Box, before: number, line: Line | undefined): Witness | undefined => {
    const search = uncovered(space, box, all.slice(0, before), budget)
    if (search.kind === 'found') return { packet: space.packet(search.found), line }
    if (search.kind === 'undecided') isDecided = false
    else for (const index of search.by) by.add(space.lineAt(index))
    return undefined
  }
  for (const box of boxes) {
    for (const [index, line] of inside.entries()) {
      if (!isWanted(line)) continue
      const both = space.intersect(box, index)
      const witness = both && ask(both, index, line)
      if (witness) return { kind: 'found', found: witness }
    }
    const witness = isWanted(undefined) ? ask(box, inside.length, undefined) : undefined
    if (witness) return { kind: 'found', found: witness }
  }
  return isDecided ? { kind: 'none', by } : undecided
}

/** Quickly: false is certain, true is not. */
export function mayMeet(family: Family, a: Line, b: Line): boolean {
  if (a.protocol !== undefined && b.protocol !== undefined && a.protocol !== b.protocol)
    return false
  return (
    intersectPrefixes(family, a.source, b.source) !== undefined &&
    intersectPrefixes(family, a.destination, b.destination) !== undefined
  )
}
