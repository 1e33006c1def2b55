import {
  hfLimit,
  hfLine4,
  hfLine6,
  hfSlot4,
  hfSlot6,
  hfTable,
  hfTag,
  hfTuple4,
  hfTuple6,
} from '../gen/layout.ts'
import type { Arena } from './arena.ts'
import type { Columns } from './columns.ts'
import { PolicyTooLarge } from './errors.ts'
import { seedOf } from './hash.ts'
import { type Intervals, intervalsOf } from './intervals.ts'
import { type Pairs, pairsOf, place, swapped } from './pairs.ts'
import { portLists, rankWord } from './port-lists.ts'
import { RangeTrees4, root4, rootBits } from './range-tree4.ts'
import { RangeTrees6, root6, upperIntervals } from './range-tree6.ts'
import { type Tuples, tuplesOf } from './tuples.ts'

export interface TableMetrics {
  readonly offset: number
  readonly tuples: number
  readonly longestProbe: number
  readonly longestList: number
}

/** How full the hash of pairs is; then how full when the way to a pair gets too long. */
const loads = [0.55, 0.4, 0.25]

/** One `hf_table` with all it points at. */
export function putTable(arena: Arena, columns: Columns, acts: number): TableMetrics {
  const { family, lines } = columns
  const tuples = tuplesOf(columns)
  if (tuples.count > hfLimit.maxTuples) {
    throw PolicyTooLarge({
      what: `its networks have ${tuples.count} different pairs of prefix lengths in one list; at most ${hfLimit.maxTuples} can be told apart`,
    })
  }
  const words = Math.ceil(tuples.count / 64)
  const offset = arena.take(hfTable.bytes)
  const fields = new Map<number, number>([
    [hfTable.atWords, words],
    [hfTable.atMinus64, 0xffffffc0],
    [hfTable.atActs, acts],
    [hfTable.atLineCount, lines.length],
    [hfTable.atTupleCount, tuples.count],
    [hfTable.atFamily, family],
  ])
  const sides = [
    intervalsOf('source', columns.source, columns.sourceLength, tuples.of, tuples.count, words),
    intervalsOf(
      'destination',
      columns.destination,
      columns.destinationLength,
      tuples.of,
      tuples.count,
      words,
    ),
  ] as const
  putAddresses(arena, family, sides, words, fields)
  fields.set(hfTable.atTuples, putTuples(arena, columns, tuples))
  const pairs = pairsOf(columns, tuples)
  const ports = portLists(arena, columns, pairs)
  fields.set(hfTable.atDportRoot, ports.dportRoot)
  fields.set(hfTable.atSportRoot, ports.sportRoot)
  fields.set(hfTable.atListCount, ports.entries)
  const hasTags = probesFor(columns, tuples, sides) > fewProbes
  const longestProbe = putSlots(arena, columns, tuples, pairs, ports.next, hasTags, fields)
  fields.set(hfTable.atLongestProbe, longestProbe)
  fields.set(hfTable.atLines, family === 4 ? putLines4(arena, columns) : putLines6(arena, columns))
  for (const [field, value] of fields) arena.u32[(offset + field) >>> 2] = value
  return { offset, tuples: tuples.count, longestProbe, longestList: ports.longest }
}

function putAddresses(
  arena: Arena,
  family: Columns['family'],
  sides: readonly [Intervals, Intervals],
  words: number,
  fields: Map<number, number>,
): void {
  // Rows first: trees hold their offsets.
  const rows = sides.map((side) => arena.put(side.rows))
  fields.set(hfTable.atSrcRows, rows[0] as number)
  fields.set(hfTable.atDstRows, rows[1] as number)
  const values = sides.map(({ row, count }, side) =>
    row.subarray(0, count).map((id) => (rows[side] as number) + id * words * 8),
  )
  const rootFields = [hfTable.atSrcRoot, hfTable.atDstRoot] as const
  const shiftFields = [hfTable.atSrcShift, hfTable.atDstShift] as const
  const trees = family === 4 ? new RangeTrees4() : new RangeTrees6()
  for (const [side, { bounds, count }] of sides.entries()) {
    const value = values[side] as Uint32Array
    let root: Uint32Array
    let shift: number
    if (trees instanceof RangeTrees4) {
      const bits = rootBits(count)
      shift = 32 - bits
      root = root4(trees, bounds[0] as Uint32Array, value, count, { shift, entries: 2 ** bits })
    } else {
      ;({ root, shift } = root6(trees, upperIntervals(trees, bounds, value, count)))
    }
    fields.set(rootFields[side] as number, arena.put(root))
    fields.set(shiftFields[side] as number, shift)
  }
  fields.set(hfTable.atNodes, trees.put(arena))
}

