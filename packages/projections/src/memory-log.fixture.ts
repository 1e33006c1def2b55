import { createHash } from 'node:crypto'
import {
  type Commit,
  LogGap,
  type LogStatus,
  type StoredEvent,
  type SubscribeOptions,
} from '@holdfast/event-log'
import type { LogReader } from './types.ts'

export interface Fact {
  readonly type: string
  readonly [field: string]: unknown
}

/** Events as JSON, under any aggregate. */
export const jsonCodec = {
  decode: <E>(stored: StoredEvent): E => JSON.parse(Buffer.from(stored.data).toString()) as E,
}

/** A log in memory, with the reading half of `EventLog`. */
export class MemoryLog implements LogReader {
  readonly commits: Commit[] = []
  readonly #wake = new Set<() => void>()
  /** Largest batch delivered. */
  batch = 1_000

  append(events: readonly Fact[], more: Partial<Commit> = {}): Commit {
    const sequence = BigInt(this.commits.length + 1)
    const bytes = Buffer.from(JSON.stringify([sequence.toString(), events]))
    const commit: Commit = {
      sequence,
      subject: `evt.network.interface.${idOf(`aggregate ${sequence % 7n}`)}`,
      context: 'network',
      commitId: idOf(`commit ${sequence}`),
      lineageId: idOf('lineage'),
      generation: 1,
      aggregateType: 'interface',
      aggregateId: idOf(`aggregate ${sequence % 7n}`),
      aggregateVersion: 1n,
      organizationId: idOf('organization'),
      actor: { kind: 'user', id: idOf('user') },
      commandId: idOf(`command ${sequence}`),
      correlationId: idOf('correlation'),
      causationId: undefined,
      requestHash: undefined,
      timeUnixUs: 1_700_000_000_000_000n + sequence,
      timeUnixMs: 1_700_000_000_000,
      reason: '',
      events: events.map((event) => ({
        type: event.type,
        schema: 1,
        data: Buffer.from(JSON.stringify(event)),
      })),
      bytes,
      ...more,
    }
    this.commits.push(commit)
    for (const wake of this.#wake) wake()
    return commit
  }

  /** Why the guard keeps it closed. */
  closedBecause: string | undefined
  readonly safe = {
    current: () => (this.closedBecause === undefined ? (1n << 63n) - 1n : 0n),
    onAdvance: () => () => undefined,
  }

  status(): LogStatus {
    const reason = this.closedBecause
    return reason === undefined ? { isWritable: true } : { isWritable: false, reason }
  }

  head(): Promise<bigint> {
    return Promise.resolve(this.seen())
  }

  read(sequence: bigint): Promise<Commit | undefined> {
    return Promise.resolve(this.commits.find((commit) => commit.sequence === sequence))
  }

  seen(): bigint {
    return this.commits.at(-1)?.sequence ?? 0n
  }

  async subscribe(
    { from, signal, name }: SubscribeOptions,
    onBatch: (commits: readonly Commit[]) => Promise<void> | void,
  ): Promise<void> {
    let next = from
    if (next > this.seen() + 1n) throw LogGap({ reader: name, expected: next, found: this.seen() })
    while (!signal.aborted) {
      const commits = this.commits.slice(Number(next) - 1, Number(next) - 1 + this.batch)
      if (commits.length === 0) await this.#changed(signal)
      else {
        await onBatch(commits)
        next += BigInt(commits.length)
      }
    }
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#wake.delete(end)
        signal.removeEventListener('abort', end)
        resolve()
      }
      this.#wake.add(end)
      signal.addEventListener('abort', end, { once: true })
    })
  }
}

/** A UUID that follows from a name. */
export function idOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
