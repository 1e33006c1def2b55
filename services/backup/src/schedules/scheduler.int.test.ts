import { newId } from '@holdfast/domain'
import { defineError } from '@holdfast/errors'
import { subjectOf } from '@holdfast/event-log'
import { sql } from '@holdfast/postgres'
import type { holdfast } from '@holdfast/proto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { scheduleCodec } from '../codecs/schedule-codec.ts'
import { scheduledBackupId } from '../commands/request-backup.ts'
import type { MissedSlots } from '../domain/schedule.ts'
import {
  type InstanceOptions,
  type OnRequest,
  type PlanningInstance,
  type PlanningSuite,
  startPlanningSuite,
} from '../testing/planning-suite.ts'
import { slotsOf } from './cron.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
let suite: PlanningSuite
let one: PlanningInstance
let two: PlanningInstance
let before: OnRequest
let after: OnRequest

beforeAll(async () => {
  suite = await startPlanningSuite()
  const options: InstanceOptions = {
    before: (wish) => before(wish),
    after: (wish) => after(wish),
  }
  one = await suite.instance(options)
  two = await suite.instance(options)
})
afterAll(() => suite?.close())
beforeEach(async () => {
  before = async () => {}
  after = async () => {}
  // Schedules of the test before are of no interest, nor is their clock.
  for (const { id } of (await one.schedules.listSchedules()).schedules ?? [])
    await one.schedules.deleteSchedule({ id: id ?? '' })
  suite.clock.aheadMs = 0
})

async function schedule(changes: holdfast.backup.v1.ScheduleSettings.$Properties) {
  const made = await one.schedules.createSchedule({
    settings: {
      name: `s-${newId<string>()}`,
      kind: 1,
      isEncrypted: true,
      isEnabled: true,
      retentionDays: 30,
      maxBackups: 10,
      contents: { devices: true },
      ...changes,
    },
  })
  return { id: made.schedule?.id ?? '', firstSlot: Number(made.schedule?.nextSlotUnixMs) }
}

const setClock = (unixMs: number): void => {
  suite.clock.aheadMs = unixMs - Date.now()
}
const tickBoth = () => Promise.all([one.scheduler.tick(), two.scheduler.tick()])

/** What the log was told of missed slots. */
async function missed(id: string): Promise<readonly MissedSlots[]> {
  const told: MissedSlots[] = []
  for await (const { events } of one.log.history(subjectOf('backup', 'schedule', id))) {
    for (const stored of events) {
      const event = scheduleCodec.decode(stored)
      if (event.type !== 'ScheduleSlotMissed') continue
      const { type: _type, ...slots } = event
      told.push(slots)
    }
  }
  return told
}

test('two instances fire each slot once, whoever is faster', async () => {
  const { id, firstSlot } = await schedule({ cronExpression: '*/5 * * * *' })
  for (let i = 0; i < 12; i++) {
    setClock(firstSlot + i * 5 * minuteMs + i * 100)
    await tickBoth()
    // Whoever came second looks again once the other is through.
    await tickBoth()
    await one.failOpen()
  }
  const fired = await one.fired(id)
  expect(fired.map(({ slot }) => slot)).toEqual(
    Array.from({ length: 12 }, (_, i) => firstSlot + i * 5 * minuteMs),
  )
  expect(fired.map(({ requested }) => requested)).toEqual(Array.from({ length: 12 }, () => 1))
  expect(await missed(id)).toEqual([])
})

