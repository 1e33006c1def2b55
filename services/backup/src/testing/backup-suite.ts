import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { EventLog } from '@holdfast/event-log'
import { migrate, type Postgres, sql } from '@holdfast/postgres'
import { openProjections, type Projections } from '@holdfast/projections'
import { BackupService, type MethodTable } from '@holdfast/proto'
import { type Answer, type Caller, type Handlers, secrets } from '@holdfast/service'
import { surroundingsOf } from '@holdfast/storage'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestNats, type TestPostgres, testNats, testPostgres } from '@holdfast/testkit'
import type { BackupKind } from '../domain/contents.ts'
import { allContents } from '../domain/contents.ts'
import { backupHandlers } from '../grpc/backup-handlers.ts'
import type { Maker } from '../jobs/maker.ts'
import { type ObjectWork, objectWork } from '../jobs/object-work.ts'
import type { OpenBackups } from '../jobs/open-backups.ts'
import { type BackupLimits, openBackups } from '../jobs/open-backups.ts'
import { backupRows } from '../projections/backups.ts'
import { organizationRows } from '../projections/organizations.ts'
import { scheduleRows } from '../projections/schedules.ts'
import { siteRows } from '../projections/sites.ts'
import { storageLocations } from '../projections/storage-locations.ts'
import { validationRows } from '../projections/validations.ts'
import { type RetentionRule, scheduleCounts } from '../queries/schedule-retention.ts'
import { type Locations, openLocations } from '../storage/locations.ts'
import { openWork, type Work } from '../work/work.ts'
import { type BackupProcessWish, testKeys, testLimits } from './backup-process-wish.ts'
import { requests } from './calls.ts'
import { type Pause, testMakers, withPauses } from './test-maker.ts'

// Backups on a real log, a real database, a real work thread and a real directory, without the service's process. Only
// auth, and what makes a backup, are played.

export const organizationA = 'aaaaaaaa-0000-7000-8000-000000000001'
export const organizationB = 'bbbbbbbb-0000-7000-8000-000000000002'
const processFile = fileURLToPath(new URL('backup-process.ts', import.meta.url))

type Requests<T extends MethodTable> = {
  readonly [K in keyof T]: (
    request?: Parameters<T[K]['request']['encode']>[0],
    caller?: Caller,
    at?: bigint,
  ) => Promise<Answer<T[K]>>
}

/** Who asks, and as of when, in places of their own: most requests of these tests are somebody's. */
function requestsOf<T extends MethodTable>(handlers: Handlers<T>, table: T): Requests<T> {
  const all = requests(handlers, table)
  return Object.fromEntries(
    Object.keys(table).map((name) => [
      name,
      (request?: object, caller?: Caller, at?: bigint) =>
        all[name]?.(request as never, {
          // as: the request of that very name
          ...(caller ? { caller } : {}),
          ...(at === undefined ? {} : { at }),
        }),
    ]),
  ) as unknown as Requests<T>
}

export interface Instance {
  readonly backups: Requests<typeof BackupService>
  readonly opened: OpenBackups
  stop(): Promise<void>
}

export interface InstanceOptions {
  readonly limits?: Partial<BackupLimits>
  /** Before each point of a job; rejects to fail there. */
  readonly pause?: Pause
  readonly makers?: Partial<Readonly<Record<BackupKind, Maker>>>
  readonly rules?: ReadonlyMap<string, RetentionRule>
  readonly now?: () => number
}

export interface Suite {
  readonly pg: TestPostgres
  readonly nats: TestNats
  readonly log: EventLog
  readonly postgres: Postgres
  readonly locations: Locations
  readonly projections: Projections
  readonly work: Work
  readonly objects: ObjectWork
  /** Of the built-in location. */
  readonly directory: string
  readonly spool: string
  instance(options?: InstanceOptions): Instance
  /** A process of its own that makes backups; pauses for good at the point a backup is named after. */
  asProcess(): { readonly child: ChildProcess; readonly reached: Set<string> }
  /** Paths of all files at the built-in location, unfinished ones too. */
  files(): Promise<readonly string[]>
  close(): Promise<void>
}

