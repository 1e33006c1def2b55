import { CommitUnreadable, LogForked, LogGap } from '@holdfast/event-log'
import { isLockTimeout, type Postgres, type Session } from '@holdfast/postgres'
import type { Telemetry } from '@holdfast/telemetry'
import { buildReadModels, poisoned } from './build-read-models.ts'
import { checkReadModel } from './check-read-model.ts'
import { NotProjecting, ProjectionPoisoned, UnknownProjection } from './errors.ts'
import { feed } from './feed.ts'
import type { Poison } from './fold.ts'
import { pause, tryLead } from './leadership.ts'
import { allBuilds, type Build, setState, usableBuilds } from './ledger.ts'
import { type ProjectionMetrics, projectionMetrics } from './metrics.ts'
import type { Positions } from './positions.ts'
import type { RecentCommands } from './recent-commands.ts'
import { discardBuild, dropUnfinished, hasViews, showViews, switchTo } from './schema.ts'
import { type Target, targetOf, verifyCheckpoint } from './target.ts'
import type {
  CheckedReadModel,
  CheckProgress,
  LogReader,
  Projection,
  ProjectionState,
  ProjectionStatus,
} from './types.ts'

const standbyPollMs = 250
/** The same while a reader waits for rows another instance writes. */
const awaitedPollMs = 15
const maxBackoffMs = 5_000

export interface ProjectorOptions {
  readonly log: LogReader
  readonly postgres: Postgres
  readonly telemetry: Telemetry
  readonly service: string
  readonly projections: readonly Projection[]
  readonly positions: Positions
  readonly recent: RecentCommands
}

interface State {
  phase: ProjectionState
  reason: string | undefined
}

/**
 * The loop that keeps a service's read models. Of several instances one holds the lock and works; the others
 * follow its checkpoints and take over when it is gone. Rows and checkpoints are written on the connection that
 * holds the lock, so an instance that loses the one loses the other.
 */
export class Projector {
  readonly #options: ProjectorOptions
  readonly #states: ReadonlyMap<string, State>
  readonly #metrics: ProjectionMetrics
  readonly #stop = new AbortController()
  /** Ends the feed at hand, so that the next one serves other targets. */
  #refeed = new AbortController()
  #loop: Promise<void> = Promise.resolve()
  #replay: Promise<void> = Promise.resolve()
  #targets: readonly Target[] = []
  #isLeading = false
  /** The end of the log when we began: until then, rows are from before the start. */
  #headAtStart: bigint | undefined
  readonly #listeners = new Set<() => void>()

