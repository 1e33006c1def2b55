import type { Logger } from '@holdfast/telemetry'
import { factsOf } from '../follow/events.ts'
import { fold, type NodeCommit } from '../follow/fold.ts'
import { emptyNode, type NodeState } from '../follow/node-state.ts'
import { type Journal, openJournal } from './journal.ts'

/** The log whose commits a saved state was made of; those of another are not mixed in. */
export interface Pin {
  readonly lineageId: string
  readonly generation: number
}

/** With the hash of its stored bytes, to notice later that the log was exchanged. */
export interface TakenCommit extends NodeCommit {
  readonly hash: Uint8Array
}

/** The desired state on disk, so that a host boots protected before it can reach anything. */
export interface SavedState {
  /** The living state; `take` changes it. */
  readonly state: NodeState
  /** Hash of the last commit taken, to find out that the log was exchanged. */
  lastHash(): Uint8Array | undefined
  /**
   * Folds commits and makes them durable. The state has changed when it returns, the promise resolves
   * once the disk has it. Throws UnknownFact and then keeps what came before the culprit.
   */
  take(commits: readonly TakenCommit[]): Promise<void>
  /** Drops what `isNeeded` no longer wants of deleted interfaces. */
  forget(isNeeded: (interfaceId: string) => boolean): void
  /** Resolves when everything taken is on disk; rejects when the disk refuses. */
  settled(): Promise<void>
  close(): Promise<void>
}

const minCompactBytes = 256 * 1024
/** A snapshot of thousands of peers takes a while, which must not be while changes wait. */
const compactAfterMs = 1_000

/**
 * A snapshot followed by the commits since, in one journal. The snapshot is itself facts, so reading it,
 * reading the journal and following the log are one fold. Secrets are kept as they came, sealed to the node.
 */
export async function openSavedState(path: string, pin: Pin, log: Logger): Promise<SavedState> {
  const { journal, records, lostBytes } = await openJournal(path)
  const state = emptyNode()
  let lastHash: Uint8Array | undefined
  try {
    lastHash = load(state, records, pin)
  } catch (error) {
    await closeQuietly(journal)
    throw error
  }
  if (lostBytes > 0) {
    log.warn(
      { lostBytes, sequence: state.sequence },
      'the saved state had a damaged end; it is cut',
    )
  }

  let snapshotBytes = 0
  let unsaved: Uint8Array[] = []
  let writing: Promise<void> = Promise.resolve()
  let isHealthy = true
  let compaction: NodeJS.Timeout | undefined

  const snapshot = (): Uint8Array => encodeSnapshot(state, pin, lastHash)

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
    const record = snapshot()
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
      log.warn({ err: error }, 'the saved state was not cut down')
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
          if (!fold(state, commit)) continue
          lastHash = commit.hash
          unsaved.push(encodeCommit(commit))
        }
      } finally {
        void save()
      }
      return writing
    },
    forget(isNeeded) {
      for (const { id, isDeleted } of state.interfaces.values()) {
        if (isDeleted && !isNeeded(id)) state.interfaces.delete(id)
      }
    },
    settled: () => (isHealthy && unsaved.length === 0 ? writing : save()),
    async close() {
      clearTimeout(compaction)
      await writing.catch(() => {})
      await closeQuietly(journal)
    },
  }
}

const closeQuietly = (journal: Journal): Promise<void> => journal.close().catch(() => {})

interface StoredRecord {
  readonly kind: 'snapshot' | 'commit'
  readonly lineageId?: string
  readonly generation?: number
  readonly sequence: string
  readonly hash?: string
  readonly interfaces: readonly {
    readonly id: string
    readonly revision: string
    readonly events: readonly (readonly [type: string, schema: number, data: string])[]
  }[]
}

const text = (record: StoredRecord): Uint8Array => Buffer.from(JSON.stringify(record))
const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
const packed = (events: NodeCommit['events']): [string, number, string][] =>
  events.map(({ type, schema, data }) => [type, schema, base64(data)])

function encodeSnapshot(state: NodeState, pin: Pin, hash: Uint8Array | undefined): Uint8Array {
  return text({
    kind: 'snapshot',
    lineageId: pin.lineageId,
    generation: pin.generation,
    sequence: String(state.sequence),
    ...(hash ? { hash: base64(hash) } : {}),
    interfaces: [...state.interfaces.values()].map((each) => ({
      id: each.id,
      revision: String(each.revision),
      events: packed(factsOf(each)),
    })),
  })
}

function encodeCommit(commit: TakenCommit): Uint8Array {
  const sequence = String(commit.sequence)
  const events = packed(commit.events)
  return text({
    kind: 'commit',
    sequence,
    hash: base64(commit.hash),
    interfaces: [{ id: commit.interfaceId, revision: sequence, events }],
  })
}

/** Folds the records into the state; answers the hash of the last commit. */
function load(state: NodeState, records: readonly Uint8Array[], pin: Pin): Uint8Array | undefined {
  let hash: Uint8Array | undefined
  for (const bytes of records) {
    // as: we wrote it, and the checksum says it is what we wrote
    const record = JSON.parse(Buffer.from(bytes).toString()) as StoredRecord
    if (
      record.kind === 'snapshot' &&
      (record.lineageId !== pin.lineageId || record.generation !== pin.generation)
    ) {
      throw new Error(
        `the saved state is of log ${record.lineageId} generation ${record.generation}, ` +
          `this node obeys ${pin.lineageId} generation ${pin.generation}; move one of them away`,
      )
    }
    // A snapshot may already hold commits that were on their way to the disk while it was made.
    if (record.kind === 'commit' && BigInt(record.sequence) <= state.sequence) continue
    for (const { id, revision, events } of record.interfaces) {
      // A snapshot's interfaces come by age of creation, not by revision; each is folded by itself.
      const part: NodeState = { sequence: 0n, interfaces: state.interfaces }
      fold(part, {
        sequence: BigInt(revision),
        interfaceId: id,
        events: events.map(([type, schema, data]) => ({
          type,
          schema,
          data: Buffer.from(data, 'base64'),
        })),
      })
    }
    state.sequence = BigInt(record.sequence)
    hash = record.hash === undefined ? undefined : Buffer.from(record.hash, 'base64')
  }
  return hash
}
