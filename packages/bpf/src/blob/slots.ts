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

/** Slots for a policy: those it had before, free ones for what is new. */
export function assignSlots(before: Slots, policy: Policy): AssignedSlots {
  const devices = new SlotPool(before.devices, 0)
  for (const { device } of policy.devices) devices.give(device)
  const counters = new SlotPool(before.counters, 1)
  const buckets = new SlotPool(before.buckets, 0)
  for (const lines of new Set(policy.views.flatMap((view) => Object.values(view)))) {
    let last: string | undefined
    for (const line of lines as readonly Line[]) {
      if (line.rate !== undefined) buckets.give(bucketKey(line))
      // Lines of a rule come together.
      if (line.ruleId !== '' && line.ruleId === last) continue
      last = line.ruleId
      counters.give(counterKey(line))
    }
  }
  if (devices.need > hfLimit.devices) {
    throw PolicyTooLarge({
      what: `${policy.devices.length} devices, while some that left still hold one of ${hfLimit.devices} slots`,
    })
  }
  return {
    slots: { devices: devices.given, counters: counters.given, buckets: buckets.given },
    fresh: { counters: counters.fresh, buckets: buckets.fresh },
    need: { counters: counters.need, buckets: buckets.need },
  }
}

class SlotPool {
  readonly given = new Map<string, number>()
  readonly fresh: number[] = []
  need: number
  readonly #before: ReadonlyMap<string, number>
  readonly #taken = new Set<number>()
  #lowest: number

  constructor(before: ReadonlyMap<string, number>, first: number) {
    this.#before = before
    // Also those that are about to become free: until the swap the kernel still uses them.
    for (const slot of before.values()) this.#taken.add(slot)
    this.#lowest = first
    this.need = first
  }

  give(key: string): void {
    if (this.given.has(key)) return
    const slot = this.#before.get(key) ?? this.#next()
    this.given.set(key, slot)
    if (slot >= this.need) this.need = slot + 1
  }

  #next(): number {
    while (this.#taken.has(this.#lowest)) this.#lowest++
    this.fresh.push(this.#lowest)
    return this.#lowest++
  }
}
