import { actionOf, deedsOf } from '@holdfast/catalogue'
import { uuidV5 } from '@holdfast/domain'
import { type Commit, commitHash, type EventLog } from '@holdfast/event-log'
import { type Postgres, type Queryable, sql } from '@holdfast/postgres'
import type { Projections } from '@holdfast/projections'
import type { Alarm } from '@holdfast/service'
import type { Logger } from '@holdfast/telemetry'
import { webhookCodec } from '../codecs/webhook-codec.ts'
import { type WebhookEvent, webhookFormats } from '../domain/webhook.ts'
import { allWebhooks } from '../queries/webhooks.ts'
import { Audience } from './audience.ts'
import {
  forgetWebhooks,
  insertDeliveries,
  markSuspended,
  type NewDelivery,
  type QueueGrowth,
  resumeQueues,
} from './delivery-store.ts'
import { bodyOf, type Payload, payloadOf } from './payload.ts'
import { suspendedAlarm } from './suspender.ts'

export interface FollowerParts {
  readonly log: Pick<
    EventLog,
    'subscribe' | 'safeHead' | 'read' | 'seen' | 'lineageId' | 'generation'
  >
  readonly postgres: Postgres
  readonly projections: () => Pick<Projections, 'reached'>
  readonly logger: Logger
  readonly alarm: (alarm: Alarm) => void
  /** Messages that may wait for one endpoint. */
  readonly maxPending: number
  /** Something was put in a queue. */
  readonly onQueued: () => void
}

interface Position {
  readonly sequence: bigint
  readonly hash: Uint8Array
}

/** Bodies of one transaction. */
const flushBytes = 8 * 1024 * 1024
/** A position that only says "nothing for anybody" is written down this seldom. */
const idleMs = 5_000
const againAfterMs = 2_000
/** In a row; fewer are a server that starts anew. */
const maxFailures = 5

const haltedAlarm: Alarm = {
  code: 'notify.webhooks.halted',
  severity: 'error',
  title: 'webhooks hear nothing: the log cannot be followed',
}

/**
 * Turns commits into deliveries, each once: the position moves in the transaction that stores them. One instance does,
 * by a lock that goes with its connection. Without a position it begins at the end of what is safe, so that replaying
 * the log tells nobody anything; of another generation than the log, what waited was restored and is given up.
 */
export class Follower {
  readonly #parts: FollowerParts
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  /** Stays when following fails: what is not looked at then is a lag, too. */
  #position: bigint | undefined
  #isHalted = false
  #wake: () => void = () => undefined

  constructor(parts: FollowerParts) {
    this.#parts = parts
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#wake()
    await this.#running
  }

