import { hfEntry, hfNext, hfRank } from '../gen/layout.ts'
import type { Arena } from './arena.ts'
import { type Columns, dportOf, protocolOf, sportOf } from './columns.ts'
import type { Pairs } from './pairs.ts'
import { RangeTrees4, root4 } from './range-tree4.ts'
import { scratch } from './scratch.ts'

/**
 * The lines of a pair behind its first one. A few are a list that is walked. Many are cut into lists by protocol and
 * by the class of a port (classes: between the boundaries of all lines that are so cut), so that only lines are
 * walked that can match.
 */
export interface PortLists {
  /** By pair: `next` of its slot. */
  readonly next: Uint32Array
  readonly dportRoot: number
  readonly sportRoot: number
  readonly entries: number
  readonly longest: number
}

/** Pairs with more lines than this are cut into classes, if the tables then fit. */
const fewLines = 6
const maxTableBytes = 8 * 1024 * 1024
/** Entries all lists together may have, for each line: where cutting multiplies lines, long lists are walked. */
const maxGrowth = 24

const protocolKinds = [6, 17, 1] as const
const topPort = 65536

export function portLists(arena: Arena, columns: Columns, pairs: Pairs): PortLists {
  const next = scratch('slot next', pairs.count).fill(0)
  const lists = new ListWriter(columns)
  const big: number[] = []
  const sizes = sizesOf(pairs)
  for (let pair = 0; pair < pairs.count; pair++) {
    const size = sizes[pair] as number
    if (size > fewLines + 1) big.push(pair)
  }
  const classes = classesFor(columns, pairs, big, sizes)
  const isCut = new Uint8Array(pairs.count)
  for (const pair of classes.pairs) isCut[pair] = 1
  // First all lists, then tables that name them: lists move as a whole when their section is written.
  const plain: { pair: number; list: number }[] = []
  const tables: { pair: number; isSource: boolean; lists: Uint32Array[] }[] = []
  for (let pair = 0; pair < pairs.count; pair++) {
    if ((sizes[pair] as number) < 2) continue
    const lines = linesOf(pairs, pair)
    const first = lines[0] as number
    const rest = behindCovering(columns, lines)
    if (rest.length === 0) continue
    const cut = isCut[pair] === 1 ? cutLists(columns, first, rest, classes, lists) : undefined
    if (cut) tables.push({ pair, ...cut })
    else plain.push({ pair, list: lists.add(rest) })
  }
  const base = arena.put(lists.words())
  for (const { pair, list } of plain) next[pair] = base + (list - 1) * hfEntry.bytes
  const tableWords = tables.reduce(
    (sum, { lists }) => sum + 4 + lists.reduce((words, list) => words + list.length, 0),
    0,
  )
  const out = new Uint32Array(tableWords)
  const tablesAt = arena.take(out.byteLength)
  let at = 0
  for (const { pair, isSource, lists: byKind } of tables) {
    next[pair] = (tablesAt + at * 4) | hfNext.nextClasses | (isSource ? hfNext.nextSport : 0)
    let table = at + 4
    for (const [kind, list] of byKind.entries()) {
      out[at + kind] = tablesAt + table * 4
      for (let i = 0; i < list.length; i++) {
        const number = list[i] as number
        out[table + i] = number === 0 ? 0 : base + (number - 1) * hfEntry.bytes
      }
      table += list.length
    }
    at = table
  }
  arena.u32.set(out, tablesAt >>> 2)
  return {
    next,
    dportRoot: putPortRoot(arena, classes.destination),
    sportRoot: putPortRoot(arena, classes.source),
    entries: lists.count,
    longest: lists.longest,
  }
}

function sizesOf({ count, first, next }: Pairs): Uint32Array {
  const sizes = scratch('pair sizes', count)
  for (let pair = 0; pair < count; pair++) {
    let size = 1
    for (
      let line = next[first[pair] as number] as number;
      line !== 0;
      line = next[line] as number
    ) {
      size++
    }
    sizes[pair] = size
  }
  return sizes
}

function linesOf({ first, next }: Pairs, pair: number): number[] {
  const lines = [first[pair] as number]
  for (let line = next[lines[0] as number] as number; line !== 0; line = next[line] as number) {
    lines.push(line)
  }
  return lines
}

const isTerminal = ({ what }: Columns, line: number): boolean =>
  (((what[line] as number) >>> 11) & hfRank.rankContinues) === 0