export async function startSuite(): Promise<Suite> {
  const [pg, nats] = await Promise.all([testPostgres({ services: ['backup'] }), testNats()])
  const root = await mkdtemp(join(tmpdir(), 'holdfast-backups-'))
  const directory = join(root, 'local')
  const spool = join(root, 'spool')
  const postgres = pg.open('backup', { max: 12 })
  const log = await nats.open('backup')
  const telemetry = createTelemetry('backup', { level: 'silent' })
  const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
  await migrate(postgres, migrations, { schema: 'backup' })
  const projections = await openProjections({
    ...{ log, postgres, telemetry },
    service: 'backup',
    projections: [
      ...[backupRows, siteRows, storageLocations, scheduleRows],
      ...[organizationRows, validationRows],
    ],
  })
  const work: Work = openWork({ telemetry })
  const catchUp = () => projections.reached(log.seen())
  const catchUpToHead = async () => await projections.reached(await log.safeHead())
  const data = { egressAllow: [], localBase: directory, localRoots: [], keysDir: undefined }
  const locations = openLocations({
    ...{ postgres, catchUpToHead, lineageId: log.lineageId },
    secrets: secrets(testKeys(), log.lineageId),
    surroundings: surroundingsOf(data),
  })
  const objects = objectWork(work, locations, data)
  const started: Instance[] = []
  return {
    ...{ pg, nats, log, postgres, locations, projections, work, objects, directory, spool },

    instance(options = {}) {
      const { limits = {}, pause = async () => {}, rules = new Map(), now = Date.now } = options
      const withLimits = { ...testLimits, ...limits }
      const paused = withPauses({ log, objects }, pause)
      const opened = openBackups({
        ...{ ...paused, postgres, locations, now },
        telemetry: createTelemetry('backup', { level: 'silent' }),
        makers: { ...testMakers(pause), ...options.makers },
        secrets: secrets(testKeys(), log.lineageId),
        spoolDirectory: spool,
        allowsUnencrypted: false,
        limits: withLimits,
        rules: () => Promise.resolve(rules),
        caughtUp: catchUp,
      })
      const handlers = backupHandlers({
        ...{ log, postgres, locations, objects, now, catchUp, catchUpToHead },
        request: opened.request,
        leaseMs: withLimits.leaseMs,
        drop: (id) => opened.engine.drop(id),
        wake: () => opened.engine.wake(),
        removeNow: (id, signal) => opened.removals.now(id, signal),
        scheduleCounts: (scope, organizationId) => scheduleCounts(postgres, scope, organizationId),
        contributors: () =>
          Promise.resolve([{ name: 'test.things', major: 1, minor: 0, readsMajors: [1] }]),
      })
      opened.start()
      const instance = {
        backups: requestsOf(handlers, BackupService),
        opened,
        stop: opened.stop,
      }
      started.push(instance)
      return instance
    },

    asProcess() {
      const wish: BackupProcessWish = {
        natsUrl: nats.url,
        credentialsFile: nats.identities.credentialsFile('backup'),
        stream: nats.stream,
        postgresUrl: pg.url('backup').reveal(),
        ...{ directory, spool },
      }
      const child = spawn(process.execPath, ['--import', 'tsx', processFile], {
        env: { PATH: process.env['PATH'] ?? '', BACKUPS: JSON.stringify(wish) },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const reached = new Set<string>()
      createInterface({ input: child.stdout }).on('line', (line) => reached.add(line))
      return { child, reached }
    },

    async files() {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
        () => [],
      )
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
        .sort()
    },

    async close() {
      for (const instance of started) await instance.stop()
      await work.stop()
      await projections.stop()
      await Promise.all([nats.close(), pg.close()])
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** A wish for a snapshot that is made as the test maker makes it. */
export const aSnapshot = (name: string, organizationId: string = organizationA) => ({
  ...{ name, organizationId },
  kind: 1,
  contents: allContents,
  isEncrypted: true,
})

export interface JobRow {
  readonly state: string
  readonly progress: number
  readonly attempts: number
  readonly steps: readonly number[]
}

export async function jobOf(postgres: Postgres, id: string): Promise<JobRow | undefined> {
  const [row] = await postgres.query<{
    state: string
    progress: number
    attempts: number
    steps: readonly (readonly [number, number])[]
  }>(sql`
    select state, progress, attempts, steps from backup.backup_jobs where backup_id = ${id}::uuid`)
  return row && { ...row, steps: row.steps.map(([progress]) => progress) }
}

/** Resolves when it holds. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  patienceMs = 60_000,
): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
