import { type Msg, nuid } from 'nats'
import type { DeliveryPosition } from '../ack-subject.ts'
import { LogUnavailable, MessageUnreadable } from '../errors.ts'
import { ApiError } from '../jetstream-api.ts'
import { PullConsumer } from '../pull-consumer.ts'
import { messageIdIn, rawHeaderOf } from '../raw-header.ts'
import type { AdminConnection } from './connection.ts'

/** A stored message, byte for byte. The arrays are good until the reader is asked for more. */
export interface RawMessage {
  /** Position in the stream, from 1. */
  readonly sequence: bigint
  readonly subject: string
  /** The header block as it is stored, from `NATS/1.0` to the empty line. */
  readonly header: Uint8Array
  /** `Nats-Msg-Id` of the header; empty when it has none. */
  readonly messageId: string
  readonly payload: Uint8Array
  /** By the server's clock, ns since 1970. */
  readonly storedAtUnixNs: bigint
  /** How many come after it, as the server knew when it sent this. */
  readonly pending: number
}

export interface FollowRawOptions {
  readonly stream: string
  /** First sequence wanted, from 1. */
  readonly from: bigint
  readonly signal: AbortSignal
}

const pull = { messages: 1000, bytes: 16 * 1024 * 1024 }
const window = 2 * pull.messages
/** Silence with messages waiting: either the consumer is gone or the next message cannot be read. */
const maxStallMs = 3_000
const stallCheckMs = 500

/**
 * Hands over every stored message from `from` on, in order and without a gap, whether it is safe or
 * not, until the signal aborts (then it resolves). The callback's promise is the backpressure.
 *
 * Rejects with `log.message_unreadable`, which names the sequence, when one is missing or the server
 * cannot read it; with `log.unavailable` when the connection is lost, because whoever is at the other
 * end next may hold another history; and with what the callback throws.
 */
export async function followRaw(
  admin: AdminConnection,
  options: FollowRawOptions,
  onMessages: (messages: readonly RawMessage[]) => Promise<void> | void,
): Promise<void> {
  const reader = new RawReader(admin, options)
  try {
    for (;;) {
      const messages = await reader.next()
      if (!messages) return
      await onMessages(messages)
    }
  } finally {
    reader.close()
  }
}

/** The same from `from` to `to`, both included; `to` is where the stream ends now unless it is given. */
export async function* readRaw(
  admin: AdminConnection,
  options: { readonly stream: string; readonly from: bigint; readonly to?: bigint },
): AsyncGenerator<readonly RawMessage[], void> {
  const { stream, from } = options
  const to = options.to ?? BigInt((await admin.link.api.streamInfo(stream)).state.last_seq)
  if (to < from) return
  const stopping = new AbortController()
  const reader = new RawReader(admin, { stream, from, signal: stopping.signal })
  try {
    for (;;) {
      const messages = await reader.next()
      const last = messages?.at(-1)
      if (!messages || !last) return
      if (last.sequence < to) {
        yield messages
        continue
      }
      yield messages.filter(({ sequence }) => sequence <= to)
      return
    }
  } finally {
    reader.close()
  }
}

class RawReader {
  readonly #admin: AdminConnection
  readonly #options: FollowRawOptions
  readonly #watchdog: NodeJS.Timeout
  readonly #stopListening: () => void
  readonly #onAbort: () => void
  #expected: bigint
  #arrived: RawMessage[] = []
  /** Handed over, and not yet asked beyond. */
  #taken = 0
  #pending = 0
  #consumerSequence = 0
  #lastProgressAt = Date.now()
  #isLooking = false
  #consumer: PullConsumer | undefined
  #failure: { readonly error: unknown } | undefined
  #wake: () => void = () => undefined

