import type { Msg } from 'nats'
import { LogUnavailable } from './errors.ts'
import { NoAnswer, type Requests } from './requests.ts'

/** A refusal of the JetStream API. */
export class ApiError extends Error {
  readonly code: number
  /** The five-digit one, 0 when the server gave none. */
  readonly errorCode: number

  constructor(code: number, errorCode: number, description: string) {
    super(description)
    this.code = code
    this.errorCode = errorCode
  }
}

export const errorCodes = {
  consumerNotFound: 10014,
  streamNotFound: 10059,
  insufficientResources: 10023,
  messageNotFound: 10037,
  wrongLastSequence: 10071,
  wrongLastSequenceConstant: 10164,
  /** Also an I/O error, after which nobody knows what is on the disk. */
  storeFailed: 10077,
  insufficientStorage: 10047,
  messageTooLarge: 10054,
} as const

export interface StreamConfig {
  readonly name: string
  readonly description?: string
  readonly subjects: readonly string[]
  readonly [setting: string]: unknown
}

export interface StreamState {
  readonly messages: number
  readonly bytes: number
  readonly first_seq: number
  readonly last_seq: number
  readonly num_deleted?: number
}

export interface StreamInfo {
  readonly config: StreamConfig
  readonly state: StreamState
  readonly created: string
}

/** One message as direct get returns it. */
export interface DirectMessage {
  readonly sequence: bigint
  readonly subject: string
  /** `Nats-Msg-Id` of its header; empty when it has none. */
  readonly commitId: string
  readonly bytes: Uint8Array
}

const defaultTimeoutMs = 5_000
/** Bounds one answer of a batched direct get. */
const directBatchBytes = 16 * 1024 * 1024
const directBatchMessages = 1000

const toJson = (value: unknown): Uint8Array =>
  value === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(value))

const textOf = (data: Uint8Array): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8')

/** Raw requests to `$JS.API`: the client library does not know every setting we depend on. */
export class JetStreamApi {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /** Throws ApiError, or `log.unavailable` when nobody answers. */
  async call<T>(endpoint: string, body?: unknown, timeoutMs = defaultTimeoutMs): Promise<T> {
    const message = await this.#ask(`$JS.API.${endpoint}`, toJson(body), timeoutMs)
    const answer: unknown = JSON.parse(textOf(message.data))
    const refusal = refusalIn(answer)
    if (refusal) throw refusal
    return answer as T // the shape is the server's documented one for the endpoint
  }

  streamInfo(stream: string): Promise<StreamInfo> {
    return this.call<StreamInfo>(`STREAM.INFO.${stream}`)
  }

  /** The last sequence of a stream, by its leader; 0 when it is empty. */
  async lastSequence(stream: string): Promise<bigint> {
    try {
      const answer = await this.call<{ readonly message: { readonly seq: number } }>(
        `STREAM.MSG.GET.${stream}`,
        { last_by_subj: '>' },
      )
      return BigInt(answer.message.seq)
    } catch (error) {
      if (error instanceof ApiError && error.errorCode === errorCodes.messageNotFound) return 0n
      throw error
    }
  }

  /** The message at a sequence. */
  async message(stream: string, sequence: bigint): Promise<DirectMessage | undefined> {
    const body = { seq: Number(sequence) }
    return direct(await this.#ask(`$JS.API.DIRECT.GET.${stream}`, toJson(body), defaultTimeoutMs))
  }

  /** The last message of a subject. */
  async lastMessage(stream: string, subject: string): Promise<DirectMessage | undefined> {
    const body = { last_by_subj: subject }
    return direct(await this.#ask(`$JS.API.DIRECT.GET.${stream}`, toJson(body), defaultTimeoutMs))
  }

  /** The same for who may ask for this subject alone: it stands in the request's subject. */
  async lastOf(stream: string, subject: string): Promise<DirectMessage | undefined> {
    const endpoint = `$JS.API.DIRECT.GET.${stream}.${subject}`
    return direct(await this.#ask(endpoint, new Uint8Array(), defaultTimeoutMs))
  }

  /**
   * Up to 1000 messages from a sequence on, of one subject or of all. Servers before 2.11 answer with
   * one at a time; ask again until the answer is empty.
   */
  messagesFrom(stream: string, sequence: bigint, subject?: string): Promise<DirectMessage[]> {
    const body = {
      seq: Number(sequence),
      ...(subject === undefined ? {} : { next_by_subj: subject }),
      batch: directBatchMessages,
      max_bytes: directBatchBytes,
    }
    const found: DirectMessage[] = []
    return new Promise((resolve, reject) => {
      this.#requests.send(
        `$JS.API.DIRECT.GET.${stream}`,
        toJson(body),
        { timeoutMs: defaultTimeoutMs },
        (answer) => {
          if (answer instanceof NoAnswer) {
            reject(LogUnavailable({ reason: answer.message }, answer))
            return true
          }
          try {
            const message = direct(answer)
            if (message) found.push(message)
            if (message && isOneOfMany(answer)) return false
            resolve(found)
          } catch (error) {
            reject(error)
          }
          return true
        },
      )
    })
  }

  async #ask(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Msg> {
    let message: Msg
    try {
      message = await this.#requests.ask(subject, payload, { timeoutMs })
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown'
      throw LogUnavailable({ reason }, error)
    }
    if (message.headers?.code === 503) throw LogUnavailable({ reason: 'JetStream does not answer' })
    return message
  }
}

/** The refusal an API answer or a publish acknowledgement carries, if any. */
export function refusalIn(answer: unknown): ApiError | undefined {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined
  // `code`, `err_code` and `description` are the documented shape of every API error
  const error = answer.error as { code?: number; err_code?: number; description?: string }
  return new ApiError(
    error.code ?? 500,
    error.err_code ?? 0,
    error.description ?? 'no reason given',
  )
}

// Batched answers carry how many are still to come; the last message of all is a 204.
const isOneOfMany = (message: Msg): boolean => message.headers?.has('Nats-Num-Pending') === true

function direct(message: Msg): DirectMessage | undefined {
  const { headers } = message
  const status = headers?.code ?? 0
  if (status === 404 || status === 204) return undefined
  if (status !== 0 || !headers)
    throw LogUnavailable({ reason: `direct get: ${status} ${headers?.description ?? ''}` })
  return {
    sequence: BigInt(headers.get('Nats-Sequence')),
    subject: headers.get('Nats-Subject'),
    commitId: headers.get('Nats-Msg-Id'),
    // A copy: what is kept of it must not keep a whole socket buffer alive.
    bytes: new Uint8Array(message.data),
  }
}
