import { setTimeout as wait } from 'node:timers/promises'
import type { AdminConnection } from '@holdfast/event-log/admin'
import { type Backoff, createBackoff } from './backoff.ts'

/**
 * Asks the system account why the server does not work; undefined when it does. Since 2.14 a stream that met a write
 * error takes nothing more until the server is started again, room or not, and says so here alone.
 */
export async function askHealth(system: AdminConnection): Promise<string | undefined> {
  const id = system.serverId()
  if (id === undefined) throw new Error('not connected to NATS')
  const text = await system.request(`$SYS.REQ.SERVER.${id}.HEALTHZ`, '')
  return troubleIn(text)
}

/** `{ data: { status, error } }`; anything else is trouble as well. */
export function troubleIn(text: string): string | undefined {
  const answer = JSON.parse(text) as {
    readonly data?: { readonly status?: unknown; readonly error?: unknown }
  } // every field is looked at below
  const { status, error } = answer.data ?? {}
  if (status === 'ok') return undefined
  return typeof error === 'string' && error !== '' ? error : `its health is ${String(status)}`
}

export interface HealthKeeperOptions {
  /** Why the server does not work; undefined while it does. */
  trouble(): Promise<string | undefined>
  /** Whether a server that is started again would find room to write. */
  hasRoom(): boolean
  /** Whether it is running, as far as the supervisor knows: one that starts or stops is left alone. */
  isRunning(): boolean
  restart(): Promise<void>
  say(level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>): void
  readonly backoff?: Backoff
}

export interface HealthKeeper {
  /** Looks once; call it every few seconds. `nowMs` is monotonic. */
  look(nowMs: number): Promise<void>
}

/** A hiccup is none of our business. */
const patienceMs = 5_000
const firstMs = 10_000
const maxMs = 300_000

/**
 * Restarts a server that runs and does not work, once its disk has room again, and less and less often when that does
 * not help.
 */
export function healthKeeper(options: HealthKeeperOptions): HealthKeeper {
  const { backoff = createBackoff({ firstMs, maxMs, stableMs: maxMs }) } = options
  let troubledSince: number | undefined
  let restartedAt: number | undefined
  let notBefore = Number.NEGATIVE_INFINITY
  return {
    async look(nowMs) {
      const reason = options.isRunning() ? await ask(options) : undefined
      if (reason === undefined) {
        troubledSince = undefined
        return
      }
      if (troubledSince === undefined) {
        troubledSince = nowMs
        options.say('warn', 'nats runs and does not work', { reason })
      }
      if (nowMs - troubledSince < patienceMs || nowMs < notBefore || !options.hasRoom()) return
      options.say('warn', 'nats is restarted: it does not work again by itself', { reason })
      notBefore =
        nowMs + backoff.next(restartedAt === undefined ? 0 : Math.max(0, nowMs - restartedAt))
      restartedAt = nowMs
      troubledSince = undefined
      await options.restart()
    },
  }
}

/** No answer is no trouble of this kind: the connection may be on its way back, and the process has its own watch. */
async function ask({ trouble }: HealthKeeperOptions): Promise<string | undefined> {
  try {
    return await trouble()
  } catch {
    return undefined
  }
}

const everyMs = 2_000

/** Looks until the signal aborts. */
export async function keepHealthy(keeper: HealthKeeper, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await keeper.look(performance.now())
    await wait(everyMs, undefined, { signal, ref: false }).catch(() => undefined)
  }
}