  /** Commits not looked at yet; zero where another instance looks. */
  lag(): number {
    return this.#position === undefined
      ? 0
      : Math.max(0, Number(this.#parts.log.seen() - this.#position))
  }

  async #run(): Promise<void> {
    const { logger, alarm } = this.#parts
    const { signal } = this.#stopping
    let failures = 0
    while (!signal.aborted) {
      try {
        await this.#lead()
        failures = 0
        this.#position = undefined
      } catch (error) {
        if (signal.aborted) return
        failures++
        logger.warn({ err: error, failures }, 'webhooks do not follow the log')
        if (failures >= maxFailures) {
          // Repeated for as long as it lasts: an alarm may get lost.
          this.#isHalted = true
          alarm(haltedAlarm)
        }
      }
      await this.#pause(Math.min(againAfterMs * Math.max(1, failures), 30_000))
    }
  }

  /** Follows for as long as the lock is ours; returns at once when another instance has it. */
  async #lead(): Promise<void> {
    const session = await this.#parts.postgres.session()
    try {
      const [row] = await session.query<{ is_ours: boolean }>(sql`
        select pg_try_advisory_lock(hashtext('holdfast'), hashtext('notify webhooks')) as is_ours`)
      if (row?.is_ours !== true) return
      const signal = AbortSignal.any([this.#stopping.signal, session.lost])
      await this.#follow(signal)
    } finally {
      await session.close()
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { log, postgres, projections } = this.#parts
    const start = (await this.#storedPosition()) ?? (await this.#firstPosition())
    await projections().reached(start.sequence, signal)
    const known = await allWebhooks(postgres, start.sequence)
    const audience = new Audience(
      known.map(({ id, organizationId, settings, suspendedBecause }) => ({
        id,
        organizationId,
        settings,
        isSuspended: suspendedBecause !== '',
      })),
    )
    this.#position = start.sequence
    let stored = start.sequence
    let storedAt = performance.now()
    await log.subscribe(
      {
        from: start.sequence + 1n,
        name: 'webhooks',
        signal,
        ...(start.sequence > 0n ? { checkpoint: start } : {}),
        onCaughtUp: () => {
          if (this.#isHalted) this.#parts.alarm({ ...haltedAlarm, isOver: true })
          this.#isHalted = false
        },
      },
      async (commits) => {
        for (const part of this.#cut(commits, audience)) {
          const isIdle = part.deliveries.length === 0 && part.changes.length === 0
          if (isIdle && performance.now() - storedAt < idleMs) {
            this.#position = part.last.sequence
            continue
          }
          stored = await this.#store(stored, part, audience)
          storedAt = performance.now()
          this.#position = stored
        }
      },
    )
  }

  /** Cuts a batch into transactions of bounded size, commit by commit; the audience moves along. */
  *#cut(commits: readonly Commit[], audience: Audience): Generator<Part> {
    let part: Part | undefined
    for (const commit of commits) {
      // What a deletion throws away of its queue is what was before it: a webhook that came back has a new one.
      if (part && isAboutWebhook(commit) && part.changes.some(isDeletionOf(commit.aggregateId))) {
        yield part
        part = undefined
      }
      part = part
        ? { ...part, last: commit }
        : { deliveries: [], changes: [], bytes: 0, last: commit }
      for (const one of this.#deliveriesOf(commit, audience)) {
        part.deliveries.push(one)
        part.bytes += one.body.length
      }
      if (isAboutWebhook(commit)) {
        for (const stored of commit.events) {
          const event = webhookCodec.decode(stored)
          const name = audience.nameOf(commit.aggregateId)
          audience.apply(commit.aggregateId, event)
          part.changes.push({ commit, event, name })
        }
      }
      if (part.bytes >= flushBytes) {
        yield part
        part = undefined
      }
    }
    if (part) yield part
  }

  *#deliveriesOf(commit: Commit, audience: Audience): Generator<NewDelivery> {
    if (audience.size === 0) return
    const { lineageId } = this.#parts.log
    let deeds: ReturnType<typeof deedsOf> | undefined
    for (const [index, event] of commit.events.entries()) {
      const deed = () => {
        deeds ??= deedsOf(commit)
        // as: one deed an event
        return deeds[index] as (typeof deeds)[number]
      }
      const code = actionOf(commit.context, event.type)?.code ?? deed().action
      let made: Payload | undefined
      const payload = (): Payload => {
        made ??= payloadOf(commit, event, deed())
        return made
      }
      for (const { id, settings } of audience.hearing(commit.organizationId, code, payload)) {
        const deliveryId = uuidV5(id, `${commit.commitId}/${index}`)
        yield {
          webhookId: id,
          deliveryId,
          type: code,
          sequence: commit.sequence,
          format: webhookFormats.indexOf(settings.format),
          body: bodyOf(payload(), settings.format, deliveryId, lineageId),
        }
      }
    }
  }

  /** Throws when the position is not where we left it: another instance has moved it. */
  async #store(from: bigint, part: Part, audience: Audience): Promise<bigint> {
    const { postgres, maxPending } = this.#parts
    const gone = new Set(
      part.changes.flatMap(({ commit, event }) =>
        event.type === 'WebhookDeleted' ? [commit.aggregateId] : [],
      ),
    )
    const deliveries = part.deliveries.filter(({ webhookId }) => !gone.has(webhookId))
    const { sequence } = part.last
    const overfull: string[] = []
    await postgres.tx(async (tx) => {
      const moved = await tx.execute(sql`
        update notify.webhook_position set sequence = ${sequence}, hash = ${commitHash(part.last)}
        where sequence = ${from}`)
      if (moved !== 1) throw new Error('another instance follows the log for webhooks')
      for (const growth of await insertDeliveries(tx, deliveries)) {
        const { webhook_id: id } = growth
        if (isOverfull(growth, BigInt(maxPending))) {
          await markSuspended(tx, id, `more than ${maxPending} messages wait for it`)
          overfull.push(audience.nameOf(id))
        }
      }
      await applyChanges(tx, part.changes, gone)
    })
    if (overfull.length > 0)
      this.#parts.logger.warn({ webhooks: overfull.slice(0, 10) }, 'too much waits for webhooks')
    if (deliveries.length > 0 || part.changes.length > 0) this.#parts.onQueued()
    for (const change of part.changes) this.#tell(change)
    return sequence
  }

  /** That the alarm of its suspension is over (suspender.ts), also when it was raised by a process of before. */
  #tell({ commit, event, name }: Change): void {
    if (event.type !== 'WebhookResumed' && event.type !== 'WebhookDeleted') return
    const { aggregateId: id, organizationId = '' } = commit
    this.#parts.alarm({ ...suspendedAlarm({ id, organizationId, name }), isOver: true })
  }

  async #storedPosition(): Promise<Position | undefined> {
    const { log, postgres, logger } = this.#parts
    const [row] = await postgres.query<{
      lineage_id: string
      generation: number
      sequence: bigint
      hash: Buffer
    }>(sql`select lineage_id, generation, sequence, hash from notify.webhook_position`)
    if (!row) return undefined
    if (row.lineage_id === log.lineageId && row.generation === log.generation) return row
    const given = await postgres.tx(giveUpRestored)
    logger.warn({ given }, 'what waited for webhooks is from before a restore and is not sent')
    return undefined
  }

