import { type Msg, type MsgHdrs, type NatsConnection, nuid } from 'nats'
import { inboxPrefixOf } from './connection.ts'

/** Why no answer came. The request may have been carried out all the same. */
export class NoAnswer extends Error {
  readonly reason: 'timeout' | 'disconnected' | 'closed'

  constructor(cause: 'timeout' | 'disconnected' | 'closed') {
    super(`no answer: ${cause}`)
    this.reason = cause
  }
}

type Settle = (answer: Msg | NoAnswer) => boolean

interface Pending {
  readonly settle: Settle
  readonly timeoutMs: number
  deadline: number
}

export interface SendOptions {
  readonly headers?: Uint8Array
  readonly timeoutMs: number
}

const sweepMs = 50

/**
 * Requests over one inbox subscription: answers are matched by the number that ends their subject,
 * one timer sweeps what is overdue. `js.publish` makes a promise, a timer and a subject a message,
 * and is three times slower (bench/append.ts).
 */
export class Requests {
  readonly #connection: NatsConnection
  readonly #prefix: string
  readonly #pending = new Map<number, Pending>()
  readonly #sweeper: NodeJS.Timeout
  #next = 1
  #isUp = true
  #sweptAt = Date.now()

  constructor(connection: NatsConnection, name: string) {
    this.#connection = connection
    this.#prefix = `${inboxPrefixOf(name)}.${nuid.next()}.`
    connection.subscribe(`${this.#prefix}*`, {
      callback: (error, message) => {
        if (!error) this.#take(message)
      },
    })
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs)
    this.#sweeper.unref()
  }

  get waiting(): number {
    return this.#pending.size
  }

  /**
   * Publishes and calls back with each answer until the callback returns true. An answer of several
   * messages has to arrive without a pause longer than the timeout. Throws what `publish` throws
   * (closed connection, payload too large for the server); then nothing was sent.
   */
  send(subject: string, payload: Uint8Array, options: SendOptions, settle: Settle): void {
    if (!this.#isUp) {
      // The client would drop it, or keep it for a server nobody knows yet.
      queueMicrotask(() => settle(new NoAnswer('disconnected')))
      return
    }
    const number = this.#next++
    this.#connection.publish(subject, payload, {
      reply: this.#prefix + number,
      ...(options.headers ? { headers: encoded(options.headers) } : {}),
    })
    this.#pending.set(number, {
      settle,
      timeoutMs: options.timeoutMs,
      deadline: Date.now() + options.timeoutMs,
    })
  }

  /** Publishes and expects nothing. Throws as `send`. */
  tell(subject: string, payload: Uint8Array, headers?: Uint8Array): void {
    this.#connection.publish(subject, payload, headers ? { headers: encoded(headers) } : {})
  }

  /** One question, one answer. Rejects with NoAnswer. */
  ask(subject: string, payload: Uint8Array, options: SendOptions): Promise<Msg> {
    return new Promise((resolve, reject) => {
      this.send(subject, payload, options, (answer) => {
        if (answer instanceof NoAnswer) reject(answer)
        else resolve(answer)
        return true
      })
    })
  }

  /** Whether there is a connection. What is sent without one is answered at once. */
  get isUp(): boolean {
    return this.#isUp
  }

  restored(): void {
    this.#isUp = true
  }

  /** Gives up on everything asked so far: the connection it went out on is gone. */
  abandon(cause: 'disconnected' | 'closed'): void {
    this.#isUp = false
    const abandoned = [...this.#pending.values()]
    this.#pending.clear()
    for (const { settle } of abandoned) settle(new NoAnswer(cause))
  }

  close(): void {
    clearInterval(this.#sweeper)
    this.abandon('closed')
  }

  #take(message: Msg): void {
    const number = Number(message.subject.slice(this.#prefix.length))
    const pending = this.#pending.get(number)
    if (!pending) return
    pending.deadline = Date.now() + pending.timeoutMs
    if (pending.settle(message)) this.#pending.delete(number)
  }

  #sweep(): void {
    const now = Date.now()
    const lateMs = now - this.#sweptAt - sweepMs
    this.#sweptAt = now
    if (lateMs > sweepMs) {
      // While this process was busy it could not read, so the answer may lie here unread: that time does not count.
      for (const pending of this.#pending.values()) pending.deadline += lateMs
      return
    }
    for (const [number, { deadline, settle }] of this.#pending) {
      if (deadline > now) continue
      this.#pending.delete(number)
      settle(new NoAnswer('timeout'))
    }
  }
}

/**
 * Headers as the server takes them. Values are ours (ids, numbers), so nothing is escaped; anything
 * that could start a line of its own throws.
 */
export function encodeHeaders(values: readonly (readonly [string, string])[]): Uint8Array {
  let text = 'NATS/1.0\r\n'
  for (const [key, value] of values) {
    if (/[\r\n]/.test(value)) throw new RangeError(`line break in header ${key}`)
    text += `${key}: ${value}\r\n`
  }
  return Buffer.from(`${text}\r\n`, 'latin1')
}

// The client only ever calls `encode` on what it publishes; making its header object just to have
// it serialized costs a fifth of an append.
const encoded = (bytes: Uint8Array): MsgHdrs => ({ encode: () => bytes }) as unknown as MsgHdrs
