import { dirname, join } from 'node:path'
import {
  type AdminConnection,
  type Approval,
  type LogSpec,
  publishApproval,
  publishSafe,
} from '@holdfast/event-log/admin'
import type { Logger, Registry } from '@holdfast/telemetry'
import { archiveOnward } from './archiver.ts'
import {
  type ComparingContext,
  carryOut,
  checkPosition,
  checkSettings,
  settle,
  verifyAll,
} from './comparing.ts'
import { type DiskGate, diskGate, type VolumeSpec } from './disk-gate.ts'
import { ComparisonFailed, NothingToRepair, RepairStale } from './errors.ts'
import { type IncidentLog, incidentLog } from './incident-log.ts'
import type { Durability } from './judge.ts'
import type { StreamStanding } from './log-stream.ts'
import { type LogGuardMetrics, logGuardMetrics } from './metrics.ts'
import { natsLogStream } from './nats-log-stream.ts'
import { Doubt, Freeze, type Phase, phaseAfter } from './phase.ts'
import type { Trusted } from './repair.ts'
import type { LogKeeperState, Verification, WriteState } from './state.ts'
import { Waiting } from './waiting.ts'
import { watchStream } from './watch-stream.ts'
import { type Disk, Witnesses } from './witnesses.ts'

export interface KeepLogOptions {
  /** Needs the permissions of a guard (`guardPermissions`). */
  readonly admin: AdminConnection
  readonly spec: LogSpec
  /** `HOLDFAST_ARCHIVE_DIR`. */
  readonly archiveDirectory: string
  /** Outside of log and archive. What a repair overrules is kept in the same folder. */
  readonly positionFile: string
  /** Fingerprints of the root key and of those before it; looked at whenever a segment is begun or judged. */
  readonly rootKeys: { readonly present: string; readonly former: readonly string[] }
  readonly durability: Durability
  readonly volumes: readonly VolumeSpec[]
  /** Default: a tenth of each volume, at most 1 GiB. */
  readonly reserveBytes?: number
  readonly log: Logger
  readonly registry?: Registry
  /** Ends everything. */
  readonly signal: AbortSignal
  /** For tests. */
  readonly disk?: Disk
}

export interface LogKeeper {
  /** Resolves when the signal has aborted and everything is closed. Never rejects. */
  readonly done: Promise<void>
  state(): LogKeeperState
  /**
   * Compares every commit; a second call joins the one under way. What it finds is then healed or
   * frozen. Fails with backup.comparison_failed.
   */
  verify(): Promise<Verification>
  /**
   * Carries out a human's decision; resolves when everything was compared again. Fails with
   * backup.nothing_to_repair, backup.repair_stale, and with what log and archive fail with.
   */
  repair(decision: {
    readonly firstBad: bigint
    readonly trusted: Trusted
  }): Promise<LogKeeperState>
}

const announceEveryMs = 200
const lookEveryMs = 1_000
const retryMs = 200
/** How often a cause that may go away is looked for. */
const causeEveryMs = 2_000

/**
 * Guards and archives the log until the signal aborts: compares it with the archive at every new server,
 * heals what can be healed, approves, archives what is written, and says how far it is safe.
 * `onState` hears of every change that matters to people. One keeper for one archive directory.
 */
export function keepLog(
  options: KeepLogOptions,
  onState: (state: LogKeeperState) => void = () => undefined,
): LogKeeper {
  const keeper = new Keeper(options, onState)
  return {
    done: keeper.run(),
    state: () => keeper.state(),
    verify: () => keeper.verify(),
    repair: (decision) => keeper.repair(decision),
  }
}

interface Decision {
  readonly firstBad: bigint
  readonly trusted: Trusted
  readonly settled: (error: unknown) => void
}

class Keeper {
  readonly #options: KeepLogOptions
  readonly #onState: (state: LogKeeperState) => void
  readonly #context: ComparingContext
  readonly #witnesses: Witnesses
  readonly #disk: DiskGate
  readonly #incidents: IncidentLog
  readonly #metrics: LogGuardMetrics
  readonly #waiting = new Waiting()
  #phase: Phase = { type: 'checking', reason: 'starting' }
  /** The last state told to `onState`. */
  #told = ''
  /** The server that was compared last. */
  #judgedServerId: string | undefined
  /** Something was not as it should be: look at everything before opening again. */
  #isInDoubt = false
  #standing: StreamStanding | undefined
  #archived = 0n
  #decision: Decision | undefined
  #verifying: Promise<Verification> | undefined
  /** Closes an open log. */
  #interrupt: (error: Error) => void = () => undefined
  #wasExhausted = false

