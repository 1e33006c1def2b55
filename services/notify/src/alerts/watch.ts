import type { EventLog } from '@holdfast/event-log'
import type { Postgres, Queryable } from '@holdfast/postgres'
import type { Logger } from '@holdfast/telemetry'
import type { Finding } from './case.ts'
import { dropCases, endAlarm, endOverdue, tellAgain } from './case-store.ts'
import { hitsOfAccess, hitsOfCommit } from './hits.ts'
import { type Leader, leader, rest } from './leader.ts'
import type { Heard } from './occurrence.ts'
import { resolvedIn, rulesChangedIn, rulesDeletedIn } from './own-events.ts'
import {
  loadPosition,
  movePosition,
  PositionMoved,
  startAt,
  type WatchPosition,
} from './positions.ts'
import { type Raised, raise, type Tell } from './raise.ts'
import type { RuleBoard } from './rule-board.ts'
import { findingsOf, forgetWindows } from './windows.ts'

export interface WatchPace {
  /** How long an alarm must be over until its alert is: longer than services take to repeat one. Default 150 s. */
  readonly settleMs: number
  /** Default 1 s. */
  readonly tickMs: number
}

export const usualPace: WatchPace = { settleMs: 150_000, tickMs: 1_000 }

export interface WatchParts {
  readonly log: Pick<EventLog, 'subscribe' | 'follow' | 'safeHead' | 'generation'>
  readonly postgres: Postgres
  readonly logger: Logger
  readonly board: RuleBoard
  /** Waits until the read models include the sequence. */
  readonly reached: (sequence: bigint) => Promise<void>
  readonly tell: Tell
  readonly onRaised: (raised: Raised) => void
  readonly pace: WatchPace
  /** ms since 1970. */
  readonly now: () => number
}

const firstRetryMs = 250
const lastRetryMs = 15_000
const reloadEveryMs = 30_000
const accessStream = 'ACCESS'
/** Alarms that wait for the database; of more the newest of each kind count. */
const maxHeard = 1_000

/**
 * Follows the log, ACCESS and alarms, and turns what rules speak of into alerts. Of several instances one does; where it
 * has come to moves in the transaction that stores what came of it, so nothing is raised twice or passed over.
 */
export class Watch {
  readonly #parts: WatchParts
  readonly #leader: Leader
  readonly #heard = new Map<string, Heard>()
  #wake: () => void = () => undefined
  #isLeading = false
  #sequence = 0n

  constructor(parts: WatchParts) {
    this.#parts = parts
    const { postgres, logger } = parts
    const work = (signal: AbortSignal): Promise<void> => this.#lead(signal)
    this.#leader = leader({ postgres, logger, lock: 'notify alerts', work })
  }

  get isLeading(): boolean {
    return this.#isLeading
  }

  /** The last sequence rules have looked at; 0 while another instance does. */
  get sequence(): bigint {
    return this.#sequence
  }

  start(): void {
    this.#leader.start()
  }

  stop(): Promise<void> {
    return this.#leader.stop()
  }

  /** Never waits. Alarms of the same kind that wait already are one. */
  hear(heard: Heard): void {
    if (!this.#isLeading) return
    const { code, key = '', organizationId = '', isOver = false } = heard.alarm
    const kind = [heard.source, code, key, organizationId, isOver].join('|')
    if (this.#heard.size >= maxHeard && !this.#heard.has(kind)) return
    this.#heard.set(kind, heard)
    this.#wake()
  }

  /** Until the signal aborts, or something fails: then all of it begins again. */
  async #lead(outer: AbortSignal): Promise<void> {
    const ended = new AbortController()
    const signal = AbortSignal.any([outer, ended.signal])
    await this.#parts.board.reload()
    this.#isLeading = true
    const works = [this.#watchLog(signal), this.#watchAccess(signal), this.#watchAlarms(signal)]
    try {
      await Promise.race(works)
    } finally {
      this.#isLeading = false
      ended.abort()
      await Promise.allSettled(works)
    }
  }

  async #watchLog(signal: AbortSignal): Promise<void> {
    const { log, postgres, board, now } = this.#parts
    const stream = `${log.generation}`
    let position = await loadPosition(postgres, 'log')
    if (position?.stream !== stream) {
      // First start, or a restored log: what is there has been told, or is nobody's concern any more.
      const first = { stream, sequence: await this.#head(signal), startedAt: now() }
      position = first
      await postgres.tx(async (tx) => {
        await startAt(tx, 'log', first)
        await tellAgain(tx)
      })
    }
    this.#sequence = position.sequence
    let before = position
    await log.subscribe({ from: before.sequence + 1n, name: 'alerts', signal }, async (commits) => {
      const last = commits.at(-1)
      if (!last) return
      const hits = commits.flatMap((commit) => hitsOfCommit(board, commit))
      const resolved = commits.flatMap(resolvedIn)
      const after = { ...before, sequence: last.sequence }
      await this.#store(signal, async (tx) => {
        await movePosition(tx, 'log', before, after)
        await dropCases(tx, resolved)
        await forgetWindows(tx, commits.flatMap(rulesDeletedIn))
        return await findingsOf(tx, hits)
      })
      before = after
      this.#sequence = last.sequence
      if (commits.some(rulesChangedIn)) await this.#reload(last.sequence)
    })
  }

