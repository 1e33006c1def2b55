/** Runs tasks one after the other, in the order they came. One that fails does not stop the next. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve()
  #length = 0

  /** How many have not finished. */
  get length(): number {
    return this.#length
  }

  run<T>(task: () => Promise<T>): Promise<T> {
    this.#length++
    const result = this.#tail.then(task)
    this.#tail = result.then(
      () => this.#length--,
      () => this.#length--,
    )
    return result
  }
}
