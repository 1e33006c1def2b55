import { setTimeout as delay } from 'node:timers/promises'

export interface PollingOptions {
  /** How often it is looked without being told: for what another instance put in, and what has a time of its own. */
  readonly everyMs: number
  /** Looks once. Answers true when it is to look again at once. */
  readonly turn: () => Promise<boolean>
  /** A turn failed, for the `inARow`th time; the next comes as usual. */
  readonly failed: (error: unknown, inARow: number) => void
}

/** Looks for work, one turn after the other: again and again, and at once when told that something may be due. */
export class Polling {
  readonly #options: PollingOptions
  #loop: Promise<void> | undefined
  #wake: () => void = () => undefined
  #isWoken = false
  #isStopping = false

  constructor(options: PollingOptions) {
    this.#options = options
  }

  get isStopping(): boolean {
    return this.#isStopping
  }

  start(): void {
    this.#loop = this.#run()
  }

  /** Something may be due. */
  wake(): void {
    this.#isWoken = true
    this.#wake()
  }

  /** No turn begins any more; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.wake()
    await this.#loop
  }

  async #run(): Promise<void> {
    const { turn, failed } = this.#options
    let failures = 0
    while (!this.#isStopping) {
      this.#isWoken = false
      try {
        const again = await turn()
        failures = 0
        if (again) continue
      } catch (error) {
        failures++
        failed(error, failures)
      }
      await this.#woken()
    }
  }

  async #woken(): Promise<void> {
    if (this.#isWoken || this.#isStopping) return
    const waiting = new AbortController()
    this.#wake = () => waiting.abort()
    const { signal } = waiting
    await delay(this.#options.everyMs, undefined, { signal }).catch(() => undefined)
  }
}
