import { setTimeout as wait } from 'node:timers/promises'
import { createBackoff } from './backoff.ts'
import { type Level, type LogLine, parseLine } from './log-line.ts'
import { markProcess } from './process-mark.ts'
import { Refused } from './refused.ts'
import type { ProcessMark } from './run-file.ts'

export const processStates = ['stopped', 'starting', 'ready', 'waiting', 'stopping'] as const
/** `waiting` is between a crash and the next start. */
export type ProcessState = (typeof processStates)[number]

/** A child that answers. */
export interface Life {
  readonly pid: number
  /** How it ended, in words; settles when it has. */
  readonly exited: Promise<string>
  /** Asks it to end, sees to it in the end, and resolves when it has. */
  stop(): Promise<void>
}

export interface Launch {
  /** What the child writes, line by line. */
  onLine(text: string): void
  /** To call as soon as there is a pid. */
  onPid(pid: number): void
  /** Aborted when nobody wants the child any more: end it and throw. */
  readonly signal: AbortSignal
}

/** How to run one child. Runs again after each crash. */
export interface ProcessSpec {
  readonly name: string
  /** Signal the warden sends when the supervisor died. */
  readonly endSignal: NodeJS.Signals
  /** Starts it and resolves when it answers; throws, with the child gone, when it cannot. */
  launch(how: Launch): Promise<Life>
}

export interface SupervisedProcess {
  readonly name: string
  readonly endSignal: NodeJS.Signals
  readonly state: ProcessState
  /** Of the running child. */
  readonly mark: ProcessMark | undefined
  /** Times it was started again after ending by itself. */
  readonly restarts: number
  readonly startedAt: Date | undefined
  /** Starts it and resolves at the first readiness. Rejects when five attempts in a row do not get there. */
  start(): Promise<void>
  /** Ends it and keeps it ended. May be called twice, and while it starts. */
  stop(): Promise<void>
  /** Ends it and starts it again, without counting that as a crash. */
  restart(): Promise<void>
  /** Kills its whole group now; nothing starts it again. */
  kill(): void
}

export interface Watch {
  log(line: LogLine): void
  /** Pid or state changed. */
  changed(): void
}

const maxFirstAttempts = 5
const keptLines = 12

export function superviseProcess(spec: ProcessSpec, watch: Watch): SupervisedProcess {
  let state: ProcessState = 'stopped'
  let life: Life | undefined
  let mark: ProcessMark | undefined
  let startedAt: Date | undefined
  let restarts = 0
  let ended: Promise<void> | undefined
  let isRestarting = false
  /** Aborted when nobody wants the child any more. */
  let wanted = new AbortController()
  const isWanted = () => !wanted.signal.aborted
  const backoff = createBackoff()
  /** The child's last words, for the message when it cannot be started. */
  const words: string[] = []

  const become = (next: ProcessState) => {
    state = next
    watch.changed()
  }
  const say = (level: Level, msg: string, fields: Record<string, unknown> = {}) =>
    watch.log({ time: Date.now(), level, name: 'supervisor', msg: `${spec.name}: ${msg}`, fields })

  const how = (): Launch => ({
    signal: wanted.signal,
    onLine(text) {
      words.push(text)
      if (words.length > keptLines) words.shift()
      watch.log(parseLine(spec.name, text, Date.now()))
    },
    onPid(pid) {
      mark = markProcess(pid)
      startedAt = new Date()
      watch.changed()
    },
  })

  /** One life: from launch to end. Throws when it never answered. */
  async function live(onReady: () => void): Promise<void> {
    become('starting')
    const begun = performance.now()
    words.length = 0
    try {
      const present = await spec.launch(how())
      life = present
      if (mark?.pid !== present.pid) how().onPid(present.pid)
      if (isWanted()) {
        become('ready')
        say('info', 'ready', {
          pid: present.pid,
          durationMs: Math.round(performance.now() - begun),
        })
        onReady()
      } else void present.stop()
      const end = await present.exited
      if (isWanted() && !isRestarting) say('error', `ended by itself: ${end}`)
      else say('info', `ended: ${end}`)
    } finally {
      life = undefined
      mark = undefined
    }
  }

  /** Lives, one after the other, until nobody wants it any more. */
  async function keepAlive(onReady: () => void): Promise<void> {
    let hasBeenReady = false
    for (let attempt = 1; isWanted(); attempt += 1) {
      const begun = performance.now()
      try {
        await live(() => {
          hasBeenReady = true
          onReady()
        })
      } catch (error) {
        if (isWanted()) {
          // Another try would meet the same refusal.
          if (!hasBeenReady && error instanceof Refused) throw error
          if (!hasBeenReady && attempt >= maxFirstAttempts) {
            throw new CannotStart(spec.name, error, words)
          }
          say('error', `cannot be started: ${messageOf(error)}`)
        }
      }
      if (!isWanted()) break
      if (isRestarting) continue
      restarts += 1
      const delayMs = backoff.next(performance.now() - begun)
      say('warn', 'starting it again', { delayMs, restarts })
      become('waiting')
      await wait(delayMs, undefined, { signal: wanted.signal }).catch(() => undefined)
    }
  }

  return {
    name: spec.name,
    endSignal: spec.endSignal,
    get state() {
      return state
    },
    get mark() {
      return mark
    },
    get restarts() {
      return restarts
    },
    get startedAt() {
      return startedAt
    },
    start() {
      wanted = new AbortController()
      return new Promise<void>((resolve, reject) => {
        ended = keepAlive(resolve)
          .then(() => reject(new Error(`${spec.name} was stopped`)), reject)
          .finally(() => become('stopped'))
      })
    },
    async stop() {
      if (isWanted() && ended) become('stopping')
      wanted.abort()
      await life?.stop()
      await ended
    },
    async restart() {
      isRestarting = true
      try {
        await life?.stop()
      } finally {
        isRestarting = false
      }
    },
    kill() {
      wanted.abort()
      if (mark) killGroup(mark.pid)
    },
  }
}

/** The child fell each time before it answered. The message ends with what it said last. */
export class CannotStart extends Error {
  constructor(name: string, cause: unknown, words: readonly string[]) {
    const tail = words.map((line) => `\n  ${line}`).join('')
    super(`${name} does not start: ${messageOf(cause)}${tail}`, { cause })
  }
}

/** Kills a child with everything it started in its group. */
export function killGroup(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL')
      return
    } catch {
      // No such group: it is not a leader, or all of it is gone.
    }
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
