import { StorageBroken } from '../errors.ts'
import type { FtpConnection } from './connection.ts'

/** FTP does one thing at a time on a connection; servers count them. */
const maxConnections = 8
/** Servers end idle ones, mostly after minutes. */
const keptMs = 20_000

/** Connections to one server, each for one at a time. */
export interface FtpPool {
  /** Give it back with what became of it. Rejects with the abort's reason. */
  take(signal: AbortSignal | undefined): Promise<Lease>
  close(): Promise<void>
}

export interface Lease {
  readonly connection: FtpConnection
  /** Whether it may be used again: only after a reply to everything that was asked. Answering twice is fine. */
  release(isSound: boolean): void
}

export function ftpPool(open: (signal: AbortSignal) => Promise<FtpConnection>): FtpPool {
  const closing = new AbortController()
  const idle = new Map<FtpConnection, NodeJS.Timeout>()
  const busy = new Set<FtpConnection>()
  const waiting: (() => void)[] = []
  let count = 0

  function drop(connection: FtpConnection): void {
    clearTimeout(idle.get(connection))
    idle.delete(connection)
    busy.delete(connection)
    connection.client.close()
    count--
    waiting.shift()?.()
  }

  function kept(): FtpConnection | undefined {
    for (const [connection, timer] of idle) {
      if (connection.client.closed) {
        drop(connection)
        continue
      }
      clearTimeout(timer)
      idle.delete(connection)
      return connection
    }
    return undefined
  }

  async function fresh(signal: AbortSignal): Promise<FtpConnection> {
    count++
    try {
      return await open(signal)
    } catch (error) {
      count--
      waiting.shift()?.()
      throw error
    }
  }

  return {
    async take(given) {
      const signal = given ? AbortSignal.any([given, closing.signal]) : closing.signal
      for (;;) {
        signal.throwIfAborted()
        const connection = kept() ?? (count < maxConnections ? await fresh(signal) : undefined)
        if (connection) return lease(connection, given)
        await turn(signal)
      }
    },
    async close() {
      closing.abort(StorageBroken({ why: 'the location was closed' }))
      for (const connection of [...idle.keys(), ...busy]) drop(connection)
    },
  }

  function lease(connection: FtpConnection, signal: AbortSignal | undefined): Lease {
    busy.add(connection)
    // Whatever it waits for ends with it.
    const giveUp = (): void => connection.client.close()
    signal?.addEventListener('abort', giveUp, { once: true })
    let isOut = true
    return {
      connection,
      release(isSound) {
        signal?.removeEventListener('abort', giveUp)
        if (!isOut) return
        isOut = false
        if (!busy.delete(connection)) return
        if (!isSound || connection.client.closed || closing.signal.aborted) return drop(connection)
        idle.set(connection, setTimeout(() => drop(connection), keptMs).unref())
        waiting.shift()?.()
      },
    }
  }

  function turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const at = waiting.indexOf(go)
        if (at >= 0) waiting.splice(at, 1)
        reject(signal.reason)
      }
      const go = (): void => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      waiting.push(go)
    })
  }
}
