import { type CommandId, rfc3339, uuidV5 } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { Secrets } from '@holdfast/service'
import type { Logger } from '@holdfast/telemetry'
import { ownCommand } from '../commands/own-command.ts'
import { type BackupWish, type Requested, scheduledBackupId } from '../commands/request-backup.ts'
import { schedules } from '../commands/schedule-aggregates.ts'
import { isSameSchedule, type MissedSlots, type ScheduleState } from '../domain/schedule.ts'
import {
  backupsOfSlots,
  claimSlots,
  enabledSchedules,
  forgetSlots,
  type PlannedSchedule,
  releaseSlots,
  settleSlots,
} from '../queries/schedule-slots.ts'
import { type Slots, slotsOf } from './cron.ts'
import { type Plan, planSlots } from './plan.ts'

export interface SchedulerParts {
  readonly log: Pick<EventLog, 'execute' | 'fold'>
  readonly postgres: Postgres
  readonly secrets: Pick<Secrets<'passphrase'>, 'open'>
  readonly logger: Logger
  request(wish: BackupWish, context: ReturnType<typeof ownCommand>): Promise<Requested>
  /** Waits until the read models include everything that is safe. */
  catchUpToHead(): Promise<void>
  /** A slot that is later was missed. */
  readonly graceMs: number
  readonly now: () => number
  ended(what: SlotEnd, count?: number): void
}

/** What became of slots: a backup was asked for, or they were let go. */
export type SlotEnd = 'fired' | 'missed' | 'busy' | 'refused'

export interface Scheduler {
  start(): void
  /** A schedule may have changed. */
  wake(): void
  /** Looks at everything once; answers when it wants to do so again. */
  tick(signal?: AbortSignal): Promise<number>
  stop(): Promise<void>
}

/** Longer than asking for a backup takes; who crashed in between is waited for so long. */
const claimMs = 60_000
/** Others may have it, or it could not be asked for: looked at again after that. */
const againMs = 5_000
const retryMs = 30_000
/** What other instances are told is noticed after so long at the latest. */
const lookEveryMs = 60_000
/** Never changes: a slot that was missed is told once. */
const missedNamespace = '1c5a8f5e-84d1-5f0a-8a3f-1f6f3a1f9d77'

/**
 * Asks for the backups of schedules. Every instance of the service runs one: the rows of schedule_slots keep them out of
 * each other's way, and that a slot is fired once follows from the id of its backup alone (docs/adr/0028).
 */