  constructor(admin: AdminConnection, options: FollowRawOptions) {
    this.#admin = admin
    this.#options = options
    this.#expected = options.from
    this.#stopListening = admin.link.onEvent((event) => {
      if (event.type === 'lost') this.#fail(LogUnavailable({ reason: 'the connection was lost' }))
    })
    this.#onAbort = () => this.#wake()
    options.signal.addEventListener('abort', this.#onAbort)
    this.#watchdog = setInterval(() => void this.#look(), stallCheckMs)
    this.#watchdog.unref()
  }

  /** At least one message; undefined once the signal has aborted. */
  async next(): Promise<readonly RawMessage[] | undefined> {
    this.#consumer?.allow(this.#taken)
    this.#taken = 0
    for (;;) {
      if (this.#options.signal.aborted) return undefined
      if (this.#arrived.length > 0) {
        const messages = this.#arrived
        this.#arrived = []
        this.#taken = messages.length
        return messages
      }
      if (this.#failure) throw this.#failure.error
      if (this.#consumer) await this.#woken()
      else await this.#connect()
    }
  }

  close(): void {
    clearInterval(this.#watchdog)
    this.#stopListening()
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#consumer?.close()
    this.#consumer = undefined
  }

  async #connect(): Promise<void> {
    const { link } = this.#admin
    const { stream } = this.#options
    const { name } = link
    this.#consumerSequence = 0
    this.#lastProgressAt = Date.now()
    const made: PullConsumer = await PullConsumer.create({
      connection: link.connection,
      api: link.api,
      name,
      stream,
      consumer: `${name}_${nuid.next()}`,
      isNameKept: false,
      filter: undefined,
      from: this.#expected,
      pull,
      onMessage: (message, position) => {
        if (this.#consumer === made && !this.#failure) this.#take(message, position)
      },
      onLost: () => {
        if (this.#consumer === made) this.#consumer = undefined
        this.#wake()
      },
    })
    this.#consumer = made
    this.#pending = made.waiting
    made.allow(window - this.#arrived.length)
  }

  #take(message: Msg, position: DeliveryPosition): void {
    const { streamSequence: sequence, consumerSequence, storedAtUnixNs, pending } = position
    if (consumerSequence !== this.#consumerSequence + 1) {
      this.#drop() // lost on the way, not in the stream
      return
    }
    if (sequence !== this.#expected) {
      this.#fail(this.#unreadable(`the next one there is ${sequence}`))
      return
    }
    this.#consumerSequence = consumerSequence
    this.#expected = sequence + 1n
    this.#pending = pending
    this.#lastProgressAt = Date.now()
    const header = rawHeaderOf(message)
    this.#arrived.push({
      sequence,
      subject: message.subject,
      header,
      messageId: messageIdIn(header),
      payload: message.data,
      storedAtUnixNs: BigInt(storedAtUnixNs),
      pending,
    })
    this.#wake()
  }

  /** Nothing comes although something waits: the server may be unable to read what is next. */
  async #look(): Promise<void> {
    const isStalled =
      this.#consumer !== undefined &&
      this.#pending > 0 &&
      this.#arrived.length + this.#taken === 0 &&
      Date.now() - this.#lastProgressAt > maxStallMs
    if (!isStalled || this.#isLooking || this.#failure) return
    this.#isLooking = true
    const { stream } = this.#options
    const sequence = this.#expected
    try {
      await this.#admin.link.api.call(`STREAM.MSG.GET.${stream}`, { seq: Number(sequence) })
      if (this.#expected === sequence) this.#drop()
    } catch (error) {
      if (error instanceof ApiError && this.#expected === sequence)
        this.#fail(this.#unreadable(error.message, error))
    } finally {
      this.#isLooking = false
    }
  }

  #unreadable(reason: string, cause?: unknown): Error {
    return MessageUnreadable(
      { stream: this.#options.stream, sequence: this.#expected, reason },
      cause,
    )
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#drop()
  }

  #drop(): void {
    this.#consumer?.close()
    this.#consumer = undefined
    this.#wake()
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = () => undefined // called for every message; once is enough
        resolve()
      }
      if (this.#options.signal.aborted) this.#wake()
    })
  }
}
