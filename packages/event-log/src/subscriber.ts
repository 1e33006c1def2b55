import type { Logger } from '@holdfast/telemetry'
import { nuid } from 'nats'
import { commitHash } from './commit-hash.ts'
import { LogGap, LogUnavailable } from './errors.ts'
import { ApiError, errorCodes } from './jetstream-api.ts'
import type { Link } from './link.ts'
import type { LogMetrics } from './log-metrics.ts'
import { PullConsumer } from './pull-consumer.ts'
import { ReaderPosition } from './reader-position.ts'
import type { ServerGate } from './server-gate.ts'
import type { Checkpoint, Commit, SubscribeOptions } from './types.ts'

interface Context {
  readonly link: Link
  readonly gate: ServerGate
  readonly log: Logger
  readonly metrics: LogMetrics
  /** Owner of the inboxes. */
  readonly identity: string
  readonly stream: string
  readonly lineageId: string
  readonly onSeen: (sequence: bigint) => void
}

/** How many commits may be in memory, arrived or ordered. */
const window = 2000
const retryDelayMs = 200

type OnBatch = (commits: readonly Commit[]) => Promise<void> | void

/** One ordered reader of the log; see `EventLog.subscribe`. */
export class Subscriber {
  readonly #context: Context
  readonly #options: SubscribeOptions
  readonly #position: ReaderPosition
  /** Taken, and not handed over. */
  #arrived: Commit[] = []
  /** The last commit handed over. */
  #delivered: Commit | undefined
  #pending = 0
  #isCaughtUp = false
  #consumer: PullConsumer | undefined
  /** The history in which what we read was found again; see `ServerGate.epoch`. */
  #verifiedEpoch: string | undefined
  #failure: { readonly error: unknown } | undefined
  #wake: () => void = () => undefined

