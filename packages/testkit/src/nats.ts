import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  findNats,
  freePort,
  type NatsIdentities,
  type NatsServer,
  prepareNatsIdentities,
  type StartNatsOptions,
  startNats,
} from '@holdfast/embedded'
import { type EventLog, type OpenLogOptions, openLog } from '@holdfast/event-log'
import {
  type AdminConnection,
  connectAdmin,
  type GuardOptions,
  keepGuard,
  provisionAccess,
  provisionFlows,
  provisionLog,
} from '@holdfast/event-log/admin'
import { createTelemetry } from '@holdfast/telemetry'

/** A real server of one's own, with real identities, an empty log and a guard that approves it. */
export interface TestNats {
  /** The server now; another one after `restart`. */
  readonly server: NatsServer
  readonly url: string
  readonly stream: string
  readonly lineageId: string
  readonly identities: NatsIdentities
  /** May do everything. */
  readonly admin: AdminConnection
  readonly guard: GuardOptions
  /** The log as a service (auth, network, gateway) sees it; closed with the rest. */
  open(service: string, options?: Partial<OpenLogOptions>): Promise<EventLog>
  /** Settings of a service process. */
  environment(service: string): Record<string, string>
  /** Ends the server, by SIGKILL when asked, and starts it again on the same data and port. */
  restart(options?: { readonly isKilled?: boolean }): Promise<void>
  close(): Promise<void>
}

const storeBytes = 1024 * 1024 * 1024
let binary: Promise<string> | undefined

/** The binary, found once a process. The copy is kept between runs, so that tests need no network. */
const binaryPath = (): Promise<string> => {
  binary ??= findNats({
    dataDir: join(tmpdir(), `holdfast-test-nats-${process.getuid?.() ?? 0}`),
    env: process.env,
  }).then(({ path }) => path)
  return binary
}

/** `isGuarded: false` leaves approving to the test. */
export async function testNats(options: { readonly isGuarded?: boolean } = {}): Promise<TestNats> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-test-nats-'))
  const stream = 'EVT_1'
  const identities = await prepareNatsIdentities({ dir: join(directory, 'identities'), stream })
  const start: StartNatsOptions = {
    binary: await binaryPath(),
    runDir: join(directory, 'run'),
    config: {
      host: '127.0.0.1',
      port: await freePort(),
      storeDir: join(directory, 'store'),
      maxStoreBytes: storeBytes,
      identities: {
        type: 'operator',
        ...identities.authority,
        resolverDir: join(directory, 'accounts'),
      },
    },
  }
  let server = await startNats(start)
  // A run that is cut short must not leave a server behind.
  const killAtExit = (): void => {
    try {
      process.kill(server.pid, 'SIGKILL')
    } catch {
      // it is gone already
    }
  }
  process.once('exit', killAtExit)
  const { url } = server
  const admin = await connectAdmin({
    url,
    name: 'guard',
    credentialsFile: identities.credentialsFile('guard'),
  })
  const guard: GuardOptions = {
    stream,
    lineageId: randomUUID(),
    generation: 1,
    ingest: identities.ingest,
    maxBytes: storeBytes / 2,
    vouchFile: join(directory, 'guard', 'vouched.json'),
  }
  await provisionLog(admin, guard)
  await provisionFlows(admin, { maxBytes: storeBytes / 64 })
  await provisionAccess(admin, { ...guard, accessMaxBytes: storeBytes / 64 })
  const stopping = new AbortController()
  const { log } = createTelemetry('guard', { level: 'silent' })
  const guarding =
    options.isGuarded === false
      ? undefined
      : keepGuard(admin, { ...guard, log, signal: stopping.signal })
  const logs: EventLog[] = []

  return {
    get server() {
      return server
    },
    url,
    stream,
    lineageId: guard.lineageId,
    identities,
    admin,
    guard,
    async open(service, more = {}) {
      const opened = await openLog({
        url,
        credentialsFile: identities.credentialsFile(service),
        name: service,
        context: service,
        stream,
        telemetry: createTelemetry(service, { level: 'silent' }),
        ...more,
      })
      logs.push(opened)
      if (guarding) await writable(opened)
      return opened
    },
    environment: (service) => ({
      HOLDFAST_NATS_URL: url,
      HOLDFAST_NATS_CREDENTIALS_FILE: identities.credentialsFile(service),
      HOLDFAST_LOG_STREAM: stream,
    }),
    async restart({ isKilled = false } = {}) {
      if (isKilled) {
        process.kill(server.pid, 'SIGKILL')
        await server.exited
      } else await server.stop()
      server = await startNats(start)
    },
    async close() {
      stopping.abort()
      await Promise.all(logs.splice(0).map((opened) => opened.close()))
      await guarding
      await admin.close()
      await server.stop()
      process.off('exit', killAtExit)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Resolves once the guard has approved the server. */
function writable(log: EventLog): Promise<void> {
  return new Promise((resolve) => {
    const stop = log.onStatus(({ isWritable }) => {
      if (!isWritable) return
      queueMicrotask(() => stop())
      resolve()
    })
  })
}