  constructor(options: KeepLogOptions, onState: (state: LogKeeperState) => void) {
    const { admin, spec, log, durability, positionFile, signal } = options
    this.#options = options
    this.#onState = onState
    this.#metrics = logGuardMetrics(options.registry)
    this.#disk = diskGate(options)
    this.#incidents = incidentLog(({ kind, detail }) => {
      log[kind === 'opened' ? 'info' : 'error']({ incident: kind }, detail)
      this.#metrics.incident(kind)
    })
    this.#witnesses = new Witnesses({
      archiveDirectory: options.archiveDirectory,
      positionFile,
      disk: options.disk,
      identity: {
        lineageId: spec.lineageId,
        generation: spec.generation,
        // A rotation shows in the next segment.
        get rootKeyFingerprint() {
          return options.rootKeys.present
        },
        get formerRootKeys() {
          return options.rootKeys.former
        },
      },
    })
    this.#context = {
      admin,
      spec,
      stream: natsLogStream(admin, spec, `${positionFile}.settings`),
      witnesses: this.#witnesses,
      incidents: this.#incidents,
      durability,
      positionFile,
      asideDirectory: join(dirname(positionFile), 'aside'),
      log,
      signal,
    }
  }

  async run(): Promise<void> {
    const { admin, signal } = this.#options
    const onAbort = (): void => this.#waiting.wake()
    signal.addEventListener('abort', onAbort)
    const stopListening = admin.link.onEvent(() => this.#waiting.wake())
    const announcing = setInterval(() => this.#announce(), announceEveryMs)
    await this.#look()
    const looking = setInterval(() => void this.#look(), lookEveryMs)
    while (!signal.aborted) {
      const serverId = admin.serverId()
      if (serverId === undefined) {
        this.#enter({ type: 'checking', reason: 'not connected to NATS' })
        await this.#waiting.for(lookEveryMs)
      } else await this.#serve(serverId)
    }
    clearInterval(announcing)
    clearInterval(looking)
    stopListening()
    signal.removeEventListener('abort', onAbort)
    const reason = 'the archiver has ended'
    this.#enter({ type: 'checking', reason })
    this.#decision?.settled(ComparisonFailed({ reason }))
    this.#decision = undefined
    await this.#witnesses.drop(false)
  }

  /** One server, until its log has to be compared again. Never throws. */
  async #serve(serverId: string): Promise<void> {
    const { signal, log } = this.#options
    // One that comes while this fails is for the next time.
    const decision = this.#decision
    const settled = (error: unknown): void => {
      if (decision && this.#decision === decision) this.#decision = undefined
      decision?.settled(error)
    }
    try {
      const { isRestDue, standing } = await this.#open(serverId, decision)
      settled(undefined)
      await this.#keepOpen(standing, isRestDue)
    } catch (error) {
      if (signal.aborted) return
      const phase = phaseAfter(error)
      const level = phase.type === 'checking' ? 'warn' : 'error'
      log[level]({ err: error }, 'log and archive have to be compared again')
      const isSuspect = phase.type === 'frozen' && phase.isSuspect === true
      this.#isInDoubt ||= phase.type !== 'checking' || phase.isInDoubt === true
      if (this.#isInDoubt) await this.#witnesses.drop(isSuspect)
      this.#note(phase)
      this.#enter(phase)
      if (phase.type === 'frozen') await this.#refuse(phase.reason, phase.firstBad)
      settled(error instanceof Freeze ? undefined : error)
      await this.#rest(phase, serverId)
    }
  }

  /** Compares, heals and approves. `isRestDue`: a part of the comparison is still to be done. */
  async #open(
    serverId: string,
    decision: Decision | undefined,
  ): Promise<{ readonly standing: StreamStanding; readonly isRestDue: boolean }> {
    const { admin, spec, durability } = this.#options
    const isNew = serverId !== this.#judgedServerId
    if (isNew || decision) {
      const reason = decision ? 'a repair is under way' : 'log and archive are being compared'
      this.#enter({ type: 'checking', reason })
      // Opened anew, the archive is what is on the disk, and not what this process believes of it.
      await this.#witnesses.drop(false)
    }
    const { archive, position } = await this.#witnesses.open()
    this.#archived = archive.last.sequence
    await checkSettings(this.#context, isNew || decision ? 'create' : 'freeze')
    if (decision) await carryOut(this.#context, decision)
    else checkPosition(this.#context, position.content)
    const isWhole = isNew || this.#isInDoubt || decision !== undefined
    const isRestDue = await settle(this.#context, isWhole)
    await this.#witnesses.mark()

    const standing = await this.#context.stream.standing()
    if (!standing || admin.serverId() !== serverId)
      throw ComparisonFailed({ reason: 'the server changed meanwhile' })
    this.#standing = standing
    this.#archived = archive.last.sequence
    await publishApproval(admin, spec, {
      ...this.#approval(),
      serverIds: [serverId],
      durability,
    })
    if (isWhole) this.#incidents.add('opened', `the log is open at ${this.#archived}`)
    this.#judgedServerId = serverId
    this.#isInDoubt = false
    this.#enter({ type: 'open', serverId })
    return { standing, isRestDue }
  }

  /** Archives and watches, until something is not as it should be: then it throws. */
  async #keepOpen(opened: StreamStanding, isRestDue: boolean): Promise<void> {
    const { archive, position } = await this.#witnesses.open()
    const closing = new AbortController()
    const signal = AbortSignal.any([this.#options.signal, closing.signal])
    const interrupted = new Promise<never>((_, reject) => {
      this.#interrupt = reject
    })
    const tasks = [
      archiveOnward({
        stream: this.#context.stream,
        archive,
        position,
        signal,
        onArchived: (group) => {
          this.#archived = archive.last.sequence
          this.#announce()
          this.#metrics.archived(group)
        },
      }),
      watchStream(this.#context, archive, opened, signal, (standing) => {
        this.#standing = standing
      }),
      interrupted,
    ]
    if (isRestDue) this.verify().catch(() => undefined)
    try {
      await Promise.race(tasks)
    } finally {
      this.#interrupt = () => undefined
      closing.abort()
      await Promise.allSettled(tasks.slice(0, 2))
    }
  }

  /** Until there is a reason to look again. */
  async #rest(phase: Phase, serverId: string): Promise<void> {
    const { admin, signal } = this.#options
    const startedAt = Date.now()
    const isOver = (): boolean => {
      if (signal.aborted || this.#decision || phase.type === 'checking') return true
      const now = admin.serverId()
      if (now === undefined) return false
      if (now !== serverId) return true
      if (phase.type === 'exhausted') return this.#disk.reason() === undefined
      const mayBeGone = phase.type === 'frozen' && phase.remedy === 'cause'
      return mayBeGone && Date.now() - startedAt >= causeEveryMs
    }
    do await this.#waiting.for(phase.type === 'checking' ? retryMs : lookEveryMs)
    while (!isOver())
  }

  async #look(): Promise<void> {
    await this.#disk.look()
    const reason = this.#disk.reason()
    if (reason !== undefined && !this.#wasExhausted) this.#incidents.add('exhausted', reason)
    if (reason === undefined && this.#wasExhausted)
      this.#incidents.add('opened', 'there is room on every volume again')
    this.#wasExhausted = reason !== undefined
    this.#announce()
  }

  #note(phase: Phase): void {
    // The same trouble again and again is one incident.
    const isKnown = this.#incidents.list[0]?.detail === ('reason' in phase ? phase.reason : '')
    if (isKnown) return
    if (phase.type === 'frozen') this.#incidents.add(phase.kind, phase.reason, phase.firstBad)
    if (phase.type === 'exhausted') this.#incidents.add('exhausted', phase.reason)
  }

  #enter(phase: Phase): void {
    this.#phase = phase
    this.#announce()
  }

  #writes(): { readonly writes: WriteState; readonly reason: string } {
    const phase = this.#phase
    if (phase.type === 'frozen') return { writes: 'frozen', reason: phase.reason }
    const full = this.#disk.reason()
    if (full !== undefined) return { writes: 'exhausted', reason: full }
    if (phase.type === 'open') return { writes: 'open', reason: '' }
    return { writes: phase.type, reason: phase.reason }
  }

  #announce(): void {
    const { admin, spec } = this.#options
    const { writes, reason } = this.#writes()
    try {
      publishSafe(admin, spec, { stream: spec.stream, sequence: this.#archived, writes, reason })
    } catch {
      // without a connection nobody hears; silence says the same
    }
    const key = `${writes} ${reason} ${this.#incidents.list[0]?.atUnixMs} ${this.#incidents.list.length}`
    if (key === this.#told) return
    this.#told = key
    const state = this.state()
    this.#metrics.show(state)
    this.#onState(state)
  }

  #approval(): Omit<Approval, 'serverIds' | 'durability'> {
    const { stream, lineageId, generation } = this.#options.spec
    return {
      stream,
      lineageId,
      generation,
      allowsBatches: this.#standing?.allowsBatches ?? false,
      sequence: this.#archived,
      approvedAtUnixMs: Date.now(),
    }
  }

  /** Tells those who open the log now. Whoever listens hears it in the safe signal too, so it may fail. */
  async #refuse(reason: string, firstBad: bigint): Promise<void> {
    const { admin, spec, durability, log } = this.#options
    const approval = { ...this.#approval(), serverIds: [], durability }
    const code = 'log.frozen'
    const refusal = { code, reason, ...(firstBad > 0n ? { firstBadSequence: firstBad } : {}) }
    await publishApproval(admin, spec, { ...approval, refusal }).catch((error: unknown) => {
      log.warn({ err: error }, 'the refusal could not be stored')
    })
  }

  async repair({
    firstBad,
    trusted,
  }: {
    readonly firstBad: bigint
    readonly trusted: Trusted
  }): Promise<LogKeeperState> {
    const phase = this.#phase
    if (phase.type !== 'frozen' || phase.remedy !== 'repair' || this.#decision)
      throw NothingToRepair({ writes: this.#writes().writes })
    if (phase.firstBad !== firstBad) throw RepairStale({ shown: firstBad, actual: phase.firstBad })
    await new Promise<void>((resolve, reject) => {
      const settled = (error: unknown): void => (error === undefined ? resolve() : reject(error))
      this.#decision = { firstBad, trusted, settled }
      this.#waiting.wake()
    })
    return this.state()
  }

  verify(): Promise<Verification> {
    this.#verifying ??= this.#verifyNow().finally(() => {
      this.#verifying = undefined
    })
    return this.#verifying
  }

  async #verifyNow(): Promise<Verification> {
    const phase = this.#phase
    const isOpen = phase.type === 'open'
    if (phase.type === 'checking') throw ComparisonFailed({ reason: phase.reason })
    const { archive } = await this.#witnesses.open()
    const found = await verifyAll(this.#context, archive, isOpen)
    if (this.#phase !== phase) throw ComparisonFailed({ reason: 'the log was closed meanwhile' })
    if (!found.isEqual && isOpen) this.#interrupt(new Doubt(found.detail))
    return found
  }

  state(): LogKeeperState {
    const { spec, durability, archiveDirectory } = this.#options
    const { archive, verified } = this.#witnesses
    const phase = this.#phase
    const last = this.#standing?.last ?? 0n
    return {
      ...this.#writes(),
      firstBadSequence: phase.type === 'frozen' ? phase.firstBad : 0n,
      serverId: phase.type === 'open' ? phase.serverId : undefined,
      durability,
      lineageId: spec.lineageId,
      generation: spec.generation,
      archiveDirectory,
      lastSequence: last > this.#archived ? last : this.#archived,
      archivedSequence: this.#archived,
      sealedSequence: archive?.stats.sealedSequence ?? 0n,
      segments: archive?.stats.segments ?? 0,
      archiveBytes: archive?.stats.bytes ?? 0,
      logBytes: this.#standing?.bytes ?? 0,
      logMaxBytes: spec.maxBytes,
      verifiedAtUnixMs: verified.atUnixMs,
      verifiedSequence: verified.sequence,
      incidents: this.#incidents.list,
      volumes: this.#disk.volumes(),
    }
  }
}