  /** Nothing that has happened so far is told. */
  async #firstPosition(): Promise<Position> {
    const { log, postgres, logger } = this.#parts
    const sequence = await log.safeHead()
    const commit = sequence > 0n ? await log.read(sequence) : undefined
    const hash = commit ? commitHash(commit) : new Uint8Array()
    await postgres.execute(sql`
      insert into notify.webhook_position (lineage_id, generation, sequence, hash)
      values (${log.lineageId}::uuid, ${log.generation}, ${sequence}, ${Buffer.from(hash)})
      on conflict (is_only) do update set lineage_id = excluded.lineage_id,
        generation = excluded.generation, sequence = excluded.sequence, hash = excluded.hash`)
    logger.info({ sequence: sequence.toString() }, 'webhooks are told of what happens from here on')
    return { sequence, hash }
  }

  #pause(ms: number): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

interface Change {
  readonly commit: Commit
  readonly event: WebhookEvent
  readonly name: string
}

const isAboutWebhook = ({ context, aggregateType }: Commit): boolean =>
  context === 'notify' && aggregateType === 'webhook'

const isDeletionOf =
  (id: string) =>
  ({ commit, event }: Change): boolean =>
    event.type === 'WebhookDeleted' && commit.aggregateId === id

interface Part {
  readonly deliveries: NewDelivery[]
  readonly changes: Change[]
  bytes: number
  readonly last: Commit
}

/**
 * When the limit is passed, not while more than that waits: who was resumed has yet to work it off. Nobody may have twice
 * as much.
 */
const isOverfull = ({ pending, added }: QueueGrowth, max: bigint): boolean =>
  pending > max && (pending - added <= max || pending > 2n * max)

async function applyChanges(
  tx: Queryable,
  changes: readonly Change[],
  gone: ReadonlySet<string>,
): Promise<void> {
  if (gone.size > 0) await forgetWebhooks(tx, [...gone])
  const resumed = changes.flatMap(({ commit, event }) =>
    event.type === 'WebhookResumed' || event.type === 'WebhookUpdated' ? [commit.aggregateId] : [],
  )
  if (resumed.length > 0) await resumeQueues(tx, resumed)
}

async function giveUpRestored(tx: Queryable): Promise<number> {
  const failure = [Date.now(), 0, 0, 'from before a restore: not sent']
  const given = await tx.execute(sql`
    update notify.webhook_deliveries set state = 3, settled_at = now(),
      recent = recent || jsonb_build_array(${JSON.stringify(failure)}::jsonb)
    where state = 1`)
  await tx.execute(sql`
    update notify.webhook_queues set dead = dead + pending, pending = 0, leased_by = null, leased_until = null`)
  await tx.execute(sql`delete from notify.webhook_position`)
  return given
}
