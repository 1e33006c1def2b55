import { type DevicePolicy, type Line, type Policy, rateUnits } from '@holdfast/policy'
import { hfAct, hfDevice, hfDeviceFlag, hfHead, hfLimit, hfRate, hfRule } from '../gen/layout.ts'
import { Arena } from './arena.ts'
import { type Columns, columnsOf, type Family } from './columns.ts'
import { PolicyTooLarge } from './errors.ts'
import { bucketKey, counterKey, type Slots } from './slots.ts'
import { putTable, type TableMetrics } from './table.ts'

/** What the kernel is given: `bytes` and nothing else. */
export interface Blob {
  readonly bytes: Uint8Array
  /** The same as the value of a map of its size class: zeros behind it, and what may be overrun. */
  readonly value: Uint8Array
  readonly metrics: BlobMetrics
}

export interface BlobMetrics {
  /** Distinct lists of lines. */
  readonly tables: number
  readonly lines: number
  readonly rules: number
  readonly bytes: number
  /** The worst of all tables. */
  readonly tuples: number
  readonly longestProbe: number
  readonly longestList: number
}

export interface BlobOptions {
  /** The policy's version. */
  readonly version: Uint8Array
  readonly slots: Slots
  /** From 1 on; another one with every swap. `stampGeneration` changes it later. */
  readonly generation: number
}

/** Smallest and greatest size class of the kernel's maps. */
const leastBytes = 1024 * 1024
export const mostBytes = 64 * 1024 * 1024

/**
 * The size class of a blob: its map has values of this many bytes and `hfLimit.overrun` more, and the programs have
 * `hf_blob_mask` one less.
 */
export function sizeClass(bytes: number): number {
  let size = leastBytes
  while (size < bytes) size *= 2
  return size
}

