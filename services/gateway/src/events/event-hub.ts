import type { Commit, EventLog } from '@holdfast/event-log'
import { Gauge, type Logger, type Registry } from '@holdfast/telemetry'
import { frameOf } from './frame.ts'

/** What the hub needs of the log. */
export type EventSource = Pick<EventLog, 'subscribe' | 'head' | 'safe' | 'onSignal'>

/** Somebody who listens. */
export interface Listener {
  /** Whether this commit may be shown. */
  sees(commit: Commit): boolean
  /** Takes text for the socket. False when the socket has more waiting than it may. */
  write(text: string): boolean
  /** Resolves when the socket has taken what was written. */
  drained(): Promise<void>
  /** Ends the stream, saying why in a comment. */
  end(why: string): void
}

export interface EventHub {
  /** Streams commits from a sequence on until `signal` aborts. Rejects only when the log refuses. */
  stream(from: bigint, listener: Listener, signal: AbortSignal): Promise<void>
  /** The sequence up to which commits can be shown now. Asks the log. */
  position(): Promise<bigint>
  /** Ends every stream. */
  close(): void
  readonly listeners: number
}

/** Commits kept for those who come back after a short break. */
const recentCommits = 2_048
/** The shared subscription outlives the last listener by this, so that a reload does not start it anew. */
const lingerMs = 30_000

/** How often a silent stream says that it is alive, and how far it has come. */
const heartbeatMs = 15_000

const unreadable = 'the log is not readable now'

interface Shown {
  readonly commit: Commit
  frame: string | undefined
}

/**
 * One subscription to the log for all listeners. It runs only while somebody listens: a gateway nobody
 * watches spends nothing on events. A listener who asks for older commits than the hub remembers gets
 * them by a subscription of its own and moves over when it has caught up.
 */
export function eventHub(
  log: EventSource,
  { log: logger, registry }: { log: Logger; registry: Registry },
): EventHub {
  /** Contiguous, oldest first. */
  let recent: Shown[] = []
  /** Sequence after the newest in `recent`. */
  let next = 0n
  let shared: AbortController | undefined
  let idle: NodeJS.Timeout | undefined
  /** With the first sequence each is to see: one who comes back may know more than the hub has taken so far. */
  const live = new Map<Listener, bigint>()
  const streams = new Set<AbortController>()

  new Gauge({
    name: 'holdfast_event_stream_listeners',
    help: 'Clients that read live events now.',
    registers: [registry],
    collect() {
      this.set(streams.size)
    },
  })

  /** The last commit that is there and cannot vanish any more. */
  async function position(): Promise<bigint> {
    const head = await log.head()
    const safe = log.safe.current()
    // While nothing is vouched for nothing is shown either; from its end on the log is followed again.
    return safe > 0n && safe < head ? safe : head
  }

  /** Resolves when the shared subscription runs. */
  async function share(): Promise<void> {
    clearTimeout(idle)
    if (shared) return
    const last = await position()
    if (shared) return
    const controller = new AbortController()
    shared = controller
    recent = []
    next = last + 1n
    log
      .subscribe({ from: next, name: 'events', signal: controller.signal }, take)
      .catch((error: unknown) => {
        logger.error({ err: error }, 'live events stopped')
        if (shared === controller) shared = undefined
        for (const listener of live.keys()) listener.end(unreadable)
        live.clear()
      })
  }

  function take(commits: readonly Commit[]): void {
    for (const commit of commits) {
      const shown: Shown = { commit, frame: undefined }
      recent.push(shown)
      next = commit.sequence + 1n
      for (const [listener, start] of live) show(shown, listener, start)
    }
    if (recent.length > 2 * recentCommits) recent = recent.slice(-recentCommits)
  }

  function show(shown: Shown, listener: Listener, start: bigint): void {
    if (shown.commit.sequence < start || !listener.sees(shown.commit)) return
    shown.frame ??= frameOf(shown.commit)
    if (!listener.write(shown.frame)) cut(listener)
  }

  // The id moves the place to come back to even where nothing was to be shown.
  const heartbeat = setInterval(() => {
    for (const [listener, start] of live) {
      const reached = (next > start ? next : start) - 1n
      if (!listener.write(`id: ${reached}\n: heartbeat\n\n`)) cut(listener)
    }
  }, heartbeatMs).unref()

  function cut(listener: Listener): void {
    live.delete(listener)
    listener.end('too slow: come back with Last-Event-ID')
  }

  const oldest = (): bigint => recent[0]?.commit.sequence ?? next

  /** Own subscription until the shared one has everything that is left. Resolves with the next sequence. */
  async function replay(from: bigint, listener: Listener, signal: AbortSignal): Promise<bigint> {
    let position = from
    const own = new AbortController()
    const both = AbortSignal.any([own.signal, signal])
    await log.subscribe({ from, name: 'events-replay', signal: both }, async (commits) => {
      for (const commit of commits) {
        if (both.aborted) return
        position = commit.sequence + 1n
        // Not pulling the next batch until the socket is free is all the flow control there is.
        if (listener.sees(commit) && !listener.write(frameOf(commit))) await listener.drained()
      }
      if (position >= oldest()) own.abort()
    })
    return position
  }

  return {
    get listeners() {
      return streams.size
    },
    position,

    async stream(from, listener, signal) {
      const mine = new AbortController()
      const both = AbortSignal.any([mine.signal, signal])
      streams.add(mine)
      try {
        await share()
        let position = from
        while (position < oldest() && !both.aborted) {
          position = await replay(position, listener, both)
          await listener.drained()
        }
        if (both.aborted) return
        if (!shared) {
          listener.end(unreadable)
          return
        }
        // From here to `live.set` nothing awaits, so no commit can slip between.
        const start = position
        live.set(listener, start)
        for (const shown of recent) {
          if (live.has(listener)) show(shown, listener, start)
        }
        await aborted(both)
      } finally {
        live.delete(listener)
        streams.delete(mine)
        if (streams.size === 0) {
          idle = setTimeout(() => {
            shared?.abort()
            shared = undefined
          }, lingerMs).unref()
        }
      }
    },

    close() {
      clearTimeout(idle)
      clearInterval(heartbeat)
      for (const listener of live.keys()) listener.end('this gateway is stopping')
      for (const stream of streams) stream.abort()
      shared?.abort()
      shared = undefined
    },
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
