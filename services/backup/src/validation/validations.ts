import { type CommandId, newId, uuidV5 } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import { Polling, type StandingAlarms } from '@holdfast/service'
import type { Logger } from '@holdfast/telemetry'
import { ownCommand } from '../commands/own-command.ts'
import { validations } from '../commands/validation-aggregate.ts'
import type { Verdict } from '../domain/validation.ts'
import type { Slots } from '../schedules/cron.ts'
import { isSealed } from './validate-backup.ts'
import { validationAlarm } from './validation-alarm.ts'
import {
  NothingToValidate,
  ValidatedOld,
  ValidatedSealed,
  ValidationGivenUp,
  ValidationsBusy,
  ValidationTimedOut,
} from './validation-errors.ts'
import type { ValidationMetrics } from './validation-metrics.ts'
import {
  beginSlot,
  claimTask,
  endTask,
  failedValidations,
  insertTasks,
  lastSlot,
  newestSnapshot,
  releaseTask,
  type ValidationTask,
  waitingTasks,
} from './validation-store.ts'

export interface ValidationParts {
  readonly log: Pick<EventLog, 'execute'>
  readonly postgres: Postgres
  readonly logger: Logger
  readonly metrics: ValidationMetrics
  readonly alarms: StandingAlarms
  /** Undefined: only on demand. */
  readonly schedule: Slots | undefined
  /** Of one organization. */
  readonly limitMs: number
  /** How often it is looked whether a slot has come, and what others have put in; alarms are said as often. */
  readonly pollMs: number
  /** Waits until the read models include everything that is safe. */
  catchUpToHead(): Promise<void>
  /** Answers how many records a restore would look at; rejects with what is in the way. */
  validate(backupId: string, signal: AbortSignal): Promise<number>
  readonly now: () => number
}

export interface Validations {
  start(): void
  stop(): Promise<void>
  /** Begins a run now. Answers whose newest backups are looked at. Throws `backup.validations_busy`. */
  run(organizationId: string): Promise<{ runId: string; organizationIds: readonly string[] }>
  /** When the next one is due by itself; zero: never. */
  nextRunUnixMs(): number
}

const day = 86_400_000
/** A month and some days: what is older was not made by a schedule anybody looks after. */
const recentDays = 35
/** One that ends its process is not begun for ever; what is away for a moment comes back. */
const maxAttempts = 3
const retryMs = 60_000
const maxWaiting = 10_000
/** Never changes: a slot is one run, and one run one verdict, whoever comes to it. */
const runNamespace = '3a9c7c0e-2b0b-5b0e-8a1d-6b7f0c1c5a52'
/** An instance-wide snapshot is the newest of many organizations: what came of it holds for all of them in one run. */
const maxRemembered = 100

/**
 * Tries whether the newest backup of each organization could be restored, by the clock and on demand. Organizations take
 * turns, each with a time of its own, so one that is stuck costs the others nothing but waiting. A turn is leased: of
 * several instances one takes it, and after a crash another.
 */
