import { accessStream } from '../access/access-subjects.ts'
import type { ConnectOptions } from '../connection.ts'
import { LogUnavailable } from '../errors.ts'
import { ApiError } from '../jetstream-api.ts'
import { messageIdIn } from '../raw-header.ts'
import { type AdminConnection, connectAdmin } from './connection.ts'
import { followRaw, type RawMessage, readRaw } from './raw-reader.ts'

/** The stream ACCESS as it stands. */
export interface AccessState {
  /** When it was made: another one means that it was made anew. */
  readonly created: string
  /** Sequence of the oldest record, or of the next one when there is none. */
  readonly first: bigint
  /** Of the newest one there ever was; `first` − 1 when there is none. */
  readonly last: bigint
}

/** A record as it is stored. */
export type AccessStored = Pick<RawMessage, 'sequence' | 'subject' | 'messageId' | 'payload'>

/**
 * The stream ACCESS byte for byte, for whoever makes a tree or an archive of it. Nobody guards it: after a lost
 * connection a reader compares before it goes on.
 */
export interface AccessReader {
  state(): Promise<AccessState>
  /** By the leader. Undefined for one that is gone, or cannot be read. */
  record(sequence: bigint): Promise<AccessStored | undefined>
  /** The first readable record from a sequence on; undefined when there is none. */
  nextFrom(sequence: bigint): Promise<bigint | undefined>
  /** See `followRaw`: rejects at a gap and with a lost connection. */
  follow(
    from: bigint,
    signal: AbortSignal,
    onMessages: (messages: readonly RawMessage[]) => Promise<void>,
  ): Promise<void>
  /** See `readRaw`. */
  read(from: bigint, to: bigint): AsyncGenerator<readonly RawMessage[], void>
  close(): Promise<void>
}

/** Connects when it is first asked. Needs a user that `alsoReads` ACCESS. */
export function accessReader(connect: ConnectOptions): AccessReader {
  let opening: Promise<AdminConnection> | undefined
  const admin = (): Promise<AdminConnection> => {
    opening ??= connectAdmin(connect).catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }
  const api = async () => (await admin()).link.api

  /** Undefined where the server has nothing to give; nobody answering is no such answer. */
  async function get(body: object): Promise<AccessStored | undefined> {
    const endpoint = `STREAM.MSG.GET.${accessStream}`
    try {
      const { message } = await (await api()).call<StoredAnswer>(endpoint, body)
      return {
        sequence: BigInt(message.seq),
        subject: message.subject,
        messageId: messageIdIn(Buffer.from(message.hdrs ?? '', 'base64')),
        payload: new Uint8Array(Buffer.from(message.data ?? '', 'base64')),
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.code === 503) throw LogUnavailable({ reason: error.message }, error)
      return undefined
    }
  }

  return {
    async state() {
      const { created, state } = await (await api()).streamInfo(accessStream)
      const last = BigInt(state.last_seq)
      const isEmpty = state.messages === 0
      return { created, last, first: isEmpty ? last + 1n : BigInt(state.first_seq) }
    },
    record: (sequence) => get({ seq: Number(sequence) }),
    nextFrom: async (sequence) =>
      (await get({ seq: Number(sequence), next_by_subj: '>' }))?.sequence,
    async follow(from, signal, onMessages) {
      await followRaw(await admin(), { stream: accessStream, from, signal }, onMessages)
    },
    async *read(from, to) {
      yield* readRaw(await admin(), { stream: accessStream, from, to })
    },
    async close() {
      const opened = await opening?.catch(() => undefined)
      await opened?.close()
    },
  }
}

/** As documented for `$JS.API.STREAM.MSG.GET`. */
interface StoredAnswer {
  readonly message: {
    readonly seq: number
    readonly subject: string
    /** base64 */
    readonly hdrs?: string
    readonly data?: string
  }
}
