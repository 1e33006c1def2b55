import type { ConnectOptions } from '../connection.ts'
import { type Link, openLink } from '../link.ts'

/** A connection with rights over streams or, with the system account, over accounts. */
export interface AdminConnection {
  readonly link: Link
  /** The id of the server at the other end; new with every start of it. */
  serverId(): string | undefined
  serverVersion(): string | undefined
  /** Resolves once this very server is at the other end; rejects when the signal aborts. */
  connectedTo(serverId: string, signal: AbortSignal): Promise<void>
  /** One question, one answer, as text. */
  request(subject: string, text: string): Promise<string>
  close(): Promise<void>
}

const requestTimeoutMs = 5_000

/** Throws `log.unavailable`. */
export async function connectAdmin(options: ConnectOptions): Promise<AdminConnection> {
  const link = await openLink(options)
  const serverId = (): string | undefined =>
    link.requests.isUp ? link.connection.info?.server_id : undefined
  return {
    link,
    serverId,
    connectedTo: (wanted, signal) =>
      new Promise((resolve, reject) => {
        const settle = (): void => {
          if (!signal.aborted && serverId() !== wanted) return
          stop()
          signal.removeEventListener('abort', settle)
          if (signal.aborted) reject(signal.reason)
          else resolve()
        }
        const stop = link.onEvent(settle)
        signal.addEventListener('abort', settle)
        settle()
      }),
    serverVersion: () => link.connection.info?.version,
    async request(subject, text) {
      const answer = await link.requests.ask(subject, Buffer.from(text), {
        timeoutMs: requestTimeoutMs,
      })
      return Buffer.from(answer.data).toString('utf8')
    },
    close: () => link.close(),
  }
}