export function openValidations(parts: ValidationParts): Validations {
  const { log, postgres, logger, schedule, limitMs, now } = parts
  const holder = newId<string>()
  const leaseMs = limitMs + 60_000
  const end = new AbortController()
  const remembered = new Map<string, Promise<Outcome>>()

  const polling = new Polling({
    everyMs: parts.pollMs,
    async turn() {
      await fireDue()
      const did = await takeOne()
      if (!did) parts.alarms.say((await failedValidations(postgres)).map(validationAlarm))
      return did
    },
    failed(error, inARow) {
      if (inARow % 30 === 1) logger.warn({ err: error }, 'cannot look for backups to validate')
    },
  })

  /** What went by while nobody was there is made up for by one run. */
  async function fireDue(): Promise<void> {
    if (!schedule) return
    const due = schedule.between(await lastSlot(postgres, now()), now())
    if (!due) return
    await parts.catchUpToHead()
    const runId = uuidV5(runNamespace, `slot ${due.last}`)
    const organizations = await beginSlot(postgres, due.last, runId)
    if (organizations.length > 0) {
      logger.info({ runId, organizations: organizations.length }, 'validating backups')
    }
  }

  async function takeOne(): Promise<boolean> {
    if (polling.isStopping) return false
    const task = await claimTask(postgres, { holder, leaseMs })
    if (!task) return false
    try {
      await carryOut(task)
    } catch (error) {
      const isStopped = end.signal.aborted
      if (!isStopped) {
        logger.warn({ err: error, organizationId: task.organizationId }, 'a validation has to wait')
      }
      const again = isStopped
        ? { afterMs: 0, isCounted: false }
        : { afterMs: retryMs, isCounted: true }
      await releaseTask(postgres, task, holder, again)
    }
    return true
  }

  async function carryOut(task: ValidationTask): Promise<void> {
    const { runId, organizationId } = task
    const startedAt = performance.now()
    await parts.catchUpToHead()
    const newest = await newestSnapshot(postgres, organizationId)
    const found = newest
      ? await outcomeOf(task, newest.id)
      : { error: NothingToValidate({}), records: 0 }
    const { error, records } = found
    const isLast = task.attempts >= maxAttempts
    // What is away comes back; what took too long did so in its own time.
    if (error && isPassing(error) && !isLast) throw error
    const verdict = {
      ...verdictOf(error, records, newest, now()),
      tookMs: Math.round(performance.now() - startedAt),
    }
    const commandId = uuidV5(runNamespace, `${runId} ${organizationId}`) as CommandId // follows from the run
    await log.execute(
      validations,
      organizationId,
      { type: 'RecordValidation', facts: { ...verdict, organizationId, runId } },
      ownCommand(organizationId, 'validation of the newest backup', commandId),
    )
    await endTask(postgres, task, holder)
    parts.metrics.ended(verdict.result)
  }

  async function outcomeOf(task: ValidationTask, backupId: string): Promise<Outcome> {
    if (task.attempts > maxAttempts) {
      return { error: ValidationGivenUp({ attempts: maxAttempts }), records: 0 }
    }
    const key = `${task.runId} ${backupId} ${task.attempts}`
    const known = remembered.get(key)
    if (known) return await known
    const outcome = attempt(backupId)
    remembered.set(key, outcome)
    const [oldest] = remembered.keys()
    if (remembered.size > maxRemembered && oldest !== undefined) remembered.delete(oldest)
    const came = await outcome
    end.signal.throwIfAborted()
    return came
  }

  /** Never rejects. What does not end when it is told to is left to itself. */
  async function attempt(backupId: string): Promise<Outcome> {
    const late = AbortSignal.timeout(limitMs)
    const signal = AbortSignal.any([late, end.signal])
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
    try {
      const records = await Promise.race([parts.validate(backupId, signal), aborted])
      return { error: undefined, records }
    } catch (error) {
      const isLate = late.aborted && !end.signal.aborted
      if (isLate) return { error: ValidationTimedOut({ seconds: limitMs / 1000 }), records: 0 }
      if (!(error instanceof DomainError) && !end.signal.aborted) {
        logger.error({ err: error, backupId }, 'a validation failed')
      }
      return { error: error as Error, records: 0 }
    }
  }

  return {
    start: () => polling.start(),
    async stop() {
      end.abort(new Error('the service stops'))
      await polling.stop()
    },
    async run(organizationId) {
      if ((await waitingTasks(postgres)) >= maxWaiting) throw ValidationsBusy({})
      await parts.catchUpToHead()
      const runId = newId<string>()
      const organizationIds = await insertTasks(postgres, runId, organizationId)
      polling.wake()
      return { runId, organizationIds }
    },
    nextRunUnixMs: () => schedule?.next(now()) ?? 0,
  }
}

interface Outcome {
  /** What was in the way. */
  readonly error: Error | undefined
  readonly records: number
}

const isPassing = (error: Error): boolean =>
  error instanceof DomainError && error.kind === 'unavailable' && !ValidationTimedOut.is(error)

export function verdictOf(
  error: Error | undefined,
  records: number,
  newest: { readonly id: string; readonly createdAtUnixMs: number } | undefined,
  nowUnixMs: number,
): Omit<Verdict, 'tookMs'> {
  const of = { backupId: newest?.id ?? '', backupCreatedAtUnixMs: newest?.createdAtUnixMs ?? 0 }
  const said = ({ code, message }: DomainError) => ({
    ...{ code, records },
    detail: message.slice(0, 1_000),
  })
  if (NothingToValidate.is(error)) return { ...of, result: 'warn', ...said(error) }
  if (isSealed(error)) return { ...of, result: 'warn', ...said(ValidatedSealed({})) }
  if (ValidationTimedOut.is(error)) return { ...of, result: 'timeout', ...said(error) }
  if (error instanceof DomainError) return { ...of, result: 'error', ...said(error) }
  if (error) {
    const detail = 'It failed for a reason of our own; see the log of backup.'
    return { ...of, result: 'error', code: 'internal', detail, records }
  }
  const days = Math.floor((nowUnixMs - of.backupCreatedAtUnixMs) / day)
  if (days > recentDays) return { ...of, result: 'warn', ...said(ValidatedOld({ days })) }
  return { ...of, result: 'ok', code: '', detail: '', records }
}