test('even when nothing keeps them apart, and what they knew is lost, a slot is one backup', async () => {
  const { id, firstSlot } = await schedule({ cronExpression: '0 * * * *' })
  setClock(firstSlot + 1_000)
  // Both have taken the schedule before either asks.
  let waiting = 0
  let go = (): void => undefined
  const both = new Promise<void>((resolve) => {
    go = resolve
  })
  before = async () => {
    if (++waiting === 2) go()
    await one.postgres.execute(sql`update backup.schedule_slots set claimed_until = null`)
    await both
  }
  const first = one.scheduler.tick()
  while (waiting === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await Promise.all([first, two.scheduler.tick()])
  expect(waiting).toBe(2)
  before = async () => {}
  await one.failOpen()
  await one.postgres.execute(sql`delete from backup.schedule_slots`)
  await tickBoth()
  expect(await one.fired(id)).toEqual([
    { id: scheduledBackupId(id, firstSlot), slot: firstSlot, requested: 1 },
  ])
  expect(await missed(id)).toEqual([])
})

test('whoever dies after asking leaves nothing to be asked twice', async () => {
  const { id, firstSlot } = await schedule({ cronExpression: '0 * * * *' })
  setClock(firstSlot + 1_000)
  after = () => Promise.reject(new Error('killed'))
  await one.scheduler.tick()
  after = async () => {}
  await one.failOpen()
  await tickBoth()
  expect(await one.fired(id)).toHaveLength(1)
  const [row] = await one.postgres.query<{ next: bigint }>(
    sql`select next_slot_unix_ms as next from backup.schedule_slots where schedule_id = ${id}::uuid`,
  )
  expect(Number(row?.next)).toBe(firstSlot + hourMs)
})

test('after downtime: skip lets slots go and says so, run_once makes up for all of them', async () => {
  const skip = await schedule({ cronExpression: '0 * * * *' })
  const once = await schedule({ cronExpression: '0 * * * *', missedPolicy: 1 })
  const { firstSlot } = skip
  setClock(firstSlot + 2 * hourMs + 20 * minuteMs)
  await tickBoth()
  await tickBoth()
  const slots = { firstSlotUnixMs: firstSlot, lastSlotUnixMs: firstSlot + 2 * hourMs, count: 3 }
  expect(await missed(skip.id)).toEqual([{ ...slots, backupId: '', cause: '' }])
  expect(await one.fired(skip.id)).toEqual([])
  const backupId = scheduledBackupId(once.id, slots.lastSlotUnixMs)
  expect(await missed(once.id)).toEqual([{ ...slots, backupId, cause: '' }])
  expect((await one.fired(once.id)).map(({ id }) => id)).toEqual([backupId])
  await one.failOpen()

  // The next one is as if nothing had been.
  setClock(firstSlot + 3 * hourMs)
  await tickBoth()
  await tickBoth()
  expect((await one.fired(skip.id)).map(({ slot }) => slot)).toEqual([firstSlot + 3 * hourMs])
  expect(await one.fired(once.id)).toHaveLength(2)
  expect(await missed(skip.id)).toHaveLength(1)
  const shown = await one.schedules.getSchedule({ schedule: skip.id })
  expect(Number(shown.schedule?.missedAtUnixMs)).toBeGreaterThan(0)
  expect(shown.schedule?.lastBackupStatus).toBe('pending')
})

test('a little late is not missed: the newest of several fires', async () => {
  const { id, firstSlot } = await schedule({ cronExpression: '*/5 * * * *' })
  setClock(firstSlot + 11 * minuteMs)
  await one.scheduler.tick()
  expect((await one.fired(id)).map(({ slot }) => slot)).toEqual([firstSlot + 10 * minuteMs])
  expect(await missed(id)).toMatchObject([{ count: 2, backupId: '', cause: '' }])
})

test('slots that went by while it was disabled were not missed', async () => {
  const { id, firstSlot } = await schedule({ cronExpression: '* * * * *' })
  await one.schedules.toggleSchedule({ id, isEnabled: false })
  setClock(firstSlot + hourMs)
  await tickBoth()
  // Back at the real time, which commits have; on from there.
  setClock(Date.now())
  await two.schedules.toggleSchedule({ id, isEnabled: true })
  await tickBoth()
  expect(await missed(id)).toEqual([])
  expect(await one.fired(id)).toEqual([])
})

test('while the backup before is not over, skip lets the slot go and run_once waits', async () => {
  const skip = await schedule({ cronExpression: '0 * * * *' })
  const once = await schedule({ cronExpression: '0 * * * *', missedPolicy: 1 })
  const { firstSlot } = skip
  setClock(firstSlot)
  await one.scheduler.tick()
  setClock(firstSlot + hourMs + 1_000)
  await one.scheduler.tick()
  expect(await missed(skip.id)).toMatchObject([
    { firstSlotUnixMs: firstSlot + hourMs, count: 1, backupId: '', cause: 'busy' },
  ])
  expect(await missed(once.id)).toEqual([])
  expect(await one.fired(once.id)).toHaveLength(1)
  await one.failOpen()
  await one.scheduler.tick()
  expect((await one.fired(once.id)).at(-1)?.slot).toBe(firstSlot + hourMs)
  expect(await one.fired(skip.id)).toHaveLength(1)
})

const Away = defineError('test.away', 'unavailable', () => 'it is away')

test('what cannot be asked for waits, and counts as missed when it has waited too long', async () => {
  const { id, firstSlot } = await schedule({ cronExpression: '0 * * * *' })
  before = () => Promise.reject(Away({}))
  setClock(firstSlot + 1_000)
  await one.scheduler.tick()
  expect(await missed(id)).toEqual([])
  before = async () => {}
  setClock(firstSlot + minuteMs)
  await one.scheduler.tick()
  expect(await one.fired(id)).toHaveLength(1)
  await one.failOpen()

  before = () => Promise.reject(Away({}))
  setClock(firstSlot + hourMs + 1_000)
  await one.scheduler.tick()
  setClock(firstSlot + hourMs + 16 * minuteMs)
  await one.scheduler.tick()
  expect(await missed(id)).toMatchObject([{ count: 1, cause: 'test.away' }])
  expect(await one.fired(id)).toHaveLength(1)
})

test('what is refused is told with its reason and not tried again', async () => {
  const { location } = await one.storage.createStorageLocation({
    settings: { name: 'far', kind: 'webdav', config: '{"url":"https://dav.example.org/x"}' },
  })
  const { id, firstSlot } = await schedule({
    cronExpression: '0 * * * *',
    isEncrypted: false,
    storageLocationId: location?.id ?? '',
  })
  setClock(firstSlot)
  await one.scheduler.tick()
  expect(await missed(id)).toMatchObject([{ count: 1, cause: 'backup.unencrypted_refused' }])
  expect(await one.scheduler.tick()).toBeGreaterThan(suite.now())
  expect(await missed(id)).toHaveLength(1)
})

test('a clock that was far ahead is not waited for', async () => {
  const { id, firstSlot } = await schedule({ cronExpression: '0 * * * *' })
  setClock(firstSlot + 400 * 24 * hourMs)
  await one.scheduler.tick()
  await one.failOpen()
  setClock(firstSlot + 2 * hourMs)
  await one.scheduler.tick()
  await one.failOpen()
  setClock(firstSlot + 3 * hourMs)
  await one.scheduler.tick()
  expect((await one.fired(id)).map(({ slot }) => slot)).toContain(firstSlot + 3 * hourMs)
})

test('a schedule that was deleted a moment ago makes nothing', async () => {
  const { id, firstSlot } = await schedule({ cronExpression: '0 * * * *' })
  setClock(firstSlot)
  await two.schedules.deleteSchedule({ id })
  await one.scheduler.tick()
  expect(await one.fired(id)).toEqual([])
  const rows = await one.postgres.query(
    sql`select from backup.schedule_slots where schedule_id = ${id}::uuid`,
  )
  expect(rows).toHaveLength(0)
})

test('it runs by itself: a slot comes, a backup is asked for, and a change is noticed at once', async () => {
  const { id, firstSlot } = await schedule({ cronExpression: '0 0 1 1 *' })
  expect(firstSlot).toBeGreaterThan(Date.now())
  one.scheduler.start()
  await one.schedules.updateSchedule({
    id,
    settings: {
      name: 'soon',
      kind: 1,
      cronExpression: '* * * * *',
      isEncrypted: true,
      isEnabled: true,
      retentionDays: 1,
      maxBackups: 1,
    },
  })
  const next = slotsOf('* * * * *', '').next(suite.now()) ?? 0
  setClock(next - 200)
  one.scheduler.wake()
  const deadline = performance.now() + 10_000
  while ((await one.fired(id)).length === 0 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 50))
  expect((await one.fired(id)).map(({ slot }) => slot)).toContain(next)
  await one.scheduler.stop()
})
