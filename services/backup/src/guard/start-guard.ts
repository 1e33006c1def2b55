import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type AdminConnection, connectAdmin, ingestFrom } from '@holdfast/event-log/admin'
import { keepLog, type LogKeeper, type LogKeeperState } from '@holdfast/log-guard'
import type { Telemetry } from '@holdfast/telemetry'
import type { BackupSettings } from '../config.ts'
import { readInstance } from './instance.ts'
import { RootKeys } from './root-keys.ts'
import { stateMetrics } from './state-metrics.ts'
import { volumesOf } from './volumes.ts'

/** The guard and archiver of the log, from the start of the process to its end. */
export interface Guard {
  /** The engine, once it is connected to NATS. */
  keeper(signal: AbortSignal): Promise<LogKeeper>
  /** Undefined until then. */
  state(): LogKeeperState | undefined
  readonly rootKeys: RootKeys
  /** Puts the last group of commits on disk and disconnects. */
  stop(): Promise<void>
}

const retryMs = 500

/**
 * Begins to guard. Needs NATS and the archive's directory, and waits for both: nothing here depends on the log being
 * open, on Postgres or on another service, because all of them wait for this.
 */
export function startGuard(settings: BackupSettings, telemetry: Telemetry): Guard {
  const ending = new AbortController()
  const rootKeys = new RootKeys(settings.guardDir, {
    present: settings.rootKeyFingerprint,
    former: settings.formerRootKeys ?? [],
  })
  let admin: AdminConnection | undefined
  let keeper: LogKeeper | undefined
  const opened = open()
  // Told when it is asked for; until then nobody listens.
  opened.catch(() => undefined)
  stateMetrics(telemetry.registry, () => keeper?.state())

  async function open(): Promise<LogKeeper> {
    for (let attempt = 1; ; attempt += 1) {
      ending.signal.throwIfAborted()
      try {
        admin ??= await connect(settings)
        keeper = await begin(admin)
        return keeper
      } catch (error) {
        telemetry.log[attempt === 1 ? 'info' : 'warn']({ attempt, err: error }, 'cannot guard yet')
        await wait(Math.min(retryMs * attempt, 5_000), undefined, { signal: ending.signal })
      }
    }
  }

  async function begin(connection: AdminConnection): Promise<LogKeeper> {
    await mkdir(settings.guardDir, { recursive: true, mode: 0o700 })
    return keepLog({
      admin: connection,
      spec: {
        stream: settings.logStream,
        ...readInstance(settings.instanceFile),
        ingest: ingestFrom(readFileSync(settings.ingestSeedFile, 'utf8').trim()),
      },
      archiveDirectory: settings.archiveDir,
      positionFile: join(settings.guardDir, 'position'),
      rootKeys,
      durability: settings.durability,
      volumes: volumesOf(settings),
      ...(settings.reserveBytes === undefined ? {} : { reserveBytes: settings.reserveBytes }),
      log: telemetry.log,
      registry: telemetry.registry,
      signal: ending.signal,
    })
  }

  return {
    keeper: (signal) => abortable(opened, signal),
    state: () => keeper?.state(),
    rootKeys,
    async stop() {
      ending.abort(new Error('the process is stopping'))
      await keeper?.done
      await admin?.close()
    },
  }
}

const connect = (settings: BackupSettings): Promise<AdminConnection> =>
  connectAdmin({
    url: settings.natsUrl.join(','),
    name: 'log-guard',
    ...(settings.guardCredentialsFile === undefined
      ? {}
      : { credentialsFile: settings.guardCredentialsFile }),
    ...(settings.natsCaFile === undefined ? {} : { caFile: settings.natsCaFile }),
  })

/** The promise, or the signal's reason as soon as it aborts. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
