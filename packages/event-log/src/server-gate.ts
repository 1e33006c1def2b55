import type { Logger } from '@holdfast/telemetry'
import {
  type Approval,
  approvalHint,
  approvalSubject,
  decodeApproval,
  guardStream,
} from './approval.ts'
import { LogExhausted, LogUnavailable } from './errors.ts'
import { type GateState, type GateView, gateState, isApproved, isReadable } from './gate-state.ts'
import type { Link } from './link.ts'
import { decodeSafeSignal, type SafeSignal } from './safe-signal.ts'
import type { LogStatus, SafeSequence } from './types.ts'

interface GateOptions {
  readonly link: Link
  readonly log: Logger
  readonly stream: string
  readonly lineageId: string
  readonly generation: number
  /** Where the archiver is heard; undefined for credentials that may not. */
  readonly safeSubject: string | undefined
  /** The guard vouches for a later generation of this log. */
  readonly onSuccessor: () => void
}

/** How often a closed gate asks; hints make it faster. */
const pollMs = 200
const everything = (1n << 63n) - 1n

/**
 * Whether changes may be made and how far the log is safe.
 *
 * A server that came back from a crash may have lost the end of the log and would hand out its
 * sequences again, so until the guard has approved it nobody appends to it and nobody derives
 * anything from it. After that the archiver has to be heard: it says what is safe, and whether there
 * is room.
 *
 * The gate compares with the server id of the connection at the very moment of a publish: the client
 * clears that id before it dials, hence what it might buffer in between is never sent to a stranger.
 */
export class ServerGate {
  readonly #options: GateOptions
  readonly #statusListeners = new Set<(status: LogStatus) => void>()
  readonly #safeListeners = new Set<() => void>()
  readonly #rebaseListeners = new Set<(sequence: bigint) => void>()
  readonly #poll: NodeJS.Timeout
  #approval: Approval | undefined
  #signal: SafeSignal | undefined
  #heardAt = Number.NEGATIVE_INFINITY
  /** What was safe last; it outlives an approval, because what is archived stays so. */
  #known = 0n
  #epoch = 0
  #lastReason: string | undefined = 'starting'
  #asking: Promise<void> | undefined

  /** Under `durability: log` whatever an approved server delivers is safe. */
  readonly safe: SafeSequence = {
    current: () => (isApproved(this.#view()) ? this.#known : 0n),
    onAdvance: (listener) => {
      this.#safeListeners.add(listener)
      return () => this.#safeListeners.delete(listener)
    },
  }

  constructor(options: GateOptions) {
    this.#options = options
    const { connection } = options.link
    connection.subscribe(approvalHint, { callback: () => void this.ask() })
    if (options.safeSubject !== undefined)
      connection.subscribe(options.safeSubject, {
        callback: (error, message) => {
          // What a server sends in answer to somebody has one or the other (docs/adr/0009).
          if (error || message.reply || message.headers) return
          const signal = decodeSafeSignal(message.data)
          if (signal?.stream === options.stream) this.#hear(signal)
        },
      })
    this.#poll = setInterval(() => {
      if (!this.isWritable()) void this.ask()
      this.announce()
    }, pollMs)
    this.#poll.unref()
  }

