import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { findNats, NatsNotReady, prepareNatsIdentities, startNats } from '@holdfast/embedded'
import {
  type AccessStreamSpec,
  type AdminConnection,
  connectAdmin,
  type EventsStreamSpec,
  probeServer,
  provisionAccess,
  provisionEvents,
  provisionFlows,
  provisionLog,
  type ServerReport,
} from '@holdfast/event-log/admin'
import type { DataDirectory } from './data-directory.ts'
import type { Journal } from './journal.ts'
import { askHealth } from './nats-health.ts'
import { followRevocations } from './node-revocations.ts'
import { Refused } from './refused.ts'
import type { Launch, Life, ProcessSpec } from './supervised-process.ts'
import { hasSegments, putAside, startTimeoutMs } from './unstartable-store.ts'
import { writeWhole } from './write-whole.ts'

/** NATS with the log in it. Who may write is for the guard in backup to say. */
export interface LogServer {
  /** Ready when the server holds the log's streams. */
  readonly process: ProcessSpec
  /** For our own processes, by loopback. */
  readonly url: string
  readonly caFile: string
  readonly stream: string
  readonly signingSeedFile: string
  /** Lineage, generation and bound of the log, as JSON. */
  readonly instanceFile: string
  readonly ingestSeedFile: string
  /** Public key of the account. */
  readonly account: string
  credentialsFile(name: string): string
  /** What is weaker than in production, for people; known once the process is ready. */
  readonly warnings: readonly string[]
  /** Why the server does not work although it runs; undefined while it does. Throws when it does not answer. */
  trouble(): Promise<string | undefined>
  /** Ends what follows the log. Call when the services have drained. */
  close(): Promise<void>
}

export interface LogServerOptions {
  readonly data: DataDirectory
  readonly mode: 'evaluation' | 'production'
  /** Bound of the stream of flow records, on top of the log's own. */
  readonly flowsMaxBytes: number
  /** Bounds of the stream ACCESS. */
  readonly access: Required<Pick<AccessStreamSpec, 'accessMaxBytes' | 'accessMaxAgeMs'>>
  /** Bounds of the stream EVENTS. */
  readonly events: Pick<EventsStreamSpec, 'eventsMaxBytes' | 'eventsMaxAgeMs'>
  readonly env: NodeJS.ProcessEnv
  /** All clients, agents elsewhere included, connect here with TLS. */
  readonly port: number
  readonly tls: { readonly certificate: string; readonly key: string; readonly authority: string }
  /** Whether the archive holds all that was acknowledged, so that a stream may be filled from it. */
  readonly isArchived: boolean
  /** Without, this is a scratch instance: nobody's credentials are good here, and only this machine reaches it. */
  readonly hasEffects: boolean
  readonly journal: Journal
  /** Told to people while a server is fetched. */
  onProgress(text: string): void
  readonly signal: AbortSignal
}

/** Chosen at the first start and the same for ever. */
interface Instance {
  readonly lineageId: string
  readonly generation: number
  readonly maxBytes: number
}

const gibibyte = 1024 ** 3
/** Beside the log: the guard's stream and what the server keeps about consumers. */
const besidesLogBytes = gibibyte