/** The first `length` bits of 32, most significant first. */
const maskOf = (length: number): number =>
  length <= 0 ? 0 : length >= 32 ? 0xffffffff : (0xffffffff << (32 - length)) >>> 0

function putTuples(arena: Arena, { family, what }: Columns, tuples: Tuples): number {
  const layout = family === 4 ? hfTuple4 : hfTuple6
  const at = arena.take(tuples.count * layout.bytes)
  const { u32 } = arena
  for (let tuple = 0; tuple < tuples.count; tuple++) {
    const base = (at + tuple * layout.bytes) >>> 2
    const source = tuples.sourceLength[tuple] as number
    const destination = tuples.destinationLength[tuple] as number
    if (family === 4) {
      u32[base] = maskOf(destination)
      u32[base + 1] = maskOf(source)
    } else {
      for (let word = 0; word < 4; word++) {
        u32[base + word] = swapped(maskOf(source - word * 32))
        u32[base + 4 + word] = swapped(maskOf(destination - word * 32))
      }
    }
    u32[base + (layout.atMinRank >>> 2)] = rankWord(what, tuples.firstLine[tuple] as number)
    u32[base + (layout.atSeed >>> 2)] = seedOf(tuple)
  }
  return at
}

function putSlots(
  arena: Arena,
  columns: Columns,
  tuples: Tuples,
  pairs: Pairs,
  next: Uint32Array,
  hasTags: boolean,
  fields: Map<number, number>,
): number {
  const { family, source, destination, low0, low1, high0, high1, what, counter } = columns
  const layout = family === 4 ? hfSlot4 : hfSlot6
  const { slots, at, longestProbe } = placed(pairs)
  const base = arena.take((slots + hfLimit.spareSlots) * layout.bytes)
  const { u32 } = arena
  const width = layout.bytes >>> 2
  const lo = layout.atLo >>> 2
  const first = base >>> 2
  for (let slot = 0; slot < slots + hfLimit.spareSlots; slot++) {
    u32[first + slot * width + lo] = 0xffffffff
    u32[first + slot * width + lo + 1] = 0xffffffff
  }
  for (let pair = 0; pair < pairs.count; pair++) {
    const line = pairs.first[pair] as number
    const slot = first + (at[pair] as number) * width
    if (family === 4) {
      u32[slot] = (destination[0] as Uint32Array)[line] as number
      u32[slot + 1] = (source[0] as Uint32Array)[line] as number
    } else {
      for (let word = 0; word < 4; word++) {
        u32[slot + word] = swapped((source[word] as Uint32Array)[line] as number)
        u32[slot + 4 + word] = swapped((destination[word] as Uint32Array)[line] as number)
      }
    }
    u32[slot + lo] = low0[line] as number
    u32[slot + lo + 1] = (low1[line] as number) | ((tuples.of[line] as number) << 13)
    u32[slot + lo + 2] = high0[line] as number
    u32[slot + lo + 3] = (high1[line] as number) | ((counter[line] as number) << 13)
    u32[slot + lo + 4] = rankWord(what, line)
    u32[slot + lo + 5] = next[pair] as number
  }
  if (hasTags) {
    const tags = arena.take(slots + hfLimit.spareSlots)
    const { bytes } = arena
    for (let pair = 0; pair < pairs.count; pair++) {
      bytes[tags + (at[pair] as number)] =
        hfTag.tag | ((pairs.hash[pair] as number) & hfTag.tagHash)
    }
    fields.set(hfTable.atTags, tags)
  }
  fields.set(hfTable.atSlots, base)
  fields.set(hfTable.atSlotCount, slots)
  return longestProbe
}

