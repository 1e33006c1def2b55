import { hostRange, type Network } from '@holdfast/net'
import { Heap } from './heap.ts'

interface Quarantined {
  readonly value: bigint
  /** ms since 1970. */
  readonly freeAt: number
}

/**
 * The host addresses of one network: which is the lowest free one?
 *
 * Invariant: every host address below `next` is taken or has once been given back. Those given back wait
 * in `waiting`, by time, until their quarantine is over, and then in `ready`, by address. So taking, giving
 * back and asking cost O(log n) at most, also for a /16 that is full.
 *
 * Asking moves what has served its time from `waiting` to `ready`. That never changes an answer: each
 * answer is checked against the time of the question.
 */
export class AddressPool {
  readonly network: Network
  private readonly first: bigint
  private readonly last: bigint
  private next: bigint
  private readonly taken = new Set<bigint>()
  /** Given back and not taken again. The truth about them; the heaps may hold outdated entries. */
  private readonly freeAt = new Map<bigint, number>()
  private readonly waiting = new Heap<Quarantined>((a, b) => a.freeAt < b.freeAt)
  private readonly ready = new Heap<Quarantined>((a, b) => a.value < b.value)

  constructor(network: Network) {
    const { first, last } = hostRange(network)
    this.network = network
    this.first = first
    this.last = last
    this.next = first
  }

  /** Whether a host may have this address at all: not the network's own, nor its broadcast address. */
  isHost(value: bigint): boolean {
    return value >= this.first && value <= this.last
  }

  /** Neither taken nor in quarantine at `now` (ms since 1970). */
  isFree(value: bigint, now: number): boolean {
    return !this.taken.has(value) && (this.freeAt.get(value) ?? 0) <= now
  }

  take(value: bigint): void {
    this.taken.add(value)
    this.freeAt.delete(value)
    this.advance()
  }

  /** `freeAt` in ms since 1970; a time that has passed means no quarantine. */
  release(value: bigint, freeAt: number): void {
    if (!this.isHost(value)) return
    this.taken.delete(value)
    this.freeAt.set(value, freeAt)
    this.waiting.push({ value, freeAt })
    this.advance()
  }

  /** The lowest address that is neither taken nor in quarantine at `now` (ms since 1970). */
  lowestFree(now: number): bigint | undefined {
    for (let top = this.waiting.peek(); top && top.freeAt <= now; top = this.waiting.peek()) {
      this.waiting.pop()
      if (this.isCurrent(top)) this.ready.push(top)
    }
    for (let top = this.ready.peek(); top; top = this.ready.peek()) {
      if (this.isCurrent(top) && top.freeAt <= now) break
      this.ready.pop()
      // A clock that went back: it waits again.
      if (this.isCurrent(top)) this.waiting.push(top)
    }
    const again = this.ready.peek()?.value
    const fresh = this.next <= this.last ? this.next : undefined
    if (again === undefined || fresh === undefined) return again ?? fresh
    return again < fresh ? again : fresh
  }

  /** When the first quarantine that lasts beyond `now` ends, ms since 1970. */
  nextFreeAt(now: number): number | undefined {
    let earliest: number | undefined
    for (const at of this.freeAt.values()) {
      if (at > now && (earliest === undefined || at < earliest)) earliest = at
    }
    return earliest
  }

  private isCurrent({ value, freeAt }: Quarantined): boolean {
    return this.freeAt.get(value) === freeAt
  }

  private advance(): void {
    while (this.next <= this.last && (this.taken.has(this.next) || this.freeAt.has(this.next))) {
      this.next++
    }
  }
}
