import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { findNats, prepareNatsIdentities, startNats } from '@holdfast/embedded'
import {
  type AdminConnection,
  connectAdmin,
  type GuardState,
  keepGuard,
  probeServer,
  provisionFlows,
  provisionLog,
} from '@holdfast/event-log/admin'
import { pino } from 'pino'
import type { DataDirectory } from './data-directory.ts'
import type { Journal } from './journal.ts'
import { parseLine } from './log-line.ts'
import { followRevocations } from './node-revocations.ts'
import { Refused } from './refused.ts'
import type { Launch, Life, ProcessSpec } from './supervised-process.ts'
import { writeWhole } from './write-whole.ts'

/** NATS with the log in it, and the guard that decides who may write. */
export interface LogServer {
  /** Ready when the server holds the log and the guard has looked at it. */
  readonly process: ProcessSpec
  /** For our own processes, by loopback. */
  readonly url: string
  readonly caFile: string
  readonly stream: string
  readonly signingSeedFile: string
  /** Public key of the account. */
  readonly account: string
  credentialsFile(name: string): string
  /** What is weaker than in production, for people; known once the process is ready. */
  readonly warnings: readonly string[]
  /** Ends the guard. Call when the services have drained. */
  close(): Promise<void>
}

export interface LogServerOptions {
  readonly data: DataDirectory
  readonly mode: 'evaluation' | 'production'
  /** Bound of the stream of flow records, on top of the log's own. */
  readonly flowsMaxBytes: number
  readonly env: NodeJS.ProcessEnv
  /** All clients, agents elsewhere included, connect here with TLS. */
  readonly port: number
  readonly tls: { readonly certificate: string; readonly key: string; readonly authority: string }
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
    prepareNatsIdentities({ dir: join(data.keys, 'nats'), stream }),
    findNats({ dataDir: data.root, env: options.env, report: options.onProgress }),
  ])
  const warnings: string[] = []
  const guarding = new AbortController()
  const url = `tls://127.0.0.1:${port}`
  let admin: AdminConnection | undefined
  let guard: Promise<void> | undefined
  let revocations: Promise<void> | undefined
  let guardState: GuardState | undefined
  const waiting = new Set<() => void>()

  const log = pino(
    { level: 'info', formatters: { level: (label) => ({ level: label }) } },
    { write: (line: string) => journal.write(parseLine('supervisor', line, Date.now())) },
  )
  const spec = { stream, ...instance, ingest: identities.ingest }

  function startGuard(connection: AdminConnection): void {
    guard ??= keepGuard(
      connection,
      {
        ...spec,
        vouchFile: join(data.guard, 'vouched.json'),
        log,
        signal: guarding.signal,
      },
      (state) => {
        guardState = state
        for (const done of waiting) done()
      },
    )
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
      signal: guarding.signal,
    })
  }

  /** Until the guard has approved this server, or has said why it does not. */
  async function judged(serverId: string, how: Launch): Promise<void> {
    while (guardState?.serverId !== serverId && !isFinal(guardState?.refusal)) {
      await new Promise<void>((resolve) => {
        const done = () => {
          waiting.delete(done)
          how.signal.removeEventListener('abort', done)
          resolve()
        }
        waiting.add(done)
        how.signal.addEventListener('abort', done)
      })
      how.signal.throwIfAborted()
    }
    if (guardState?.serverId !== serverId) {
      const frozen = `nothing can be changed: ${guardState?.refusal}`
      warnings.push(frozen)
      options.onProgress(frozen)
    }
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
    const report = await probeServer(admin)
    if (report.level === 'unusable') {
      throw new Refused(`NATS ${report.version} cannot hold the log: ${report.findings.join('; ')}`)
    }
    if (report.level !== 'production') {
      const weaker = `NATS ${report.version} is good enough to try Holdfast, not for production: ${report.findings.join('; ')}`
      if (mode === 'production') {
        throw new Refused(
          `HOLDFAST_MODE=production: ${weaker}. HOLDFAST_NATS_SERVER=/path/to/nats-server names another`,
        )
      }
      if (!warnings.includes(weaker)) warnings.push(weaker)
    }
    await provisionLog(admin, spec)
    await provisionFlows(admin, { maxBytes: options.flowsMaxBytes })
    startGuard(admin)
    await judged(serverId, how)
  }

  const process: ProcessSpec = {
    name: 'nats',
    endSignal: 'SIGTERM',
    async launch(how): Promise<Life> {
      const server = await startNats({
        binary: binary.path,
        runDir: data.nats,
        config: {
          host: '0.0.0.0',
          port,
          storeDir: join(data.nats, 'store'),
          maxStoreBytes: instance.maxBytes + options.flowsMaxBytes + besidesLogBytes,
          tls: { certFile: tls.certificate, keyFile: tls.key },
          identities: {
            type: 'operator',
            ...identities.authority,
            resolverDir: join(data.nats, 'accounts'),
          },
        },
        onLine: (text) =>
          how.onLine(isOurs.test(text) ? text.replace(/\[(ERR|WRN)\]/, '[INF]') : text),
      })
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
    account: identities.authority.account.publicKey,
    credentialsFile: identities.credentialsFile,
    warnings,
    async close() {
      guarding.abort()
      await Promise.all([guard, revocations])
      await admin?.close()
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

/** What our own looking at the server makes it complain about: a greeting without TLS, a probe it has to refuse. */
const isOurs = /TLS handshake error: EOF|PROBE_/

/** A refusal that stands until a person acts, unlike those that come with a restart. */
const isFinal = (refusal: string | undefined): boolean =>
  refusal?.startsWith('the guard keeps') === true
