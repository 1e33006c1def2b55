import { setTimeout as pause } from 'node:timers/promises'
import type { Commit, EventLog } from '@holdfast/event-log'
import { leafHash, type Tile, type TileBuilder, type TreeHead } from '@holdfast/merkle'
import type { Session } from '@holdfast/postgres'
import { writeTiles } from './tile-store.ts'
import { movePosition } from './tree-position.ts'

/** Leaves of one transaction when far behind. */
const batchLeaves = 16_384
/** Leaves that may wait to be written; then the log is not read on. 32 bytes each. */
const maxWaiting = 4 * batchLeaves
/** Under load, how long a small batch waits for company. */
const lingerMs = 50

export const leafOf = ({
  sequence,
  subject,
  commitId,
  bytes,
}: Pick<Commit, 'sequence' | 'subject' | 'commitId' | 'bytes'>): Uint8Array =>
  leafHash({ sequence, subject, messageId: commitId, payload: bytes })

export interface FeedOptions {
  readonly log: Pick<EventLog, 'subscribe'>
  readonly session: Session
  readonly origin: string
  /** Where to go on; it grows. */
  readonly builder: TileBuilder
  /** Hash of the last leaf, when there is one. */
  readonly lastLeaf: Uint8Array | undefined
  readonly signal: AbortSignal
  /** Before they are part of the tree. */
  readonly onCommits: (commits: readonly Commit[]) => void
  /** After each batch was written. */
  readonly onWritten: (head: TreeHead) => Promise<void>
  /** When all that stood in the log at the start has been read; written follows. */
  readonly onCaughtUp: () => void
}

/**
 * Grows the tree by what the log holds until the signal fires. Leaves are hashed as they come and written while the
 * next ones come. Rejects with what the log or the database says; what was written stays whole.
 */
export async function feedLeaves(options: FeedOptions): Promise<void> {
  const { log, builder, lastLeaf, onCommits, onCaughtUp } = options
  const broken = new AbortController()
  const signal = AbortSignal.any([options.signal, broken.signal])
  const inbox = new LeafInbox()
  signal.addEventListener('abort', () => inbox.close(), { once: true })
  const { size } = builder
  const reading = log.subscribe(
    {
      from: size + 1n,
      name: 'tree',
      signal,
      onCaughtUp,
      ...(lastLeaf ? { checkpoint: { sequence: size, hash: lastLeaf } } : {}),
    },
    async (commits) => {
      onCommits(commits)
      await inbox.push(commits.map(leafOf))
    },
  )
  const writing = write(options, inbox, signal)
  try {
    // Whoever ends first, by failing or by the signal, ends the other.
    await Promise.race([reading, writing])
  } finally {
    broken.abort()
    inbox.close()
    // What matters was thrown; the other one follows from it.
    await Promise.allSettled([reading, writing])
  }
}

async function write(options: FeedOptions, inbox: LeafInbox, signal: AbortSignal): Promise<void> {
  const { builder, session, origin, onWritten } = options
  let lastWrite = 0
  while (!signal.aborted) {
    await inbox.filled()
    const waitMs = lastWrite + lingerMs - performance.now()
    if (waitMs > 0 && inbox.size < batchLeaves)
      await pause(waitMs, undefined, { signal }).catch(() => undefined)
    const leaves = inbox.take(batchLeaves)
    if (signal.aborted || leaves.length === 0) continue
    const from = builder.size
    const tiles: Tile[] = []
    for (const leaf of leaves) tiles.push(...builder.append(leaf))
    const to = builder.size
    tiles.push(...builder.partial().filter(({ level }) => isOther(from, to, level)))
    const head = builder.head()
    await session.tx(async (tx) => {
      // What a power cut takes is read from the log again, tiles and position alike.
      await tx.script('set local synchronous_commit = off')
      await writeTiles(tx, tiles)
      await movePosition(tx, origin, head)
    })
    lastWrite = performance.now()
    await onWritten(head)
  }
}

/** Whether a level has got hashes between two sizes. */
export const isOther = (from: bigint, to: bigint, level: number): boolean =>
  from >> BigInt(8 * level) !== to >> BigInt(8 * level)

/** Leaves on their way. */
class LeafInbox {
  #leaves: Uint8Array[] = []
  #isClosed = false
  readonly #waiting = new Set<() => void>()

  get size(): number {
    return this.#leaves.length
  }

  /** Resolves when there is room for more. */
  async push(leaves: readonly Uint8Array[]): Promise<void> {
    for (const leaf of leaves) this.#leaves.push(leaf)
    this.#wake()
    await this.#until(() => this.#leaves.length < maxWaiting)
  }

  async filled(): Promise<void> {
    await this.#until(() => this.#leaves.length > 0)
  }

  take(max: number): readonly Uint8Array[] {
    const taken = this.#leaves.slice(0, max)
    this.#leaves = this.#leaves.slice(max)
    this.#wake()
    return taken
  }

  close(): void {
    this.#isClosed = true
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.#isClosed)
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }
}
