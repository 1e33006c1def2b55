import { defineError } from '@holdfast/errors'
import { type Commit, commitHash, type EventLog } from '@holdfast/event-log'
import type { Logger } from '@holdfast/telemetry'
import type { Pin, SavedState, TakenCommit } from '../state/saved-state.ts'

/** A commit this node must not obey. */
export const ForeignLog = defineError(
  'agent.foreign_log',
  'forbidden',
  (d: { sequence: bigint; lineageId: string; generation: number }) =>
    `commit ${d.sequence} is of log ${d.lineageId} generation ${d.generation}, which this node does not obey`,
)

export interface FollowOptions {
  /** Connects; called again after every failure. */
  readonly open: () => Promise<EventLog>
  readonly nodeId: string
  readonly pin: Pin
  readonly saved: SavedState
  /** The desired state has changed. Not called while history is being replayed. */
  readonly onChange: () => void
  /** The connection, for reports; undefined when it is gone. */
  readonly onLog: (log: EventLog | undefined) => void
  /** Why commits are not being followed, for people; empty when they are. */
  readonly onTrouble: (reason: string) => void
  readonly log: Logger
  readonly signal: AbortSignal
}

const firstRetryMs = 500
const maxRetryMs = 30_000

/**
 * Follows the node's part of the log until the signal aborts. Whatever fails, what is saved stays in force.
 * A commit of another log, or one the agent cannot read, stops the following on purpose: obeying a part
 * of the facts could let in who was turned away by the rest. It is tried again in case the log was mended.
 */
export async function follow(options: FollowOptions): Promise<void> {
  const { signal, log } = options
  let delayMs = firstRetryMs
  let lastTrouble = ''
  while (!signal.aborted) {
    let opened: EventLog | undefined
    try {
      opened = await options.open()
      options.onLog(opened)
      options.onTrouble('')
      lastTrouble = ''
      delayMs = firstRetryMs
      await read(opened, options)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      options.onTrouble(reason)
      log[reason === lastTrouble ? 'debug' : 'error'](
        { err: error },
        'the log cannot be followed; what is saved stays in force',
      )
      lastTrouble = reason
    } finally {
      options.onLog(undefined)
      await opened?.close().catch(() => {})
    }
    await pause(delayMs, signal)
    delayMs = Math.min(delayMs * 2, maxRetryMs)
  }
}

async function read(eventLog: EventLog, options: FollowOptions): Promise<void> {
  const { nodeId, saved, signal, pin, onChange } = options
  if (eventLog.lineageId !== pin.lineageId || eventLog.generation !== pin.generation) {
    const { lineageId, generation } = eventLog
    throw ForeignLog({ sequence: 0n, lineageId, generation })
  }
  // What comes first is history: enforcing a state of the past could let in who is turned away since.
  let isLive = false
  const { sequence } = saved.state
  const hash = saved.lastHash()
  await eventLog.subscribe(
    {
      name: 'agent',
      from: sequence + 1n,
      filter: `evt.network.interface.${nodeId}.>`,
      consumer: nodeId,
      signal,
      ...(hash ? { checkpoint: { sequence, hash } } : {}),
      onCaughtUp: () => {
        isLive = true
        onChange()
      },
    },
    async (commits) => {
      const before = saved.state.sequence
      let saving: Promise<void>
      try {
        saving = saved.take(commits.map((commit) => checked(commit, pin)))
      } catch (error) {
        if (saved.state.sequence > before) onChange() // what came before the culprit holds
        throw error
      }
      if (isLive) onChange()
      await saving.catch((error: unknown) => {
        // The reconciler reports it; the next commit, and `settled`, try the disk again.
        options.log.error({ err: error }, 'the desired state cannot be saved')
      })
    },
  )
}

function checked(commit: Commit, pin: Pin): TakenCommit {
  const { sequence, lineageId, generation, aggregateId, events } = commit
  if (lineageId !== pin.lineageId || generation !== pin.generation) {
    throw ForeignLog({ sequence, lineageId, generation })
  }
  return {
    sequence,
    interfaceId: aggregateId.slice(aggregateId.lastIndexOf('.') + 1),
    events,
    hash: commitHash(commit),
  }
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(done, delayMs * (0.8 + Math.random() * 0.4))
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done, { once: true })
  })
}
