import {
  joinShards,
  parseShard,
  type RootKey,
  type Shard,
  ShardMisfit,
  ShardOfAnotherRootKey,
} from '@holdfast/crypto'
import { DomainError } from '@holdfast/errors'

export interface PotStatus {
  /** Zero until a shard says so. */
  readonly threshold: number
  readonly given: number
}

export interface Joined {
  readonly rootKey: RootKey
  readonly setId: string
  /** Numbers of the shards that did it. */
  readonly shards: readonly number[]
}

interface Held {
  readonly shard: Shard
  readonly text: string
}

const maxSets = 4
const maxCodes = 8

/**
 * Shards given one by one by whoever comes along, in memory only. Those of another root key, and damaged ones, are
 * refused as they come; a forged one cannot be told before there are enough, and then is found out by one more.
 */
export class ShardPot {
  readonly #expected: readonly string[]
  /** By what all shards of one splitting say, the last one touched at the end. */
  readonly #sets = new Map<string, Map<number, Held>>()
  #current = ''
  refused = 0
  readonly refusedCodes: string[] = []

  /** Fingerprints of the root keys that open the store: one, or two during a rotation. */
  constructor(expected: readonly string[]) {
    this.#expected = expected
  }

  get status(): PotStatus {
    const held = [...(this.#sets.get(this.#current)?.values() ?? [])]
    return { threshold: held[0]?.shard.threshold ?? 0, given: held.length }
  }

  startOver(): void {
    this.#sets.clear()
  }

  /** The root key once there are enough. Throws as `joinShards` does; the shard is not kept then. */
  async give(text: string): Promise<Joined | undefined> {
    try {
      return await this.#give(text)
    } catch (error) {
      if (error instanceof DomainError) {
        this.refused += 1
        if (this.refusedCodes.length < maxCodes) this.refusedCodes.push(error.code)
      }
      throw error
    }
  }

  async #give(text: string): Promise<Joined | undefined> {
    const shard = parseShard(text, 1)
    const { index, rootKeyFingerprint: given, threshold } = shard
    const [first = ''] = this.#expected
    if (!this.#expected.includes(given))
      throw ShardOfAnotherRootKey({ shard: index, given, expected: first })
    const set = this.#setOf(nameOf(shard))
    set.set(index, { shard, text })
    return set.size < threshold ? undefined : await this.#join(set, shard)
  }

  #setOf(name: string): Map<number, Held> {
    const set = this.#sets.get(name) ?? new Map<number, Held>()
    this.#sets.delete(name)
    this.#sets.set(name, set)
    this.#current = name
    for (const [oldest] of this.#sets) {
      if (this.#sets.size <= maxSets) break
      this.#sets.delete(oldest)
    }
    return set
  }

  async #join(set: Map<number, Held>, { index, setId }: Shard): Promise<Joined | undefined> {
    const held = [...set.values()]
    try {
      const rootKey = await joinShards(held.map(({ text }) => text))
      return { rootKey, setId, shards: held.map(({ shard }) => shard.index) }
    } catch (error) {
      const misfits = ShardMisfit.is(error) ? numbersIn(error.details['shards'] ?? '') : undefined
      // Which one is wrong cannot be told yet: all stay, and one more finds out.
      if (misfits === undefined && !ShardMisfit.is(error)) set.delete(index)
      for (const misfit of misfits ?? []) set.delete(misfit)
      // With one more than needed, the others are enough by themselves.
      const rest = misfits && [...set.values()]
      const [one] = rest ?? []
      if (one && rest && rest.length >= one.shard.threshold && !misfits.includes(index))
        return await this.#join(set, one.shard)
      throw error
    }
  }
}

/** One that says anything else of its splitting waits apart, where it cannot turn the others away. */
const nameOf = ({ rootKeyFingerprint, setId, threshold, shares, madeAt }: Shard): string =>
  [rootKeyFingerprint, setId, threshold, shares, madeAt.getTime()].join(' ')

/** Undefined when it only says that one among them is wrong. */
const numbersIn = (shards: string): readonly number[] | undefined =>
  /^[\d, ]+$/.test(shards) ? shards.split(', ').map(Number) : undefined