/** Whether it matches whatever has the pair's addresses. */
const matchesAll = ({ low0, low1, high0, high1 }: Columns, line: number): boolean =>
  sportOf(low0[line] as number) === 0 &&
  sportOf(high0[line] as number) === topPort &&
  dportOf(low0[line] as number, low1[line] as number) === 0 &&
  dportOf(high0[line] as number, high1[line] as number) === topPort &&
  protocolOf(low1[line] as number) === 0 &&
  protocolOf(high1[line] as number) === 255

/** The lines behind the first one, up to one that ends the search for every packet. */
function behindCovering(columns: Columns, lines: readonly number[]): number[] {
  const rest: number[] = []
  let before = lines[0] as number
  for (const line of lines.slice(1)) {
    if (isTerminal(columns, before) && matchesAll(columns, before)) break
    rest.push(line)
    before = line
  }
  return rest
}

interface Classes {
  readonly pairs: readonly number[]
  /** Where classes begin, ascending from 0; the last one is `topPort`, of packets without ports. */
  readonly source: Uint32Array
  readonly destination: Uint32Array
}

function classesFor(
  columns: Columns,
  pairs: Pairs,
  big: readonly number[],
  sizes: Uint32Array,
): Classes {
  let chosen = big
  for (let least = fewLines * 2; ; least *= 2) {
    const source = new Set([0, topPort])
    const destination = new Set([0, topPort])
    for (const pair of chosen) {
      for (const line of linesOf(pairs, pair)) {
        const { low0, low1, high0, high1 } = columns
        source.add(sportOf(low0[line] as number))
        source.add(sportOf(high0[line] as number) + 1)
        destination.add(dportOf(low0[line] as number, low1[line] as number))
        destination.add(dportOf(high0[line] as number, high1[line] as number) + 1)
      }
    }
    source.delete(topPort + 1)
    destination.delete(topPort + 1)
    const most = Math.max(source.size, destination.size)
    if (chosen.length * 4 * most * 4 <= maxTableBytes || chosen.length === 0) {
      return { pairs: chosen, source: sorted(source), destination: sorted(destination) }
    }
    chosen = chosen.filter((pair) => (sizes[pair] as number) > least)
  }
}

const sorted = (values: ReadonlySet<number>): Uint32Array => Uint32Array.from(values).sort()

/** Lists by kind of protocol and class of the port that tells lines better apart; undefined when they get too many. */
function cutLists(
  columns: Columns,
  first: number,
  rest: readonly number[],
  classes: Classes,
  lists: ListWriter,
): { isSource: boolean; lists: Uint32Array[] } | undefined {
  const bounds = (isSource: boolean): { from: number[]; to: number[] } => ({
    from: rest.map((line) => fromPort(columns, line, isSource)),
    to: rest.map((line) => toPort(columns, line, isSource)),
  })
  const width = ({ from, to }: { from: number[]; to: number[] }): number =>
    from.reduce((sum, port, i) => sum + (to[i] as number) - port, 0)
  const source = bounds(true)
  const destination = bounds(false)
  const isSource = width(source) < width(destination)
  const { from, to } = isSource ? source : destination
  const starts = isSource ? classes.source : classes.destination
  // By line: the classes it has a part in; a boundary of a class never lies inside a line's range.
  const firstClass = from.map((port) => indexOf(starts, port))
  const lastClass = to.map((port) => indexOf(starts, port + 1) - 1)
  const room = maxGrowth * rest.length + 64
  const mark = lists.count
  const made: Uint32Array[] = []
  for (let kind = 0; kind <= protocolKinds.length; kind++) {
    const here = rest.map((_, i) => i).filter((i) => isOfKind(columns, rest[i] as number, kind))
    const byClass: number[][] = Array.from({ length: starts.length }, () => [])
    const isFull = new Uint8Array(starts.length)
    let total = 0
    // What the first line already decides for every packet of a cell needs no list.
    fullBy(columns, first, isSource, starts, kind, isFull)
    for (const i of here) {
      const line = rest[i] as number
      const ends = isTerminal(columns, line) && coversCell(columns, line, isSource, kind)
      for (let c = firstClass[i] as number; c <= (lastClass[i] as number); c++) {
        if (isFull[c] === 1) continue
        byClass[c]?.push(line)
        total++
        if (ends) isFull[c] = 1
      }
      if (total > room) {
        lists.forget(mark)
        return undefined
      }
    }
    made.push(Uint32Array.from(byClass, (lines) => lists.addShared(lines)))
  }
  return { isSource, lists: made }
}

const fromPort = ({ low0, low1 }: Columns, line: number, isSource: boolean): number =>
  isSource ? sportOf(low0[line] as number) : dportOf(low0[line] as number, low1[line] as number)
