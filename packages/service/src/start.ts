import { ConfigError, type Definition, type Values } from '@holdfast/config'
import { DomainError } from '@holdfast/errors'
import { type EventLog, openLog } from '@holdfast/event-log'
import { createTelemetry, startTracing, type Telemetry } from '@holdfast/telemetry'
import { alarmSubject, encodeAlarm } from './alarm.ts'
import type { EarlyApp, EdgeApp } from './app.ts'
import { untilDone } from './back-off.ts'
import { certificateMetrics } from './certificate-metrics.ts'
import { effectsOffNotice } from './effects.ts'
import { type HealthServer, startHealthServer } from './health-server.ts'
import { type Identity, identity } from './identity.ts'
import { type Lifecycle, lifecycle } from './lifecycle.ts'
import { natsConnection } from './nats-connection.ts'
import { peers } from './peers.ts'
import type { EdgeSpec } from './settings.ts'
import { readTlsIdentity } from './tls.ts'

type Edge = Omit<EdgeApp<EdgeSpec>, 'settings'>

export interface Base {
  readonly telemetry: Telemetry
  readonly life: Lifecycle
  readonly health: HealthServer
  readonly log: EventLog
  readonly identity: Identity
  readonly edge: Edge
  /** What closes the database, once the log is closed. */
  closesPostgres(close: () => Promise<void>): void
  /** Repeats what fails with `unavailable`. */
  wait<T>(what: string, work: () => Promise<T>): Promise<T>
  /** From here on, the composition's own work is drained before what was opened earlier. */
  deferWork(): void
  startWork(): Promise<void>
}

/**
 * What every process has: settings, telemetry, a way to end, health, the log, its peers, who calls. `onEarly` runs
 * before the log is asked for: whoever opens the log cannot wait for it.
 */
export async function start<S extends EdgeSpec>(
  name: string,
  settings: Definition<S>,
  open: (base: Base, values: Values<S>) => Promise<void>,
  onEarly: (early: EarlyApp<S>) => Promise<void> | void = () => undefined,
): Promise<void> {
  const values = loadOrLeave(settings)
  // As in `run`: every S has these.
  const common = values as Values<EdgeSpec>
  const telemetry = createTelemetry(name, { level: common.logLevel })
  const life = lifecycle(telemetry.log)
  try {
    const stopTracing = await startTracing(name)
    life.defer('tracing', stopTracing)
    const health = await startHealthServer(common.httpListen, telemetry.registry)
    life.defer('health', () => health.close())
    telemetry.log.info({ port: health.port }, 'health')
    let isStarted = false
    health.check('start', () => {
      if (life.stopping.aborted) return { isReady: false, reason: 'stopping' }
      return isStarted ? { isReady: true } : { isReady: false, reason: `waiting for ${waitingFor}` }
    })

    let waitingFor = 'the log'
    const wait = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
      waitingFor = what
      return untilDone(work, {
        signal: life.stopping,
        isTemporary: (error) => error instanceof DomainError && error.kind === 'unavailable',
        onFailure: (error, attempt) =>
          telemetry.log[attempt === 1 ? 'info' : 'warn']({ what, attempt, err: error }, 'waiting'),
      })
    }

    await onEarly({
      settings: values,
      telemetry,
      readiness: health.check,
      onEnd: (work) => life.defer('end', work, common.drainMs + 2_000),
    })

    let closePostgres: () => Promise<void> = () => Promise.resolve()
    life.defer('postgres', () => closePostgres())
    const log = await wait('the log', () =>
      openLog({
        ...natsConnection(name, common),
        context: name,
        stream: common.logStream,
        telemetry,
      }),
    )
    life.defer('log', () => log.close())
    health.check('log', () => {
      const { isWritable, reason } = log.status()
      // Reads go on without it, so this informs and does not refuse.
      return isWritable
        ? { isReady: true }
        : { isReady: true, reason: `no writes: ${reason ?? ''}` }
    })

    certificateMetrics(telemetry.registry, readTlsIdentity(common))
    const channels = peers(common, telemetry)
    life.defer('channels', channels.close)
    const who = identity({ name, log, logger: telemetry.log, connect: channels.connect })
    life.defer('identity', () => who.stop())
    health.check('tokens', who.readiness)

    const hasEffects = common.effects === 'on'
    if (!hasEffects) {
      telemetry.log.warn(effectsOffNotice)
      health.check('effects', () => ({ isReady: true, reason: effectsOffNotice }))
    }
    const works: (() => Promise<void> | void)[] = []
    const drains: (() => Promise<void> | void)[] = []
    await open(
      {
        telemetry,
        life,
        health,
        log,
        identity: who,
        wait,
        edge: {
          telemetry,
          log,
          connect: channels.connect,
          authenticate: who.authenticate,
          verifyWith: who.verifyWith,
          revokeSession: who.revokeSession,
          alarm: (alarm) => log.signal(alarmSubject(name), encodeAlarm(alarm)),
          readiness: health.check,
          onStart: (work) => void works.push(work),
          onEffect: (work) => void (hasEffects && works.push(work)),
          onDrain: (work) => void drains.push(work),
        },
        closesPostgres(close) {
          closePostgres = close
        },
        deferWork: () =>
          life.defer(
            'work',
            async () => {
              for (const drain of drains.reverse()) await drain()
            },
            common.drainMs + 2_000,
          ),
        async startWork() {
          waitingFor = 'its own start'
          who.start()
          for (const work of works) await work()
        },
      },
      values,
    )
    isStarted = true
    telemetry.log.info('ready')
  } catch (error) {
    if (life.stopping.aborted) return // the drain is under way and ends the process
    telemetry.log.fatal({ err: error }, 'cannot start')
    await life.stop(1)
  }
}

/** Settings are the only thing a process may die of before it has a voice. */
function loadOrLeave<S extends EdgeSpec>(settings: Definition<S>): Values<S> {
  try {
    return settings.load(process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    return process.exit(1)
  }
}