/** Pairs a packet is looked for under, on average, from which on tags pay. */
const fewProbes = 2.5
const samples = 256

/** How many tuples a packet is looked for in, before its line is found: of packets drawn evenly from the lines. */
function probesFor(
  { source, destination, lines }: Columns,
  { firstLine }: Tuples,
  [from, to]: readonly [Intervals, Intervals],
): number {
  let probes = 0
  const step = Math.max(1, Math.floor(lines.length / samples))
  let looked = 0
  for (let line = 0; line < lines.length; line += step) {
    looked++
    const width = from.rows.length / from.rowCount
    const sourceRow = rowAt(from, source, line) * width
    const destinationRow = rowAt(to, destination, line) * width
    for (let word = 0; word < width; word++) {
      const both =
        (from.rows[sourceRow + word] as number) & (to.rows[destinationRow + word] as number)
      for (let bits = both; bits !== 0; bits &= bits - 1) {
        const tuple = word * 32 + 31 - Math.clz32(bits & -bits)
        if ((firstLine[tuple] as number) <= line) probes++
      }
    }
  }
  return probes / Math.max(1, looked)
}

/** The row of the interval an address lies in. */
function rowAt(
  { bounds, count, row }: Intervals,
  words: readonly Uint32Array[],
  i: number,
): number {
  let low = 0
  let high = count
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (isBelow(words, i, bounds, middle)) high = middle
    else low = middle
  }
  return row[low] as number
}

function isBelow(
  a: readonly Uint32Array[],
  i: number,
  b: readonly Uint32Array[],
  j: number,
): boolean {
  for (let word = 0; word < a.length; word++) {
    const [one, other] = [
      (a[word] as Uint32Array)[i] as number,
      (b[word] as Uint32Array)[j] as number,
    ]
    if (one !== other) return one < other
  }
  return false
}

function placed(pairs: Pairs): { slots: number; at: Uint32Array; longestProbe: number } {
  for (const load of loads) {
    const slots = Math.max(8, Math.ceil(pairs.count / load))
    const found = place(pairs.hash, slots, hfLimit.spareSlots, hfLimit.maxProbe)
    if (found) return { slots, ...found }
  }
  throw PolicyTooLarge({
    what: `looking for one pair of networks takes more than ${hfLimit.maxProbe} steps`,
  })
}

function putLines4(arena: Arena, columns: Columns): number {
  const { lines, source, destination, sourceLength, destinationLength, what, ports } = columns
  const at = arena.take(lines.length * hfLine4.bytes)
  const { u32 } = arena
  const [src, dst] = [source[0] as Uint32Array, destination[0] as Uint32Array]
  let word = at >>> 2
  for (let i = 0; i < lines.length; i++) {
    u32[word] = src[i] as number
    u32[word + 1] = dst[i] as number
    u32[word + 2] =
      (sourceLength[i] as number) |
      ((destinationLength[i] as number) << 8) |
      ((what[i] as number) << 16)
    u32[word + 3] = (ports[i * 4] as number) | ((ports[i * 4 + 1] as number) << 16)
    u32[word + 4] = (ports[i * 4 + 2] as number) | ((ports[i * 4 + 3] as number) << 16)
    word += 5
  }
  return at
}

function putLines6(arena: Arena, columns: Columns): number {
  const { lines, source, destination, sourceLength, destinationLength, what, ports } = columns
  const at = arena.take(lines.length * hfLine6.bytes)
  const { u32 } = arena
  let word = at >>> 2
  for (let i = 0; i < lines.length; i++) {
    for (let j = 0; j < 4; j++) {
      u32[word + j] = (source[j] as Uint32Array)[i] as number
      u32[word + 4 + j] = (destination[j] as Uint32Array)[i] as number
    }
    u32[word + 8] =
      (sourceLength[i] as number) |
      ((destinationLength[i] as number) << 8) |
      ((what[i] as number) << 16)
    u32[word + 9] = (ports[i * 4] as number) | ((ports[i * 4 + 1] as number) << 16)
    u32[word + 10] = (ports[i * 4 + 2] as number) | ((ports[i * 4 + 3] as number) << 16)
    word += 11
  }
  return at
}
