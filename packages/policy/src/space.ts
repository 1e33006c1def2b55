import type { IpPacket } from './evaluate.ts'
import type { Family } from './family.ts'
import type { Line, Prefix } from './intermediate.ts'
import type { PortRange } from './model.ts'
import type { PacketKind } from './packet-region.ts'
import { lastOf } from './prefix.ts'
import { showsPorts } from './protocol-numbers.ts'

/**
 * All packets of one family, seen through a list of lines: cut at every bound any line has, so that packets between
 * two cuts are the same to all lines. Bounds become small integers, addresses of 128 bits too, and a line is a box
 * of them: source × destination × (for TCP and UDP that show them) source port × destination port, in some classes
 * of protocol.
 */
export class Space {
  readonly lines: readonly Line[]
  readonly #family: Family
  readonly #classes: readonly PacketClass[]
  readonly #cuts: readonly (readonly bigint[])[]
  /** Eight bounds a line: first and last of each of `dimensions`. */
  readonly #bounds: Int32Array
  /** Classes of each line as bits. */
  readonly #masks: Int32Array

  constructor(family: Family, lines: readonly Line[]) {
    this.lines = lines
    this.#family = family
    this.#classes = classesOf(lines)
    const ranges = lines.map((line) => rangesOf(family, line))
    this.#cuts = dimensions.map((_, d) => cutsOf(ranges.map((range) => range[d] ?? wholePorts)))
    const places = this.#cuts.map((cuts) => new Map(cuts.map((cut, i) => [cut, i])))
    this.#bounds = new Int32Array(lines.length * 8)
    this.#masks = new Int32Array(lines.length)
    for (const [i, range] of ranges.entries()) {
      for (const [d, { first, last }] of range.entries()) {
        this.#bounds[i * 8 + d * 2] = places[d]?.get(first) ?? 0
        this.#bounds[i * 8 + d * 2 + 1] = (places[d]?.get(last + 1n) ?? 1) - 1
      }
      this.#masks[i] = this.#maskOf(lines[i])
    }
  }

  lineAt(index: number): Line {
    const line = this.lines[index]
    if (line === undefined) throw new RangeError(`there is no line ${index}`)
    return line
  }

  /** The boxes a line is, one for each class. */
  boxes(index: number): Box[] {
    const boxes: Box[] = []
    for (const [c, { hasPorts }] of this.#classes.entries()) {
      if (((this.#masks[index] ?? 0) & (1 << c)) === 0) continue
      const at = this.#bounds.subarray(index * 8, index * 8 + 8)
      const sides = hasPorts ? 8 : 4
      boxes.push({ class: c, sides: [...at.subarray(0, sides)] })
    }
    return boxes
  }

  isOfLaterFragments = (box: Box): boolean => this.#classes[box.class]?.isLaterFragment === true

  /** What each class is, in order of their numbers. */
  kinds(): PacketKind[] {
    return this.#classes.map(({ protocol, isLaterFragment }, i) => ({
      protocol: i === this.#classes.length - 1 ? 'others' : protocol,
      isLaterFragment,
    }))
  }

