import { randomUUID } from 'node:crypto'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  findNats,
  freePort,
  NatsNotReady,
  type NatsServer,
  prepareNatsIdentities,
  type StartNatsOptions,
  startNats,
} from '@holdfast/embedded'
import { type Commit, type EventLog, openLog } from '@holdfast/event-log'
import {
  type AdminConnection,
  connectAdmin,
  type LogSpec,
  provisionLog,
} from '@holdfast/event-log/admin'
import { createTelemetry } from '@holdfast/telemetry'
import type { VolumeSpec } from '../../disk-gate.ts'
import type { Durability } from '../../judge.ts'
import { chained, newCommand, tally } from '../tally.ts'
import { EngineProcess } from './engine.ts'
import { History } from './history.ts'

export interface WorldOptions {
  readonly durability: Durability
  /** Where log and archive lie; default: one fresh directory. */
  readonly storeDirectory?: string
  readonly archiveDirectory?: string
  readonly volumes?: readonly VolumeSpec[]
  readonly reserveBytes?: number
}

const storeBytes = 256 * 1024 * 1024
const stream = 'EVT_1'
const openWithinMs = 120_000
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A real server, an engine in a process of its own, and one reader who stays for as long as the log lives. */
export class World {
  readonly directory: string
  readonly storeDirectory: string
  readonly archiveDirectory: string
  readonly positionFile: string
  readonly spec: LogSpec
  readonly history = new History()
  readonly #start: StartNatsOptions
  readonly #credentials: (name: string) => string
  readonly #seedFile: string
  readonly #options: WorldOptions
  readonly #ending = new AbortController()
  #server: NatsServer
  #admin!: AdminConnection
  #engine!: EngineProcess
  #reader!: EventLog
  #reading: Promise<void> = Promise.resolve()
  log!: EventLog
  /** How often the server could not start on its store. */
  unstartable = 0

  private constructor(options: {
    readonly directory: string
    readonly start: StartNatsOptions
    readonly server: NatsServer
    readonly spec: LogSpec
    readonly seedFile: string
    readonly credentials: (name: string) => string
    readonly world: WorldOptions
  }) {
    const { directory, start, server, spec, seedFile, credentials, world } = options
    this.directory = directory
    this.storeDirectory = start.config.storeDir
    this.archiveDirectory = world.archiveDirectory ?? join(directory, 'archive')
    this.positionFile = join(directory, 'guard', 'position')
    this.spec = spec
    this.#start = start
    this.#server = server
    this.#seedFile = seedFile
    this.#credentials = credentials
    this.#options = world
  }