export async function openLogServer(options: LogServerOptions): Promise<LogServer> {
  const { data, mode, port, tls, journal } = options
  const instance = openInstance(data)
  const stream = `EVT_${instance.generation}`
  const [identities, binary] = await Promise.all([
    prepareNatsIdentities({
      dir: join(data.keys, options.hasEffects ? 'nats' : 'nats-scratch'),
      stream,
    }),
    findNats({ dataDir: data.root, env: options.env, report: options.onProgress }),
  ])
  const warnings: string[] = []
  const following = new AbortController()
  const url = `tls://127.0.0.1:${port}`
  let admin: AdminConnection | undefined
  let system: Promise<AdminConnection> | undefined
  let revocations: Promise<void> | undefined
  let report: ServerReport | undefined
  let timesNotReady = 0
  const spec = { stream, ...instance, ingest: identities.ingest }

  function startFollowing(): void {
    revocations ??= followRevocations({
      url,
      caFile: tls.authority,
      stream,
      credentialsFile: identities.credentialsFile('guard'),
      systemCredentialsFile: identities.credentialsFile('system'),
      operatorSeedFile: identities.operatorSeedFile,
      account: identities.authority.account.publicKey,
      checkpointFile: join(data.guard, 'revocations.sequence'),
      journal,
      signal: following.signal,
    })
  }

  /** What the server can do. One whose disk is full cannot be tried out, but has been before. */
  async function examine(connection: AdminConnection): Promise<ServerReport> {
    try {
      report = await probeServer(connection)
    } catch (error) {
      if (report === undefined) throw error
      journal.say('warn', `NATS could not be tried out this time: ${String(error)}`)
    }
    return report
  }

  async function open(serverId: string, how: Launch): Promise<void> {
    admin ??= await connectAdmin({
      url,
      credentialsFile: identities.credentialsFile('guard'),
      caFile: tls.authority,
      name: 'guard',
    })
    // After a restart the connection is the old one, on its way back.
    await admin.connectedTo(serverId, AbortSignal.any([how.signal, AbortSignal.timeout(15_000)]))
    const { level, version, findings } = await examine(admin)
    if (level === 'unusable') {
      throw new Refused(`NATS ${version} cannot hold the log: ${findings.join('; ')}`)
    }
    if (level !== 'production') {
      const weaker = `NATS ${version} is good enough to try Holdfast, not for production: ${findings.join('; ')}`
      if (mode === 'production') {
        throw new Refused(
          `HOLDFAST_MODE=production: ${weaker}. HOLDFAST_NATS_SERVER=/path/to/nats-server names another`,
        )
      }
      if (!warnings.includes(weaker)) warnings.push(weaker)
    }
    await provisionLog(admin, spec)
    await provisionFlows(admin, { maxBytes: options.flowsMaxBytes })
    await provisionAccess(admin, { ...spec, ...options.access })
    await provisionEvents(admin, { ...spec, ...options.events })
    startFollowing()
  }

  /** The next attempt finds a store without the log, and the guard fills it from the archive. */
  function notReady(storeDir: string): void {
    timesNotReady += 1
    const { lineageId, generation } = instance
    const isCovered = options.isArchived && hasSegments(data.archive, lineageId, generation)
    // Once may be a slow moment of the machine.
    if (timesNotReady < 2 || !isCovered) return
    timesNotReady = 0
    const kept = putAside(storeDir, stream, join(data.nats, 'aside'), Date.now())
    if (kept === undefined) return
    const told = `NATS cannot read its copy of the log, which is kept in ${kept}; the log is taken from the archive`
    journal.say('error', told)
    options.onProgress(told)
  }

  const process: ProcessSpec = {
    name: 'nats',
    endSignal: 'SIGTERM',
    async launch(how): Promise<Life> {
      const storeDir = join(data.nats, 'store')
      const server = await startNats({
        binary: binary.path,
        timeoutMs: startTimeoutMs(storeDir, stream),
        runDir: data.nats,
        config: {
          host: options.hasEffects ? '0.0.0.0' : '127.0.0.1',
          port,
          storeDir,
          maxStoreBytes:
            instance.maxBytes +
            options.flowsMaxBytes +
            options.access.accessMaxBytes +
            options.events.eventsMaxBytes +
            besidesLogBytes,
          tls: { certFile: tls.certificate, keyFile: tls.key },
          identities: {
            type: 'operator',
            ...identities.authority,
            resolverDir: join(data.nats, 'accounts'),
          },
        },
        onLine: (text) =>
          how.onLine(isOurs.test(text) ? text.replace(/\[(ERR|WRN)\]/, '[INF]') : text),
      }).catch((error: unknown) => {
        if (NatsNotReady.is(error)) notReady(storeDir)
        throw error
      })
      timesNotReady = 0
      how.onPid(server.pid)
      try {
        how.signal.throwIfAborted()
        await open(server.serverId, how)
      } catch (error) {
        await server.stop()
        throw error
      }
      return {
        pid: server.pid,
        exited: server.exited.then(({ code, signal }) => signal ?? `code ${code}`),
        stop: () => server.stop(),
      }
    },
  }
  return {
    process,
    url,
    caFile: tls.authority,
    stream,
    signingSeedFile: identities.signingSeedFile,
    instanceFile: join(data.keys, 'instance.json'),
    ingestSeedFile: identities.ingestSeedFile,
    account: identities.authority.account.publicKey,
    credentialsFile: identities.credentialsFile,
    warnings,
    async trouble() {
      system ??= connectAdmin({
        url,
        credentialsFile: identities.credentialsFile('system'),
        caFile: tls.authority,
        name: 'system',
      }).catch((error: unknown) => {
        system = undefined
        throw error
      })
      return askHealth(await system)
    },
    async close() {
      following.abort()
      await revocations
      await admin?.close()
      await system?.then(
        (connection) => connection.close(),
        () => undefined,
      )
    },
  }
}

/** The lineage: constant for the life of the data. */
function openInstance(data: DataDirectory): Instance {
  const file = join(data.keys, 'instance.json')
  // Our own file of mode 0600, written whole.
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Instance
  const { bavail, bsize } = statfsSync(data.root)
  const instance: Instance = {
    lineageId: randomUUID(),
    generation: 1,
    maxBytes: Math.floor(Math.min(16 * gibibyte, (bavail * bsize) / 2)),
  }
  writeWhole(file, `${JSON.stringify(instance, undefined, 2)}\n`)
  return instance
}

/**
 * What our own looking at the server makes it complain about: a greeting without TLS, a probe it has to refuse, its
 * health, which is told by who asks.
 */
const isOurs = /TLS handshake error: EOF|PROBE_|Healthcheck failed/
