import { defineError } from '@holdfast/errors'
import { type Commit, commitHash, type EventLog } from '@holdfast/event-log'
import type { Logger } from '@holdfast/telemetry'
import type { Pin, TakenCommit } from '../state/saved-fold.ts'
import type { Feed, FeedName } from './feed.ts'

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
  readonly feeds: readonly Feed[]
  readonly pin: Pin
  /**
   * The log is a later generation than the pin's. Resolves once this node has decided to obey that, for which it is
   * started again with another pin; rejects with why it does not.
   */
  readonly onSuccessor: (log: EventLog) => Promise<void>
  /** Whether a log of the pin's generation is the one that was pinned. */
  readonly isPinned: (log: EventLog) => Promise<boolean>
  /** The connection, for reports; undefined when it is gone. */
  readonly onLog: (log: EventLog | undefined) => void
  /** Why commits are not being followed, for people; empty when they are. */
  readonly onTrouble: (feed: FeedName, reason: string) => void
  readonly log: Logger
  readonly signal: AbortSignal
}

const firstRetryMs = 500
const maxRetryMs = 30_000

/**
 * Follows the node's parts of the log until the signal aborts. Whatever fails, what is saved stays in force.
 * A commit of another log, or one the agent cannot read, stops its feed on purpose: obeying a part of the
 * facts could let in who was turned away by the rest. It is tried again in case the log was mended. The
 * other feeds go on: a rule this agent is too old for does not keep a removed peer connected.
 */
export async function follow(options: FollowOptions): Promise<void> {
  const { feeds, pin } = options
  const trouble = (reason: string): void => {
    for (const { name } of feeds) options.onTrouble(name, reason)
  }
  await persistently(options, 'the log cannot be followed', trouble, async (goesWell) => {
    let opened: EventLog | undefined
    try {
      opened = await options.open()
      const { lineageId, generation, succeeded } = opened
      const foreign = () => ForeignLog({ sequence: 0n, lineageId, generation })
      if (lineageId !== pin.lineageId || generation < pin.generation) throw foreign()
      if (generation > pin.generation) {
        await options.onSuccessor(opened)
        await aborted(options.signal)
        return
      }
      if (!(await options.isPinned(opened))) throw foreign()
      const eventLog = opened
      options.onLog(eventLog)
      goesWell()
      const signal = AbortSignal.any([options.signal, succeeded])
      await Promise.all(feeds.map((feed) => followOne(eventLog, feed, { ...options, signal })))
    } finally {
      options.onLog(undefined)
      await opened?.close().catch(() => {})
    }
  })
}

function followOne(eventLog: EventLog, feed: Feed, options: FollowOptions): Promise<void> {
  const trouble = (reason: string): void => options.onTrouble(feed.name, reason)
  return persistently(options, `the feed of ${feed.name} stands still`, trouble, (goesWell) =>
    read(eventLog, feed, options, goesWell),
  )
}

/** Tries until the signal aborts, with pauses that grow while it fails without having gone well in between. */
async function persistently(
  { log, signal }: FollowOptions,
  what: string,
  onTrouble: (reason: string) => void,
  attempt: (goesWell: () => void) => Promise<void>,
): Promise<void> {
  let delayMs = firstRetryMs
  let lastReason = ''
  while (!signal.aborted) {
    try {
      await attempt(() => {
        onTrouble('')
        lastReason = ''
        delayMs = firstRetryMs
      })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      onTrouble(reason)
      log[reason === lastReason ? 'debug' : 'error'](
        { err: error },
        `${what}; what is saved stays in force`,
      )
      lastReason = reason
    }
    await pause(delayMs, signal)
    delayMs = Math.min(delayMs * 2, maxRetryMs)
  }
}

async function read(
  eventLog: EventLog,
  feed: Feed,
  { pin, signal }: FollowOptions,
  goesWell: () => void,
): Promise<void> {
  const { sequence, hash } = await feed.position()
  await eventLog.subscribe(
    {
      name: feed.name,
      from: sequence + 1n,
      filter: feed.filter,
      consumer: feed.consumer,
      signal,
      ...(hash ? { checkpoint: { sequence, hash } } : {}),
      onCaughtUp() {
        goesWell()
        feed.caughtUp()
      },
    },
    async (commits) => {
      const sound = commits.slice(0, soundCommits(commits, pin))
      if (sound.length > 0) await feed.take(sound.map(taken))
      const foreign = commits[sound.length]
      if (foreign) throw ForeignLog(foreign)
      goesWell()
    },
  )
}

/** How many commits, from the first, are of the log this node obeys. */
function soundCommits(commits: readonly Commit[], pin: Pin): number {
  const foreign = commits.findIndex((commit) => !isOurs(commit, pin))
  return foreign < 0 ? commits.length : foreign
}

/** A restored log begins with the commits of earlier generations; how far, the restore said. */
function isOurs({ lineageId, generation, sequence }: Commit, pin: Pin): boolean {
  if (lineageId !== pin.lineageId) return false
  if (pin.size === undefined) return generation <= pin.generation
  return sequence <= pin.size ? generation < pin.generation : generation === pin.generation
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

const taken = (commit: Commit): TakenCommit => ({
  sequence: commit.sequence,
  aggregateId: commit.aggregateId,
  events: commit.events,
  hash: commitHash(commit),
})

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