/** Before the blob is given to the kernel. Generations tag caches, flows and connections: no two swaps share one. */
export function stampGeneration(bytes: Uint8Array, generation: number): void {
  if (!(generation >= 1 && generation <= 0xffffffff)) {
    throw new RangeError(`no generation: ${generation}`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  view.setUint32(hfHead.atGeneration, generation, true)
}

/** What is known of lists that were built last, so that the next build converts only what is new. */
export type BlobMemory = Map<number, Columns>

/** By memory: where the last two blobs are, the older first. */
const rooms = new WeakMap<BlobMemory, readonly Uint8Array[]>()

/**
 * The policy as the kernel reads it (layout: bpf/include/holdfast.h). Same input, same bytes. Refuses what exceeds a
 * bound: `bpf.policy_too_large`. `memory`, when given, is read and replaced, and the blob is good until the build after
 * the next one with it.
 */
export function buildBlob(policy: Policy, options: BlobOptions, memory?: BlobMemory): Blob {
  const { version, slots, generation } = options
  const lists = distinctLists(policy, slots, memory)
  const kept = (memory && rooms.get(memory)) ?? []
  const expected = sizeClass(lists.columns.reduce(roomFor, leastBytes / 2)) + hfLimit.overrun
  const arena = new Arena(expected, kept.length === 2 ? kept[0] : undefined)
  const head = arena.take(hfHead.bytes)
  const devices = arena.take(hfDevice.bytes * hfLimit.devices)
  const texts = new Texts()
  const rates = new Rates(texts)
  const tables = lists.columns.map((columns) =>
    putTable(arena, columns, putActs(arena, columns, slots, rates)),
  )
  const offsets = Uint32Array.from([tables.length, ...tables.map(({ offset }) => offset)])
  const tablesAt = arena.put(offsets)
  const rules = rulesOf(lists.columns)
  const rulesAt = putRules(arena, lists.columns, rules, texts)
  const meta = JSON.stringify({
    devices: policy.devices.map((device) => ({ ...device, slot: slotOf(slots, device) })),
    views: lists.views,
    texts: texts.list,
  })
  const metaAt = arena.putText(Buffer.from(meta))
  rates.put(arena)
  if (arena.used > mostBytes) {
    throw PolicyTooLarge({ what: `it takes ${arena.used} of at most ${mostBytes} bytes` })
  }
  arena.reserve(sizeClass(arena.used) + hfLimit.overrun)
  const { u32 } = arena
  const word = (at: number, value: number): void => {
    u32[at >>> 2] = value
  }
  word(head + hfHead.atMagic, hfLimit.magic)
  word(head + hfHead.atFormat, hfLimit.format)
  word(head + hfHead.atUsed, arena.used)
  word(head + hfHead.atTables, tablesAt)
  word(head + hfHead.atRules, rulesAt)
  word(head + hfHead.atMeta, metaAt)
  arena.bytes.set(version, head + hfHead.atVersion)
  for (const device of policy.devices) {
    const at = devices + slotOf(slots, device) * hfDevice.bytes
    const view = lists.views[device.view]
    if (view === undefined) throw new RangeError(`${device.device} has no view ${device.view}`)
    for (const [i, table] of view.entries()) {
      word(at + hfDevice.atTable + i * 4, table === 0 ? 0 : (tables[table - 1]?.offset ?? 0))
    }
    word(at + hfDevice.atFlags, deviceFlags(device))
  }
  const bytes = arena.bytes.subarray(0, arena.used)
  stampGeneration(bytes, generation)
  if (memory) rooms.set(memory, [...kept.slice(-1), arena.bytes])
  return {
    bytes,
    value: arena.bytes.subarray(0, sizeClass(bytes.length) + hfLimit.overrun),
    metrics: metricsOf(tables, rules.length, lists.columns, bytes.length),
  }
}

/** Roughly, to grow seldom. */
const roomFor = (sum: number, { lines, family }: Columns): number =>
  sum + lines.length * (family === 4 ? 180 : 320)

function metricsOf(
  tables: readonly TableMetrics[],
  rules: number,
  columns: readonly Columns[],
  bytes: number,
): BlobMetrics {
  const worst = (of: (table: TableMetrics) => number): number =>
    tables.reduce((most, table) => Math.max(most, of(table)), 0)
  return {
    tables: tables.length,
    lines: columns.reduce((sum, { lines }) => sum + lines.length, 0),
    rules,
    bytes,
    tuples: worst(({ tuples }) => tuples),
    longestProbe: worst(({ longestProbe }) => longestProbe),
    longestList: worst(({ longestList }) => longestList),
  }
}

function slotOf({ devices }: Slots, { device }: DevicePolicy): number {
  const slot = devices.get(device)
  if (slot === undefined) throw new RangeError(`${device} has no slot`)
  return slot
}

const deviceFlags = ({ firewall }: DevicePolicy): number =>
  hfDeviceFlag.devPresent |
  (firewall.defaultVerdict === 'pass' ? hfDeviceFlag.devDefaultPass : 0) |
  (firewall.isStateful ? hfDeviceFlag.devStateful : 0) |
  (firewall.dropsFragments ? hfDeviceFlag.devDropFragments : 0) |
  (firewall.unparsableVerdict === 'pass' ? hfDeviceFlag.devUnparsablePass : 0)

interface DistinctLists {
  readonly columns: readonly Columns[]
  /** By view and table of a device: number of the list from 1, 0 for an empty one. */
  readonly views: readonly (readonly number[])[]
}

/** Equal lists are built once: mostly rules hold in both directions or in one, and on every device alike. */
function distinctLists(
  policy: Policy,
  slots: Slots,
  memory: BlobMemory | undefined,
): DistinctLists {
  const columns: Columns[] = []
  const indexOf = (lines: readonly Line[], family: Family): number => {
    if (lines.length === 0) return 0
    const known = columns.findIndex(
      (other) => other.family === family && isSameList(other.lines, lines),
    )
    if (known >= 0) return known + 1
    columns.push(columnsOf(lines, family, slots.counters, memory?.get(columns.length)))
    return columns.length
  }
  const views = policy.views.map(({ ingress4, egress4, ingress6, egress6 }) => [
    indexOf(ingress4, 4),
    indexOf(egress4, 4),
    indexOf(ingress6, 6),
    indexOf(egress6, 6),
  ])
  memory?.clear()
  for (const [i, list] of columns.entries()) memory?.set(i, list)
  return { columns, views }
}

function isSameList(a: readonly Line[], b: readonly Line[]): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) {
    const [one, other] = [a[i], b[i]]
    if (one !== other && (one === undefined || other === undefined || !isSameLine(one, other))) {
      return false
    }
  }
  return true
}

