import { setTimeout as pause } from 'node:timers/promises'
import { type EventLog, LogUnavailable } from '@holdfast/event-log'
import { type AccessReader, MessageUnreadable, type RawMessage } from '@holdfast/event-log/admin'
import {
  leafHash,
  logExtension,
  rootFromTiles,
  type Tile,
  type TileBuilder,
} from '@holdfast/merkle'
import { type Postgres, type Session, sql } from '@holdfast/postgres'
import type { Logger } from '@holdfast/telemetry'
import { adoptCheckpoint, archivedNotes } from '../checkpoints/adopt-checkpoint.ts'
import { lastCheckpoint, type StoredCheckpoint } from '../checkpoints/checkpoint-store.ts'
import type { SigningPace } from '../checkpoints/clerk.ts'
import type { KeyFiles } from '../checkpoints/key-files.ts'
import { Inconsistent, signCheckpoint } from '../checkpoints/sign-checkpoint.ts'
import { chainOf, keysInOffice, readKeys } from '../checkpoints/signing-keys.ts'
import { isOther, leafOf } from '../tree/leaf-feed.ts'
import { leafIn } from '../tree/prover.ts'
import { tilesIn, writeTiles } from '../tree/tile-store.ts'
import { sameBytes } from '../tree/tree-position.ts'
import {
  beginEpoch,
  type Epoch,
  endEpoch,
  epochBegun,
  growEpoch,
  lastEpoch,
  nameOf,
} from './epoch-store.ts'
import { judgeStream } from './judge-stream.ts'
import { openTree } from './tree-of-epoch.ts'

export interface AccessKeeperParts {
  readonly log: Pick<
    EventLog,
    'fold' | 'history' | 'lineageId' | 'generation' | 'signal' | 'onSignal'
  >
  readonly postgres: Postgres
  readonly logger: Logger
  readonly reader: AccessReader
  readonly keyFiles: KeyFiles
  /** Of the log. */
  readonly origin: string
  /** Where copies of checkpoints are kept on this machine, if they are. */
  readonly archiveDir: string | undefined
  readonly pace: Pick<SigningPace, 'commits' | 'everyMs' | 'leastMs'>
  /** An epoch ended otherwise than by us. */
  readonly onEnded: (epoch: string, because: string) => void
  /** ms since 1970. */
  readonly now: () => number
}

export interface AccessKeeperStatus {
  readonly isLeading: boolean
  readonly epoch: Epoch | undefined
  /** Leaves written. */
  readonly size: bigint
  readonly last: StoredCheckpoint | undefined
  /** Why nothing is read or signed at present. */
  readonly waitsFor: string | undefined
}

const leadEveryMs = 5_000
const firstRetryMs = 250
const lastRetryMs = 5_000
const tickMs = 100
const resendMs = 60_000

export const accessCheckpointSubject = 'ctl.audit.access-checkpoint'
const signSubject = 'ctl.audit.access-sign'
const doubtSubject = 'ctl.audit.access-doubt'

/** What is led at present. */
interface Present {
  readonly epoch: Epoch
  readonly builder: TileBuilder
}

/**
 * Keeps the trees of ACCESS and signs them. Of several instances one leads. The stream is not guarded, so after every
 * lost connection it is compared with the tree; one that is no continuation ends the epoch, with the reason, and the
 * next epoch begins under a name of its own: two checkpoints of one name never contradict each other.
 */
export class AccessKeeper {
  readonly #parts: AccessKeeperParts
  readonly #stopping = new AbortController()
  readonly #silences: (() => void)[] = []
  #running: Promise<void> = Promise.resolve()
  #present: Present | undefined
  #isLeading = false
  #last: StoredCheckpoint | undefined
  #isWanted = false
  #attemptedAt = Number.NEGATIVE_INFINITY
  #waitsFor: string | undefined
  /** Why the present epoch has to be looked at, or ended. */
  #doubt: { readonly because: string | undefined } | undefined
  /** The epoch whose tiles were looked through for a contradiction. */
  #lookedAt: bigint | undefined
  #restart = new AbortController()