  constructor(options: ProjectorOptions) {
    this.#options = options
    this.#states = new Map(
      options.projections.map(({ name }) => [name, { phase: 'starting', reason: undefined }]),
    )
    this.#metrics = projectionMetrics(
      options.telemetry.registry,
      () => this.status(),
      () => options.log.seen(),
    )
  }

  /** Resolves when every projection has rows to read, or has halted. */
  async start(): Promise<void> {
    this.#loop = this.#run()
    await this.#until(() => {
      const { positions, projections } = this.#options
      return projections.every(
        ({ name }) => positions.of(name) >= 0n || this.#states.get(name)?.phase === 'halted',
      )
    })
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the projector stops'))
    this.#changed()
    await this.#loop
    await this.#replay
  }

  status(): readonly ProjectionStatus[] {
    return this.#options.projections.map(({ name, version }) => {
      const state = this.#states.get(name)
      const reached = this.#options.positions.of(name)
      return {
        name,
        version,
        state: state?.phase ?? 'starting',
        checkpoint: reached < 0n ? 0n : reached,
        ...(state?.reason === undefined ? {} : { reason: state.reason }),
      }
    })
  }

  /** See `Projections.rebuild`. */
  async rebuild(name: string, signal: AbortSignal = this.#stop.signal): Promise<void> {
    const projection = this.#named(name)
    await this.#alone(signal, async (either) => {
      const { service, postgres } = this.#options
      const [built] = await buildReadModels(this.#options, [projection], either)
      if (!built) return
      if (built.poison) {
        await postgres.tx((tx) => discardBuild(tx, service, built.build))
        throw poisoned(projection, built.poison)
      }
      this.#refeed.abort()
      await this.#until(
        () =>
          this.#targets.some(({ build }) => isSame(build, built.build) && build.state === 'live'),
        either,
      )
    })
  }

  /** See `Projections.check`. */
  check(
    name: string,
    signal: AbortSignal = this.#stop.signal,
    onProgress: (progress: CheckProgress) => void = () => undefined,
  ): Promise<CheckedReadModel> {
    const projection = this.#named(name)
    return this.#alone(signal, (either) =>
      checkReadModel(this.#options, projection, either, onProgress),
    )
  }

  #named(name: string): Projection {
    const projection = this.#options.projections.find((one) => one.name === name)
    if (!projection) throw UnknownProjection({ name })
    return projection
  }

  /** Replays of the log, one after the other: each takes a core and memory of its own. */
  #alone<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const either = AbortSignal.any([signal, this.#stop.signal])
    const mine = this.#replay.then(() => {
      either.throwIfAborted()
      if (!this.#isLeading) throw NotProjecting({ service: this.#options.service })
      return work(either)
    })
    this.#replay = mine.then(
      () => undefined,
      () => undefined,
    )
    return mine
  }

  async #run(): Promise<void> {
    const { telemetry, service } = this.#options
    let backoffMs = 50
    while (!this.#stop.signal.aborted) {
      try {
        await this.#lead()
        backoffMs = 50
      } catch (error) {
        if (this.#stop.signal.aborted) return
        if (LogGap.is(error) || LogForked.is(error) || CommitUnreadable.is(error)) {
          return this.#freeze(error)
        }
        telemetry.log.warn({ err: error, service, backoffMs }, 'projections: starting over')
        await pause(backoffMs, this.#stop.signal)
        backoffMs = Math.min(backoffMs * 2, maxBackoffMs)
      } finally {
        this.#isLeading = false
      }
    }
  }

  /** What the log says does not fit what we have read: a person has to look. Rows stay as they are. */
  #freeze(error: Error): void {
    this.#options.telemetry.log.error({ err: error }, 'projections: frozen')
    for (const state of this.#states.values()) {
      Object.assign(state, { phase: 'halted', reason: error.message })
    }
    this.#changed()
  }

  async #lead(): Promise<void> {
    const { postgres, service, log, telemetry } = this.#options
    const session = await postgres.session()
    const signal = AbortSignal.any([this.#stop.signal, session.lost])
    try {
      while (!isVouchedFor(log)) {
        // What such a log says may be wrong, and a person may put it right: rows are neither made nor compared.
        await this.#follow(session, log.status().reason)
        await pause(standbyPollMs, signal)
        if (this.#stop.signal.aborted) return
        signal.throwIfAborted()
      }
      this.#headAtStart ??= await log.head()
      while (!(await tryLead(session, service))) {
        await this.#follow(session)
        const pollMs = this.#options.positions.isAwaited ? awaitedPollMs : standbyPollMs
        await pause(pollMs, signal, (wake) => this.#options.positions.onWait(wake))
        if (this.#stop.signal.aborted) return
        signal.throwIfAborted()
      }
      // A lost tail is written again from the log, and its checkpoint is lost with it.
      await session.script('set synchronous_commit = off')
      await session.tx((tx) => dropUnfinished(tx, service))
      this.#isLeading = true
      while (!signal.aborted) {
        this.#refeed = new AbortController()
        await this.#load(session)
        telemetry.log.debug({ service, targets: this.#targets.length }, 'projections: feeding')
        await feed({
          ...this.#options,
          session,
          targets: this.#targets,
          metrics: this.#metrics,
          signal: AbortSignal.any([signal, this.#refeed.signal]),
          onHalt: (target, poison) => this.#halt(target, poison),
          afterBatch: () => this.#settle(session),
        })
      }
      if (!this.#stop.signal.aborted) signal.throwIfAborted()
    } finally {
      await session.close()
    }
  }

  /** Finds the builds to feed, and makes those that are not there. */
  async #load(session: Session): Promise<void> {
    const { log, service, projections, postgres, positions } = this.#options
    const missing: Projection[] = []
    for (const projection of projections) {
      const builds = await usableBuilds(session, service, projection)
      if (!builds.some(({ state }) => state !== 'filling')) missing.push(projection)
    }
    if (missing.length > 0) await buildReadModels(this.#options, missing, this.#stop.signal)

    const targets: Target[] = []
    for (const projection of projections) {
      const builds = await usableBuilds(session, service, projection)
      const live = builds.find(({ state }) => state === 'live')
      const next =
        builds.find((one) => one.state === 'building' && one.build > (live?.build ?? 0)) ??
        (live ? undefined : builds.find(({ state }) => state === 'previous'))
      if (live) {
        targets.push(targetOf(projection, live))
        if (!(await hasViews(session, service, projection, live))) {
          await session.tx((tx) => showViews(tx, service, projection, live, postgres.readerRole))
        }
        positions.set(projection.name, live.checkpoint.sequence)
      }
      if (next) {
        // Coming back to an older release finds its rows still here.
        if (next.state === 'previous') await setState(session, service, next, 'building')
        targets.push(targetOf(projection, { ...next, state: 'building' }))
      }
    }
    for (const target of targets) await verifyCheckpoint(log, target)
    this.#targets = targets
    await this.#settle(session)
  }

  /** Shows builds that have caught up with what readers see now, and tells what is live. */
  async #settle(session: Session): Promise<void> {
    const { positions } = this.#options
    for (const { projection, build, checkpoint } of this.#targets) {
      if (build.state !== 'building') continue
      const shown = await this.#shownSequence(session, projection)
      if (checkpoint.sequence < shown || !(await this.#show(session, projection, build))) continue
      positions.set(projection.name, checkpoint.sequence)
      // The feed at hand still writes to the rows that were shown before: the next one finds the new.
      this.#refeed.abort()
    }
    for (const { projection, checkpoint, build, isHalted } of this.#targets) {
      const state = this.#states.get(projection.name)
      if (!state || build.state !== 'live' || isHalted) continue
      const isCurrent = checkpoint.sequence >= (this.#headAtStart ?? 0n)
      const { isWritable, reason } = this.#options.log.status()
      if (isCurrent) Object.assign(state, { phase: 'live', reason: undefined })
      // What is missing is not safe and may never be: these rows are all there is to show for now.
      else if (!isWritable) Object.assign(state, { phase: 'standby', reason })
    }
    positions.wake()
    this.#changed()
  }

  /** What readers see now, of whatever version. */
  async #shownSequence(session: Session, projection: Projection): Promise<bigint> {
    const builds = await allBuilds(session, this.#options.service, projection.name)
    return builds.find(({ state }) => state === 'live')?.checkpoint.sequence ?? 0n
  }

  /** False when readers kept us from it; the next batch tries again. */
  async #show(session: Session, projection: Projection, build: Build): Promise<boolean> {
    const { service, postgres, telemetry } = this.#options
    try {
      await session.tx(async (tx) => {
        // Below Postgres' deadlock check of 1 s: no reader can lose against us.
        await tx.script(`set local lock_timeout = '200ms'; set local synchronous_commit = on`)
        await switchTo(tx, service, projection, build, postgres.readerRole)
      })
    } catch (error) {
      if (!isLockTimeout(error)) throw error
      telemetry.log.debug({ projection: projection.name }, 'projections: views are busy')
      return false
    }
    telemetry.log.info(
      { projection: projection.name, version: build.version, build: build.build },
      'projections: switched',
    )
    return true
  }

  #halt({ projection }: Target, { sequence, error }: Poison): void {
    const reason = ProjectionPoisoned({ name: projection.name, sequence }).message
    this.#options.telemetry.log.error(
      { err: error, projection: projection.name, sequence: sequence.toString() },
      'projections: halted at an event that cannot be applied',
    )
    const state = this.#states.get(projection.name)
    if (state) Object.assign(state, { phase: 'halted', reason })
    this.#changed()
  }

  /** Tells how far the rows have come that somebody else writes, or nobody for now. */
  async #follow(session: Session, reason?: string): Promise<void> {
    const { service, projections, positions } = this.#options
    for (const projection of projections) {
      const state = this.#states.get(projection.name)
      const builds = await usableBuilds(session, service, projection)
      const shown = builds.find((build) => build.state === 'live')
      positions.set(projection.name, shown?.checkpoint.sequence ?? -1n)
      if (state) Object.assign(state, { phase: shown ? 'standby' : 'starting', reason })
    }
    positions.wake()
    this.#changed()
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }

  async #until(condition: () => boolean, signal = this.#stop.signal): Promise<void> {
    while (!condition()) {
      signal.throwIfAborted()
      await pause(60_000, signal, (wake) => {
        this.#listeners.add(wake)
        return () => this.#listeners.delete(wake)
      })
    }
  }
}

/** Whether the guard stands behind what the log says. A log with nothing in it has nothing safe. */
const isVouchedFor = (log: LogReader): boolean => log.safe.current() > 0n || log.status().isWritable

const isSame = (one: Build, other: Build): boolean =>
  one.name === other.name && one.build === other.build