  /** The greatest place in a dimension that a box may reach; there must be a line about everything. */
  lastOf(dimension: number): number {
    return (this.#cuts[dimension]?.length ?? 0) - 2
  }

  /** What lies between places: first, last, first, last … */
  spans(dimension: number, places: readonly number[]): { first: bigint; last: bigint }[] {
    const cuts = this.#cuts[dimension] ?? []
    const spans: { first: bigint; last: bigint }[] = []
    for (let i = 0; i < places.length; i += 2) {
      const first = cuts[places[i] ?? 0]
      const next = cuts[(places[i + 1] ?? 0) + 1]
      if (first === undefined || next === undefined) throw new RangeError('beyond the last line')
      spans.push({ first, last: next - 1n })
    }
    return spans
  }

  /** What of the box the line matches. */
  intersect(box: Box, index: number): Box | undefined {
    if (((this.#masks[index] ?? 0) & (1 << box.class)) === 0) return undefined
    const sides: number[] = []
    for (let side = 0; side < box.sides.length; side += 2) {
      const first = Math.max(box.sides[side] ?? 0, this.#bounds[index * 8 + side] ?? 0)
      const last = Math.min(box.sides[side + 1] ?? 0, this.#bounds[index * 8 + side + 1] ?? 0)
      if (first > last) return undefined
      sides.push(first, last)
    }
    return { class: box.class, sides }
  }

  relation(box: Box, index: number): 'apart' | 'overlaps' | 'covers' {
    if (((this.#masks[index] ?? 0) & (1 << box.class)) === 0) return 'apart'
    let covers = true
    const base = index * 8
    for (let side = 0; side < box.sides.length; side += 2) {
      const first = this.#bounds[base + side] ?? 0
      const last = this.#bounds[base + side + 1] ?? 0
      const boxFirst = box.sides[side] ?? 0
      const boxLast = box.sides[side + 1] ?? 0
      if (first > boxLast || last < boxFirst) return 'apart'
      if (first > boxFirst || last < boxLast) covers = false
    }
    return covers ? 'covers' : 'overlaps'
  }

  /** Lines from `from` to before `to` that share a packet with the line. */
  overlapping(index: number, from: number, to: number): number[] {
    const bounds = this.#bounds
    const masks = this.#masks
    const own = bounds.subarray(index * 8, index * 8 + 8)
    const mask = masks[index] ?? 0
    const found: number[] = []
    next: for (let other = from; other < to; other++) {
      if (((masks[other] ?? 0) & mask) === 0) continue
      for (let side = 0; side < 8; side += 2) {
        if ((bounds[other * 8 + side] ?? 0) > (own[side + 1] ?? 0)) continue next
        if ((bounds[other * 8 + side + 1] ?? 0) < (own[side] ?? 0)) continue next
      }
      found.push(other)
    }
    return found
  }

  /** Whether the line matches the packet, `at` having one number for each dimension of the box. */
  has(index: number, at: readonly number[]): boolean {
    for (let d = 0; d < at.length; d++) {
      const value = at[d] ?? 0
      if (value < (this.#bounds[index * 8 + d * 2] ?? 0)) return false
      if (value > (this.#bounds[index * 8 + d * 2 + 1] ?? 0)) return false
    }
    return true
  }

  /** The box less the line, in boxes that do not overlap. */
  subtract(box: Box, index: number): Box[] {
    const pieces: Box[] = []
    const rest = [...box.sides]
    for (let side = 0; side < rest.length; side += 2) {
      const first = this.#bounds[index * 8 + side] ?? 0
      const last = this.#bounds[index * 8 + side + 1] ?? 0
      if (first > (rest[side] ?? 0)) {
        pieces.push({ class: box.class, sides: rest.with(side + 1, first - 1) })
        rest[side] = first
      }
      if (last < (rest[side + 1] ?? 0)) {
        pieces.push({ class: box.class, sides: rest.with(side, last + 1) })
        rest[side + 1] = last
      }
    }
    return pieces
  }

  /** How many pieces `subtract` makes. */
  pieces(box: Box, index: number): number {
    let count = 0
    for (let side = 0; side < box.sides.length; side += 2) {
      if ((this.#bounds[index * 8 + side] ?? 0) > (box.sides[side] ?? 0)) count++
      if ((this.#bounds[index * 8 + side + 1] ?? 0) < (box.sides[side + 1] ?? 0)) count++
    }
    return count
  }

  /** One of the packets that are the same to all lines. */
  packet({ class: c, at }: Point): IpPacket {
    const { protocol, hasPorts, isLaterFragment } = this.#classes[c] ?? otherClass
    const value = (d: number): bigint => this.#cuts[d]?.[at[d] ?? 0] ?? 0n
    return {
      kind: 'ip',
      family: this.#family,
      source: value(0),
      destination: value(1),
      protocol,
      ports: hasPorts ? { source: Number(value(2)), destination: Number(value(3)) } : undefined,
      isFragment: isLaterFragment,
      isLaterFragment,
      tcpFlags: 0,
      bytes: 0,
    }
  }

  #maskOf(line: Line | undefined): number {
    if (line === undefined) return 0
    const wantsPorts = line.sourcePorts !== undefined || line.destinationPorts !== undefined
    let mask = 0
    for (const [c, { protocol, hasPorts }] of this.#classes.entries()) {
      if (line.protocol !== undefined && line.protocol !== protocol) continue
      if (!wantsPorts || hasPorts) mask |= 1 << c
    }
    return mask
  }
}

export interface Box {
  readonly class: number
  /** First and last of source, destination and, where the class has them, ports. */
  readonly sides: readonly number[]
}

export interface Point {
  readonly class: number
  readonly at: readonly number[]
}

const dimensions = ['source', 'destination', 'sourcePorts', 'destinationPorts'] as const

interface PacketClass {
  readonly protocol: number
  readonly hasPorts: boolean
  readonly isLaterFragment: boolean
}

/** Stands for all protocols no line names: GRE unless one does. */
const others = [47, 132, 103, 253, 254]
const otherClass: PacketClass = { protocol: 47, hasPorts: false, isLaterFragment: false }

function classesOf(lines: readonly Line[]): readonly PacketClass[] {
  // TCP and UDP always: a line for any protocol tells them apart by nothing, but a fragment hides their ports.
  const protocols = new Set([6, 17])
  for (const { protocol } of lines) if (protocol !== undefined) protocols.add(protocol)
  const other = others.find((one) => !protocols.has(one))
  if (other === undefined || protocols.size > 28) throw new RangeError('too many protocols')
  return [...protocols, other].flatMap((protocol): PacketClass[] =>
    showsPorts(protocol)
      ? [
          { protocol, hasPorts: true, isLaterFragment: false },
          { protocol, hasPorts: false, isLaterFragment: true },
        ]
      : [{ protocol, hasPorts: false, isLaterFragment: false }],
  )
}

interface Range {
  readonly first: bigint
  readonly last: bigint
}

const wholePorts: Range = { first: 0n, last: 65535n }

const rangesOf = (family: Family, line: Line): readonly Range[] => [
  prefixRange(family, line.source),
  prefixRange(family, line.destination),
  portRange(line.sourcePorts),
  portRange(line.destinationPorts),
]

const prefixRange = (family: Family, prefix: Prefix): Range => ({
  first: prefix.value,
  last: lastOf(family, prefix),
})

const portRange = (range: PortRange | undefined): Range =>
  range === undefined ? wholePorts : { first: BigInt(range.from), last: BigInt(range.to) }

/** Where one line begins or another ends, ascending. */
function cutsOf(ranges: readonly Range[]): bigint[] {
  const cuts = new Set([0n])
  for (const { first, last } of ranges) {
    cuts.add(first)
    cuts.add(last + 1n)
  }
  return [...cuts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}
