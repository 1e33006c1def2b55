import { type CommandId, newId } from '@holdfast/domain'
import { type EventLog, lineageSubject, type RestoredLink, readRestored } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { Logger } from '@holdfast/telemetry'
import { SigningKeyMissing } from '../domain/errors.ts'
import { adoptCheckpoint, archivedNotes } from './adopt-checkpoint.ts'
import { finishKeyChange, introduceKey, type KeyTools } from './change-key.ts'
import { lastCheckpoint, type StoredCheckpoint } from './checkpoint-store.ts'
import { Inconsistent, type KeysNow, signCheckpoint } from './sign-checkpoint.ts'
import { chainOf, keysInOffice, readKeys } from './signing-keys.ts'

/** When to sign. */
export interface SigningPace {
  /** So many commits are worth a checkpoint; default 256. */
  readonly commits: bigint
  /** What changed is signed after that long; default 10 s. */
  readonly everyMs: number
  /** However fast the log grows, not more often; default 250 ms. */
  readonly leastMs: number
  /**
   * How long a database without checkpoints waits for witnesses that remember some, when the log is not new and has
   * nodes; default 75 s, for a witness speaks once a minute.
   */
  readonly witnessPatienceMs: number
}

export const usualPace: SigningPace = {
  commits: 256n,
  everyMs: 10_000,
  leastMs: 250,
  witnessPatienceMs: 75_000,
}

export interface ClerkParts extends Omit<KeyTools, 'log'> {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'history' | 'last' | 'lineageId' | 'generation'>
  readonly postgres: Postgres
  readonly logger: Logger
  readonly pace: SigningPace
  /** Where copies of checkpoints are kept on this machine, if they are. */
  readonly archiveDir: string | undefined
  /** How many nodes there are: each may be a witness. */
  readonly countNodes: () => Promise<bigint>
  /** Once it is stored: the first moment anybody may see it. */
  readonly onSigned: (checkpoint: StoredCheckpoint) => void
  /** The tree on record contradicts what was signed; making it again from the log will tell which one is wrong. */
  readonly onTreeInDoubt: () => void
  /** ms since 1970. */
  readonly now: () => number
}

interface Head {
  readonly size: bigint
  readonly root: Uint8Array
}

const youngMs = 3_600_000
const retryMs = 2_000
/** What froze signing may have been repaired. */
const frozenRetryMs = 30_000

/**
 * Decides when a checkpoint is signed, and that none is while anything speaks against it. One lives as long as its
 * process leads.
 */
export class Clerk {
  readonly #parts: ClerkParts
  readonly #keysNow: () => Promise<KeysNow>
  readonly #startedAt: number
  #last: StoredCheckpoint | undefined
  /** What the restore took over that this generation began with: a tree somebody has signed, too. */
  #begun: RestoredLink | undefined
  #head: Head | undefined
  #isCaughtUp = false
  #isPrepared = false
  #hadKeys = true
  #isWanted = false
  #attemptedAt = Number.NEGATIVE_INFINITY
  #pauseUntil = Number.NEGATIVE_INFINITY
  #frozen: string | undefined
  /** What no retry can mend. */
  #contradiction: string | undefined

  constructor(parts: ClerkParts) {
    this.#parts = parts
    this.#keysNow = keysInOffice(parts)
    this.#startedAt = parts.now()
  }

  /** Why nothing is signed; undefined when nothing speaks against it. */
  get frozen(): string | undefined {
    return this.#contradiction ?? this.#frozen
  }

  get last(): StoredCheckpoint | undefined {
    return this.#last
  }

  get keysNow(): () => Promise<KeysNow> {
    return this.#keysNow
  }

  /** The tree as it is written, undefined when it was taken away. `isCaughtUp`: it holds all the log holds. */
  grown(head: Head | undefined, isCaughtUp: boolean): void {
    // A new tree is a new chance, at once.
    if (!head) this.#attemptedAt = Number.NEGATIVE_INFINITY
    this.#head = head
    this.#isCaughtUp = isCaughtUp
  }

  /** Somebody waits for a checkpoint. */
  want(): void {
    this.#isWanted = true
  }

  /**
   * Takes in what our key signed and somebody kept; true when it is on record afterwards. What contradicts the record
   * freezes signing for good.
   */
  async adopt(note: string): Promise<boolean> {
    const { log, postgres, origin, now, logger } = this.#parts
    const chain = chainOf(log.lineageId, await readKeys(log))
    if (!chain) return false
    try {
      const isNew = await adoptCheckpoint({ postgres, origin, chain, note, now })
      if (!isNew) return false
      this.#last = await lastCheckpoint(postgres, origin)
      logger.warn({ note }, 'a checkpoint the database had lost is on record again')
      return true
    } catch (error) {
      if (!(error instanceof Inconsistent)) throw error
      this.#contradiction = error.message
      logger.error({ err: error, note }, 'no checkpoint is signed any more')
      return false
    }
  }

