import type { StoredEvent } from '@holdfast/event-log'
import type { Logger } from '@holdfast/telemetry'
import { type Journal, openJournal } from './journal.ts'

/** The log whose commits a saved state was made of; those of another are not mixed in. */
export interface Pin {
  readonly lineageId: string
  readonly generation: number
  /** Commits a restore took over from earlier generations; undefined when this node saw none. */
  readonly size?: bigint
  /** By earlier generation: commits it is sure to share with this one. */
  readonly common?: ReadonlyMap<number, bigint>
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
  /** Folds records into the state. Throws for another log's. */
  readonly load: (state: S, records: readonly Uint8Array[], pin: Pin) => LoadedFold
  /**
   * Makes `state` say what `next` says, in place, and keeps of the old what still has to be taken away from the host.
   */
  readonly replace: (state: S, next: S) => void
}

export interface LoadedFold {
  /** Of the last commit. */
  readonly hash: Uint8Array | undefined
  /** Of the log it was made of; undefined of an empty journal. */
  readonly generation: number | undefined
}

/** The state of one feed on disk, so that a host boots protected before it can reach anything. */
export interface SavedFold<S> {
  /** The living state; `take` changes it. */
  readonly state: S
  /** Where to go on; the hash of that commit, to find out that the log was exchanged. */
  position(): { readonly sequence: bigint; readonly hash: Uint8Array | undefined }
  /**
   * What stood in the log has been taken. A state of a generation that ended, with commits that were cut off, was in
   * force until now; the log's takes its place, and the answer is true.
   */
  caughtUp(): boolean
  /** Whether such a state is in force. */
  isCutOff(): boolean
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
 *
 * A state of an earlier generation goes on where it stands when all of it is in the new one. Otherwise the log is folded
 * anew beside it, and until that has come to the end the old state is what there is: enforced, and on disk.
 */
export async function openSavedFold<S extends { sequence: bigint }>(
  options: SavedFoldOptions<S>,
): Promise<SavedFold<S>> {
  const { path, pin, codec, log } = options
  const { journal, records, lostBytes } = await openJournal(path)
  const state = codec.empty()
  let lastHash: Uint8Array | undefined
  let generation: number | undefined
  try {
    const loaded = codec.load(state, records, pin)
    lastHash = loaded.hash
    generation = loaded.generation
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

  const isEarlier = generation !== undefined && generation !== pin.generation
  const isCutOff = isEarlier && state.sequence > (pin.common?.get(generation ?? 0) ?? 0n)
  /** The state of this generation as far as it was read; undefined when `state` is that. */
  let fresh: { readonly state: S; hash: Uint8Array | undefined } | undefined = isCutOff
    ? { state: codec.empty(), hash: undefined }
    : undefined

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
    const own = fresh && generation !== undefined ? { ...pin, generation } : pin
    const record = codec.encodeSnapshot(state, own, lastHash)
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

  // The journal of a state that goes on says from now on whose it is.
  if (!isCutOff && (records.length === 0 || lostBytes > 0 || isEarlier)) {
    isHealthy = false
    await save()
  } else {
    snapshotBytes = records[0]?.length ?? 0
  }

  return {
    state,
    position: () =>
      fresh
        ? { sequence: fresh.state.sequence, hash: fresh.hash }
        : { sequence: state.sequence, hash: lastHash },
    isCutOff: () => fresh !== undefined,
    caughtUp() {
      if (!fresh) return false
      codec.replace(state, fresh.state)
      lastHash = fresh.hash
      fresh = undefined
      unsaved = []
      isHealthy = false
      void save()
      return true
    },
    take(commits) {
      if (fresh) {
        for (const commit of commits) if (codec.fold(fresh.state, commit)) fresh.hash = commit.hash
        return Promise.resolve()
      }
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
    // An old state that is in force is on disk as it is.
    settled: () => (fresh || (isHealthy && unsaved.length === 0) ? writing : save()),
    async close() {
      clearTimeout(compaction)
      await writing.catch(() => {})
      await closeQuietly(journal)
    },
  }
}

/**
 * A snapshot says whose it is; the state of another log must not be taken for ours. Answers its generation: this one, or
 * an earlier one the log was restored from.
 */
export function requirePin(
  found: { readonly lineageId?: string; readonly generation?: number },
  pin: Pin,
): number {
  const { lineageId, generation = 0 } = found
  const isEarlier = pin.common !== undefined && generation > 0 && generation < pin.generation
  if (lineageId === pin.lineageId && (generation === pin.generation || isEarlier)) return generation
  throw new Error(
    `the saved state is of log ${found.lineageId} generation ${found.generation}, ` +
      `this node obeys ${pin.lineageId} generation ${pin.generation}; move one of them away`,
  )
}

const closeQuietly = (journal: Journal): Promise<void> => journal.close().catch(() => {})
