import type { StoredEvent } from '@holdfast/event-log'
import type { Logger } from '@holdfast/telemetry'
import { type Journal, openJournal } from './journal.ts'

/** The log whose commits a saved state was made of; those of another are not mixed in. */
export interface Pin {
  readonly lineageId: string
  readonly generation: number
}

/** What the agent needs of a commit. */
export interface TakenCommit {
  readonly sequence: bigint
  /** What follows the aggregate type in the subject. */
  readonly aggregateId: string
  readonly events: readonly StoredEvent[]
  /** Of its stored bytes, to notice later that the log was exchanged. */
  readonly hash: Uint8Array
}

/** How one feed's commits become a state, and both become records of a journal. */
export interface SavedFoldCodec<S> {
  readonly empty: () => S
  /**
   * Takes one commit in, changing the state in place; answers whether it was new. Nothing changes when a
   * fact cannot be read: then it throws.
   */
  readonly fold: (state: S, commit: TakenCommit) => boolean
  readonly encodeCommit: (commit: TakenCommit) => Uint8Array
  readonly encodeSnapshot: (state: S, pin: Pin, hash: Uint8Array | undefined) => Uint8Array
  /** Folds records into the state; answers the hash of the last commit. Throws for another log's. */
  readonly load: (state: S, records: readonly Uint8Array[], pin: Pin) => Uint8Array | undefined
}

/** The state of one feed on disk, so that a host boots protected before it can reach anything. */
export interface SavedFold<S> {
  /** The living state; `take` changes it. */
  readonly state: S
  /** Hash of the last commit taken, to find out that the log was exchanged. */
  lastHash(): Uint8Array | undefined
  /**
   * Folds commits and makes them durable. The state has changed when it returns, the promise resolves
   * once the disk has it. Throws what the fold throws and then keeps what came before the culprit.
   */
  take(commits: readonly TakenCommit[]): Promise<void>
  /** Adds a record the codec knows to read, beside the commits. The state has changed already. */
  note(record: Uint8Array): Promise<void>
  /** Resolves when everything taken is on disk; rejects when the disk refuses. */
  settled(): Promise<void>
  close(): Promise<void>
}

export interface SavedFoldOptions<S> {
  readonly path: string
  readonly pin: Pin
  readonly codec: SavedFoldCodec<S>
  readonly log: Pick<Logger, 'warn'>
}

const minCompactBytes = 256 * 1024
/** A snapshot of thousands of things takes a while, which must not be while changes wait. */
const compactAfterMs = 1_000

/**
 * A snapshot followed by the commits since, in one journal. The snapshot is itself facts, so reading it,
 * reading the journal and following the log are one fold. The journal is cut down once it has doubled.
 */
export async function openSavedFold<S extends { sequence: bigint }>(
  options: SavedFoldOptions<S>,
): Promise<SavedFold<S>> {
  const { path, pin, codec, log } = options
  const { journal, records, lostBytes } = await openJournal(path)
  const state = codec.empty()
  let lastHash: Uint8Array | undefined
  try {
    lastHash = codec.load(state, records, pin)
  } catch (error) {
    await closeQuietly(journal)
    throw error
  }
  if (lostBytes > 0) {
    log.warn(
      { path, lostBytes, sequence: state.sequence },
      'the saved state had a damaged end; it is cut',
    )
  }

  let snapshotBytes = 0
  let unsaved: Uint8Array[] = []
  let writing: Promise<void> = Promise.resolve()
  let isHealthy = true
  let compaction: NodeJS.Timeout | undefined

  const isOversized = (): boolean => journal.size() > Math.max(minCompactBytes, 2 * snapshotBytes)

  async function write(): Promise<void> {
    const batch = unsaved
    unsaved = []
    if (batch.length === 0 && isHealthy) return
    try {
      // After a failed write the file's end is uncertain, so it is replaced rather than added to.
      if (isHealthy) await journal.append(batch)
      else await compact()
      isHealthy = true
    } catch (error) {
      isHealthy = false
      throw error
    }
    clearTimeout(compaction)
    if (isOversized()) compaction = setTimeout(compactInTurn, compactAfterMs)
  }

  async function compact(): Promise<void> {
    const record = codec.encodeSnapshot(state, pin, lastHash)
    await journal.replace(record)
    snapshotBytes = record.length
  }

  function compactInTurn(): void {
    writing = writing
      .catch(() => {})
      .then(async () => {
        if (isHealthy && isOversized()) await compact()
      })
    writing.catch((error: unknown) => {
      isHealthy = false
      log.warn({ err: error, path }, 'the saved state was not cut down')
    })
  }

  function save(): Promise<void> {
    writing = writing.catch(() => {}).then(write)
    writing.catch(() => {}) // whoever asks through `settled` or `take` hears of it
    return writing
  }

  if (records.length === 0 || lostBytes > 0) {
    isHealthy = false
    await save()
  } else {
    snapshotBytes = records[0]?.length ?? 0
  }

  return {
    state,
    lastHash: () => lastHash,
    take(commits) {
      try {
        for (const commit of commits) {
          if (!codec.fold(state, commit)) continue
          lastHash = commit.hash
          unsaved.push(codec.encodeCommit(commit))
        }
      } finally {
        void save()
      }
      return writing
    },
    note(record) {
      unsaved.push(record)
      return save()
    },
    settled: () => (isHealthy && unsaved.length === 0 ? writing : save()),
    async close() {
      clearTimeout(compaction)
      await writing.catch(() => {})
      await closeQuietly(journal)
    },
  }
}

/** A snapshot says whose it is; the state of another log must not be taken for ours. */
export function requirePin(
  found: { readonly lineageId?: string; readonly generation?: number },
  pin: Pin,
): void {
  if (found.lineageId === pin.lineageId && found.generation === pin.generation) return
  throw new Error(
    `the saved state is of log ${found.lineageId} generation ${found.generation}, ` +
      `this node obeys ${pin.lineageId} generation ${pin.generation}; move one of them away`,
  )
}

const closeQuietly = (journal: Journal): Promise<void> => journal.close().catch(() => {})