  /** Does what is due. Call often, one call at a time; never throws. */
  async work(): Promise<void> {
    const { now, logger } = this.#parts
    if (now() < this.#pauseUntil) return
    try {
      if (!this.#isPrepared) await this.#prepare()
      if (this.#isDue()) await this.#sign()
    } catch (error) {
      if (SigningKeyMissing.is(error)) this.#freeze(error)
      else logger.warn({ err: error }, 'no checkpoint yet, trying again')
      this.#pauseUntil = now() + retryMs
    }
  }

  async #prepare(): Promise<void> {
    const { log, postgres, origin, archiveDir, now } = this.#parts
    this.#last = await lastCheckpoint(postgres, origin)
    this.#begun = await howItBegan(log)
    await finishKeyChange(this.#parts)
    const keys = await readKeys(log)
    if (keys.length === 0) {
      this.#hadKeys = false
      await introduceKey(this.#parts, {
        commandId: newId<CommandId>(),
        isKeyed: false,
        actor: { kind: 'service', id: 'audit', method: 'certificate' },
        correlationId: newId<string>(),
      })
    }
    if (archiveDir !== undefined) {
      const above = this.#last?.size ?? 0n
      for (const note of await archivedNotes(archiveDir, log.lineageId, above))
        await this.adopt(note)
    }
    // Nobody can have seen more of a generation that began a moment ago.
    const isYoung = this.#begun && now() - this.#begun.restoredAtUnixMs < youngMs
    if (!this.#last && !isYoung && this.#hadKeys && (await this.#parts.countNodes()) > 0n) {
      const waitMs = this.#startedAt + this.#parts.pace.witnessPatienceMs - now()
      if (waitMs > 0) {
        this.#pauseUntil = now() + Math.min(waitMs, retryMs)
        return
      }
    }
    this.#isPrepared = true
  }

  #isDue(): boolean {
    const { pace, now } = this.#parts
    const head = this.#head
    if (!this.#isPrepared || this.#contradiction !== undefined || !head || head.size === 0n)
      return false
    const sinceAttempt = now() - this.#attemptedAt
    const signed = this.#last?.size ?? this.#begun?.size ?? 0n
    // A tree that is being made again is no shorter log.
    if (head.size < signed && !this.#isCaughtUp) return false
    if (this.#frozen !== undefined) return sinceAttempt >= frozenRetryMs
    if (head.size < signed) return true
    if (head.size === signed) {
      this.#isWanted = false
      return false
    }
    if (this.#isWanted && this.#isCaughtUp) return true
    if (sinceAttempt < pace.leastMs) return false
    const sinceLast = now() - Math.max(this.#last?.signedAt.getTime() ?? 0, this.#attemptedAt)
    return (this.#isCaughtUp && head.size - signed >= pace.commits) || sinceLast >= pace.everyMs
  }

  async #sign(): Promise<void> {
    const { postgres, origin, now, logger, onSigned, onTreeInDoubt } = this.#parts
    const head = this.#head
    if (!head) return
    this.#attemptedAt = now()
    try {
      const signed = await signCheckpoint({
        postgres,
        origin,
        keysNow: this.#keysNow,
        ...head,
        begun: this.#begun,
        now,
      })
      if (signed === 'held') {
        await finishKeyChange(this.#parts)
        this.#attemptedAt = Number.NEGATIVE_INFINITY
        return
      }
      if (this.#frozen !== undefined)
        logger.warn({ was: this.#frozen }, 'checkpoints are signed again')
      this.#frozen = undefined
      if (signed === 'unchanged') {
        this.#last = await lastCheckpoint(postgres, origin)
        return
      }
      this.#last = signed
      this.#isWanted = false
      logger.debug({ size: signed.size.toString() }, 'checkpoint signed')
      onSigned(signed)
    } catch (error) {
      if (!(error instanceof Inconsistent)) throw error
      this.#freeze(error)
      if (error.mayBeTree) onTreeInDoubt()
    }
  }

  #freeze(error: Error): void {
    if (this.#frozen !== error.message)
      this.#parts.logger.error({ err: error }, 'no checkpoint is signed until this is mended')
    this.#frozen = error.message
  }
}

async function howItBegan(
  log: Pick<EventLog, 'last' | 'lineageId' | 'generation'>,
): Promise<RestoredLink | undefined> {
  if (log.generation === 1) return undefined
  const commit = await log.last(lineageSubject(log.lineageId))
  return commit && readRestored(commit).links.at(-1)
}