  constructor(context: Context, options: SubscribeOptions) {
    this.#context = context
    this.#options = options
    this.#position = new ReaderPosition({
      reader: options.name,
      lineageId: context.lineageId,
      isFiltered: options.filter !== undefined,
      from: options.from,
    })
  }

  async run(onBatch: OnBatch): Promise<void> {
    const { link, gate, metrics } = this.#context
    const { signal, name: reader } = this.#options
    const stops = [
      // The consumer lived in that server's memory; the next server has its own idea of the log.
      link.onEvent((event) => {
        if (event.type === 'lost') this.#dropConsumer('disconnected')
      }),
      gate.safe.onAdvance(() => this.#wake()),
      gate.onStatus(() => this.#wake()),
    ]
    const onAbort = (): void => this.#wake()
    signal.addEventListener('abort', onAbort)
    metrics.frozen.set({ reader }, 0)
    try {
      while (!signal.aborted) {
        const batch = this.#takeSafe()
        if (batch.length === 0) {
          if (this.#failure) throw this.#failure.error
          if (!this.#consumer) await this.#connect()
          else await this.#woken()
          continue
        }
        this.#delivered = batch.at(-1)
        metrics.lag.set({ reader }, this.#pending + this.#arrived.length)
        await onBatch(batch)
        if (this.#pending === 0 && this.#arrived.length === 0) this.#caughtUp()
        this.#consumer?.allow(batch.length)
      }
    } catch (error) {
      if (signal.aborted) return
      metrics.frozen.set({ reader }, 1)
      this.#context.log.error({ err: error, reader }, 'a reader of the log stands still')
      throw error
    } finally {
      for (const stop of stops) stop()
      signal.removeEventListener('abort', onAbort)
      this.#consumer?.close()
    }
  }

  #caughtUp(): void {
    if (this.#isCaughtUp) return
    this.#isCaughtUp = true
    this.#options.onCaughtUp?.()
  }

  /** Makes a consumer as soon as an approved server is there, or waits a moment. */
  async #connect(): Promise<void> {
    const { gate, link, stream, identity, log } = this.#context
    const { name: reader, filter, consumer: fixedName } = this.#options
    const epoch = gate.epoch()
    if (epoch === undefined) {
      await this.#woken(retryDelayMs)
      return
    }
    try {
      const proof = await this.#proofWanted(epoch)
      const consumer = fixedName ?? `${identity}_${nuid.next()}`
      if (fixedName !== undefined) await this.#remove(fixedName)
      this.#position.restart(proof)
      const made = await PullConsumer.create({
        connection: link.connection,
        api: link.api,
        name: identity,
        stream,
        consumer,
        filter,
        isNameKept: fixedName !== undefined,
        from: proof?.sequence ?? this.#position.sequence + 1n,
        onMessage: (message, position) => {
          if (this.#consumer !== made || this.#failure) return
          try {
            const taken = this.#position.take(message, position)
            if (taken === 'lost') this.#dropConsumer('messages were lost on the way')
            else if (taken === 'proven') {
              this.#verifiedEpoch = epoch
              if (position.pending === 0) this.#caughtUp()
              made.allow(1)
            } else {
              this.#arrived.push(taken)
              this.#pending = position.pending
              this.#context.onSeen(taken.sequence)
            }
          } catch (error) {
            this.#failure = { error }
          }
          this.#wake()
        },
        onLost: (reason) => {
          log.info({ reader, reason }, 'a reader of the log starts its consumer again')
          if (this.#consumer !== made) return
          this.#consumer = undefined
          this.#rewind()
          this.#wake()
        },
      })
      // The server may have gone while it answered; then this consumer lives nowhere.
      if (gate.epoch() !== epoch) {
        made.close()
        return
      }
      if (!proof) this.#verifiedEpoch = epoch
      this.#consumer = made
      if (made.waiting === 0) this.#caughtUp()
      made.allow(window - this.#arrived.length)
    } catch (error) {
      if (!LogUnavailable.is(error) && !(error instanceof ApiError)) throw error
      log.warn({ err: error, reader }, 'no consumer for a reader of the log, trying again')
      await this.#woken(retryDelayMs)
    }
  }

  /**
   * What a history not seen before has to show first: the last commit read so far, unchanged. The
   * consumer starts at it, so that nodes need no other way to read. Throws `log.gap`.
   */
  async #proofWanted(epoch: string): Promise<Checkpoint | undefined> {
    if (this.#verifiedEpoch === epoch) return undefined
    const { gate } = this.#context
    const { name: reader, checkpoint } = this.#options
    const { sequence, last } = this.#position
    const head = await this.#knownHead()
    if (head !== undefined && head < sequence) {
      // Perhaps it is being put back together, and the guard has said so meanwhile.
      await gate.ask()
      if (gate.epoch() !== epoch) throw LogUnavailable({ reason: 'the log is being looked at' })
      throw LogGap({ reader, expected: sequence + 1n, found: head })
    }
    const known = last ? { sequence: last.sequence, hash: commitHash(last) } : checkpoint
    return known && known.sequence > 0n ? known : undefined
  }

  /** How long the log is at least; undefined where that cannot be known. */
  async #knownHead(): Promise<bigint | undefined> {
    const { link, gate, stream, onSeen } = this.#context
    if (this.#options.consumer === undefined) {
      const head = await link.api.lastSequence(stream)
      onSeen(head)
      return head
    }
    // A node may not ask. What it read on an earlier server was there before this one was approved.
    return this.#verifiedEpoch === undefined ? undefined : gate.approvedSequence()
  }

  async #remove(consumer: string): Promise<void> {
    try {
      await this.#context.link.api.call(`CONSUMER.DELETE.${this.#context.stream}.${consumer}`)
    } catch (error) {
      const isAbsent = error instanceof ApiError && error.errorCode === errorCodes.consumerNotFound
      if (!isAbsent) throw error
    }
  }

  #takeSafe(): Commit[] {
    const safe = this.#context.gate.safe.current()
    const arrived = this.#arrived
    const last = arrived.at(-1)
    if (!last || last.sequence <= safe) {
      this.#arrived = []
      return arrived
    }
    const firstUnsafe = arrived.findIndex((commit) => commit.sequence > safe)
    return arrived.splice(0, firstUnsafe)
  }

  #dropConsumer(reason: string): void {
    const consumer = this.#consumer
    if (!consumer) return
    this.#consumer = undefined
    this.#context.log.info({ reader: this.#options.name, reason }, 'a reader lost its consumer')
    consumer.close()
    this.#rewind()
    this.#wake()
  }

  /** What was not handed over is read again: the end of it may not be safe, and not come again. */
  #rewind(): void {
    this.#position.rewind(this.#arrived, this.#delivered)
    this.#arrived = []
  }

  /** Resolves when something happened, or after `timeoutMs`. */
  #woken(timeoutMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs)
      this.#wake = () => {
        this.#wake = () => undefined // called for every message; once is enough
        clearTimeout(timer)
        resolve()
      }
      if (this.#options.signal.aborted) this.#wake()
    })
  }
}
