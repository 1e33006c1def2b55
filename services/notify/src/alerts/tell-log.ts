import { setTimeout as pause } from 'node:timers/promises'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { Logger } from '@holdfast/telemetry'
import { alerts } from '../commands/alert-aggregates.ts'
import { ownCommand } from '../commands/command-id.ts'
import { markTold, type UntoldCase, untoldCases } from './case-store.ts'

export interface LogTeller {
  start(): void
  /** There may be something to tell. */
  wake(): void
  stop(): Promise<void>
}

const everyMs = 2_000

/**
 * Writes alerts to the log. People were told before: while the log takes nothing, what it does not know waits in the
 * database, and follows when it opens. Repeating a step changes nothing (domain/alert.ts), so a crash costs no more
 * than that, and several instances may do it at once.
 */
export function logTeller(parts: {
  readonly log: Pick<EventLog, 'execute' | 'status' | 'onStatus'>
  readonly postgres: Postgres
  readonly logger: Logger
  /** Waits until the read models include the sequence. */
  readonly reached: (sequence: bigint, signal?: AbortSignal) => Promise<void>
}): LogTeller {
  const { log, postgres, logger, reached } = parts
  const stopping = new AbortController()
  const { signal } = stopping
  let woken = new AbortController()
  let running: Promise<void> = Promise.resolve()
  let unlisten: () => void = () => undefined

  async function tell(untold: UntoldCase): Promise<void> {
    const { alertId, organizationId, isOpen, ...facts } = untold
    const { ruleId, code, severity, title, detail, aboutSequence, count } = facts
    await log.execute(
      alerts,
      alertId,
      {
        type: 'RaiseAlert',
        facts: { organizationId, ruleId, code, severity, title, detail, aboutSequence, count },
      },
      ownCommand(organizationId, ''),
    )
    if (!isOpen) {
      const { sequence } = await log.execute(
        alerts,
        alertId,
        { type: 'ResolveAlert', id: alertId, note: 'It is over.' },
        ownCommand(organizationId, 'what it spoke of is over'),
      )
      // Its case goes now: until its row is there it would be shown nowhere. A read model that stands still keeps no case.
      await reached(sequence, signal).catch(() => undefined)
    }
    await markTold(postgres, untold)
  }

  /** Whether it may be that more waits. */
  async function round(): Promise<boolean> {
    if (!log.status().isWritable) return false
    const untold = await untoldCases(postgres)
    for (const one of untold) {
      if (signal.aborted) return false
      await tell(one)
    }
    return untold.length > 0
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      woken = new AbortController()
      let hasMore = false
      try {
        hasMore = await round()
      } catch (error) {
        if (!signal.aborted) logger.warn({ err: error }, 'the log is not told of alerts yet')
      }
      if (hasMore) continue
      const either = AbortSignal.any([signal, woken.signal])
      await pause(everyMs, undefined, { signal: either }).catch(() => undefined)
    }
  }

  return {
    start() {
      unlisten = log.onStatus(({ isWritable }) => {
        if (isWritable) woken.abort()
      })
      running = run()
    },
    wake: () => woken.abort(),
    async stop() {
      unlisten()
      stopping.abort()
      await running
    },
  }
}
