import { hfNode6 } from '../gen/layout.ts'
import type { Arena } from './arena.ts'
import { doubled, groupsOf, rootBits, valueFlag } from './range-tree4.ts'
import { scratch } from './scratch.ts'

/** Numbers of 64 bits in two columns. */
export interface Keys64 {
  readonly high: Uint32Array
  readonly low: Uint32Array
}

const width = hfNode6.bytes >>> 2
const base = hfNode6.atBase >>> 2
const vals = hfNode6.atVals >>> 2

/** Nodes of 8-ary range trees over 64-bit keys; `hf_node6`. */
export class RangeTrees6 {
  #nodes = new Uint32Array(2048)
  #count = 0

  put(arena: Arena): number {
    return arena.put(this.#nodes.subarray(0, this.#count * width))
  }

  add(bounds: Keys64, values: Uint32Array, from: number, to: number): number {
    const node = this.#take(1)
    this.#fill(node, bounds, values, from, to)
    return node
  }

  #take(count: number): number {
    const node = this.#count
    this.#count += count
    while (this.#count * width > this.#nodes.length) this.#nodes = doubled(this.#nodes)
    return node
  }

  #fill(node: number, bounds: Keys64, values: Uint32Array, from: number, to: number): void {
    const count = to - from
    const at = node * width
    if (count <= 8) {
      for (let i = 0; i < count; i++) this.#nodes[at + vals + i] = values[from + i] as number
      for (let i = 1; i < count; i++) this.#setLess(node, i - 1, bounds, from + i)
      this.#nodes[at + base] = valueFlag
      return
    }
    const groups = groupsOf(count)
    const child = this.#take(groups)
    this.#nodes[at + base] = child
    for (let i = 0; i < groups; i++) {
      const start = from + Math.floor((count * i) / groups)
      const end = from + Math.floor((count * (i + 1)) / groups)
      if (i > 0) this.#setLess(node, i - 1, bounds, start)
      this.#fill(child + i, bounds, values, start, end)
    }
  }

  /** 2^64 - bound. */
  #setLess(node: number, i: number, { high, low }: Keys64, bound: number): void {
    const lower = -(low[bound] as number) >>> 0
    this.#nodes[node * width + i * 2] = lower
    this.#nodes[node * width + i * 2 + 1] = ~(high[bound] as number) + (lower === 0 ? 1 : 0)
  }
}

/** Intervals of 128-bit keys as intervals of their upper halves; a value may be the root of a tree of lower halves. */
export interface UpperIntervals extends Keys64 {
  readonly values: Uint32Array
  readonly count: number
}

export function upperIntervals(
  trees: RangeTrees6,
  bounds: readonly Uint32Array[],
  values: Uint32Array,
  count: number,
): UpperIntervals {
  const [w0, w1, w2, w3] = bounds as [Uint32Array, Uint32Array, Uint32Array, Uint32Array]
  // Each interval can begin a block of its own and the one behind it.
  const high = scratch('upper high', count * 2 + 1)
  const low = scratch('upper low', count * 2 + 1)
  const upper = scratch('upper values', count * 2 + 1)
  const lowHigh = scratch('lower high', count + 1)
  const lowLow = scratch('lower low', count + 1)
  const lowValues = scratch('lower values', count + 1)
  let size = 0
  const add = (h: number, l: number, value: number): void => {
    high[size] = h
    low[size] = l
    upper[size++] = value
  }
  for (let i = 0; i < count; ) {
    const h = w0[i] as number
    const l = w1[i] as number
    let end = i
    while (end < count && w0[end] === h && w1[end] === l) end++
    const startsBlock = w2[i] === 0 && w3[i] === 0
    if (startsBlock && end === i + 1) {
      add(h, l, values[i] as number)
      i = end
      continue
    }
    // Within this block of 2^64 addresses the lower half decides.
    let lower = 0
    if (!startsBlock) {
      lowHigh[0] = 0
      lowLow[0] = 0
      lowValues[lower++] = values[i - 1] as number
    }
    for (; i < end; i++) {
      lowHigh[lower] = w2[i] as number
      lowLow[lower] = w3[i] as number
      lowValues[lower++] = values[i] as number
    }
    const root = trees.add({ high: lowHigh, low: lowLow }, lowValues, 0, lower)
    add(h, l, (valueFlag | root) >>> 0)
    const nextLow = (l + 1) >>> 0
    const nextHigh = nextLow === 0 ? h + 1 : h
    const isNext = end < count && w0[end] === nextHigh >>> 0 && w1[end] === nextLow
    if (nextHigh <= 0xffffffff && !isNext) add(nextHigh, nextLow, values[end - 1] as number)
  }
  return { high, low, values: upper, count: size }
}

/** An `hf_root6` with its entries, and its shift. */
export function root6(
  trees: RangeTrees6,
  { high, low, values, count }: UpperIntervals,
): { root: Uint32Array; shift: number } {
  const firstHigh = count > 1 ? (high[1] as number) : 0
  const firstLow = count > 1 ? (low[1] as number) : 0
  const key = (i: number): bigint => (BigInt(high[i] as number) << 32n) | BigInt(low[i] as number)
  const first = count > 1 ? key(1) : 0n
  const span = count > 1 ? key(count - 1) - first : 0n
  const bits = rootBits(count)
  const shift = Math.max(0, span.toString(2).length - bits)
  const entries = Number(span >> BigInt(shift)) + 1
  const root = new Uint32Array(6 + entries)
  root[0] = firstLow
  root[1] = firstHigh
  root[2] = entries
  const entryOf = (from: number, to: number): number =>
    to === from + 1 && !isTree(values[from] as number)
      ? (valueFlag | (values[from] as number)) >>> 0
      : trees.add({ high, low }, values, from, to)
  root[3] = entryOf(0, 1)
  root[4] = entryOf(count - 1, count)
  /** Which entry a bound lies in, and whether it begins it. */
  const place = (i: number): number => {
    const below = (low[i] as number) - firstLow
    const l = below >>> 0
    const h = ((high[i] as number) - firstHigh - (below < 0 ? 1 : 0)) >>> 0
    if (shift === 0) return l
    return shift < 32 ? h * 2 ** (32 - shift) + (l >>> shift) : h >>> (shift - 32)
  }
  const begins = (i: number): boolean => {
    const below = (low[i] as number) - firstLow
    const l = below >>> 0
    const h = ((high[i] as number) - firstHigh - (below < 0 ? 1 : 0)) >>> 0
    if (shift === 0) return true
    return shift < 32 ? l % 2 ** shift === 0 : l === 0 && h % 2 ** (shift - 32) === 0
  }
  let interval = 0
  for (let entry = 0; entry < entries; entry++) {
    const next = interval + 1
    if (next < count && place(next) === entry && begins(next)) interval = next
    let end = interval + 1
    while (end < count && place(end) === entry) end++
    root[6 + entry] = entryOf(interval, end)
    interval = end - 1
  }
  return { root, shift }
}

const isTree = (value: number): boolean => value >= valueFlag