  constructor(parts: AccessKeeperParts) {
    this.#parts = parts
  }

  /** Begins; the database must be migrated. */
  start(): void {
    const { log } = this.#parts
    this.#silences.push(
      log.onSignal(signSubject, () => {
        this.#isWanted = this.#isLeading
      }),
      log.onSignal(doubtSubject, () => this.#look(undefined)),
    )
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const silence of this.#silences) silence()
    await this.#running
    await this.#parts.reader.close()
  }

  status(): AccessKeeperStatus {
    const { epoch, builder } = this.#present ?? {}
    return {
      isLeading: this.#isLeading,
      epoch,
      size: builder?.size ?? 0n,
      last: this.#last,
      waitsFor: this.#waitsFor,
    }
  }

  /** Asks whoever leads for a checkpoint. */
  want(): void {
    if (this.#isLeading) this.#isWanted = true
    else this.#parts.log.signal(signSubject, new Uint8Array())
  }

  /** Somebody found tiles that prove nothing. */
  treeIsDamaged(): void {
    if (this.#isLeading) this.#look(undefined)
    else this.#parts.log.signal(doubtSubject, new Uint8Array())
  }

  #look(because: string | undefined): void {
    if (!this.#isLeading || this.#doubt) return
    this.#doubt = { because }
    this.#restart.abort()
  }

  async #run(): Promise<void> {
    const { postgres, logger } = this.#parts
    const signal = this.#stopping.signal
    let retryMs = firstRetryMs
    while (!signal.aborted) {
      let session: Session | undefined
      const since = performance.now()
      try {
        session = await postgres.session()
        if (await tryLead(session)) {
          this.#isLeading = true
          await this.#lead(session, signal)
        } else await rest(leadEveryMs, signal)
      } catch (error) {
        if (!signal.aborted) {
          this.#waitsFor = error instanceof Error ? error.message : String(error)
          const level = LogUnavailable.is(error) ? 'info' : 'warn'
          logger[level]({ err: error }, 'the tree of ACCESS stands still, trying again')
          if (performance.now() - since > lastRetryMs) retryMs = firstRetryMs
          await rest(retryMs, signal)
          retryMs = Math.min(lastRetryMs, retryMs * 2)
        }
      } finally {
        this.#isLeading = false
        await session?.close()
      }
    }
  }

  async #lead(session: Session, stopping: AbortSignal): Promise<void> {
    let unreadable: bigint | undefined
    while (!stopping.aborted) {
      session.lost.throwIfAborted()
      this.#restart = new AbortController()
      const present = await this.#agree(session, unreadable)
      unreadable = undefined
      this.#present = present
      this.#last = await lastCheckpoint(this.#parts.postgres, present.epoch.origin)
      const ended = new AbortController()
      const signal = AbortSignal.any([stopping, session.lost, this.#restart.signal, ended.signal])
      const ticking = this.#tick(present, signal)
      try {
        const from = present.epoch.first + present.builder.size
        await this.#parts.reader.follow(from, signal, (messages) =>
          this.#grow(session, present, messages),
        )
      } catch (error) {
        if (!MessageUnreadable.is(error)) throw error
        unreadable = present.epoch.first + present.builder.size
      } finally {
        ended.abort()
        await ticking
      }
    }
  }

  /** The epoch that goes on: the one on record, when the stream still is what its tree was made of, or a new one. */
  async #agree(session: Session, unreadable: bigint | undefined): Promise<Present> {
    const { reader } = this.#parts
    const doubt = this.#doubt
    const stream = await reader.state()
    const epoch = await lastEpoch(session)
    let from = stream.first
    if (epoch && !epoch.ended) {
      const builder = await openTree(session, epoch, doubt !== undefined)
      const isSame = async (sequence: bigint): Promise<boolean | undefined> => {
        const record = await reader.record(sequence)
        if (!record) return undefined
        const tiles = tilesIn(session, { epoch: epoch.begun })
        const leaf = await leafIn(tiles, sequence - epoch.first, epoch.size)
        return sameBytes(leafHash(record), leaf)
      }
      const end = epoch.first + epoch.size - 1n
      const contradiction = builder && (doubt?.because ?? (await this.#adopted(epoch)))
      const verdict = !builder
        ? { goesOn: false as const, because: 'its tiles are damaged', keptTo: end }
        : contradiction !== undefined
          ? { goesOn: false as const, because: contradiction, keptTo: end }
          : await judgeStream(epoch, stream, isSame)
      this.#doubt = undefined
      const isStuck = verdict.goesOn && unreadable === end + 1n && stream.last >= unreadable
      if (verdict.goesOn && !isStuck && builder) return { epoch, builder }
      const because = verdict.goesOn ? `record ${end + 1n} cannot be read` : verdict.because
      const keptTo = verdict.goesOn ? end : verdict.keptTo
      // What the tree holds was in the stream when it was read: once more, signed whole.
      if (builder && contradiction === undefined) await this.#signLast(epoch, builder)
      // A damaged tree vouches for nothing: all the stream has goes into the next one.
      if (builder && contradiction === undefined && keptTo >= from) from = keptTo + 1n
      await this.#begin(session, epoch, { because, keptTo }, stream.created, await this.#next(from))
    } else await this.#begin(session, undefined, undefined, stream.created, from)
    const begun = await lastEpoch(session)
    if (!begun) throw new Error('the epoch that was begun is not there')
    return { epoch: begun, builder: await this.#empty(session, begun) }
  }

  /** The first sequence an epoch can begin with. */
  async #next(from: bigint): Promise<bigint> {
    const { reader } = this.#parts
    const found = await reader.nextFrom(from)
    if (found !== undefined) return found
    const { last } = await reader.state()
    return last >= from ? last + 1n : from
  }

  async #empty(session: Session, epoch: Epoch): Promise<TileBuilder> {
    const builder = await openTree(session, epoch, false)
    if (!builder) throw new Error('an empty tree has no tiles that could be damaged')
    return builder
  }

  async #begin(
    session: Session,
    before: Epoch | undefined,
    ended: { readonly because: string; readonly keptTo: bigint } | undefined,
    streamCreated: string,
    first: bigint,
  ): Promise<void> {
    const { log, logger, now, onEnded } = this.#parts
    const { lineageId, generation } = log
    const at = first > 0n ? first : 1n
    await session.tx(async (tx) => {
      if (before && ended) await endEpoch(tx, before, { at: new Date(now()), ...ended })
      await beginEpoch(tx, { lineageId, generation }, { first: at, streamCreated, now: now() })
    })
    if (!before || !ended) return
    const epoch = nameOf(before)
    const { because } = ended
    logger.error({ epoch, because, first: at.toString() }, 'a tree of ACCESS ended, another begins')
    onEnded(epoch, because)
  }

