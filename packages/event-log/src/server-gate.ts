import type { Logger } from '@holdfast/telemetry'
import {
  type Approval,
  approvalHint,
  approvalSubject,
  decodeApproval,
  guardStream,
} from './approval.ts'
import type { Link } from './link.ts'
import type { LogStatus, SafeSequence } from './types.ts'

interface GateOptions {
  readonly link: Link
  readonly log: Logger
  readonly stream: string
  readonly lineageId: string
  readonly generation: number
}

/** How often a closed gate asks; hints make it faster. */
const pollMs = 200
const everything = (1n << 63n) - 1n

/**
 * Whether the server at the other end is one the guard has approved. A server that came back from a
 * crash may have lost the end of the log and would hand out its sequences again, so until then
 * nobody appends to it and nobody derives anything from it.
 *
 * The gate compares with the server id of the connection at the very moment of a publish: the client
 * clears that id before it dials, hence what it might buffer in between is never sent to a stranger.
 */
export class ServerGate {
  readonly #options: GateOptions
  readonly #statusListeners = new Set<(status: LogStatus) => void>()
  readonly #safeListeners = new Set<() => void>()
  readonly #poll: NodeJS.Timeout
  #approval: Approval | undefined
  #lastReason: string | undefined = 'starting'
  #isAsking = false

  /** Under `durability: log` whatever an approved server delivers is safe. */
  readonly safe: SafeSequence = {
    current: () => (this.isOpen() ? everything : 0n),
    onAdvance: (listener) => {
      this.#safeListeners.add(listener)
      return () => this.#safeListeners.delete(listener)
    },
  }

  constructor(options: GateOptions) {
    this.#options = options
    options.link.connection.subscribe(approvalHint, { callback: () => void this.ask() })
    this.#poll = setInterval(() => {
      if (!this.isOpen()) void this.ask()
      this.announce()
    }, pollMs)
    this.#poll.unref()
  }

  /** The id of the approved server at the other end; undefined while there is none. */
  openServerId(): string | undefined {
    const { connection, requests } = this.#options.link
    const id = requests.isUp ? connection.info?.server_id : undefined
    return id !== undefined && this.#approval?.serverIds.includes(id) ? id : undefined
  }

  /** The last sequence when the guard looked at the present server; 0 without an approval. */
  approvedSequence(): bigint {
    return this.isOpen() ? (this.#approval?.sequence ?? 0n) : 0n
  }

  isOpen(): boolean {
    return this.openServerId() !== undefined
  }

  status(): LogStatus {
    const reason = this.#reason()
    return reason === undefined ? { isWritable: true } : { isWritable: false, reason }
  }

  onStatus(listener: (status: LogStatus) => void): () => void {
    this.#statusListeners.add(listener)
    listener(this.status())
    return () => this.#statusListeners.delete(listener)
  }

  /** Reads the last approval. Never throws: without an answer the gate stays as it is. */
  async ask(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    try {
      const last = await this.#options.link.api.lastMessage(guardStream, approvalSubject)
      if (last) this.#take(last.bytes)
    } catch (error) {
      this.#options.log.debug({ err: error }, 'no approval could be read')
    } finally {
      this.#isAsking = false
    }
  }

  /** Resolves once the gate is open; false when the deadline (ms since 1970) passes first. */
  async opened(deadline: number, signal?: AbortSignal): Promise<boolean> {
    if (this.isOpen()) return true
    return await new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', settle)
        stop()
        resolve(this.isOpen())
      }
      const timer = setTimeout(settle, Math.max(0, deadline - Date.now()))
      signal?.addEventListener('abort', settle)
      const stop = this.safe.onAdvance(() => {
        if (this.isOpen()) settle()
      })
      if (signal?.aborted) settle()
    })
  }

  /** Tells the listeners when something changed. Called when the connection comes and goes. */
  announce(): void {
    const reason = this.#reason()
    if (reason === this.#lastReason) return
    const { log, link } = this.#options
    const serverId = link.connection.info?.server_id
    if (reason === undefined) log.info({ serverId }, 'the log is open')
    else log.warn({ serverId, reason }, 'the log takes no changes')
    this.#lastReason = reason
    const status = this.status()
    for (const listener of this.#statusListeners) listener(status)
    if (status.isWritable) for (const listener of this.#safeListeners) listener()
  }

  close(): void {
    clearInterval(this.#poll)
    this.#statusListeners.clear()
  }

  #take(data: Uint8Array): void {
    const approval = decodeApproval(data)
    const { stream, lineageId, generation } = this.#options
    if (!approval || approval.stream !== stream) return
    // An approval of another log is none for ours, even on the same server.
    if (approval.lineageId !== lineageId || approval.generation !== generation) return
    this.#approval = approval
    this.announce()
  }

  #reason(): string | undefined {
    const { connection, requests } = this.#options.link
    if (!requests.isUp || !connection.info) return 'not connected to NATS'
    return this.isOpen() ? undefined : 'the guard has not approved the NATS server yet'
  }
}