  /** The end of the log as far as it is safe; waits until something is. */
  async #head(signal: AbortSignal): Promise<bigint> {
    for (;;) {
      signal.throwIfAborted()
      const head = await this.#parts.log.safeHead()
      if (head > 0n) return head
      await rest(firstRetryMs, signal)
    }
  }

  async #watchAccess(signal: AbortSignal): Promise<void> {
    const { log, postgres, board, now } = this.#parts
    let before: WatchPosition | undefined = await loadPosition(postgres, 'access')
    if (!before) {
      before = { stream: '', sequence: 0n, startedAt: now() }
      await startAt(postgres, 'access', before)
    }
    let position = before
    const after = position.stream === '' ? {} : { after: position }
    await log.follow({ stream: accessStream, name: 'alerts', signal, ...after }, async (batch) => {
      const hits = batch.messages
        .filter(({ storedAtUnixMs }) => storedAtUnixMs >= position.startedAt)
        .flatMap((message) => hitsOfAccess(board, message))
      const next = { ...batch.position, startedAt: position.startedAt }
      await this.#store(signal, async (tx) => {
        await movePosition(tx, 'access', position, next)
        return await findingsOf(tx, hits)
      })
      position = next
    })
  }

  async #watchAlarms(signal: AbortSignal): Promise<void> {
    const { postgres, pace, now } = this.#parts
    let reloadedAt = performance.now()
    while (!signal.aborted) {
      await this.#takeHeard(signal)
      await endOverdue(postgres, new Date(now() - pace.settleMs))
      if (performance.now() - reloadedAt > reloadEveryMs) {
        reloadedAt = performance.now()
        await this.#parts.board.reload()
      }
      if (this.#heard.size === 0) await this.#woken(pace.tickMs, signal)
    }
  }

  async #takeHeard(signal: AbortSignal): Promise<void> {
    const heard = [...this.#heard.entries()]
    if (heard.length === 0) return
    const at = this.#parts.now()
    await this.#store(signal, async (tx) => {
      for (const [, { alarm, source }] of heard) {
        if (alarm.isOver !== true) continue
        await endAlarm(tx, {
          code: alarm.code,
          cause: causeOf(alarm),
          organizationId: alarm.organizationId,
          source,
          at: new Date(at),
        })
      }
      return heard.flatMap(([, one]) => findingsOfAlarm(this.#parts.board, one, at))
    })
    for (const [kind, one] of heard) if (this.#heard.get(kind) === one) this.#heard.delete(kind)
  }

  /** Stores what came of a batch, again and again until the database takes it: a batch handed over is not asked for again. */
  async #store(
    signal: AbortSignal,
    work: (tx: Queryable) => Promise<readonly Finding[]>,
  ): Promise<void> {
    const { postgres, tell, onRaised, logger } = this.#parts
    let retryMs = firstRetryMs
    for (;;) {
      try {
        const raised = await postgres.tx(async (tx) => await raise(tx, await work(tx), tell))
        if (raised.length > 0) onRaised(raised)
        return
      } catch (error) {
        if (error instanceof PositionMoved || signal.aborted) throw error
        logger.warn({ err: error }, 'alerts are not stored yet')
        await rest(retryMs, signal)
        signal.throwIfAborted()
        retryMs = Math.min(lastRetryMs, retryMs * 2)
      }
    }
  }

  async #reload(sequence: bigint): Promise<void> {
    // A read model that stands still must not keep the others' alerts back.
    await this.#parts.reached(sequence).catch(() => undefined)
    await this.#parts.board.reload()
  }

  #woken(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#wake = () => undefined
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      signal.addEventListener('abort', done)
      this.#wake = done
      if (signal.aborted) done()
    })
  }
}

const causeOf = ({ code, key = '' }: Heard['alarm']): string => `${code}|${key}`

function findingsOfAlarm(board: RuleBoard, { alarm, source }: Heard, at: number): Finding[] {
  if (alarm.isOver === true) return []
  const { code, key = '', organizationId, title, detail = '' } = alarm
  const rules = board.forAlarm(code, organizationId)
  const common = {
    organizationId,
    cause: causeOf(alarm),
    title: title.slice(0, 200),
    detail: detail.slice(0, 2_000),
    source,
    count: 1,
    occurrence: { id: `alarm ${source} ${key} ${at}`, code, at, sequence: 0n },
  }
  if (!rules) {
    return [{ ...common, ruleKey: `alarm:${code}`, ruleId: undefined, severity: alarm.severity }]
  }
  const facts = { type: code, data: { key, title, detail, severity: alarm.severity, source } }
  return rules
    .filter((rule) => rule.matches(facts))
    .map(({ id, settings }) => ({
      ...common,
      ruleKey: id,
      ruleId: id,
      severity: settings.severity,
    }))
}
