import { readFile } from 'node:fs/promises'
import type { ConnectOptions } from '../connection.ts'
import { tokenIn } from '../ingest.ts'
import { type Link, openLink } from '../link.ts'
import { encodeHeaders } from '../requests.ts'
import { eventsIngestSubject, eventsStream } from './events-subjects.ts'

/** One message of EVENTS. */
export interface PublishedEvent {
  /** Stable: repeating it within ten minutes stores it once. */
  readonly id: string
  readonly subject: string
  readonly headers: readonly (readonly [string, string])[]
  readonly data: Uint8Array
}

/** The reader of a subscriber on the server; the subscriber itself cannot change it. */
export interface SubscriberConsumer {
  readonly name: string
  readonly subjects: readonly string[]
}

/** The stream EVENTS as its one writer has it, over a connection of its own. */
export interface EventPublisher {
  /** Resolves once all are stored, in this order; rejects when that is not known. May be repeated. */
  publish(events: readonly PublishedEvent[]): Promise<void>
  /** Makes a subscriber's consumer, or gives it these subjects; it begins with what comes from now on. */
  ensureConsumer(consumer: SubscriberConsumer): Promise<void>
  /** Nothing when there is none. */
  removeConsumer(name: string): Promise<void>
  close(): Promise<void>
}

const timeoutMs = 5_000
/** Of a batch in flight; the server stores them in the order it got them. */
const inFlight = 256
const consumerNotFound = 10014

export function eventPublisher(connect: ConnectOptions): EventPublisher {
  let opening: Promise<{ readonly link: Link; readonly token: string }> | undefined

  async function open() {
    const file = connect.credentialsFile
    const credentials = file === undefined ? '' : await readFile(file, 'utf8')
    return { link: await openLink(connect), token: tokenIn(credentials, 'events') ?? '' }
  }

  const opened = () => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }

  async function store({ id, subject, headers, data }: PublishedEvent): Promise<void> {
    const { link, token } = await opened()
    const encoded = encodeHeaders([
      ['Nats-Msg-Id', id],
      ['Nats-Expected-Stream', eventsStream],
      ...headers.map(([name, value]): [string, string] => [name, value]),
    ])
    const to = eventsIngestSubject(token, subject)
    const answer = await link.requests.ask(to, data, { headers: encoded, timeoutMs })
    const text = Buffer.from(answer.data).toString('utf8')
    if (!/"seq"\s*:\s*[1-9]/.test(text)) throw new Error(`not stored: ${text.slice(0, 200)}`)
  }

  return {
    async publish(events) {
      for (let start = 0; start < events.length; start += inFlight) {
        await Promise.all(events.slice(start, start + inFlight).map(store))
      }
    },

    async ensureConsumer({ name, subjects }) {
      const { link } = await opened()
      await link.api.call(`CONSUMER.CREATE.${eventsStream}.${name}`, {
        stream_name: eventsStream,
        config: {
          name,
          durable_name: name,
          filter_subjects: subjects,
          deliver_policy: 'new',
          ack_policy: 'explicit',
          ack_wait: 30_000_000_000,
          max_ack_pending: 1_000,
          replay_policy: 'instant',
        },
        action: '',
      })
    },

    async removeConsumer(name) {
      const { link } = await opened()
      try {
        await link.api.call(`CONSUMER.DELETE.${eventsStream}.${name}`)
      } catch (error) {
        const isGone =
          error instanceof Error && 'errorCode' in error && error.errorCode === consumerNotFound
        if (!isGone) throw error
      }
    },

    async close() {
      const there = await opening?.catch(() => undefined)
      await there?.link.close()
    },
  }
}
