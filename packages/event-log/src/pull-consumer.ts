import { type Msg, type NatsConnection, nuid, type Subscription } from 'nats'
import { type DeliveryPosition, parseAckSubject } from './ack-subject.ts'
import { inboxPrefixOf } from './connection.ts'
import type { JetStreamApi } from './jetstream-api.ts'

interface Options {
  readonly connection: NatsConnection
  readonly api: JetStreamApi
  /** Owner of the inbox. */
  readonly name: string
  readonly stream: string
  readonly consumer: string
  /** Whether the name will be used again, by whoever removes the consumer first. */
  readonly isNameKept: boolean
  readonly filter: string | undefined
  readonly from: bigint
  /** How much one pull asks for; two are outstanding while the reader keeps up. */
  readonly pull?: { readonly messages: number; readonly bytes: number }
  /** Called in order. Throwing ends nothing; use `close`. */
  readonly onMessage: (message: Msg, position: DeliveryPosition) => void
  /** The consumer is of no use any more; make another one. Called once. */
  readonly onLost: (reason: string) => void
}

const defaultPull = { messages: 1000, bytes: 32 * 1024 * 1024 }
const pullExpiresMs = 30_000
const heartbeatMs = 2_000
/** Silence longer than this means that the consumer, the server or the network is gone. */
const maxSilenceMs = 3 * heartbeatMs
const nanoseconds = (ms: number): number => ms * 1_000_000

/**
 * A raw pull consumer without acknowledgements: two outstanding pulls, a callback, nothing kept on
 * the server but the position. It is made anew after any trouble, from the last sequence the reader
 * has; so nothing depends on what the server remembers of it.
 */
export class PullConsumer {
  readonly #options: Options
  readonly #inbox: string
  readonly #subscription: Subscription
  readonly #watchdog: NodeJS.Timeout
  #isClosed = false
  #outstanding = 0
  #room = 0
  #lastSignOfLifeAt = Date.now()

  /** Messages that waited when it was made. */
  readonly waiting: number

  private constructor(options: Options, waiting: number) {
    this.#options = options
    this.waiting = waiting
    this.#inbox = `${inboxPrefixOf(options.name)}.${nuid.next()}`
    this.#subscription = options.connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error) this.#lose(error.message)
        else this.#take(message)
      },
    })
    this.#watchdog = setInterval(() => {
      // Heartbeats come while a pull is outstanding, and only then.
      const isListening = this.#outstanding > 0
      if (isListening && Date.now() - this.#lastSignOfLifeAt > maxSilenceMs) this.#lose('silence')
    }, heartbeatMs)
    this.#watchdog.unref()
  }

  /** Throws `log.unavailable` or ApiError. */
  static async create(options: Options): Promise<PullConsumer> {
    const { api, stream, consumer, filter, from } = options
    const endpoint = ['CONSUMER.CREATE', stream, consumer, ...(filter ? [filter] : [])].join('.')
    const made = await api.call<{ readonly num_pending?: number }>(endpoint, {
      stream_name: stream,
      action: 'create',
      config: {
        name: consumer,
        ...(filter === undefined ? {} : { filter_subject: filter }),
        deliver_policy: 'by_start_sequence',
        opt_start_seq: Number(from),
        ack_policy: 'none',
        replay_policy: 'instant',
        max_waiting: 8,
        mem_storage: true,
        num_replicas: 1,
        inactive_threshold: nanoseconds(60_000),
      },
    })
    return new PullConsumer(options, made.num_pending ?? 0)
  }

  /** Allows this many more messages to arrive. Backpressure is not calling it. */
  allow(messages: number): void {
    this.#room += messages
    this.#pull()
  }

  /** Stops delivery. The server drops the consumer when idle, or at once if its name is not kept. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#watchdog)
    this.#subscription.unsubscribe()
    const { api, stream, consumer, isNameKept } = this.#options
    if (isNameKept) return
    api.call(`CONSUMER.DELETE.${stream}.${consumer}`).catch(() => undefined)
  }

  #pull(): void {
    if (this.#isClosed) return
    const { connection, stream, consumer, pull = defaultPull } = this.#options
    while (this.#room >= pull.messages && this.#outstanding <= pull.messages) {
      const request = {
        batch: pull.messages,
        max_bytes: pull.bytes,
        expires: nanoseconds(pullExpiresMs),
        idle_heartbeat: nanoseconds(heartbeatMs),
      }
      try {
        connection.publish(
          `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
          Buffer.from(JSON.stringify(request)),
          { reply: this.#inbox },
        )
      } catch (error) {
        this.#lose(error instanceof Error ? error.message : 'cannot pull')
        return
      }
      if (this.#outstanding === 0) this.#lastSignOfLifeAt = Date.now()
      this.#room -= pull.messages
      this.#outstanding += pull.messages
    }
  }

  #take(message: Msg): void {
    if (this.#isClosed) return
    this.#lastSignOfLifeAt = Date.now()
    const position = message.reply ? parseAckSubject(message.reply) : undefined
    if (position) {
      this.#outstanding--
      this.#options.onMessage(message, position)
      this.#pull()
      return
    }
    const code = message.headers?.code ?? 0
    if (code === 100) return // heartbeat
    if (code === 404 || code === 408 || isEndOfPull(message)) {
      // A pull ended early and says how much of it was left.
      const left = Number(message.headers?.get('Nats-Pending-Messages') || 0)
      this.#outstanding -= left
      this.#room += left
      this.#pull()
      return
    }
    this.#lose(`${code} ${message.headers?.description ?? 'unexpected message'}`)
  }

  #lose(reason: string): void {
    if (this.#isClosed) return
    this.close()
    this.#options.onLost(reason)
  }
}

const isEndOfPull = (message: Msg): boolean =>
  message.headers?.code === 409 &&
  /maxbytes|batch completed/i.test(message.headers.description) &&
  Number(message.headers.get('Nats-Pending-Messages') || 0) > 0
