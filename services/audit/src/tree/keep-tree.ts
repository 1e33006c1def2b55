import { setTimeout as pause } from 'node:timers/promises'
import { isUuid } from '@holdfast/domain'
import { CommitUnreadable, type EventLog, LogForked, LogGap } from '@holdfast/event-log'
import { hashBytes, tileWidth } from '@holdfast/merkle'
import { type Postgres, type Session, sql } from '@holdfast/postgres'
import type { Logger } from '@holdfast/telemetry'
import type { StoredCheckpoint } from '../checkpoints/checkpoint-store.ts'
import { Clerk, type ClerkParts } from '../checkpoints/clerk.ts'
import { chainOf, readKeys, rotationsOf } from '../checkpoints/signing-keys.ts'
import { challenges } from '../witnesses/challenges.ts'
import { WitnessDesk } from '../witnesses/witness-desk.ts'
import { countNodes } from '../witnesses/witness-store.ts'
import { feedLeaves } from './leaf-feed.ts'
import { type CachedTiles, tilesIn } from './tile-store.ts'
import { dropTree, loadTree } from './tree-position.ts'

export interface KeeperParts
  extends Pick<ClerkParts, 'keyFiles' | 'archiveDir' | 'pace' | 'now' | 'origin'> {
  readonly log: Pick<
    EventLog,
    | 'execute'
    | 'fold'
    | 'history'
    | 'last'
    | 'subscribe'
    | 'signal'
    | 'onSignal'
    | 'seen'
    | 'lineageId'
    | 'generation'
  >
  readonly postgres: Postgres
  readonly logger: Logger
  /** What proofs are made of; emptied when the tree is made again. */
  readonly tiles: CachedTiles
  /** Every new checkpoint, once it is stored. */
  readonly onSigned: (note: string) => void
}

export interface KeeperStatus {
  readonly isLeading: boolean
  /** Leaves written, and commits known that are not. */
  readonly size: bigint
  readonly lag: bigint
  readonly last: StoredCheckpoint | undefined
  /** Why nothing is signed. */
  readonly frozen: string | undefined
  readonly witnesses: ReturnType<WitnessDesk['count']>
  readonly refusing: ReturnType<WitnessDesk['refusing']>
  readonly invalid: number
}

const leadEveryMs = 5_000
const firstRetryMs = 250
const lastRetryMs = 15_000
const tickMs = 100
const challengeRoundMs = 1_000
const resendMs = 60_000
/** Making the tree again takes a while, and twice the same doubt is not settled by a third time. */
const rebuildAtMostEveryMs = 600_000

const signSubject = 'ctl.audit.sign'
const rebuildSubject = 'ctl.audit.rebuild'
const checkpointSubject = 'ctl.audit.checkpoint'

/** Keeps tree, checkpoints and witnesses. Of several instances one leads; the others read what it writes. */
export class TreeKeeper {
  readonly #parts: KeeperParts
  readonly #stopping = new AbortController()
  readonly #silences: (() => void)[] = []
  #running: Promise<void> = Promise.resolve()
  #clerk: Clerk | undefined
  #desk: WitnessDesk
  #size = 0n
  #frozenFeed: string | undefined
  #rebuild = new AbortController()
  #rebuiltAt = Number.NEGATIVE_INFINITY

  constructor(parts: KeeperParts) {
    this.#parts = parts
    this.#desk = this.#newDesk()
  }

