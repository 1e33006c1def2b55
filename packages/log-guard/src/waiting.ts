/** Waiting that anything may end early. */
export class Waiting {
  readonly #waiting = new Set<() => void>()

  wake(): void {
    for (const done of [...this.#waiting]) done()
  }

  /** Resolves after `ms`, or at the next `wake`. */
  for(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#waiting.add(done)
    })
  }
}
