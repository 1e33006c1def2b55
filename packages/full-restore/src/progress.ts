export const progressSteps = ['key', 'verify', 'stage', 'place'] as const

export interface RestoreProgress {
  readonly step: (typeof progressSteps)[number]
  /** Of the backup, read in this step. */
  readonly bytes: number
  readonly totalBytes: number | undefined
  readonly commits: bigint
  /** Of all steps; undefined while nobody can tell. */
  readonly estimatedMsLeft: number | undefined
}

const everyMs = 250

/** Tells how far it is, now and then. The backup is read `readings` times. */
export class Pace {
  readonly #tell: ((progress: RestoreProgress) => void) | undefined
  readonly #readings: number
  #step: RestoreProgress['step'] = 'key'
  #done = 0
  #bytes = 0
  #total: number | undefined
  #commits = 0n
  #startedAt = performance.now()
  #toldAt = 0

  constructor(tell: ((progress: RestoreProgress) => void) | undefined, readings: number) {
    this.#tell = tell
    this.#readings = readings
  }

  enter(step: RestoreProgress['step'], totalBytes?: number): void {
    if (step === 'verify') this.#startedAt = performance.now()
    if (step === 'stage') this.#done = 1
    this.#step = step
    this.#bytes = 0
    this.#commits = 0n
    this.#total = totalBytes ?? this.#total
    this.#say()
  }

  bytes(count: number): void {
    this.#bytes = count
    if (performance.now() - this.#toldAt >= everyMs) this.#say()
  }

  commits(count: bigint): void {
    this.#commits = count
    if (performance.now() - this.#toldAt >= everyMs) this.#say()
  }

  #say(): void {
    this.#toldAt = performance.now()
    this.#tell?.({
      ...{ step: this.#step, bytes: this.#bytes, totalBytes: this.#total },
      ...{ commits: this.#commits, estimatedMsLeft: this.#left() },
    })
  }

  #left(): number | undefined {
    if (!this.#total || this.#step === 'key' || this.#step === 'place') return undefined
    const share = (this.#done + Math.min(1, this.#bytes / this.#total)) / this.#readings
    if (share < 0.01) return undefined
    const took = performance.now() - this.#startedAt
    return Math.round((took / share) * (1 - share))
  }
}
