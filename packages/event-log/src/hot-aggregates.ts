import { HotAggregate } from './hot-aggregate.ts'
import type { Aggregate } from './types.ts'

/** The aggregates in memory, the least recently used leaving first. */
export class HotAggregates {
  readonly #limit: number
  // One subject has one aggregate definition, which `get` compares; so the types of an entry are those
  // of the definition it was made with.
  readonly #entries = new Map<string, HotAggregate<never, never, unknown>>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#entries.size
  }

  /** Whether a command is still under way. */
  isBusy(): boolean {
    return [...this.#entries.values()].some((entry) => entry.queue.length > 0)
  }

  get<C, E, S>(aggregate: Aggregate<C, E, S>, subject: string): HotAggregate<C, E, S> {
    const entry = this.find(aggregate, subject) ?? new HotAggregate<C, E, S>(aggregate, subject)
    this.#entries.delete(subject)
    this.#entries.set(subject, entry as unknown as HotAggregate<never, never, unknown>)
    this.#evict()
    return entry
  }

  /** What is there already; looking is no use. */
  find<C, E, S>(aggregate: Aggregate<C, E, S>, subject: string): HotAggregate<C, E, S> | undefined {
    const known = this.#entries.get(subject) as unknown as HotAggregate<C, E, S> | undefined
    return known?.aggregate === aggregate ? known : undefined
  }

  /** Drops everything that is not in use: another server may hold another history. */
  clear(): void {
    for (const [subject, entry] of this.#entries) {
      if (entry.queue.length === 0) this.#entries.delete(subject)
      else void entry.queue.run(async () => entry.forget())
    }
  }

  #evict(): void {
    if (this.#entries.size <= this.#limit) return
    for (const [subject, entry] of this.#entries) {
      if (entry.queue.length > 0) continue // its commands would lose their order
      this.#entries.delete(subject)
      if (this.#entries.size <= this.#limit) return
    }
  }
}
