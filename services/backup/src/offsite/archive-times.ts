interface Sample {
  readonly sequence: bigint
  readonly atUnixMs: number
}

const maxSamples = 8_192

/** When commits came to be in the archive, as seen from here, to a second or so. */
export class ArchiveTimes {
  #samples: Sample[] = []

  /** Call often. */
  see(sequence: bigint, atUnixMs: number): void {
    const last = this.#samples.at(-1)
    if (last && last.sequence >= sequence) return
    this.#samples.push({ sequence, atUnixMs })
    if (this.#samples.length <= maxSamples) return
    // Of old ones every other is enough: times become too old by that, never too young.
    const half = this.#samples.length / 2
    this.#samples = this.#samples.filter((_, at) => at >= half || at % 2 === 0)
  }

  /** When the first one behind `sequence` came; undefined: there is none. */
  firstAfter(sequence: bigint): number | undefined {
    let [low, high] = [0, this.#samples.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const sample = this.#samples[middle]
      if (sample && sample.sequence > sequence) high = middle
      else low = middle + 1
    }
    return this.#samples[low]?.atUnixMs
  }
}