  /** Begins; the database must be migrated. */
  start(): void {
    const { log } = this.#parts
    this.#silences.push(
      log.onSignal('tlm.node.*.witness', (data, subject) => {
        const nodeId = subject.split('.')[2] ?? ''
        if (this.#clerk && isUuid(nodeId)) this.#desk.take(nodeId, data)
      }),
      log.onSignal(signSubject, () => this.#clerk?.want()),
      log.onSignal(rebuildSubject, () => this.#doubt()),
    )
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const silence of this.#silences) silence()
    await this.#running
  }

  status(): KeeperStatus {
    const clerk = this.#clerk
    const desk = this.#desk
    const seen = this.#parts.log.seen()
    return {
      isLeading: clerk !== undefined,
      size: this.#size,
      lag: clerk && seen > this.#size ? seen - this.#size : 0n,
      last: clerk?.last,
      frozen: clerk?.frozen ?? this.#frozenFeed,
      witnesses: desk.count(clerk?.last?.size ?? 0n),
      refusing: desk.refusing(),
      invalid: desk.invalid,
    }
  }

  /** Asks whoever leads for a checkpoint. */
  want(): void {
    if (this.#clerk) this.#clerk.want()
    else this.#parts.log.signal(signSubject, new Uint8Array())
  }

  /** Somebody found tiles that prove nothing. */
  treeIsDamaged(): void {
    if (this.#clerk) this.#doubt()
    else this.#parts.log.signal(rebuildSubject, new Uint8Array())
  }

  #newDesk(): WitnessDesk {
    return new WitnessDesk({
      ...this.#parts,
      adopt: async (note) => (await this.#clerk?.adopt(note)) ?? false,
    })
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
        if (await tryLead(session)) await this.#lead(session, signal)
        else await rest(leadEveryMs, signal)
      } catch (error) {
        if (!signal.aborted) {
          if (LogGap.is(error) || LogForked.is(error) || CommitUnreadable.is(error)) {
            this.#frozenFeed = `the log is not what the tree was made of: ${error.message}`
            logger.error({ err: error }, 'the tree of the log stands still')
          } else logger.warn({ err: error }, 'the tree of the log stands still, trying again')
          if (performance.now() - since > lastRetryMs) retryMs = firstRetryMs
          await rest(retryMs, signal)
          retryMs = Math.min(lastRetryMs, retryMs * 2)
        }
      } finally {
        await session?.close()
      }
    }
  }

  async #lead(session: Session, stopping: AbortSignal): Promise<void> {
    const { logger } = this.#parts
    const ended = new AbortController()
    const signal = AbortSignal.any([stopping, session.lost, ended.signal])
    this.#desk = this.#newDesk()
    await this.#desk.load()
    const clerk = new Clerk({
      ...this.#parts,
      countNodes: () => countNodes(this.#parts.postgres),
      onSigned: (checkpoint) => this.#tell(checkpoint),
      onTreeInDoubt: () => this.#doubt(),
    })
    this.#clerk = clerk
    const ticking = this.#tick(clerk, signal)
    try {
      while (!signal.aborted) {
        this.#rebuild = new AbortController()
        await this.#follow(session, clerk, AbortSignal.any([signal, this.#rebuild.signal]))
        if (signal.aborted || !this.#rebuild.signal.aborted) continue
        logger.error('the tree is made again from the log')
        await this.#drop(session, clerk)
      }
      if (!stopping.aborted) session.lost.throwIfAborted()
    } finally {
      ended.abort()
      await ticking
      this.#clerk = undefined
    }
  }

  /** Grows the tree until told otherwise. */
  async #follow(session: Session, clerk: Clerk, signal: AbortSignal): Promise<void> {
    const { log, origin, logger } = this.#parts
    const builder = await loadTree(session, origin).catch(async (error: unknown) => {
      logger.error({ err: error }, 'the tree on record is damaged, it is made again from the log')
      await this.#drop(session, clerk)
      return await loadTree(session, origin)
    })
    const { size } = builder
    this.#size = size
    let handed = size
    let isRead = false
    const tell = () => {
      const isCaughtUp = isRead && builder.size >= handed
      clerk.grown({ size: builder.size, root: builder.root() }, isCaughtUp)
    }
    tell()
    await feedLeaves({
      log,
      session,
      origin,
      builder,
      lastLeaf: size === 0n ? undefined : await leafAt(session, size - 1n),
      signal,
      onCommits(commits) {
        handed = commits.at(-1)?.sequence ?? handed
      },
      onWritten: (head) => {
        this.#size = head.size
        this.#frozenFeed = undefined
        tell()
        return Promise.resolve()
      },
      onCaughtUp: () => {
        isRead = true
        this.#frozenFeed = undefined
        tell()
      },
    })
  }

  async #drop(session: Session, clerk: Clerk): Promise<void> {
    clerk.grown(undefined, false)
    await session.tx((tx) => dropTree(tx))
    this.#parts.tiles.forget()
    this.#size = 0n
  }

  /** Once in a while; the same doubt again means that it is not the tree. */
  #doubt(): void {
    const now = this.#parts.now()
    if (now - this.#rebuiltAt < rebuildAtMostEveryMs) return
    this.#rebuiltAt = now
    this.#rebuild.abort()
  }

  #tell({ note }: StoredCheckpoint): void {
    this.#parts.log.signal(checkpointSubject, Buffer.from(note))
    this.#parts.onSigned(note)
  }

  /** What is due, over and over, one after the other. */
  async #tick(clerk: Clerk, signal: AbortSignal): Promise<void> {
    const { logger } = this.#parts
    let challengedAt = Number.NEGATIVE_INFINITY
    let sentAt = Number.NEGATIVE_INFINITY
    while (!signal.aborted) {
      await clerk.work()
      try {
        await this.#desk.work()
        const { last } = clerk
        if (last && performance.now() - sentAt > resendMs) {
          // Whoever keeps copies may have been away when it was told.
          sentAt = performance.now()
          this.#tell(last)
        }
        if (
          last &&
          clerk.frozen === undefined &&
          performance.now() - challengedAt > challengeRoundMs
        ) {
          challengedAt = performance.now()
          await this.#challenge(last)
        }
      } catch (error) {
        if (!signal.aborted) logger.warn({ err: error }, 'witnesses are not heard, trying again')
        await rest(firstRetryMs, signal)
      }
      await rest(tickMs, signal)
    }
  }

  async #challenge(last: StoredCheckpoint): Promise<void> {
    const { log, tiles } = this.#parts
    if (last.size > this.#size || !this.#desk.hasDue(last.size)) return
    const keys = await readKeys(log)
    const firstKey = chainOf(log.lineageId, keys)?.keys[0]?.introduced.text ?? ''
    const make = challenges({
      wanted: last,
      tiles: tiles.read,
      rotations: rotationsOf(keys),
      firstKey,
    })
    await this.#desk.challenge(last.size, make)
  }
}

async function tryLead(session: Session): Promise<boolean> {
  const [row] = await session.query<{ is_ours: boolean }>(
    sql`select pg_try_advisory_lock(hashtext('holdfast'), hashtext('audit tree')) as is_ours`,
  )
  return row?.is_ours === true
}

async function leafAt(session: Session, index: bigint): Promise<Uint8Array> {
  const width = Number(index % BigInt(tileWidth)) + 1
  const tile = await tilesIn(session)(0, index / BigInt(tileWidth), width)
  return tile.slice(-hashBytes)
}

const rest = (ms: number, signal: AbortSignal): Promise<void> =>
  pause(ms, undefined, { signal }).catch(() => undefined)
