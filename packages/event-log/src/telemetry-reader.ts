import type { Logger } from '@holdfast/telemetry'
import { nuid } from 'nats'
import { LogUnavailable } from './errors.ts'
import { ApiError } from './jetstream-api.ts'
import type { Link } from './link.ts'
import { PullConsumer } from './pull-consumer.ts'
import type { FollowOptions, TelemetryBatch, TelemetryMessage } from './types.ts'

interface Context {
  readonly link: Link
  readonly log: Logger
  /** Owner of the inboxes. */
  readonly identity: string
}

/** A message may have a megabyte: this many, arrived and ordered, are what a slow reader costs in memory. */
const pull = { messages: 16, bytes: 16 * 1024 * 1024 }
const window = 2 * pull.messages
const retryDelayMs = 500

/** One ordered reader of a telemetry stream; see `EventLog.follow`. */
export class TelemetryReader {
  readonly #context: Context
  readonly #options: FollowOptions
  #consumer: PullConsumer | undefined
  #arrived: TelemetryMessage[] = []
  #missed = 0n
  /** Of the stream as it is now; undefined before the first look at it. */
  #stream: string | undefined
  /** Of the last message that arrived; undefined where the first one to come says. */
  #sequence: bigint | undefined
  #wake: () => void = () => undefined

  constructor(context: Context, options: FollowOptions) {
    this.#context = context
    this.#options = options
    this.#stream = options.after?.stream
    this.#sequence = options.after?.sequence
  }

  async run(onBatch: (batch: TelemetryBatch) => Promise<void>): Promise<void> {
    const { signal } = this.#options
    const stop = this.#context.link.onEvent((event) => {
      if (event.type === 'lost') this.#dropConsumer('disconnected')
    })
    const onAbort = (): void => this.#wake()
    signal.addEventListener('abort', onAbort)
    try {
      while (!signal.aborted) {
        const last = this.#arrived.at(-1)
        if (last && this.#stream !== undefined) {
          const messages = this.#arrived
          const missed = this.#missed
          this.#arrived = []
          this.#missed = 0n
          const position = { stream: this.#stream, sequence: last.sequence }
          await onBatch({ messages, position, missed })
          this.#consumer?.allow(messages.length)
        } else if (this.#consumer) await this.#woken()
        else await this.#connect()
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      stop()
      signal.removeEventListener('abort', onAbort)
      this.#consumer?.close()
    }
  }

  /** Makes a consumer behind the last message taken, or waits a moment. */
  async #connect(): Promise<void> {
    const { link, log, identity } = this.#context
    const { stream, name: reader } = this.#options
    try {
      await this.#findPlace()
      let consumerSequence = 0
      const made: PullConsumer = await PullConsumer.create({
        connection: link.connection,
        api: link.api,
        name: identity,
        stream,
        consumer: `${identity}_${nuid.next()}`,
        isNameKept: false,
        filter: undefined,
        from: (this.#sequence ?? 0n) + 1n,
        pull,
        onMessage: ({ subject, data }, position) => {
          if (this.#consumer !== made) return
          if (position.consumerSequence !== consumerSequence + 1) {
            this.#dropConsumer('messages were lost on the way')
            return
          }
          consumerSequence = position.consumerSequence
          const { streamSequence: sequence, storedAtUnixMs } = position
          if (this.#sequence !== undefined) this.#missed += sequence - this.#sequence - 1n
          this.#sequence = sequence
          this.#arrived.push({ sequence, subject, data, storedAtUnixMs })
          this.#wake()
        },
        onLost: (reason) => {
          log.info({ reader, reason }, 'a reader of telemetry starts its consumer again')
          if (this.#consumer === made) this.#consumer = undefined
          this.#wake()
        },
      })
      if (!link.requests.isUp) {
        made.close()
        return
      }
      this.#consumer = made
      made.allow(window)
    } catch (error) {
      if (!LogUnavailable.is(error) && !(error instanceof ApiError)) throw error
      log.debug({ err: error, reader }, 'no consumer for a reader of telemetry, trying again')
      await this.#woken(retryDelayMs)
    }
  }

  /**
   * Compares the place where we are with the stream as it is now. Made anew: we begin at its beginning. Shorter than
   * what we have read: the server lost the end, and what comes next has sequences we know from others.
   */
  async #findPlace(): Promise<void> {
    const { link, log } = this.#context
    const { stream, name: reader } = this.#options
    const { created, state } = await link.api.streamInfo(stream)
    const last = BigInt(state.last_seq)
    if (this.#stream !== created) {
      if (this.#stream !== undefined) log.warn({ reader, stream }, 'a telemetry stream is new')
      this.#sequence = undefined
    } else if (this.#sequence !== undefined && this.#sequence > last) {
      log.warn({ reader, stream, last: last.toString() }, 'a telemetry stream lost its end')
      this.#sequence = last
    }
    this.#stream = created
  }

  #dropConsumer(reason: string): void {
    const consumer = this.#consumer
    if (!consumer) return
    this.#consumer = undefined
    this.#context.log.info({ reader: this.#options.name, reason }, 'a reader lost its consumer')
    consumer.close()
    this.#wake()
  }

  /** Resolves when something happened, or after `timeoutMs`. */
  #woken(timeoutMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs)
      this.#wake = () => {
        this.#wake = () => undefined
        clearTimeout(timer)
        resolve()
      }
      if (this.#options.signal.aborted) this.#wake()
    })
  }
}