  /** Names the history at the other end; another one after every approval. Undefined without one. */
  epoch(): string | undefined {
    const { serverId } = this.#view()
    return isApproved(this.#view()) ? `${serverId}/${this.#epoch}` : undefined
  }

  /** The last sequence when the guard looked at the present server; 0 without an approval. */
  approvedSequence(): bigint {
    return isApproved(this.#view()) ? (this.#approval?.sequence ?? 0n) : 0n
  }

  /** The greatest sequence known to be safe, whoever is at the other end. */
  knownSafe(): bigint {
    return this.#known
  }

  state(): GateState {
    return gateState(this.#view())
  }

  isWritable(): boolean {
    return this.state().type === 'open'
  }

  isReadable(): boolean {
    return isReadable(this.#view())
  }

  /** What to throw when nothing was stored because the gate is closed. */
  refusal(): Error {
    const state = this.state()
    if (state.type === 'exhausted') return LogExhausted({ reason: state.reason })
    return LogUnavailable({ reason: state.type === 'open' ? 'no answer' : state.reason })
  }

  status(): LogStatus {
    const state = this.state()
    return state.type === 'open'
      ? { isWritable: true }
      : { isWritable: false, reason: state.reason, isRefused: state.type === 'refused' }
  }

  onStatus(listener: (status: LogStatus) => void): () => void {
    this.#statusListeners.add(listener)
    listener(this.status())
    return () => this.#statusListeners.delete(listener)
  }

  /**
   * Called when the guard has approved a server, with the sequence it vouches for: what was known
   * beyond that may be gone, and others may stand in its place.
   */
  onRebase(listener: (sequence: bigint) => void): () => void {
    this.#rebaseListeners.add(listener)
    return () => this.#rebaseListeners.delete(listener)
  }

  /** Reads the guard's last word. Never throws: without an answer the gate stays as it is. */
  ask(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  /** Resolves once changes are taken; false when they are not by the deadline, ms since 1970, or will not be. */
  writable(deadline: number, signal?: AbortSignal): Promise<boolean> {
    const isSettled = (): boolean => this.state().type !== 'waiting'
    return this.#until(isSettled, deadline, signal).then(() => this.isWritable())
  }

  /** Resolves once the log may be read; false when the deadline, ms since 1970, passes first. */
  async readable(deadline: number): Promise<boolean> {
    await this.#until(() => this.isReadable(), deadline)
    return this.isReadable()
  }

  /** Tells the listeners when something changed. Called when the connection comes and goes. */
  announce(): void {
    const state = this.state()
    const reason = state.type === 'open' ? undefined : state.reason
    if (reason === this.#lastReason) return
    const { log, link } = this.#options
    const serverId = link.connection.info?.server_id
    if (reason === undefined) log.info({ serverId }, 'the log is open')
    else log.warn({ serverId, reason }, 'the log takes no changes')
    this.#lastReason = reason
    const status = this.status()
    for (const listener of [...this.#statusListeners]) listener(status)
  }

  close(): void {
    clearInterval(this.#poll)
    this.#statusListeners.clear()
  }

  #view(): GateView {
    const { connection, requests } = this.#options.link
    return {
      serverId: requests.isUp ? connection.info?.server_id : undefined,
      approval: this.#approval,
      signal: this.#signal,
      silentMs: performance.now() - this.#heardAt,
    }
  }

  #hear(signal: SafeSignal): void {
    this.#signal = signal
    this.#heardAt = performance.now()
    // What a refused log has in its archive is not settled.
    if (this.#approval && !this.#approval.refusal) this.#raise(signal.sequence)
    this.announce()
  }

  #raise(sequence: bigint): void {
    if (sequence <= this.#known) return
    this.#known = sequence
    for (const listener of [...this.#safeListeners]) listener()
  }

  async #ask(): Promise<void> {
    try {
      const last = await this.#options.link.api.lastMessage(guardStream, approvalSubject)
      if (last) this.#take(last.bytes)
    } catch (error) {
      this.#options.log.debug({ err: error }, 'no approval could be read')
    }
  }

  #take(data: Uint8Array): void {
    const approval = decodeApproval(data)
    const { stream, lineageId, generation } = this.#options
    if (!approval) return
    if (approval.lineageId === lineageId && approval.generation > generation)
      this.#options.onSuccessor()
    if (approval.stream !== stream) return
    // An approval of another log is none for ours, even on the same server.
    if (approval.lineageId !== lineageId || approval.generation !== generation) return
    const before = this.#approval
    this.#approval = approval
    if (approval.refusal === undefined && !isSameWord(before, approval))
      this.#rebase(before, approval)
    this.announce()
  }

  #rebase(before: Approval | undefined, approval: Approval): void {
    this.#epoch += 1
    // After a refusal a person may have chosen the shorter of two copies; otherwise archived is archived.
    if (before?.refusal) this.#known = 0n
    for (const listener of [...this.#rebaseListeners]) listener(approval.sequence)
    this.#raise(approval.durability === 'log' ? everything : approval.sequence)
    for (const listener of [...this.#safeListeners]) listener()
  }

  /** Resolves when the condition holds, the deadline passes or the signal aborts. */
  #until(condition: () => boolean, deadline: number, signal?: AbortSignal): Promise<void> {
    if (condition() || signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', settle)
        this.#statusListeners.delete(look)
        stop()
        resolve()
      }
      const look = (): void => {
        if (condition()) settle()
      }
      const timer = setTimeout(settle, Math.max(0, deadline - Date.now()))
      signal?.addEventListener('abort', settle)
      this.#statusListeners.add(look)
      const stop = this.safe.onAdvance(look)
    })
  }
}

const isSameWord = (before: Approval | undefined, now: Approval): boolean =>
  before !== undefined &&
  before.refusal === undefined &&
  before.approvedAtUnixMs === now.approvedAtUnixMs &&
  before.serverIds.join() === now.serverIds.join()