const isSameLine = (a: Line, b: Line): boolean =>
  a.ruleId === b.ruleId &&
  a.implicit === b.implicit &&
  a.source.value === b.source.value &&
  a.source.length === b.source.length &&
  a.destination.value === b.destination.value &&
  a.destination.length === b.destination.length &&
  a.protocol === b.protocol &&
  isSameRange(a.sourcePorts, b.sourcePorts) &&
  isSameRange(a.destinationPorts, b.destinationPorts) &&
  a.action === b.action &&
  a.continues === b.continues &&
  a.logs === b.logs &&
  a.rate?.pps === b.rate?.pps &&
  a.rate?.burst === b.rate?.burst &&
  a.rate?.bucket === b.rate?.bucket

const isSameRange = (a: Line['sourcePorts'], b: Line['sourcePorts']): boolean =>
  a?.from === b?.from && a?.to === b?.to

/** Texts that user space wants back, each once. */
export class Texts {
  readonly list: string[] = []
  readonly #known = new Map<string, number>()

  indexOf(text: string): number {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    this.#known.set(text, this.list.length)
    return this.list.push(text) - 1
  }
}

/** Limits, each bucket once. Their section comes last, so acts name it by number until its offset is known. */
class Rates {
  readonly #texts: Texts
  readonly #known = new Map<string, number>()
  readonly #words: number[] = []
  readonly #acts: { at: number; number: number }[] = []

  constructor(texts: Texts) {
    this.#texts = texts
  }

  add(act: number, line: Line, slots: Slots): void {
    const { rate } = line
    if (rate === undefined) return
    const key = bucketKey(line)
    let number = this.#known.get(key)
    if (number === undefined) {
      number = this.#known.size
      this.#known.set(key, number)
      const slot = slots.buckets.get(key)
      if (slot === undefined) throw new RangeError(`no bucket for ${key}`)
      const { interval, tolerance } = rateUnits(rate)
      this.#words.push(
        ...[interval, tolerance].flatMap((value) => [
          Number(value & 0xffffffffn),
          Number(value >> 32n),
        ]),
        slot,
        rate.bucket === 'source' ? 1 : 0,
        rate.pps,
        rate.burst,
        this.#texts.indexOf(rate.bucket),
        0,
      )
    }
    this.#acts.push({ at: act, number })
  }

  put(arena: Arena): void {
    const base = arena.put(Uint32Array.from(this.#words))
    for (const { at, number } of this.#acts) {
      arena.u32[(at + hfAct.atRate) >>> 2] = base + number * hfRate.bytes
    }
  }
}

/** `hf_act` of every line. */
function putActs(arena: Arena, { lines, counter }: Columns, slots: Slots, rates: Rates): number {
  const at = arena.take(lines.length * hfAct.bytes)
  const { u32 } = arena
  for (let i = 0; i < lines.length; i++) u32[(at >>> 2) + i * 2] = counter[i] as number
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as Line
    if (line.rate !== undefined) rates.add(at + i * hfAct.bytes, line, slots)
  }
  return at
}

/** A rule by one of its lines. */
interface RuleLine {
  readonly columns: number
  readonly line: number
}

/** Each counter's first line, in the order of lists and lines. */
function rulesOf(lists: readonly Columns[]): readonly RuleLine[] {
  const rules: RuleLine[] = []
  let seen = new Uint8Array(1024)
  for (const [columns, { counter }] of lists.entries()) {
    for (let line = 0; line < counter.length; line++) {
      const slot = counter[line] as number
      if (slot >= seen.length) {
        const larger = new Uint8Array(Math.max(slot + 1, seen.length * 2))
        larger.set(seen)
        seen = larger
      }
      if (seen[slot] === 1) continue
      seen[slot] = 1
      rules.push({ columns, line })
    }
  }
  return rules
}

/** `hf_rule` of every counter in use, behind their number. */
function putRules(
  arena: Arena,
  lists: readonly Columns[],
  rules: readonly RuleLine[],
  texts: Texts,
): number {
  const at = arena.take(8 + rules.length * hfRule.bytes)
  const { u32 } = arena
  u32[at >>> 2] = rules.length
  let rule = (at + 8) >>> 2
  for (const { columns, line } of rules) {
    const { ids, counter, lines } = lists[columns] as Columns
    let isUuid = 0
    for (let word = 0; word < 4; word++) {
      const value = ids[line * 4 + word] as number
      u32[rule + word] = value
      isUuid |= value
    }
    u32[rule + (hfRule.atCounter >>> 2)] = counter[line] as number
    if (isUuid === 0) {
      u32[rule + (hfRule.atName >>> 2)] = texts.indexOf(counterKey(lines[line] as Line)) + 1
    }
    rule += hfRule.bytes >>> 2
  }
  return at
}