const toPort = ({ high0, high1 }: Columns, line: number, isSource: boolean): number =>
  isSource ? sportOf(high0[line] as number) : dportOf(high0[line] as number, high1[line] as number)

/** The first class that begins at or behind the port. */
function indexOf(starts: Uint32Array, port: number): number {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((starts[middle] as number) < port) low = middle + 1
    else high = middle
  }
  return low
}

/** Kinds: TCP, UDP, ICMP (either family's), everything else. */
function isOfKind({ low1, high1 }: Columns, line: number, kind: number): boolean {
  const from = protocolOf(low1[line] as number)
  const to = protocolOf(high1[line] as number)
  if (from === 0 && to === 255) return true
  const own = from === 58 ? 2 : protocolKinds.indexOf(from as 1)
  return own === kind || (own < 0 && kind === protocolKinds.length)
}

/** Whether it matches every packet of a protocol kind whose port is in its range. */
function coversCell(columns: Columns, line: number, isSource: boolean, kind: number): boolean {
  if (fromPort(columns, line, !isSource) !== 0) return false
  if (toPort(columns, line, !isSource) !== topPort) return false
  const from = protocolOf(columns.low1[line] as number)
  const to = protocolOf(columns.high1[line] as number)
  if (from === 0 && to === 255) return true
  // ICMP of the other family, and other protocols, share their kind.
  return kind < 2 && from === protocolKinds[kind] && to === from
}

function fullBy(
  columns: Columns,
  line: number,
  isSource: boolean,
  starts: Uint32Array,
  kind: number,
  isFull: Uint8Array,
): void {
  if (!isTerminal(columns, line) || !isOfKind(columns, line, kind)) return
  if (!coversCell(columns, line, isSource, kind)) return
  const from = fromPort(columns, line, isSource)
  const to = toPort(columns, line, isSource)
  // The first line's bounds are among the classes', too.
  for (let c = indexOf(starts, from); c < indexOf(starts, to + 1); c++) isFull[c] = 1
}

/** Lists are numbered from 1 by their first entry. */
class ListWriter {
  readonly #columns: Columns
  #entries: Uint32Array
  readonly #shared = new Map<string, number>()
  count = 0
  longest = 0

  constructor(columns: Columns) {
    this.#columns = columns
    this.#entries = new Uint32Array(6 * 1024)
  }

  add(lines: readonly number[]): number {
    const { low0, low1, high0, high1, what, counter } = this.#columns
    const list = this.count + 1
    for (const [i, line] of lines.entries()) {
      const at = this.count++ * 6
      if (at + 6 > this.#entries.length) {
        const larger = new Uint32Array(this.#entries.length * 2)
        larger.set(this.#entries)
        this.#entries = larger
      }
      this.#entries[at] = low0[line] as number
      this.#entries[at + 1] = low1[line] as number
      this.#entries[at + 2] = high0[line] as number
      this.#entries[at + 3] = (high1[line] as number) | ((counter[line] as number) << 13)
      this.#entries[at + 4] = rankWord(what, line)
      this.#entries[at + 5] = i === lines.length - 1 ? 1 : 0
    }
    this.longest = Math.max(this.longest, lines.length)
    return list
  }

  /** One list for all cells with the same lines; 0 for no line. */
  addShared(lines: readonly number[]): number {
    if (lines.length === 0) return 0
    const key = lines.join()
    const known = this.#shared.get(key)
    if (known !== undefined) return known
    const list = this.add(lines)
    this.#shared.set(key, list)
    return list
  }

  /** Takes back what was added since there were `count` entries. */
  forget(count: number): void {
    this.count = count
    for (const [key, list] of this.#shared) if (list > count) this.#shared.delete(key)
  }

  words(): Uint32Array {
    return this.#entries.subarray(0, this.count * 6)
  }
}

/** Place in the list, and what is known of the line without another look. */
export const rankWord = (what: Uint16Array, line: number): number =>
  ((line << hfRank.rankShift) | ((what[line] as number) >>> 11)) >>> 0

/** An `hf_portroot` with its entries. */
function putPortRoot(arena: Arena, starts: Uint32Array): number {
  const trees = new RangeTrees4()
  const classes = Uint32Array.from(starts, (_, i) => i)
  const root = root4(trees, starts, classes, starts.length, { shift: 8, entries: 257 })
  const words = new Uint32Array(2 + root.length)
  words[0] = trees.put(arena)
  words.set(root, 2)
  return arena.put(words)
}
