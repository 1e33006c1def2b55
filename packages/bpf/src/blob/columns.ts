import type { actions, Line } from '@holdfast/policy'
import { hfRank, hfWhat } from '../gen/layout.ts'
import { commonLines, counterKey, type Slots } from './slots.ts'

export type Family = 4 | 6

/**
 * Lines as arrays of numbers, one element a line. Lines are immutable and shared between policies, so what is known
 * of a list is taken over where the next one has the same lines: after a change to one rule nothing is converted
 * twice.
 */
export interface Columns {
  readonly family: Family
  readonly lines: readonly Line[]
  /** Words of the address, most significant first: 1 in IPv4, 4 in IPv6. */
  readonly source: readonly Uint32Array[]
  readonly destination: readonly Uint32Array[]
  readonly sourceLength: Uint8Array
  readonly destinationLength: Uint8Array
  /** L4 words, lower and upper half of the lower and of the upper bound. */
  readonly low0: Uint32Array
  readonly low1: Uint32Array
  readonly high0: Uint32Array
  readonly high1: Uint32Array
  /** `hf_what`: protocol, which ranges there are, action and flags. */
  readonly what: Uint16Array
  /** Four a line: source from, to, destination from, to; zero where absent. */
  readonly ports: Uint16Array
  /** Four words a line: the rule's id as bytes; zero where it is no UUID. */
  readonly ids: Uint32Array
  /** Slot of the rule's counter, by `counters` of the slots named. */
  readonly counter: Uint32Array
  readonly counters: Slots['counters']
}

const noPorts = 65536

export function columnsOf(
  lines: readonly Line[],
  family: Family,
  counters: Slots['counters'],
  last: Columns | undefined,
): Columns {
  const before = last?.family === family ? last : undefined
  const count = lines.length
  const words = family === 4 ? 1 : 4
  const columns: Columns = {
    family,
    lines,
    source: Array.from({ length: words }, () => new Uint32Array(count)),
    destination: Array.from({ length: words }, () => new Uint32Array(count)),
    sourceLength: new Uint8Array(count),
    destinationLength: new Uint8Array(count),
    low0: new Uint32Array(count),
    low1: new Uint32Array(count),
    high0: new Uint32Array(count),
    high1: new Uint32Array(count),
    what: new Uint16Array(count),
    ports: new Uint16Array(count * 4),
    ids: new Uint32Array(count * 4),
    counter: new Uint32Array(count),
    counters,
  }
  const { head, tail } = commonLines(lines, before?.lines ?? [])
  if (before) {
    take(columns, before, 0, 0, head)
    take(columns, before, before.lines.length - tail, count - tail, tail)
  }
  for (let i = head; i < count - tail; i++) {
    const line = lines[i]
    if (line !== undefined) convert(columns, i, line)
  }
  // Maps of slots only gain entries: by the same one, the same rule has the same slot.
  const isKept = before?.counters === counters
  for (let i = isKept ? head : 0; i < (isKept ? count - tail : count); i++) {
    const line = lines[i] as Line
    if (i > 0 && line.ruleId !== '' && line.ruleId === lines[i - 1]?.ruleId) {
      columns.counter[i] = columns.counter[i - 1] as number
      continue
    }
    const key = counterKey(line)
    const slot = counters.get(key)
    if (slot === undefined) throw new RangeError(`no counter for ${key}`)
    columns.counter[i] = slot
  }
  return columns
}

function take(to: Columns, from: Columns, start: number, at: number, count: number): void {
  const copy = (
    target: Uint8Array | Uint16Array | Uint32Array,
    source: Uint8Array | Uint16Array | Uint32Array,
    width = 1,
  ): void => target.set(source.subarray(start * width, (start + count) * width), at * width)
  for (const [i, target] of to.source.entries()) copy(target, from.source[i] as Uint32Array)
  for (const [i, target] of to.destination.entries()) {
    copy(target, from.destination[i] as Uint32Array)
  }
  copy(to.sourceLength, from.sourceLength)
  copy(to.destinationLength, from.destinationLength)
  copy(to.low0, from.low0)
  copy(to.low1, from.low1)
  copy(to.high0, from.high0)
  copy(to.high1, from.high1)
  copy(to.what, from.what)
  copy(to.ports, from.ports, 4)
  copy(to.ids, from.ids, 4)
  copy(to.counter, from.counter)
}