export function openScheduler(parts: SchedulerParts): Scheduler {
  const { log, postgres, logger, graceMs, now } = parts
  const stopping = new AbortController()
  const failures = new Map<string, string>()
  let running: Promise<void> = Promise.resolve()
  let onWake: () => void = () => undefined
  let isAwake = false

  /** When the schedule is to be looked at again. */
  async function visit(planned: PlannedSchedule, signal: AbortSignal): Promise<number> {
    const { id, settings } = planned
    const slots = slotsOf(settings.cronExpression, settings.timeZone)
    const next = (at: number) => slots.next(at) ?? Number.MAX_SAFE_INTEGER
    const { nextSlotUnixMs } = planned
    // A clock that was put back leaves a next one that is too far.
    const isSettled = nextSlotUnixMs !== undefined && nextSlotUnixMs > now()
    if (isSettled && nextSlotUnixMs <= next(now())) return nextSlotUnixMs
    const claim = await claimSlots(postgres, planned, claimMs)
    if (!claim) return now() + againMs
    try {
      // The log decides, not a read model: one that was just disabled makes nothing any more.
      const { state } = await log.fold(schedules, id, signal)
      const isCurrent = state.exists && !state.isDeleted && isSameSchedule(state.settings, settings)
      if (!isCurrent) {
        await releaseSlots(postgres, id)
        return now() + againMs
      }
      const { newestSlotUnixMs, openSlotsUnixMs } = await backupsOfSlots(postgres, id)
      const at = now()
      // What lies ahead is of a clock that was: nothing would be due for long. Whatever is fired twice is one backup.
      const marks = [
        planned.plannedAtUnixMs,
        planned.lastMissedSlotUnixMs,
        newestSlotUnixMs,
        claim.lastSlotUnixMs,
        (nextSlotUnixMs ?? 0) - 1,
      ].filter((mark) => mark > 0 && mark <= at)
      const plan = planSlots(
        {
          doneUntilUnixMs: marks.length === 0 ? at : Math.max(...marks),
          nowUnixMs: at,
          graceMs,
          policy: settings.missedPolicy,
          isBusy: openSlotsUnixMs.length > 0,
          lastFailure: failures.get(id) ?? '',
        },
        slots,
      )
      return await carryOut(plan, planned, state, slots)
    } catch (error) {
      await releaseSlots(postgres, id).catch(() => undefined)
      throw error
    }
  }

  async function carryOut(
    plan: Plan,
    planned: PlannedSchedule,
    state: ScheduleState,
    slots: Slots,
  ): Promise<number> {
    const { id, plannedAtUnixMs } = planned
    if (plan.type === 'hold') {
      await releaseSlots(postgres, id)
      return now() + retryMs
    }
    let backupId: string | undefined
    let missed = plan.type === 'act' ? plan.missed : undefined
    if (plan.type === 'act' && plan.fire !== undefined) {
      try {
        backupId = await fire(id, state, plan.fire)
        failures.delete(id)
      } catch (error) {
        const code = error instanceof DomainError ? error.code : 'internal'
        logger.warn({ err: error, scheduleId: id, slot: rfc3339(plan.fire) }, 'slot not fired')
        if (mayPass(error)) {
          failures.set(id, code)
          await releaseSlots(postgres, id)
          return now() + retryMs
        }
        missed = refused(plan, code)
      }
    }
    if (missed) {
      const { isMadeUpFor, ...slotsMissed } = missed
      const makesUp = isMadeUpFor ? (backupId ?? '') : ''
      await tellMissed(id, state.organizationId, { ...slotsMissed, backupId: makesUp })
      failures.delete(id)
      const end = missed.cause === 'busy' ? 'busy' : missed.cause === '' ? 'missed' : 'refused'
      parts.ended(end, missed.count)
    }
    if (backupId !== undefined) parts.ended('fired')
    const nextSlotUnixMs = slots.next(now()) ?? Number.MAX_SAFE_INTEGER
    const lastSlotUnixMs = plan.type === 'act' ? plan.last : undefined
    await settleSlots(postgres, id, {
      plannedAtUnixMs,
      nextSlotUnixMs,
      lastSlotUnixMs,
      lastBackupId: backupId,
    })
    return nextSlotUnixMs
  }

  async function fire(id: string, state: ScheduleState, slot: number): Promise<string> {
    const { organizationId, settings, passphrase } = state
    const [opened = ''] = passphrase
      ? await parts.secrets.open(organizationId, id, 'passphrase', [passphrase])
      : []
    const backupId = scheduledBackupId(id, slot)
    const wish: BackupWish = {
      id: backupId,
      organizationId,
      name: `${[...settings.name].slice(0, 105).join('')} ${rfc3339(slot).slice(0, 16)}Z`,
      kind: settings.kind,
      contents: settings.contents,
      isEncrypted: settings.isEncrypted,
      storageLocationId: settings.storageLocationId,
      scheduleId: id,
      slotUnixMs: slot,
      passphrase: opened,
      rollbackFor: '',
    }
    const commandId = backupId as CommandId // follows from the slot: the same command, whoever gives it
    await parts.request(wish, ownCommand(organizationId, `schedule ${settings.name}`, commandId))
    return backupId
  }

  async function tellMissed(id: string, organizationId: string, missed: MissedSlots) {
    const command = { type: 'RecordMissedSlots' as const, id, ...missed }
    const commandId = uuidV5(missedNamespace, `${id}|${missed.lastSlotUnixMs}`) as CommandId // as above
    const context = ownCommand(organizationId, 'a slot was missed', commandId)
    await log.execute(schedules, id, command, context)
  }

  async function tick(signal: AbortSignal = stopping.signal): Promise<number> {
    await parts.catchUpToHead()
    await forgetSlots(postgres)
    let next = now() + lookEveryMs
    for (const planned of await enabledSchedules(postgres)) {
      signal.throwIfAborted()
      try {
        next = Math.min(next, await visit(planned, signal))
      } catch (error) {
        signal.throwIfAborted()
        // One that cannot be planned stands in nobody's way.
        logger.warn({ err: error, scheduleId: planned.id }, 'schedule not looked at')
        next = Math.min(next, now() + retryMs)
      }
    }
    return next
  }

  /** Until that moment, or until somebody wakes us. */
  async function rest(untilUnixMs: number): Promise<void> {
    const { signal } = stopping
    if (isAwake || signal.aborted) return
    const ms = Math.max(0, Math.min(untilUnixMs - now(), lookEveryMs))
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      onWake = () => {
        clearTimeout(timer)
        resolve()
      }
      signal.addEventListener('abort', onWake, { once: true })
    })
    signal.removeEventListener('abort', onWake)
  }

  async function run(): Promise<void> {
    const { signal } = stopping
    while (!signal.aborted) {
      let next: number
      isAwake = false
      try {
        next = await tick()
      } catch (error) {
        if (signal.aborted) return
        logger.warn({ err: error }, 'schedules not looked at, trying again')
        next = now() + againMs
      }
      await rest(next)
    }
  }

  return {
    tick,
    start() {
      running = run()
    },
    wake() {
      isAwake = true
      onWake()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}

const refused = (plan: Extract<Plan, { type: 'act' }>, cause: string) => {
  const { last, missed } = plan
  const isAll = missed?.lastSlotUnixMs === last
  return {
    firstSlotUnixMs: missed?.firstSlotUnixMs ?? last,
    lastSlotUnixMs: last,
    count: (missed?.count ?? 0) + (isAll ? 0 : 1),
    cause,
    isMadeUpFor: false,
  }
}

/** What is away comes back, and a slot waits for it; what is refused is refused again. */
const mayPass = (error: unknown): boolean =>
  !(error instanceof DomainError) ||
  error.kind === 'unavailable' ||
  error.kind === 'exhausted' ||
  error.kind === 'stale' ||
  error.kind === 'internal'
