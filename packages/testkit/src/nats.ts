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
  type Durability,
  type LogSpec,
  provisionAccess,
  provisionFlows,
  provisionLog,
  publishApproval,
} from '@holdfast/event-log/admin'
import { keepLog, type LogKeeper } from '@holdfast/log-guard'
import { createTelemetry } from '@holdfast/telemetry'

/** A real server of one's own, with real identities, an empty log, and the engine that guards and archives it. */
export interface TestNats {
  /** The server now; another one after `restart`. */
  readonly server: NatsServer
  readonly url: string
  readonly stream: string
  readonly lineageId: string
  readonly identities: NatsIdentities
  /** May do everything. */
  readonly admin: AdminConnection
  readonly spec: LogSpec
  /** Of the server. */
  readonly storeDirectory: string
  readonly archiveDirectory: string
  /** What guards and archives the log; undefined with `isGuarded: false`. */
  readonly keeper: LogKeeper | undefined
  /** Approves the server as it is, for tests that guard the log themselves (durability `log`). */
  approve(): Promise<void>
  /** The log as a service (auth, network, gateway) sees it; closed with the rest. */
  open(service: string, options?: Partial<OpenLogOptions>): Promise<EventLog>
  /** Settings of a service process. */
  environment(service: string): Record<string, string>
  /** Ends the server, by SIGKILL when asked, and starts it again on the same data and port. */
  restart(options?: {
    readonly isKilled?: boolean
    /** What happens to the files meanwhile. */
    readonly whileDown?: () => Promise<void>
  }): Promise<void>
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

export interface TestNatsOptions {
  /** False leaves approving to the test. Default true. */
  readonly isGuarded?: boolean
  /** Default `log+archive`, as in production. */
  readonly durability?: Durability
}

export async function testNats(options: TestNatsOptions = {}): Promise<TestNats> {
  const { isGuarded = true, durability = 'log+archive' } = options
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
  const spec: LogSpec = {
    stream,
    lineageId: randomUUID(),
    generation: 1,
    ingest: identities.ingest,
    maxBytes: storeBytes / 2,
  }
  await provisionLog(admin, spec)
  await provisionFlows(admin, { maxBytes: storeBytes / 64 })
  await provisionAccess(admin, { ...spec, accessMaxBytes: storeBytes / 64 })
  const stopping = new AbortController()
  const archiveDirectory = join(directory, 'archive')
  const guard = isGuarded
    ? await startKeeper({
        url,
        identities,
        spec,
        durability,
        directory,
        archiveDirectory,
        stopping,
      })
    : undefined
  const logs: EventLog[] = []

  return {
    get server() {
      return server
    },
    url,
    stream,
    lineageId: spec.lineageId,
    identities,
    admin,
    spec,
    storeDirectory: start.config.storeDir,
    archiveDirectory,
    keeper: guard?.keeper,
    async approve() {
      const { config, state } = await admin.link.api.streamInfo(stream)
      await publishApproval(admin, spec, {
        stream,
        lineageId: spec.lineageId,
        generation: spec.generation,
        serverIds: [server.serverId],
        allowsBatches: config['allow_atomic'] === true,
        durability: 'log',
        sequence: BigInt(state.last_seq),
        approvedAtUnixMs: Date.now(),
      })
    },
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
      if (guard) await writable(opened)
      return opened
    },
    environment: (service) => ({
      HOLDFAST_NATS_URL: url,
      HOLDFAST_NATS_CREDENTIALS_FILE: identities.credentialsFile(service),
      HOLDFAST_LOG_STREAM: stream,
    }),
    async restart({ isKilled = false, whileDown } = {}) {
      if (isKilled) {
        process.kill(server.pid, 'SIGKILL')
        await server.exited
      } else await server.stop()
      await whileDown?.()
      server = await startNats(start)
      // As the supervisor does: a store that lost its streams gets empty ones.
      await admin.connectedTo(server.serverId, AbortSignal.timeout(15_000))
      await provisionLog(admin, spec)
    },
    async close() {
      stopping.abort()
      await Promise.all(logs.splice(0).map((opened) => opened.close()))
      await guard?.close()
      await admin.close()
      await server.stop()
      process.off('exit', killAtExit)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** The engine as service backup runs it, with the permissions it has there. */
async function startKeeper(options: {
  readonly url: string
  readonly identities: NatsIdentities
  readonly spec: LogSpec
  readonly durability: Durability
  readonly directory: string
  readonly archiveDirectory: string
  readonly stopping: AbortController
}): Promise<{ readonly keeper: LogKeeper; close(): Promise<void> }> {
  const { url, identities, spec, durability, directory, archiveDirectory, stopping } = options
  const admin = await connectAdmin({
    url,
    name: 'log-guard',
    credentialsFile: identities.credentialsFile('log-guard'),
  })
  const keeper = keepLog({
    admin,
    spec,
    archiveDirectory,
    positionFile: join(directory, 'guard', 'position'),
    rootKeys: { present: 'test', former: [] },
    durability,
    volumes: [],
    log: createTelemetry('log-guard', { level: 'silent' }).log,
    signal: stopping.signal,
  })
  return {
    keeper,
    async close() {
      stopping.abort()
      await keeper.done
      await admin.close()
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
