import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { createTelemetry } from '@holdfast/telemetry'
import manifest from '../package.json' with { type: 'json' }
import { createEnrolmentToken, renewNodeIdentity, type Seeded, seedAdmin } from './auth-client.ts'
import { whyNoWrites } from './backup-client.ts'
import type { RuntimeSettings } from './config.ts'
import type { Console } from './console.ts'
import {
  type ControlRequest,
  type ControlServer,
  isControlAnswered,
  serveControl,
} from './control-server.ts'
import { type DataDirectory, openDataDirectory } from './data-directory.ts'
import { areOnOneDisk, hasRoom } from './disks.ts'
import { portNames, processNames, type ServiceName } from './environment.ts'
import { type Foundation, layFoundation } from './foundation.ts'
import { lockInstance } from './instance-lock.ts'
import { type Journal, openJournal } from './journal.ts'
import { endLeftovers, removeUnfinished } from './leftovers.ts'
import { examineLocalNode, type LocalNode } from './local-node.ts'
import { healthKeeper, keepHealthy } from './nats-health.ts'
import { postgresUrlFile } from './postgres-process.ts'
import { isReady, waitReady } from './readiness.ts'
import { Refused } from './refused.ts'
import { type RunFile, type RunState, readRunFile, writeRunFile } from './run-file.ts'
import type { ServiceAccess } from './service-channel.ts'
import { describeProcesses, type SuiteStatus } from './status.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'
import { certifiedNames, coreNames, drainPhases, readyUrl, unitsOf } from './units.ts'
import { startWarden, type Warden } from './warden.ts'

const version: string = manifest.version
/** How long a stop waits for downloads and probes of a first start. */
const patienceMs = 3_000
const renewalCheckMs = 12 * 3_600_000

/** Ends the suite and the process; resolves once everything has drained. */
export type StopRequest = (onProgress: (text: string) => void) => Promise<void>

/** All of Holdfast on this machine: what it is made of, in which order it starts and drains. */
export class Suite {
  readonly #values: RuntimeSettings
  readonly #env: NodeJS.ProcessEnv
  readonly #screen: Console
  readonly #data: DataDirectory
  readonly #journal: Journal
  readonly #begun = new Date()
  readonly #wanted = new AbortController()
  readonly #warnings: string[] = []
  readonly #telemetry = createTelemetry('supervisor', { level: 'silent' })
  #state: RunState = 'starting'
  #readyAt: Date | undefined
  #isLocked = false
  #release: () => void = () => undefined
  #control: ControlServer | undefined
  #warden: Warden | undefined
  #foundation: Foundation | undefined
  /** Settles when no helper program of the foundation runs any more. */
  #laying: Promise<unknown> | undefined
  #supervisor: Supervisor | undefined
  #seeding: Promise<Seeded> | undefined
  #renewal: NodeJS.Timeout | undefined
  #stopping: Promise<void> | undefined
  readonly #onStopRequested: StopRequest

  /** `onStopRequested` is called when somebody asks by the control socket. */
  constructor(
    values: RuntimeSettings,
    env: NodeJS.ProcessEnv,
    screen: Console,
    onStopRequested: StopRequest,
  ) {
    this.#values = values
    this.#env = env
    this.#screen = screen
    this.#onStopRequested = onStopRequested
    this.#data = openDataDirectory(values.data, values.archive)
    this.#journal = openJournal(this.#data.logs, values.logLevel, screen)
  }

