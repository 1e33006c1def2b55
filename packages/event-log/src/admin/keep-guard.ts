import type { Logger } from '@holdfast/telemetry'
import type { ConfigDrift } from '../stream-config.ts'
import type { AdminConnection } from './connection.ts'
import { approveServer, type GuardOptions, GuardRefused, vouch } from './guard.ts'
import { expectedConfig, findDrift } from './provision.ts'

export interface GuardState {
  /** The server that is approved now. */
  readonly serverId: string | undefined
  /** Why none is, for people. */
  readonly refusal: string | undefined
  readonly drift: readonly ConfigDrift[]
}

const vouchEveryMs = 1_000
const driftEveryMs = 5_000
const refusedRetryMs = 1_000

/**
 * Guards the log until the signal aborts: approves every new server that holds it, moves the vouched
 * position along, and watches the stream's configuration. `onState` hears of every change. Never
 * throws: a refusal stands until the server or its content is another one.
 */
export async function keepGuard(
  admin: AdminConnection,
  options: GuardOptions & { readonly log: Logger; readonly signal: AbortSignal },
  onState: (state: GuardState) => void = () => undefined,
): Promise<void> {
  const { log, signal } = options
  let state: GuardState = { serverId: undefined, refusal: 'starting', drift: [] }
  const change = (next: Partial<GuardState>): void => {
    const before = JSON.stringify(state)
    state = { ...state, ...next }
    if (JSON.stringify(state) !== before) onState(state)
  }
  let driftCheckedAt = 0
  while (!signal.aborted) {
    try {
      const serverId = admin.serverId()
      if (serverId === undefined) change({ serverId: undefined, refusal: 'not connected to NATS' })
      else if (serverId !== state.serverId) {
        const { sequence } = await approveServer(admin, options)
        log.info({ serverId, sequence: sequence.toString() }, 'the guard approved a server')
        change({ serverId, refusal: undefined, drift: [] })
      } else {
        await vouch(admin, options)
        if (Date.now() - driftCheckedAt > driftEveryMs) {
          driftCheckedAt = Date.now()
          const drift = await findDrift(admin, await expectedConfig(admin, options))
          if (drift.length > 0) log.error({ drift }, 'the configuration of the log has changed')
          change({ drift })
        }
      }
    } catch (error) {
      const isRefusal = GuardRefused.is(error)
      const refusal = error instanceof Error ? error.message : 'unknown'
      if (state.refusal !== refusal)
        log[isRefusal ? 'error' : 'warn']({ err: error }, 'the guard could not approve the server')
      change({ refusal, ...(isRefusal ? { serverId: undefined } : {}) })
    }
    await pause(state.serverId === undefined ? refusedRetryMs / 5 : vouchEveryMs, admin, signal)
  }
}

/** Waits; a connection that comes or goes ends it early. */
function pause(ms: number, admin: AdminConnection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      stop()
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    const stop = admin.link.onEvent(done)
  })
}
