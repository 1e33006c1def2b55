import { Lagging } from './errors.ts'

/** How long a read waits for the rows it asked for. */
export const patienceMs = 2_000

interface Waiter {
  readonly sequence: bigint
  readonly of: string | undefined
  readonly resolve: () => void
}

/** How far the readable rows of each projection follow the log, and who waits for more. */
export class Positions {
  readonly #byName = new Map<string, bigint>()
  readonly #waiters = new Set<Waiter>()
  readonly #listeners = new Set<() => void>()

  /** Without rows to read yet, nothing is reached, not even 0. */
  constructor(names: readonly string[]) {
    for (const name of names) this.#byName.set(name, -1n)
  }

  get isAwaited(): boolean {
    return this.#waiters.size > 0
  }

  of(name: string): bigint {
    return this.#byName.get(name) ?? -1n
  }

  set(name: string, sequence: bigint): void {
    this.#byName.set(name, sequence)
  }

  /** Call after the last `set` of a batch. */
  wake(): void {
    for (const waiter of this.#waiters) {
      if (this.#reached(waiter.of) >= waiter.sequence) waiter.resolve()
    }
  }

  /** Calls back when somebody begins to wait. Returns the way to stop that. */
  onWait(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when all projections, or the one named, include the sequence. Throws `projection.lagging` after 2 s. */
  async reach(sequence: bigint, of: string | undefined, signal?: AbortSignal): Promise<void> {
    if (this.#reached(of) >= sequence) return
    signal?.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const settle = (then: () => void) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        this.#waiters.delete(waiter)
        then()
      }
      const onAbort = () => settle(() => reject(signal?.reason))
      const waiter: Waiter = { sequence, of, resolve: () => settle(resolve) }
      const timer = setTimeout(
        () => settle(() => reject(Lagging({ sequence, checkpoint: this.#readable(of) }))),
        patienceMs,
      )
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiters.add(waiter)
      for (const listener of this.#listeners) listener()
    })
  }

  #reached(of: string | undefined): bigint {
    if (of !== undefined) return this.of(of)
    let least: bigint | undefined
    for (const sequence of this.#byName.values()) {
      if (least === undefined || sequence < least) least = sequence
    }
    return least ?? -1n
  }

  #readable(of: string | undefined): bigint {
    const reached = this.#reached(of)
    return reached < 0n ? 0n : reached
  }
}
