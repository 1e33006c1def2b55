import { nuid } from 'nats'
import { errorCodes, refusalIn } from './jetstream-api.ts'
import { encodeHeaders, NoAnswer, type Requests } from './requests.ts'
import type { GroupCommit } from './types.ts'

/** A commit on its way. The bytes and the expectation never change between attempts. */
export interface Letter {
  readonly subject: string
  readonly commitId: string
  /** Sequence of the subject's last commit; 0 when there is none. */
  readonly expected: bigint
  readonly bytes: Uint8Array
  readonly traceparent?: string | undefined
  /** Stands right behind another commit of its subject in one batch, which is what it expects. */
  readonly isFollower?: boolean
}

export type Delivery =
  | { readonly type: 'stored'; readonly sequence: bigint; readonly isDuplicate: boolean }
  /** The subject moved on, perhaps by this very commit. */
  | { readonly type: 'overtaken' }
  /** The server said no; nothing of this attempt was stored. */
  | { readonly type: 'refused'; readonly errorCode: number; readonly reason: string }
  /** Sent, and nobody knows. */
  | { readonly type: 'unknown' }

/** Stands for an error code where the commit never left this process. */
export const notSentCode = 0

interface Queued {
  /** One, or a chain: commits of one subject that are stored one after the other, or not at all. */
  readonly letters: readonly [Letter, ...Letter[]]
  /** What became of the first; the others of a chain stand right behind it. */
  readonly settle: (delivery: Delivery) => void
}

interface Options {
  readonly requests: Requests
  readonly stream: string
  /** Where a commit is published so that it is stored under its subject. */
  readonly ingestSubject: (subject: string) => string
  readonly group: GroupCommit | false
  /** False while the gate is closed. */
  readonly mayPublish: () => boolean
  readonly onBatch?: () => void
}

const attemptTimeoutMs = 4_000
/** Larger commits travel alone, so that a batch stays far below the server's memory for one. */
export const maxBatchedBytes = 64 * 1024
const maxBatchBytes = 4 * 1024 * 1024
/** While calm, this many commits may be on their way one by one; the server syncs them in turn anyway. */
const maxSingles = 4

const expectationOf = (letter: Letter, stream: string): [string, string][] => [
  ['Nats-Msg-Id', letter.commitId],
  ['Nats-Expected-Stream', stream],
  // The server takes an expectation on the first commit of a subject in a batch, and no other.
  ...(letter.isFollower
    ? []
    : [['Nats-Expected-Last-Subject-Sequence', letter.expected.toString()] as [string, string]]),
  ...(letter.traceparent ? [['traceparent', letter.traceparent] as [string, string]] : []),
]

/**
 * Puts commits on the wire: one by one while few come, and as one atomic batch when many wait, because
 * under `sync_interval: always` the server syncs the disk once for every single message but four times
 * for a whole batch.
 *
 * While calm, commits go at once, up to `maxSingles` of them; the rest waits until those are through.
 * When that is enough for a batch, it is busy: from then on commits are collected, for `lingerMs` or
 * until there are as many as last time, and one batch is on its way at a time. It is calm again when
 * too few come for a batch.
 */
export class Transmitter {
  readonly #options: Options
  readonly #minimum: number
  readonly #maximum: number
  readonly #lingerMs: number
  #waiting: Queued[] = []
  #linger: NodeJS.Timeout | undefined
  #singles = 0
  #isBatchOpen = false
  /** Size of the last batch while busy, 0 while calm. */
  #lastBatch = 0

  constructor(options: Options) {
    this.#options = options
    const group = options.group === false ? {} : options.group
    this.#minimum = group.minimum ?? 15
    this.#maximum = Math.min(group.maximum ?? 1000, 1000)
    this.#lingerMs = group.lingerMs ?? 2
  }

  /** Whether chains can be sent. */
  get takesChains(): boolean {
    return this.#options.group !== false
  }

  /** One attempt. `isAlone` keeps it out of batches, for repeats. */
  transmit(letter: Letter, isAlone: boolean): Promise<Delivery> {
    return new Promise((resolve) => {
      const queued: Queued = { letters: [letter], settle: resolve }
      if (isAlone || !this.takesChains || letter.bytes.length > maxBatchedBytes)
        this.#sendAlone(queued)
      else this.#enqueue(queued)
    })
  }

