import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compensationHandlers } from '@holdfast/compensation'
import { type EventLog, subjectOf } from '@holdfast/event-log'
import { migrate, sql } from '@holdfast/postgres'
import { openProjections } from '@holdfast/projections'
import { CompensationService, ScheduleService, StorageService } from '@holdfast/proto'
import { secrets } from '@holdfast/service'
import { surroundingsOf } from '@holdfast/storage'
import { createTelemetry } from '@holdfast/telemetry'
import { testNats, testPostgres } from '@holdfast/testkit'
import { backups } from '../commands/backup-aggregates.ts'
import { type BackupWish, requestBackup } from '../commands/request-backup.ts'
import { backupCompensables } from '../compensation/compensables.ts'
import { readsOf } from '../compensation/reads.ts'
import { scheduleHandlers } from '../grpc/schedule-handlers.ts'
import { storageHandlers } from '../grpc/storage-handlers.ts'
import { backupRows } from '../projections/backups.ts'
import { organizationRows } from '../projections/organizations.ts'
import { scheduleRows } from '../projections/schedules.ts'
import { siteRows } from '../projections/sites.ts'
import { storageLocations } from '../projections/storage-locations.ts'
import { storageUse } from '../queries/storage-use.ts'
import { openScheduler, type Scheduler } from '../schedules/scheduler.ts'
import { openLocations } from '../storage/locations.ts'
import { testKeys } from './backup-process-wish.ts'
import { callOf, requests } from './calls.ts'

// Storage locations and schedules on a real log, a real database and real storage, without the service's process. Each
// instance has connections and read models of its own, as a second process of the service has. Only auth is played.

/** Runs before a backup is asked for; rejects in its place. */
export type OnRequest = (wish: BackupWish) => Promise<void>

export interface InstanceOptions {
  readonly graceMs?: number
  readonly before?: OnRequest
  /** The backup was asked for, and then this happened. */
  readonly after?: OnRequest
}

export type PlanningSuite = Awaited<ReturnType<typeof startPlanningSuite>>
export type PlanningInstance = Awaited<ReturnType<PlanningSuite['instance']>>

/** `hosts`: names that resolve to loopback, where the operator allows them. */
export async function startPlanningSuite(hosts: readonly string[] = []) {
  const [pg, nats] = await Promise.all([testPostgres({ services: ['backup'] }), testNats()])
  const root = await mkdtemp(join(tmpdir(), 'holdfast-planning-'))
  const directory = join(root, 'local')
  const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
  await migrate(pg.open('backup'), migrations, { schema: 'backup' })
  /** Added to the real time: the clock of every instance. */
  const clock = { aheadMs: 0 }
  const now = () => Date.now() + clock.aheadMs
  const surroundings = surroundingsOf(
    {
      egressAllow: hosts.length > 0 ? ['127.0.0.0/8'] : [],
      localBase: directory,
      localRoots: [join(root, 'allowed')],
      keysDir: join(root, 'keys'),
    },
    hosts.length > 0
      ? { resolver: async (name) => (hosts.includes(name) ? ['127.0.0.1'] : []) }
      : {},
  )
  const stops: (() => Promise<void>)[] = []

  async function instance({
    graceMs = 900_000,
    before = async () => {},
    after = async () => {},
  }: InstanceOptions = {}) {
    const postgres = pg.open('backup', { max: 6 })
    const log: EventLog = await nats.open('backup')
    const telemetry = createTelemetry('backup', { level: 'silent' })
    const projections = await openProjections({
      ...{ log, postgres, telemetry },
      service: 'backup',
      projections: [backupRows, siteRows, storageLocations, scheduleRows, organizationRows],
    })
    stops.unshift(() => projections.stop())
    const catchUp = () => projections.reached(log.seen())
    const catchUpToHead = async () => await projections.reached(await log.safeHead())
    const { lineageId } = log
    const locations = openLocations({
      ...{ postgres, lineageId, surroundings, catchUpToHead },
      secrets: secrets(testKeys(), lineageId),
    })
    const ends: Record<string, number> = {}
    const scheduler: Scheduler = openScheduler({
      ...{ log, postgres, graceMs, now, catchUpToHead },
      secrets: secrets(testKeys(), lineageId),
      logger: telemetry.log,
      async request(wish, context) {
        await before(wish)
        const requested = await requestBackup(
          {
            ...{ log, postgres, locations, now },
            secrets: secrets(testKeys(), lineageId),
            allowsUnencrypted: false,
            wake: () => undefined,
          },
          wish,
          context,
        )
        await after(wish)
        return requested
      },
      ended: (what, count = 1) => {
        ends[what] = (ends[what] ?? 0) + count
      },
    })
    return {
      ...{ log, postgres, locations, scheduler, ends, catchUp, catchUpToHead },
      storage: requests(
        storageHandlers({
          ...{ log, postgres, locations, surroundings, catchUp, catchUpToHead },
          tools: { log, secrets: secrets(testKeys(), lineageId), now: Date.now },
          isUsed: (id) => storageUse(postgres, id),
        }),
        StorageService,
      ),
      schedules: requests(
        scheduleHandlers({
          ...{ log, postgres, locations, now, catchUp, catchUpToHead },
          tools: { log, secrets: secrets(testKeys(), lineageId), now: Date.now },
          onChanged: scheduler.wake,
        }),
        ScheduleService,
      ),
      compensation: requests(
        compensationHandlers({
          ...{ log, now },
          compensables: backupCompensables({
            ...{ log, now, catchUpToHead },
            reads: readsOf(postgres),
            keys: testKeys(),
            onScheduleChanged: scheduler.wake,
          }),
        }),
        CompensationService,
      ),
      /** Ends what is open, as a job does. */
      async failOpen(): Promise<void> {
        await catchUpToHead()
        const open = await postgres.query<{ backup_id: string }>(
          sql`select backup_id from backup.backups where status = 'requested'`,
        )
        for (const { backup_id: id } of open)
          await log.execute(
            backups,
            id,
            { type: 'FailBackup', id, code: 'test.over', detail: '' },
            callOf({}).command(),
          )
        await catchUp()
      },
      /** Slots of a schedule that are backups, in order, and how often the log heard of each being asked for. */
      async fired(scheduleId: string) {
        await catchUpToHead()
        const rows = await postgres.query<{ backup_id: string; slot_unix_ms: bigint }>(sql`
          select backup_id, slot_unix_ms from backup.backups where schedule_id = ${scheduleId}::uuid
          order by slot_unix_ms`)
        return await Promise.all(
          rows.map(async ({ backup_id: id, slot_unix_ms: slot }) => {
            let requested = 0
            for await (const { events } of log.history(subjectOf('backup', 'backup', id)))
              requested += events.filter(({ type }) => type === 'BackupRequested').length
            return { id, slot: Number(slot), requested }
          }),
        )
      },
    }
  }

  return {
    ...{ pg, nats, clock, now, directory, root, instance },
    async close() {
      for (const stop of stops) await stop()
      await Promise.all([nats.close(), pg.close()])
      await rm(root, { recursive: true, force: true })
    },
  }
}