  /** Brings everything up. Throws Refused when it must not start; `stop` is to be called then as well. */
  async start(): Promise<void> {
    const previous = await this.#claim()
    const laying = Promise.all([
      layFoundation(
        this.#data,
        this.#values,
        this.#env,
        previous,
        this.#journal,
        this.#screen.say,
        this.#wanted.signal,
      ),
      this.#examineLocalNode(),
    ])
    this.#laying = laying
    const [foundation, localNode] = await laying
    this.#foundation = foundation
    this.#wanted.signal.throwIfAborted()
    if (this.#values.effects === 'off')
      this.#warnings.push(
        'a scratch instance (HOLDFAST_EFFECTS=off): it sends, pushes and removes nothing and admits no node',
      )
    else if (!localNode.isPossible && this.#values.localNode !== 'off')
      this.#warnings.push(`no local node: ${localNode.reason}`)
    this.#announcePort(previous)
    if (areOnOneDisk(this.#data.nats, this.#data.archive)) {
      this.#warnings.push(
        'log and archive lie on one disk: HOLDFAST_ARCHIVE_DIR puts the archive on another, so that no disk is the only one',
      )
    }
    this.#supervisor = this.#createSupervisor(foundation, localNode)
    this.#writeRunFile()
    await this.#startProcesses(this.#supervisor)
    this.#state = 'ready'
    this.#readyAt = new Date()
    this.#writeRunFile()
    this.#renewal = setInterval(() => void this.#renewCertificates(), renewalCheckMs)
    this.#renewal.unref()
    void this.#keepNatsHealthy(foundation, this.#supervisor)
    if (this.#isSealed) await this.#tellSealed()
    else await this.#greet()
  }

  get #isSealed(): boolean {
    return this.#values.seal === 'shamir'
  }

  /** What is weaker or missing, a sentence each; without what only backup knows. */
  get warnings(): readonly string[] {
    return [...(this.#foundation?.logServer.warnings ?? []), ...this.#warnings]
  }

  /** Drains everything; may be called at any time, and twice. */
  stop(onProgress: (text: string) => void): Promise<void> {
    this.#stopping ??= this.#drain(onProgress)
    return this.#stopping
  }

  /** Lets the last answers out and closes what `stop` needed to the end. */
  async close(): Promise<void> {
    await this.#control?.close()
    this.#warden?.dismiss()
    this.#release()
    this.#journal.close()
  }

  /** Kills every process now. */
  kill(): void {
    this.#supervisor?.kill()
  }

  say(level: 'info' | 'warn' | 'error', message: string): void {
    this.#journal.say(level, message)
  }

  get #url(): string {
    const host = this.#values.httpHost
    const name = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
    const port = this.#foundation?.ports[portNames.http] ?? this.#values.httpPort ?? 8080
    return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
  }

  /** Makes this process the only one on the data, and clears away what a killed one left. */
  async #claim(): Promise<RunFile | undefined> {
    const { root, run } = this.#data
    const lock = await lockInstance(root)
    if (!lock || (await isControlAnswered(run))) {
      lock?.release()
      const other = readRunFile(root)
      throw new Refused(
        `another instance runs on ${root}${other?.pid ? ` (pid ${other.pid}, ${other.url})` : ''}: stop it with \`npm stop\`, or name another HOLDFAST_DATA`,
      )
    }
    this.#isLocked = true
    this.#release = lock.release
    const previous = readRunFile(root)
    const left = await endLeftovers(previous, this.#values.drainMs)
    if (left.length > 0) this.#journal.say('warn', 'ended what a killed supervisor left', { left })
    removeUnfinished(this.#data)
    this.#control = await serveControl(run, {
      status: () => this.#describe(),
      seed: (request) => this.#seedOnDemand(request),
      reader: async () => this.#readerAccess(),
      stop: async (_request, progress) => this.#onStopRequested(progress),
    })
    this.#warden = startWarden()
    return previous
  }

  async #examineLocalNode(): Promise<LocalNode> {
    if (this.#values.effects === 'off') {
      return { isPossible: false, reason: 'a scratch instance admits none' }
    }
    if (this.#values.localNode === 'off') {
      return { isPossible: false, reason: 'turned off by HOLDFAST_LOCAL_NODE' }
    }
    return examineLocalNode(
      this.#data.packages,
      this.#env,
      (names) => this.#screen.say(`fetching ${names.join(', ')} for the local node…`),
      this.#wanted.signal,
    )
  }

