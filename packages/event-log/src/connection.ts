import { readFile } from 'node:fs/promises'
import { type ConnectionOptions, connect, credsAuthenticator, type NatsConnection } from 'nats'
import { LogUnavailable } from './errors.ts'

export interface ConnectOptions {
  /** `nats://host:port` or `tls://host:port`, comma-separated. */
  readonly url: string
  readonly credentialsFile?: string
  /** PEM. */
  readonly caFile?: string
  /** Shown by the server; inboxes are below `_INBOX_<name>`. */
  readonly name: string
  /** How long the first connection may take. Default 10,000. */
  readonly timeoutMs?: number
}

export const inboxPrefixOf = (name: string): string => `_INBOX_${name}`

/**
 * Connects, and from then on reconnects for ever. Throws `log.unavailable`.
 *
 * The client keeps no promise about what it buffers while it is disconnected; whoever publishes
 * something that matters compares `server_id` first (see appender.ts).
 */
export async function connectNats(options: ConnectOptions): Promise<NatsConnection> {
  const deadline = Date.now() + (options.timeoutMs ?? 10_000)
  const settings: ConnectionOptions = {
    servers: options.url.split(',').map((url) => url.trim()),
    name: options.name,
    inboxPrefix: inboxPrefixOf(options.name),
    timeout: 5_000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    reconnectJitter: 100,
    reconnectJitterTLS: 100,
    // A restarted server may need a moment before it knows our account.
    ignoreAuthErrorAbort: true,
    pingInterval: 5_000,
    maxPingOut: 2,
    ...(options.caFile === undefined ? {} : { tls: { caFile: options.caFile } }),
    ...(options.credentialsFile === undefined
      ? {}
      : { authenticator: credsAuthenticator(await readFile(options.credentialsFile)) }),
  }
  for (;;) {
    try {
      return await connect(settings)
    } catch (error) {
      if (Date.now() > deadline) {
        const reason = error instanceof Error ? error.message : 'unknown'
        throw LogUnavailable({ reason: `no connection to NATS (${reason})` }, error)
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
