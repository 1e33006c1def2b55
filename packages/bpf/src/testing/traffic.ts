import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** Packets in programs from threads of their own. */

export interface TrafficOrder {
  readonly programId: number
  readonly packet: Uint8Array
  /** Packets at once. */
  readonly repeat: number
  /** For the search of the benchmarks: where ranks are left, and the two each may be. */
  readonly ranks?: { readonly mapId: number; readonly allowed: Uint32Array }
}

export interface TrafficReport {
  readonly packets: number
  /** Ranks that were the first or the second one allowed, or neither. */
  readonly first: number
  readonly second: number
  readonly mixed: number
}

export class Traffic {
  readonly #workers: readonly Worker[]
  readonly #stop: Int32Array

  private constructor(workers: readonly Worker[], stop: Int32Array) {
    this.#workers = workers
    this.#stop = stop
  }

  /** Resolves when all threads are at it. */
  static async start(threads: number, order: TrafficOrder): Promise<Traffic> {
    const stop = new Int32Array(new SharedArrayBuffer(4))
    const source = JSON.stringify(new URL('./traffic-thread.ts', import.meta.url).href)
    const workers = Array.from(
      { length: threads },
      () =>
        new Worker(
          `import('tsx/esm/api').then(({ register }) => { register(); return import(${source}) })`,
          { eval: true, workerData: { ...order, stop } },
        ),
    )
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    return new Traffic(workers, stop)
  }

  /** What all threads did. */
  async stop(): Promise<TrafficReport> {
    const reports = this.#workers.map((worker) => once(worker, 'message'))
    Atomics.store(this.#stop, 0, 1)
    const sum = { packets: 0, first: 0, second: 0, mixed: 0 }
    for (const [report] of (await Promise.all(reports)) as [TrafficReport][]) {
      sum.packets += report.packets
      sum.first += report.first
      sum.second += report.second
      sum.mixed += report.mixed
    }
    return sum
  }
}