  #announcePort(previous: RunFile | undefined): void {
    const port = this.#foundation?.ports[portNames.http]
    if (this.#values.httpPort === undefined && port !== (previous?.ports['http'] ?? 8080)) {
      this.#warnings.push(`port ${previous?.ports['http'] ?? 8080} is taken: listening on ${port}`)
    }
  }

  #createSupervisor(foundation: Foundation, localNode: LocalNode): Supervisor {
    const { root, identities, agent } = this.#data
    const units = unitsOf(foundation, {
      dataRoot: root,
      identities,
      env: this.#env,
      drainMs: this.#values.drainMs,
      isSealed: this.#isSealed,
      ...(localNode.isPossible
        ? {
            localNode: {
              path: localNode.path,
              libbpf: localNode.libbpf,
              url: this.#url,
              agentData: agent,
              enrolmentToken: () => this.#enrolmentToken(),
              renewed: (nodeId) => renewNodeIdentity(this.#access('auth'), nodeId),
            },
          }
        : {}),
    })
    const warden = this.#warden
    if (!warden) throw new Error('the warden is started first')
    return createSupervisor(units, drainPhases, warden, {
      log: (line) => this.#journal.write(line),
      changed: () => this.#writeRunFile(),
    })
  }

  async #startProcesses(supervisor: Supervisor): Promise<void> {
    const since = performance.now()
    const show = (name: string) =>
      this.#screen.say(
        `  started ${name.padEnd(10)} ${((performance.now() - since) / 1000).toFixed(1)} s`,
      )
    const agent = supervisor.process('node-agent') ? this.#startAgent(supervisor, show) : undefined
    await Promise.all([
      ...coreNames.map((name) => supervisor.start([name]).then(() => show(name))),
      // Data that is sealed has an administrator.
      ...(this.#isSealed ? [] : [supervisor.start(['auth']).then(() => this.#seed())]),
    ])
    await agent
  }

  /** The suite is ready without it, too: then the reason is told. */
  async #startAgent(supervisor: Supervisor, show: (name: string) => void): Promise<void> {
    try {
      await supervisor.start(['node-agent'])
      show('node-agent')
      const url = readyUrl(this.#foundation?.ports ?? {}, 'node-agent')
      if (!(await isReady(url, 1_000))) {
        this.#warnings.push('the local node does not follow the log: logs/node-agent.log says why')
      }
    } catch (error) {
      if (this.#state !== 'starting') return
      const reason = error instanceof Error ? error.message : String(error)
      this.#warnings.push(`no local node: ${reason}`)
      this.#journal.say('error', reason)
    }
  }

  #access(service: ServiceName): ServiceAccess {
    const { pki, ports } = this.#foundation ?? {}
    if (!pki || !ports) throw new Error('the suite is still starting')
    return {
      port: ports[portNames.grpc(service)] ?? 0,
      authorityFile: pki.authorityFile,
      ...pki.files('supervisor'),
      telemetry: this.#telemetry,
    }
  }

  /** The first super-admin, at every start: auth does nothing when there is one. */
  #seed(): Promise<Seeded> {
    this.#seeding ??= seedAdmin(this.#access('auth'), {
      email: this.#values.adminEmail,
      username: this.#values.adminUsername,
      password: this.#values.adminPassword?.reveal() ?? '',
    })
    return this.#seeding
  }

  #seedOnDemand(request: ControlRequest): Promise<Seeded> {
    const text = (key: string, fallback: string) => {
      const value = request[key]
      return typeof value === 'string' && value !== '' ? value : fallback
    }
    return seedAdmin(this.#access('auth'), {
      email: text('email', this.#values.adminEmail),
      username: text('username', this.#values.adminUsername),
      password: text('password', this.#values.adminPassword?.reveal() ?? ''),
    })
  }

  /** For psql: whoever may use our socket owns the machine, and may read what all organizations recorded. */
  #readerAccess(): { readonly url: string } {
    if (this.#state !== 'ready') throw new Error('the suite is still starting')
    return { url: readFileSync(postgresUrlFile(this.#data.identities, 'reader'), 'utf8').trim() }
  }

  async #enrolmentToken(): Promise<string> {
    const { organization_id: organization } = await this.#seed()
    return createEnrolmentToken(this.#access('auth'), organization, hostname())
  }

  async #allWarnings(): Promise<readonly string[]> {
    const isUp = this.#supervisor?.process('backup')?.state === 'ready'
    const frozen = isUp ? await whyNoWrites(this.#access('backup')) : undefined
    return [
      ...((await this.#isWaitingForShards())
        ? ['sealed: give shards of the root key with `holdfast operator unseal`']
        : []),
      ...(frozen === undefined ? [] : [`nothing can be changed: ${frozen}`]),
      ...this.warnings,
    ]
  }

  async #isWaitingForShards(): Promise<boolean> {
    const { ports } = this.#foundation ?? {}
    return this.#isSealed && ports !== undefined && !(await isReady(readyUrl(ports, 'auth'), 1_000))
  }

  async #keepNatsHealthy({ logServer }: Foundation, supervisor: Supervisor): Promise<void> {
    const nats = supervisor.process('nats')
    const keeper = healthKeeper({
      trouble: () => logServer.trouble(),
      hasRoom: () => hasRoom(this.#data.nats, this.#values.diskReserve),
      isRunning: () => this.#state === 'ready' && nats?.state === 'ready',
      restart: async () => nats?.restart(),
      say: (level, message, fields) => this.#journal.say(level, message, fields),
    })
    await keepHealthy(keeper, this.#wanted.signal)
  }

  /** The last words of a start that waits for shards; the rest of it comes when they are there. */
  async #tellSealed(): Promise<void> {
    const { signal } = this.#wanted
    await waitReady(`${this.#url}/api/v1/health`, signal)
    this.#screen.say(`\nsealed  ${this.#url}`)
    this.#screen.say(
      'The root key is on no disk. Give shards of it, here or from elsewhere, one at a time:',
    )
    this.#screen.say('  holdfast operator unseal [FILE…]')
    this.#screen.ready()
    this.#journal.say('info', 'sealed: waiting for shards of the root key', { url: this.#url })
    void waitReady(readyUrl(this.#foundation?.ports ?? {}, 'auth'), signal).then(
      () => this.#journal.say('info', 'unsealed', { url: this.#url }),
      () => undefined,
    )
  }

  /** The last words of a start. The password is said here and nowhere else. */
  async #greet(): Promise<void> {
    const seconds = ((Date.now() - this.#begun.getTime()) / 1000).toFixed(1)
    for (const warning of await this.#allWarnings()) this.#screen.say(`note: ${warning}`)
    const seeded = await this.#seed()
    if (seeded.created) {
      this.#screen.say('\nFirst administrator')
      this.#screen.say(`  user name  ${seeded.username}`)
      this.#screen.say(
        seeded.generated_password
          ? `  password   ${seeded.generated_password}   (shown only now: change it after signing in)`
          : '  password   as set in HOLDFAST_ADMIN_PASSWORD',
      )
    }
    this.#screen.say(`\nready  ${this.#url}  (${seconds} s)`)
    this.#screen.ready()
    this.#journal.say('info', 'ready', { url: this.#url, seconds: Number(seconds) })
  }

  async #describe(): Promise<SuiteStatus> {
    const ports = this.#foundation?.ports ?? {}
    const readyUrls = Object.fromEntries(processNames.map((name) => [name, readyUrl(ports, name)]))
    const processes = await describeProcesses(this.#supervisor?.processes ?? [], readyUrls)
    return {
      state: this.#state,
      version,
      mode: this.#values.mode,
      url: this.#url,
      pid: process.pid,
      started_at: this.#begun.toISOString(),
      data: this.#data.root,
      ports,
      processes,
      warnings: await this.#allWarnings(),
      rss_bytes: processes.reduce((sum, one) => sum + one.rss_bytes, 0),
    }
  }

  /** Certificates last a year: a suite that runs longer replaces them and restarts who uses them, one by one. */
  async #renewCertificates(): Promise<void> {
    try {
      const names = await this.#foundation?.pki.renew(new Date())
      if (!names || names.length === 0 || this.#state !== 'ready') return
      this.#journal.say('info', 'certificates renewed, restarting who uses them', { names })
      for (const name of certifiedNames) {
        await this.#supervisor?.process(name)?.restart()
      }
    } catch (error) {
      this.#journal.say('error', `certificates cannot be renewed: ${String(error)}`)
    }
  }

  #writeRunFile(): void {
    const processes = this.#supervisor?.processes ?? []
    writeRunFile(this.#data.root, {
      state: this.#state,
      version,
      mode: this.#values.mode,
      pid: this.#state === 'stopped' ? 0 : process.pid,
      url: this.#url,
      ports: this.#foundation?.ports ?? {},
      processes: Object.fromEntries(
        processes.flatMap(({ name, mark }) => (mark ? [[name, mark] as const] : [])),
      ),
      started_at: this.#begun.toISOString(),
      ...(this.#readyAt ? { ready_at: this.#readyAt.toISOString() } : {}),
    })
  }

  async #drain(onProgress: (text: string) => void): Promise<void> {
    clearInterval(this.#renewal)
    this.#wanted.abort()
    if (!this.#isLocked) return
    this.#state = 'stopping'
    await Promise.race([
      this.#laying?.catch(() => undefined),
      wait(patienceMs, undefined, { ref: false }),
    ])
    await this.#supervisor?.drain((names) => onProgress(`  draining ${names.join(', ')}`))
    await this.#foundation?.logServer.close()
    this.#state = 'stopped'
    if (this.#foundation) this.#writeRunFile()
    this.#journal.say('info', 'stopped')
  }
}
