import type { NatsConnection } from 'nats'
import { type ConnectOptions, connectNats } from './connection.ts'
import { JetStreamApi } from './jetstream-api.ts'
import { Requests } from './requests.ts'

export type LinkEvent =
  | { readonly type: 'lost' }
  | { readonly type: 'restored' }
  /** The server refused something this process may not do, or could not be understood. */
  | { readonly type: 'complaint'; readonly reason: string }

const flushMs = 500
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })

/** A connection with its requests; tells when it comes and goes. */
export interface Link {
  /** Of the connection; inboxes are below it. */
  readonly name: string
  readonly connection: NatsConnection
  readonly requests: Requests
  readonly api: JetStreamApi
  /** Returns the way to stop listening. */
  onEvent(listener: (event: LinkEvent) => void): () => void
  /** Sends what is buffered, then disconnects. */
  close(): Promise<void>
}

/** Throws `log.unavailable`. */
export async function openLink(options: ConnectOptions): Promise<Link> {
  const connection = await connectNats(options)
  const requests = new Requests(connection, options.name)
  const listeners = new Set<(event: LinkEvent) => void>()
  const emit = (event: LinkEvent): void => {
    for (const listener of [...listeners]) listener(event)
  }
  const watch = async (): Promise<void> => {
    for await (const status of connection.status()) {
      // the types of the events are an enum of the library, compared by their documented text
      const type: string = status.type
      if (type === 'disconnect') {
        requests.abandon('disconnected')
        emit({ type: 'lost' })
      } else if (type === 'reconnect') {
        requests.restored()
        emit({ type: 'restored' })
      } else if (type === 'error') {
        const what = status.permissionContext
        const reason = what ? `${what.operation} ${what.subject} is not allowed` : status.data
        emit({ type: 'complaint', reason: String(reason) })
      }
    }
  }
  // The client does not end this loop when it is closed, so nobody waits for it.
  void watch()
  return {
    name: options.name,
    connection,
    requests,
    api: new JetStreamApi(requests),
    onEvent(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      listeners.clear()
      requests.close()
      // Without a server there is nobody to flush to, and nothing worth waiting for.
      await Promise.race([connection.flush().catch(() => undefined), pause(flushMs)])
      await connection.close()
    },
  }
}