// Storing a bigint there and reading words is many times faster than shifting it.
const halves = new BigUint64Array(2)
const words = new Uint32Array(halves.buffer)

function setAddress(to: readonly Uint32Array[], i: number, value: bigint): void {
  halves[0] = value
  const [first, second, third, fourth] = to
  if (first === undefined) return
  if (second === undefined || third === undefined || fourth === undefined) {
    first[i] = words[0] as number
    return
  }
  halves[1] = value >> 64n
  first[i] = words[3] as number
  second[i] = words[2] as number
  third[i] = words[1] as number
  fourth[i] = words[0] as number
}

function convert(columns: Columns, i: number, line: Line): void {
  const { sourcePorts, destinationPorts, protocol } = line
  setAddress(columns.source, i, line.source.value)
  setAddress(columns.destination, i, line.destination.value)
  columns.sourceLength[i] = line.source.length
  columns.destinationLength[i] = line.destination.length
  const fromSource = sourcePorts?.from ?? 0
  const toSource = sourcePorts?.to ?? noPorts
  const from = destinationPorts?.from ?? 0
  const to = destinationPorts?.to ?? noPorts
  // The fields of hf_box over two words: destination port and protocol lie across their border.
  columns.low0[i] = fromSource | (from << 18)
  columns.low1[i] = (from >>> 14) | ((protocol ?? 0) << 4)
  columns.high0[i] = toSource | (to << 18)
  columns.high1[i] = (to >>> 14) | ((protocol ?? 255) << 4)
  columns.what[i] =
    (protocol ?? 256) |
    (sourcePorts ? hfWhat.whatSports : 0) |
    (destinationPorts ? hfWhat.whatDports : 0) |
    (flagsOf(line) << hfWhat.whatRank)
  columns.ports[i * 4] = sourcePorts?.from ?? 0
  columns.ports[i * 4 + 1] = sourcePorts?.to ?? 0
  columns.ports[i * 4 + 2] = destinationPorts?.from ?? 0
  columns.ports[i * 4 + 3] = destinationPorts?.to ?? 0
  setId(columns.ids, i * 4, line.ruleId)
}

const dash = 45
/** Value of a lower-case hexadecimal digit by character; anything else 255. */
const digits = new Uint8Array(128).fill(255)
for (const [value, digit] of [...'0123456789abcdef'].entries()) digits[digit.charCodeAt(0)] = value

/** The bytes of a UUID in lower case, as a little-endian machine reads them; nothing for another text. */
function setId(to: Uint32Array, at: number, id: string): void {
  if (id.length !== 36) return
  const bytes = idBytes
  let position = 0
  for (let byte = 0; byte < 16; byte++) {
    if (byte === 4 || byte === 6 || byte === 8 || byte === 10) {
      if (id.charCodeAt(position++) !== dash) return
    }
    const high = digits[id.charCodeAt(position++)] ?? 255
    const low = digits[id.charCodeAt(position++)] ?? 255
    if (high > 15 || low > 15) return
    bytes[byte] = (high << 4) | low
  }
  to.set(idWords, at)
}
const idWords = new Uint32Array(4)
const idBytes = new Uint8Array(idWords.buffer)

/** Actions as the kernel numbers them, by their index in `actions`. */
const kernelActions = { deny: 0, allow: 1, rate_limit: 2, log: 3 } as const
export const actionOfKernel = [
  'deny',
  'allow',
  'rate_limit',
  'log',
] as const satisfies readonly (typeof actions)[number][]

/** The low bits of a rank word. */
const flagsOf = ({ action, continues, logs }: Line): number =>
  kernelActions[action] | (continues ? hfRank.rankContinues : 0) | (logs ? hfRank.rankLogs : 0)

/** Source port, destination port and protocol of a bound. */
export const sportOf = (word0: number): number => word0 & 0x1ffff
export const dportOf = (word0: number, word1: number): number =>
  (word0 >>> 18) | ((word1 & 7) << 14)
export const protocolOf = (word1: number): number => (word1 >>> 4) & 0xff
