import type { Commit } from '@holdfast/event-log'
import type { Session } from '@holdfast/postgres'
import { extractTrace, isTraced, span, type Telemetry } from '@holdfast/telemetry'
import { commandsOf } from './commands.ts'
import type { Poison } from './fold.ts'
import { Inbox } from './inbox.ts'
import type { ProjectionMetrics } from './metrics.ts'
import type { Positions } from './positions.ts'
import type { RecentCommands } from './recent-commands.ts'
import { type Part, planPart, type Target } from './target.ts'
import type { LogReader } from './types.ts'
import { writeBatch } from './write-batch.ts'

/** Commits of one transaction (research/perf-ceilings.md §4). */
const batchCommits = 2_000
/** The same when we are further behind than `largeLag`. */
const catchUpCommits = 10_000
const largeLag = 10_000n
/** Under load, how long a small batch waits for company. */
const lingerMs = 20
/** The same for commits that change no row here, only how far the rows have followed. */
const foreignLingerMs = 250

/** Whatever happens to be active when a batch is written is not what it is for. */
const root = extractTrace({})

export interface FeedOptions {
  readonly log: LogReader
  readonly telemetry: Telemetry
  readonly session: Session
  readonly service: string
  readonly targets: readonly Target[]
  readonly positions: Positions
  readonly recent: RecentCommands
  readonly metrics: ProjectionMetrics
  /** Ends it after the batch at hand. */
  readonly signal: AbortSignal
  readonly onHalt: (target: Target, poison: Poison) => void
  /** After each batch, before the next. */
  readonly afterBatch: () => Promise<void>
}

/**
 * Feeds targets from one subscription until the signal fires. Rejects when the log or the database lets us down;
 * nothing is lost then, the checkpoints say where to go on.
 */
export async function feed(options: FeedOptions): Promise<void> {
  const { log, targets } = options
  const [lowest] = [...targets].sort((a, b) =>
    a.checkpoint.sequence < b.checkpoint.sequence ? -1 : 1,
  )
  if (!lowest) return
  const broken = new AbortController()
  const signal = AbortSignal.any([options.signal, broken.signal])
  const inbox = new Inbox()
  signal.addEventListener('abort', () => inbox.close(), { once: true })
  if (signal.aborted) return

  const start = lowest.checkpoint
  options.recent.begin(start.sequence)
  const reading = log.subscribe(
    {
      from: start.sequence + 1n,
      name: 'projections',
      signal,
      ...(start.sequence > 0n ? { checkpoint: start } : {}),
    },
    (commits) => {
      options.recent.take(commits)
      return inbox.push(commits)
    },
  )
  const writing = write(options, inbox)
  try {
    // Whoever ends first, by failing or by the signal, ends the other.
    await Promise.race([reading, writing])
  } finally {
    broken.abort()
    options.recent.end()
    // The rejection that matters has been thrown; the other one follows from it.
    await Promise.allSettled([reading, writing])
  }
}

async function write(options: FeedOptions, inbox: Inbox): Promise<void> {
  let writing: Promise<void> = Promise.resolve()
  let lastWrite = 0
  while (await inbox.filled()) {
    const limit = isFarBehind(options) ? catchUpCommits : batchCommits
    // Rows are written while the next batch is folded, but only when there is a whole next batch.
    if (inbox.size < limit) {
      await writing
      await linger(options, inbox, limit, lastWrite)
    }
    const commits = inbox.take(limit)
    if (commits.length === 0) continue
    const parts = options.targets.flatMap((target) => planPart(target, commits) ?? [])
    await writing
    writing = writeAndTell(options, parts, commits.length).then(() => {
      lastWrite = performance.now()
    })
    writing.catch(() => {}) // awaited above, in the next round at the latest
    if (inbox.size < limit) await writing
  }
  await writing
}

const isFarBehind = ({ log, targets }: FeedOptions): boolean =>
  targets.some((target) => !target.isHalted && log.seen() - target.planned.sequence > largeLag)

/** Nothing to wait for when we have been idle, when somebody waits for the rows, or when the batch is full. */
async function linger(
  { positions, signal, targets }: FeedOptions,
  inbox: Inbox,
  limit: number,
  lastWrite: number,
): Promise<void> {
  const contexts = new Set(targets.map(({ projection }) => projection.context))
  const isOurs = ({ context }: Commit): boolean => contexts.has(context)
  const remaining = (ms: number): number => lastWrite + ms - performance.now()
  let isForeign = !inbox.some(isOurs)
  const waitMs = remaining(isForeign ? foreignLingerMs : lingerMs)
  if (waitMs <= 0 || positions.isAwaited || signal.aborted) return
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer)
      stopWaiting()
      stopFilling()
      signal.removeEventListener('abort', end)
      resolve()
    }
    let timer = setTimeout(end, waitMs)
    const stopWaiting = positions.onWait(end)
    const stopFilling = inbox.onPush((commits) => {
      if (inbox.size >= limit) return end()
      if (!isForeign || !commits.some(isOurs)) return
      isForeign = false
      clearTimeout(timer)
      timer = setTimeout(end, Math.max(0, remaining(lingerMs)))
    })
    signal.addEventListener('abort', end, { once: true })
  })
}

async function writeAndTell(
  options: FeedOptions,
  parts: readonly Part[],
  commits: number,
): Promise<void> {
  const begin = performance.now()
  const halted = await traced(options, parts, commits)
  for (const [target, poison] of halted) {
    target.isHalted = true
    options.onHalt(target, poison)
  }
  for (const { target } of parts) {
    if (target.build.state === 'live') {
      options.positions.set(target.projection.name, target.checkpoint.sequence)
    }
  }
  options.positions.wake()
  options.recent.written(options.positions.of(commandsOf(options.service)))
  options.metrics.batch(commits, (performance.now() - begin) / 1000)
  await options.afterBatch()
}

/**
 * A span of its own: a batch holds commits of many calls, so it is linked to the appends it makes rows of instead of
 * being part of one of them. Nothing is collected of batches nobody traced.
 */
function traced(
  { telemetry, session, service }: FeedOptions,
  parts: readonly Part[],
  commits: number,
): ReturnType<typeof writeBatch> {
  const work = () => writeBatch(session, service, parts)
  if (!isTraced()) return work()
  const links = parts.flatMap((part) =>
    part.commits.flatMap(({ traceparent }) => traceparent ?? []),
  )
  if (links.length === 0) return work()
  return span(
    telemetry.tracer,
    `project ${service}`,
    {
      'messaging.system': 'nats',
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'project',
      'messaging.batch.message_count': commits,
    },
    work,
    { kind: 'consumer', links, parent: root },
  )
}