  /** Takes in checkpoints of the epoch the archive kept and the database lost; what contradicts them, if anything. */
  async #adopted(epoch: Epoch): Promise<string | undefined> {
    const { log, postgres, archiveDir, now } = this.#parts
    if (archiveDir === undefined) return undefined
    const above = (await lastCheckpoint(postgres, epoch.origin))?.size ?? 0n
    const folder = `${log.lineageId}/access/${nameOf(epoch)}`
    const notes = await archivedNotes(archiveDir, folder, above)
    const chain = notes.length > 0 ? chainOf(log.lineageId, await readKeys(log)) : undefined
    if (!chain) return undefined
    const tiles = {
      owner: { epoch: epoch.begun },
      size: async () => epoch.size,
    }
    try {
      for (const note of notes)
        await adoptCheckpoint({ postgres, origin: epoch.origin, chain, note, tiles, now })
      return undefined
    } catch (error) {
      if (error instanceof Inconsistent) return error.message
      throw error
    }
  }

  async #grow(
    session: Session,
    { epoch, builder }: Present,
    messages: readonly RawMessage[],
  ): Promise<void> {
    const from = builder.size
    const tiles: Tile[] = []
    for (const { sequence, subject, messageId, payload } of messages)
      tiles.push(
        ...builder.append(leafOf({ sequence, subject, commitId: messageId, bytes: payload })),
      )
    const to = builder.size
    tiles.push(...builder.partial().filter(({ level }) => isOther(from, to, level)))
    const head = builder.head()
    await session.tx(async (tx) => {
      await writeTiles(tx, tiles, { epoch: epoch.begun })
      await growEpoch(tx, epoch, head)
    })
    this.#waitsFor = undefined
  }

  async #tick({ epoch, builder }: Present, signal: AbortSignal): Promise<void> {
    const { now, log, logger } = this.#parts
    let sentAt = Number.NEGATIVE_INFINITY
    while (!signal.aborted) {
      try {
        if (this.#isDue(builder)) {
          this.#attemptedAt = now()
          if (await this.#sign(epoch)) sentAt = Number.NEGATIVE_INFINITY
        }
        if (this.#last && performance.now() - sentAt > resendMs) {
          sentAt = performance.now()
          log.signal(accessCheckpointSubject, Buffer.from(this.#last.note))
        }
      } catch (error) {
        if (error instanceof Inconsistent) {
          // Once it may be the tree; the same again means that it is not.
          const mayBeTree = error.mayBeTree && this.#lookedAt !== epoch.begun
          this.#lookedAt = epoch.begun
          this.#look(mayBeTree ? undefined : error.message)
        }
        this.#waitsFor = error instanceof Error ? error.message : String(error)
        logger.warn({ err: error }, 'no checkpoint of ACCESS yet, trying again')
        await rest(firstRetryMs, signal)
      }
      await rest(tickMs, signal)
    }
  }

  #isDue(builder: TileBuilder): boolean {
    const { pace, now } = this.#parts
    const waiting = builder.size - (this.#last?.size ?? 0n)
    if (waiting <= 0n) {
      this.#isWanted = false
      return false
    }
    const sinceAttempt = now() - this.#attemptedAt
    if (sinceAttempt < pace.leastMs) return false
    const sinceLast = now() - Math.max(this.#last?.signedAt.getTime() ?? 0, this.#attemptedAt)
    return this.#isWanted || waiting >= pace.commits || sinceLast >= pace.everyMs
  }

  /** Signs what is written; whether there is a new checkpoint. */
  async #sign(epoch: Epoch): Promise<boolean> {
    const { log, postgres, keyFiles, origin, now } = this.#parts
    const written = await epochBegun(postgres, epoch.begun)
    if (!written || written.size === 0n) return false
    const { size } = written
    const root = await rootOf(postgres, written)
    const signed = await signCheckpoint({
      postgres,
      origin: epoch.origin,
      tiles: { epoch: epoch.begun },
      extensions: async (tx) => [logExtension((await lastCheckpoint(tx, origin))?.size ?? 0n)],
      keysNow: keysInOffice({ log, keyFiles, origin: epoch.origin }),
      size,
      root,
      now,
    })
    if (signed === 'held') return false
    this.#isWanted = false
    this.#waitsFor = undefined
    this.#last = signed === 'unchanged' ? await lastCheckpoint(postgres, epoch.origin) : signed
    return signed !== 'unchanged'
  }

  /** As well as it goes: an epoch ends also without. */
  async #signLast(epoch: Epoch, builder: TileBuilder): Promise<void> {
    if (builder.size === 0n) return
    try {
      await this.#sign(epoch)
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'the end of a tree of ACCESS is not signed')
    }
  }
}

async function rootOf(postgres: Postgres, { begun, size }: Epoch): Promise<Uint8Array> {
  return await rootFromTiles(size, tilesIn(postgres, { epoch: begun }))
}

async function tryLead(session: Session): Promise<boolean> {
  const [row] = await session.query<{ is_ours: boolean }>(
    sql`select pg_try_advisory_lock(hashtext('holdfast'), hashtext('audit access tree')) as is_ours`,
  )
  return row?.is_ours === true
}

const rest = (ms: number, signal: AbortSignal): Promise<void> =>
  pause(ms, undefined, { signal }).catch(() => undefined)
