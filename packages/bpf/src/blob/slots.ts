import type { Line, Policy } from '@holdfast/policy'
import { hfLimit } from '../gen/layout.ts'
import { PolicyTooLarge } from './errors.ts'

/**
 * Numbers by which the kernel knows devices, rules and token buckets. They stay with whom they were given to from
 * one policy to the next, so that counters and buckets survive a swap.
 */
export interface Slots {
  /** Device name to device slot. */
  readonly devices: ReadonlyMap<string, number>
  /** `counterKey` of a line to a slot from 1 on; 0 counts packets no line decided. */
  readonly counters: ReadonlyMap<string, number>
  /** `bucketKey` of a line to a slot. */
  readonly buckets: ReadonlyMap<string, number>
}

export interface AssignedSlots {
  readonly slots: Slots
  /**
   * Given out this time, perhaps after someone else had them: zero them in the kernel before the swap. (Nobody uses
   * them then: a slot is free only once a policy without its former owner was built.)
   */
  readonly fresh: { readonly counters: readonly number[]; readonly buckets: readonly number[] }
  /** How many elements maps need: greatest slot + 1. */
  readonly need: { readonly counters: number; readonly buckets: number }
}

export const noSlots: Slots = { devices: new Map(), counters: new Map(), buckets: new Map() }

export const counterKey = ({ ruleId, implicit }: Line): string =>
  ruleId === '' ? `!${implicit}` : ruleId

/** A limit that changes gets a new bucket: the old one's debt was counted at another rate. */
export const bucketKey = ({ ruleId, rate }: Line): string =>
  rate === undefined ? '' : `${ruleId} ${rate.pps} ${rate.burst} ${rate.bucket}`

/** Whether a key of a bucket is that of a limit each source has for itself. */
export const isBucketOfSource = (key: string): boolean => key.endsWith(' source')

/**
 * What is remembered of slots that were given out: a next policy mostly has the same lines, the very same objects, and
 * then only new ones are looked at. Slots nobody needs any more are kept until many were added. So the maps of slots
 * that follow each other may be one object, which only ever gains entries.
 */
interface Given {
  readonly lists: readonly (readonly Line[])[]
  readonly counters: Mark
  readonly buckets: Mark
}
interface Mark {
  readonly pool: SlotPool
  /** How many slots the pool had given out anew. */
  readonly given: number
}
const known = new WeakMap<Slots, Given>()

/** Slots for a policy: those it had before, free ones for what is new. */
export function assignSlots(before: Slots, policy: Policy): AssignedSlots {
  const devices = new SlotPool(before.devices, 0)
  for (const { device } of policy.devices) devices.give(device)
  if (devices.need > hfLimit.devices) {
    throw PolicyTooLarge({
      what: `${policy.devices.length} devices, while some that left still hold one of ${hfLimit.devices} slots`,
    })
  }
  const lists = [...new Set(policy.views.flatMap((view) => Object.values(view)))]
  const last = known.get(before)
  const isAnew = last === undefined || last.counters.pool.isCrowded || last.buckets.pool.isCrowded
  const counters = isAnew ? new SlotPool(before.counters, 1, last?.counters) : last.counters.pool
  const buckets = isAnew ? new SlotPool(before.buckets, 0, last?.buckets) : last.buckets.pool
  for (const [i, lines] of lists.entries()) {
    give(counters, buckets, lines, (isAnew ? undefined : last.lists[i]) ?? [])
  }
  if (isAnew) {
    counters.settle()
    buckets.settle()
  }
  if (counters.need > hfLimit.counters) {
    throw PolicyTooLarge({
      what: `more than ${hfLimit.counters} rules had counters at one time or another`,
    })
  }
  const slots = { devices: devices.given, counters: counters.given, buckets: buckets.given }
  known.set(slots, { lists, counters: counters.mark(), buckets: buckets.mark() })
  return {
    slots,
    fresh: {
      counters: counters.freshSince(isAnew ? 0 : last.counters.given),
      buckets: buckets.freshSince(isAnew ? 0 : last.buckets.given),
    },
    need: { counters: counters.need, buckets: buckets.need },
  }
}

function give(
  counters: SlotPool,
  buckets: SlotPool,
  lines: readonly Line[],
  last: readonly Line[],
): void {
  const { head, tail } = commonLines(lines, last)
  let rule: string | undefined
  for (let i = head; i < lines.length - tail; i++) {
    const line = lines[i]
    if (line === undefined) continue
    if (line.rate !== undefined) buckets.give(bucketKey(line))
    // Lines of a rule come together.
    if (line.ruleId !== '' && line.ruleId === rule) continue
    rule = line.ruleId
    counters.give(counterKey(line))
  }
}

/** How many lines at the beginning and at the end are the very same objects. */
export function commonLines(
  lines: readonly Line[],
  before: readonly Line[],
): { head: number; tail: number } {
  const most = Math.min(lines.length, before.length)
  let head = 0
  while (head < most && lines[head] === before[head]) head++
  let tail = 0
  while (
    tail < most - head &&
    lines[lines.length - 1 - tail] === before[before.length - 1 - tail]
  ) {
    tail++
  }
  return { head, tail }
}

class SlotPool {
  readonly given = new Map<string, number>()
  need: number
  readonly #before: ReadonlyMap<string, number>
  /** Of `before`, what was given out after its policy was made and perhaps never zeroed. */
  readonly #unused: ReadonlySet<number>
  readonly #taken = new Set<number>()
  readonly #fresh: number[] = []
  #lowest: number
  #settled = Number.POSITIVE_INFINITY

  constructor(before: ReadonlyMap<string, number>, first: number, last?: Mark) {
    this.#before = before
    this.#unused = new Set(last?.pool.freshSince(last.given))
    // Also those that are about to become free: until the swap the kernel still uses them.
    for (const slot of before.values()) this.#taken.add(slot)
    this.#lowest = first
    this.need = first
  }

  /** Whether so much was added that it is time to see what is not needed any more. */
  get isCrowded(): boolean {
    return this.#fresh.length - this.#settled > 1024 + this.given.size / 4
  }

  /** The first policy is through. */
  settle(): void {
    this.#settled = this.#fresh.length
  }

  mark(): Mark {
    return { pool: this, given: this.#fresh.length }
  }

  /** Slots given out anew behind the first so many. */
  freshSince(given: number): readonly number[] {
    return this.#fresh.slice(given)
  }

  give(key: string): void {
    if (this.given.has(key)) return
    let slot = this.#before.get(key)
    if (slot === undefined || this.#unused.has(slot)) {
      slot ??= this.#free()
      this.#fresh.push(slot)
    }
    this.given.set(key, slot)
    if (slot >= this.need) this.need = slot + 1
  }

  #free(): number {
    while (this.#taken.has(this.#lowest)) this.#lowest++
    return this.#lowest++
  }
}