  /** One attempt at a chain: all or nothing. The answer is about the first. */
  transmitChain(letters: readonly [Letter, ...Letter[]]): Promise<Delivery> {
    return new Promise((resolve) => this.#enqueue({ letters, settle: resolve }))
  }

  #enqueue(queued: Queued): void {
    const isCalm = this.#lastBatch === 0 && this.#waiting.length === 0
    const isChain = queued.letters.length > 1
    if (isCalm && !isChain && this.#singles < maxSingles) {
      this.#sendAlone(queued)
      return
    }
    this.#waiting.push(queued)
    if (this.#isBatchOpen) return // its end comes back here
    const enough = this.#lastBatch === 0 ? this.#maximum : this.#lastBatch
    if (isChain) this.#flush()
    else if (this.#waiting.length >= Math.min(enough, this.#maximum)) this.#flush()
    else this.#linger ??= setTimeout(() => this.#flush(), this.#lingerMs)
  }

  #flush(): void {
    clearTimeout(this.#linger)
    this.#linger = undefined
    if (this.#isBatchOpen || this.#waiting.length === 0) return
    const hasChain = this.#waiting.some(({ letters }) => letters.length > 1)
    if (hasChain || this.#waiting.length >= this.#minimum) {
      this.#sendTogether(this.#takeBatch())
      return
    }
    this.#lastBatch = 0
    const rest = this.#waiting
    this.#waiting = []
    for (const queued of rest) this.#sendAlone(queued)
  }

  /** Those who were answered just now may have more: what they send in this turn goes along. */
  #afterBatch(): void {
    this.#isBatchOpen = false
    setImmediate(() => {
      if (this.#waiting.length >= this.#minimum) this.#flush()
      else this.#linger ??= setTimeout(() => this.#flush(), this.#lingerMs)
    })
  }

  #takeBatch(): Queued[] {
    let bytes = 0
    let messages = 0
    let count = 0
    for (const { letters } of this.#waiting) {
      for (const letter of letters) bytes += letter.bytes.length
      messages += letters.length
      if (count > 0 && (messages > this.#maximum || bytes > maxBatchBytes)) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  #sendAlone({ letters: [letter], settle }: Queued): void {
    const { requests, stream, ingestSubject } = this.#options
    if (!this.#options.mayPublish()) {
      settle({ type: 'refused', errorCode: notSentCode, reason: 'the gate is closed' })
      return
    }
    this.#singles++
    try {
      requests.send(
        ingestSubject(letter.subject),
        letter.bytes,
        { timeoutMs: attemptTimeoutMs, headers: encodeHeaders(expectationOf(letter, stream)) },
        (answer) => {
          this.#singles--
          settle(answer instanceof NoAnswer ? { type: 'unknown' } : deliveryOf(answer))
          if (this.#singles === 0 && this.#waiting.length > 0) this.#flush()
          return true
        },
      )
    } catch (error) {
      this.#singles--
      settle(notSent(error))
    }
  }

  #sendTogether(batch: readonly Queued[]): void {
    const { requests, stream, ingestSubject } = this.#options
    const settleAll = (delivery: Delivery): void => {
      for (const { settle } of batch) settle(delivery)
    }
    if (!this.#options.mayPublish()) {
      settleAll({ type: 'refused', errorCode: notSentCode, reason: 'the gate is closed' })
      return
    }
    this.#isBatchOpen = true
    this.#lastBatch = batch.length
    this.#options.onBatch?.()
    const id = nuid.next()
    const letters = batch.flatMap((queued) => queued.letters)
    try {
      letters.forEach((letter, index) => {
        const isLast = index === letters.length - 1
        const headers = encodeHeaders([
          ...expectationOf(letter, stream),
          ['Nats-Batch-Id', id],
          ['Nats-Batch-Sequence', String(index + 1)],
          ...(isLast ? [['Nats-Batch-Commit', '1'] as const] : []),
        ])
        if (!isLast) {
          requests.tell(ingestSubject(letter.subject), letter.bytes, headers)
          return
        }
        requests.send(
          ingestSubject(letter.subject),
          letter.bytes,
          { timeoutMs: attemptTimeoutMs, headers },
          (answer) => {
            this.#settleBatch(batch, id, answer instanceof NoAnswer ? undefined : answer)
            this.#afterBatch()
            return true
          },
        )
      })
    } catch (error) {
      settleAll(notSent(error))
      this.#afterBatch()
    }
  }

  /** All or nothing. When it is nothing, every member goes again by itself. */
  #settleBatch(batch: readonly Queued[], id: string, answer: Answer | undefined): void {
    const ack = answer && ackIn(answer)
    const count = batch.reduce((sum, { letters }) => sum + letters.length, 0)
    if (ack && ack.batch === id && ack.count === count) {
      let sequence = BigInt(ack.seq) - BigInt(count - 1)
      for (const { letters, settle } of batch) {
        settle({ type: 'stored', sequence, isDuplicate: false })
        sequence += BigInt(letters.length)
      }
      return
    }
    const refusal = answer && deliveryOf(answer)
    if (refusal?.type !== 'overtaken' && refusal?.type !== 'refused') {
      for (const { settle } of batch) settle({ type: 'unknown' })
      return
    }
    // Which member was stale is not said; alone, each learns its own fate.
    for (const queued of batch) {
      if (queued.letters.length === 1) this.#sendAlone(queued)
      else if (batch.length > 1) this.#sendTogether([queued])
      else queued.settle(refusal)
    }
  }
}

interface Answer {
  readonly data: Uint8Array
  readonly headers?: { readonly code: number } | undefined
}

interface Ack {
  readonly seq: number
  readonly duplicate?: boolean
  readonly batch?: string
  readonly count?: number
}

function parsed(answer: Answer): unknown {
  try {
    return JSON.parse(Buffer.from(answer.data).toString('latin1'))
  } catch {
    return undefined
  }
}

function ackIn(answer: Answer): Ack | undefined {
  const value = parsed(answer)
  if (typeof value !== 'object' || value === null || !('seq' in value)) return undefined
  // a publish acknowledgement, as documented
  return typeof value.seq === 'number' && value.seq > 0 ? (value as Ack) : undefined
}

function deliveryOf(answer: Answer): Delivery {
  if (answer.headers?.code === 503)
    return { type: 'refused', errorCode: 503, reason: 'no stream takes it' }
  const refusal = refusalIn(parsed(answer))
  if (refusal) {
    const { errorCode, message } = refusal
    return errorCode === errorCodes.wrongLastSequence ||
      errorCode === errorCodes.wrongLastSequenceConstant
      ? { type: 'overtaken' }
      : { type: 'refused', errorCode, reason: message }
  }
  const ack = ackIn(answer)
  if (!ack) return { type: 'unknown' }
  return { type: 'stored', sequence: BigInt(ack.seq), isDuplicate: ack.duplicate === true }
}

const notSent = (error: unknown): Delivery => ({
  type: 'refused',
  errorCode: notSentCode,
  reason: error instanceof Error ? error.message : 'not sent',
})