  static async create(options: WorldOptions): Promise<World> {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-faults-'))
    const identities = await prepareNatsIdentities({ dir: join(directory, 'identities'), stream })
    const { path: binary } = await findNats({
      dataDir: join(tmpdir(), `holdfast-test-nats-${process.getuid?.() ?? 0}`),
      env: process.env,
    })
    const start: StartNatsOptions = {
      binary,
      runDir: join(directory, 'run'),
      config: {
        host: '127.0.0.1',
        port: await freePort(),
        storeDir: options.storeDirectory ?? join(directory, 'store'),
        maxStoreBytes: storeBytes,
        identities: {
          type: 'operator',
          ...identities.authority,
          resolverDir: join(directory, 'accounts'),
        },
      },
    }
    const spec: LogSpec = {
      stream,
      lineageId: randomUUID(),
      generation: 1,
      ingest: identities.ingest,
      maxBytes: storeBytes / 2,
    }
    const world = new World({
      directory,
      start,
      server: await startNats(start),
      spec,
      seedFile: identities.ingestSeedFile,
      credentials: identities.credentialsFile,
      world: options,
    })
    process.once('exit', world.#killAll)
    await world.#begin()
    return world
  }

  get engine(): EngineProcess {
    return this.#engine
  }

  get admin(): AdminConnection {
    return this.#admin
  }

  get serverId(): string {
    return this.#server.serverId
  }

  get natsPid(): number {
    return this.#server.pid
  }

  async #begin(): Promise<void> {
    this.#admin = await connectAdmin({
      url: this.#server.url,
      name: 'guard',
      credentialsFile: this.#credentials('guard'),
    })
    await provisionLog(this.#admin, this.spec)
    this.startEngine()
    await this.#engine.until(({ writes }) => writes === 'open', openWithinMs)
    this.log = await this.#open('network')
    this.#reader = await this.#open('gateway')
    this.#reading = this.#reader
      .subscribe({ from: 1n, name: 'faults', signal: this.#ending.signal }, (commits) =>
        this.history.show(commits),
      )
      .catch((error: unknown) => {
        if (!this.#ending.signal.aborted) this.history.violations.push(`the reader ended: ${error}`)
      })
  }

  #open(name: string): Promise<EventLog> {
    return openLog({
      url: this.#server.url,
      credentialsFile: this.#credentials(name),
      name,
      context: name,
      stream,
      telemetry: createTelemetry(name, { level: 'silent' }),
      group: { minimum: 5 },
    })
  }

  startEngine(): void {
    const { durability, volumes = [], reserveBytes } = this.#options
    this.#engine = new EngineProcess({
      url: this.#server.url,
      credentialsFile: this.#credentials('log-guard'),
      ingestSeedFile: this.#seedFile,
      stream,
      lineageId: this.spec.lineageId,
      maxBytes: this.spec.maxBytes,
      archiveDirectory: this.archiveDirectory,
      positionFile: this.positionFile,
      durability,
      volumes,
      ...(reserveBytes === undefined ? {} : { reserveBytes }),
      sealAtBytes: 16 * 1024,
    })
  }

  async stopNats(how: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (how === 'SIGTERM') await this.#server.stop()
    else {
      process.kill(this.#server.pid, 'SIGKILL')
      await this.#server.exited
    }
  }

  /** Starts it again, and does what the supervisor does then. */
  async startNats(): Promise<void> {
    this.#server = await startNats(this.#start).catch(async (error: unknown) => {
      if (!NatsNotReady.is(error)) throw error
      // A flipped bit in the sequence of a message has the server count to it, for ever. Its store is
      // put aside then, and the log comes back from the archive.
      this.unstartable++
      const store = join(this.storeDirectory, 'jetstream')
      await rename(store, `${store}.unstartable-${this.unstartable}`)
      return await startNats(this.#start)
    })
    await this.#admin.connectedTo(this.#server.serverId, AbortSignal.timeout(20_000))
    await provisionLog(this.#admin, this.spec)
  }

  /** Many writers at once; each repeats a command until it is told what became of it, or is stopped. */
  write(writers: number): { stop(): Promise<void> } {
    const stopping = new AbortController()
    const { signal } = stopping
    const ids = Array.from({ length: Math.ceil(writers / 2) }, () => randomUUID())
    const loops = Array.from({ length: writers }, (_, i) =>
      this.#write(ids[i % ids.length] ?? '', i, signal),
    )
    return {
      async stop() {
        stopping.abort()
        await Promise.all(loops)
      },
    }
  }

  async #write(id: string, writer: number, signal: AbortSignal): Promise<void> {
    const aggregate = writer % 3 === 0 ? chained : tally
    while (!signal.aborted) {
      const command = newCommand({ signal })
      for (;;) {
        try {
          const { sequence } = await this.log.durable(
            () => this.log.execute(aggregate, id, { by: 1 }, command),
            signal,
          )
          this.history.acknowledge(command.commandId, sequence)
          break
        } catch {
          if (signal.aborted) return
          await pause(20)
        }
      }
    }
  }

  /** Waits until this many more commands were acknowledged. */
  async acknowledged(more: number, timeoutMs: number): Promise<void> {
    const wanted = this.history.acknowledgedCount + more
    const deadline = Date.now() + timeoutMs
    while (this.history.acknowledgedCount < wanted) {
      if (Date.now() > deadline)
        throw new Error(
          `no ${more} commands were acknowledged in ${timeoutMs} ms (${this.log.status().reason ?? 'open'})`,
        )
      await pause(5)
    }
  }

  /** The whole log, as a new reader is shown it. */
  async wholeLog(timeoutMs: number): Promise<readonly Commit[]> {
    const commits: Commit[] = []
    const stopping = new AbortController()
    const timer = setTimeout(() => stopping.abort(), timeoutMs)
    const head = await this.#reader.safeHead()
    if (head > 0n)
      await this.#reader.subscribe(
        { from: 1n, name: 'faults-check', signal: stopping.signal },
        (batch) => {
          commits.push(...batch)
          if ((commits.at(-1)?.sequence ?? 0n) >= head) stopping.abort()
        },
      )
    clearTimeout(timer)
    if (BigInt(commits.length) < head)
      throw new Error(`${commits.length} of ${head} commits were read`)
    return commits
  }

  readonly #killAll = (): void => {
    for (const kill of [
      () => process.kill(this.#server.pid, 'SIGKILL'),
      () => void this.#engine.kill(),
    ])
      try {
        kill()
      } catch {
        // it is gone already
      }
  }

  /** `isKept` leaves the files, for whoever has to find out what happened. */
  async close(isKept = false): Promise<void> {
    this.#ending.abort()
    await Promise.all([this.log.close(), this.#reader.close()])
    await this.#reading
    await this.#admin.close()
    this.#engine.signal('SIGCONT')
    await this.#engine.kill()
    try {
      await this.stopNats('SIGKILL')
    } catch {
      // it has ended already
    }
    process.off('exit', this.#killAll)
    if (!isKept) await rm(this.directory, { recursive: true, force: true })
  }
}
