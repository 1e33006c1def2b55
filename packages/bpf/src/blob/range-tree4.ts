import { hfNode4 } from '../gen/layout.ts'
import type { Arena } from './arena.ts'

/** Bit 31: in roots a value and not a node, in nodes the last level. */
export const valueFlag = 0x80000000

const width = hfNode4.bytes >>> 2
const base = hfNode4.atBase >>> 2
const vals = hfNode4.atVals >>> 2

/** Nodes of 8-ary range trees over 32-bit keys; `hf_node4`. */
export class RangeTrees4 {
  #nodes = new Uint32Array(1024)
  #count = 0

  /** Writes the section; its offset. */
  put(arena: Arena): number {
    return arena.put(this.#nodes.subarray(0, this.#count * width))
  }

  /** The root node of a tree over intervals `from` to `to` - 1, which begin at `bounds` and have these values. */
  add(bounds: Uint32Array, values: Uint32Array, from: number, to: number): number {
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

  #fill(node: number, bounds: Uint32Array, values: Uint32Array, from: number, to: number): void {
    const count = to - from
    const at = node * width
    if (count <= 8) {
      for (let i = 0; i < count; i++) this.#nodes[at + vals + i] = values[from + i] as number
      for (let i = 1; i < count; i++) this.#nodes[at + i - 1] = -(bounds[from + i] as number)
      this.#nodes[at + base] = valueFlag
      return
    }
    const groups = groupsOf(count)
    const child = this.#take(groups)
    this.#nodes[at + base] = child
    for (let i = 0; i < groups; i++) {
      const start = from + Math.floor((count * i) / groups)
      const end = from + Math.floor((count * (i + 1)) / groups)
      if (i > 0) this.#nodes[at + i - 1] = -(bounds[start] as number)
      this.#fill(child + i, bounds, values, start, end)
    }
  }
}

/** As few children as keep the tree as flat as it can be. */
export function groupsOf(count: number): number {
  let below = 8
  while (below * 8 < count) below *= 8
  return Math.ceil(count / below)
}

export function doubled(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2)
  larger.set(array)
  return larger
}

/** By the number of intervals: how many leading bits index the root. */
export const rootBits = (intervals: number): number =>
  intervals <= 64 ? 4 : intervals <= 1024 ? 8 : intervals <= 8192 ? 12 : 16

/** A root indexed by `key >>> shift`. */
export function root4(
  trees: RangeTrees4,
  bounds: Uint32Array,
  values: Uint32Array,
  count: number,
  { shift, entries }: { shift: number; entries: number },
): Uint32Array {
  const root = new Uint32Array(entries)
  let interval = 0
  for (let entry = 0; entry < entries; entry++) {
    const start = entry * 2 ** shift
    while (interval + 1 < count && (bounds[interval + 1] as number) <= start) interval++
    let end = interval + 1
    while (end < count && (bounds[end] as number) < start + 2 ** shift) end++
    root[entry] =
      end === interval + 1
        ? (valueFlag | (values[interval] as number)) >>> 0
        : trees.add(bounds, values, interval, end)
    interval = end - 1
  }
  return root
}
