import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newId } from '@holdfast/domain'
import { sql } from '@holdfast/postgres'
import { ValidationService } from '@holdfast/proto'
import { type Alarm, secrets, standingAlarms } from '@holdfast/service'
import { createTelemetry } from '@holdfast/telemetry'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { backups } from '../commands/backup-aggregates.ts'
import { validationHandlers } from '../grpc/validation-handlers.ts'
import type { Slots } from '../schedules/cron.ts'
import { testKeys } from '../testing/backup-process-wish.ts'
import {
  aSnapshot,
  type Instance,
  jobOf,
  organizationA,
  organizationB,
  type Suite,
  startSuite,
  until,
} from '../testing/backup-suite.ts'
import { person, requests } from '../testing/calls.ts'
import { openRestoreJobs, preparePlayed, takenThings } from '../testing/restore-job-suite.ts'
import { playedSnapshots } from '../testing/snapshot-maker.ts'
import { validateBackup } from './validate-backup.ts'
import { openValidations, type Validations } from './validations.ts'

const organizationC = 'cccccccc-0000-7000-8000-000000000003'
let suite: Suite
let instance: Instance
/** Of whose backups it takes for ever. */
let stuck = ''
const alarms = new Map<string, Alarm>()
const opened: Validations[] = []
const looked: string[] = []

beforeAll(async () => {
  suite = await startSuite()
  await preparePlayed(suite.postgres)
  const snapshot = playedSnapshots(
    suite.log.lineageId,
    'Acme',
    (name) => name.split(' ')[0]?.split(',') ?? [],
    (name) => (name.includes('later') ? 9 : 1),
  )
  instance = suite.instance({ makers: { snapshot } })
  await suite.postgres.execute(sql`
    insert into backup.organizations (organization_id, name, description)
    values (${organizationA}::uuid, 'Acme', ''), (${organizationB}::uuid, 'Other', ''),
      (${organizationC}::uuid, 'Third', '')`)
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop()
})
afterAll(() => suite?.close())

const catchUpToHead = async () => await suite.projections.reached(await suite.log.safeHead())

function open(
  more: { readonly schedule?: Slots; readonly limitMs?: number; now?: () => number } = {},
) {
  const restoring = openRestoreJobs({
    ...suite,
    request: instance.opened.request,
    caughtUp: () => suite.projections.reached(suite.log.seen()),
  })
  const parts = {
    ...suite,
    files: restoring.files,
    imports: restoring.importing,
    secrets: secrets<'passphrase'>(testKeys(), suite.log.lineageId),
  }
  const telemetry = createTelemetry('backup', { level: 'silent' })
  const validations = openValidations({
    ...{ log: suite.log, postgres: suite.postgres, logger: telemetry.log, catchUpToHead },
    metrics: { ended: () => undefined },
    alarms: standingAlarms((alarm) => void alarms.set(alarm.organizationId ?? '', alarm)),
    schedule: more.schedule,
    limitMs: more.limitMs ?? 30_000,
    pollMs: 100,
    async validate(backupId, signal) {
      const { state } = await suite.log.fold(backups, backupId)
      looked.push(state.facts?.organizationId ?? '')
      if (state.facts?.organizationId === stuck) await new Promise(() => undefined)
      return await validateBackup(parts, backupId, signal)
    },
    now: more.now ?? Date.now,
  })
  opened.push(validations)
  validations.start()
  return {
    validations,
    asked: requests(
      validationHandlers({ postgres: suite.postgres, validations, catchUpToHead }),
      ValidationService,
    ),
  }
}

async function made(organizationId: string, name: string, more: object = {}): Promise<string> {
  const wish = { ...aSnapshot(name, organizationId), isEncrypted: false, ...more }
  const { backup } = await instance.backups.createBackup(wish)
  const id = backup?.id ?? ''
  await until(async () => (await jobOf(suite.postgres, id))?.state === 'ended', 'it is made')
  await suite.projections.reached(suite.log.seen())
  return id
}

/** By organization, once each has its verdict of that run. */
async function verdicts({ asked }: ReturnType<typeof open>, runId: string, count = 3) {
  const listed = async () => (await asked.listValidations({})).validations ?? []
  const ofRun = async () => (await listed()).filter((one) => one.runId === runId)
  await until(async () => (await ofRun()).length === count, 'all are validated')
  return Object.fromEntries((await ofRun()).map((one) => [one.organizationId, one]))
}

test('each organization by its newest backup: good, none, damaged, sealed, of a later schema', async () => {
  await made(organizationA, 'bad of Acme')
  const good = await made(organizationA, 'one,two of Acme')
  const damaged = await made(organizationB, 'three of Acme')
  const { state } = await suite.log.fold(backups, damaged)
  const path = join(suite.directory, state.result?.objectKey ?? '')
  const bytes = await readFile(path)
  bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1
  await writeFile(path, bytes)

  const it = open()
  const run = await it.asked.runValidations({})
  const runId = run.runId ?? ''
  const { organizationIds } = run
  expect([...(organizationIds ?? [])].sort()).toEqual([organizationA, organizationB, organizationC])
  const found = await verdicts(it, runId)
  expect(found[organizationA]).toMatchObject({ result: 'ok', code: '', records: 2, backupId: good })
  expect(found[organizationB]).toMatchObject({ result: 'error', code: 'backup.object_changed' })
  expect(found[organizationC]).toMatchObject({ result: 'warn', code: 'backup.validation_nothing' })
  // Nothing was written, and nothing of it stays.
  expect(await takenThings(suite.postgres)).toEqual([])
  expect(await suite.postgres.query(sql`select from backup.imports`)).toEqual([])
  const isCritical = { code: 'backup.validation.failed', severity: 'critical' }
  await until(() => alarms.has(organizationB), 'the alarm is said')
  expect(alarms.get(organizationB)).toMatchObject({ ...isCritical, organizationId: organizationB })
  expect([...alarms.keys()]).toEqual([organizationB])

  // Good again: the alarm is over. And what cannot be told is a warning, what cannot be read an error.
  await made(organizationB, 'three of Acme again')
  await made(organizationA, 'four of Acme', { isEncrypted: true, passphrase: 'correct horse' })
  await made(organizationC, 'five of a later Acme')
  const again = await it.asked.runValidations({})
  const second = await verdicts(it, again.runId ?? '')
  expect(second[organizationA]).toMatchObject({ result: 'warn', code: 'backup.validation_sealed' })
  expect(Number(second[organizationA]?.lastOkAtUnixMs)).toBeGreaterThan(0)
  expect(second[organizationB]).toMatchObject({ result: 'ok', records: 1 })
  expect(second[organizationC]).toMatchObject({
    result: 'error',
    code: 'backup.validation_incomplete',
  })
  await until(() => alarms.get(organizationB)?.isOver === true, 'the alarm is over')
})

test('one that is stuck costs the others nothing but waiting; several instances double nothing', async () => {
  await made(organizationC, 'six of Acme')
  await made(organizationA, 'seven of Acme')
  stuck = organizationA
  looked.length = 0
  const it = open({ limitMs: 4_000 })
  open({ limitMs: 4_000 })
  const runId = (await it.asked.runValidations({})).runId ?? ''
  const found = await verdicts(it, runId)
  stuck = ''
  expect(found[organizationA]).toMatchObject({
    result: 'timeout',
    code: 'backup.validation_timed_out',
  })
  expect(found[organizationB]).toMatchObject({ result: 'ok' })
  expect(found[organizationC]).toMatchObject({ result: 'ok' })
  expect([...looked].sort()).toEqual([organizationA, organizationB, organizationC])
})

test('what was missed is made up for by one run, by whichever instance', async () => {
  // Every minute of a clock of its own, which begins and then has stood still for an hour.
  const minute = 60_000
  const clock = { ms: 1_000_000 * minute }
  const slots: Slots = {
    next: (after) => (Math.floor(after / minute) + 1) * minute,
    upcoming: () => [],
    between(after, until_) {
      const last = Math.floor(until_ / minute) * minute
      const count = Math.floor((last - after) / minute)
      return last > after ? { first: last, last, beforeLast: undefined, count } : undefined
    },
  }
  const now = () => clock.ms
  const it = open({ schedule: slots, now })
  const runsSeen = async () =>
    new Set((await it.asked.listValidations({})).validations?.map(({ runId }) => runId))
  const begun = async () =>
    (await suite.postgres.query(sql`select from backup.validation_slots`)).length === 1
  await until(begun, 'it has looked once')
  const before = await runsSeen()
  looked.length = 0
  clock.ms += 60 * minute
  open({ schedule: slots, now })
  const isMadeUp = async () => {
    const [run, ...others] = await runsSeen()
    return others.length === 0 && run !== undefined && !before.has(run)
  }
  await until(isMadeUp, 'one run has looked at all of them')
  expect([...looked].sort()).toEqual([organizationA, organizationB, organizationC])
  expect(it.validations.nextRunUnixMs()).toBe(clock.ms + minute)
})

test('who may ask, and for what', async () => {
  const { asked } = open()
  const admin = person('ORG_ADMIN', organizationA)
  const viewer = person('VIEWER', organizationA)
  const codeOf = async (call: Promise<unknown>): Promise<string> =>
    await call.then(
      () => 'taken',
      (error: { readonly code: string }) => error.code,
    )
  const own = { organizationId: organizationA }
  expect(await codeOf(asked.runValidations(own, { caller: admin }))).toBe('taken')
  expect(await codeOf(asked.runValidations(own, { caller: viewer }))).toBe('access.denied')
  expect(await codeOf(asked.runValidations({}, { caller: admin }))).toBe('backup.super_admin_only')
  const other = { organizationId: organizationB }
  expect(await codeOf(asked.runValidations(other, { caller: admin }))).toBe('access.not_visible')
  expect(await codeOf(asked.listValidations(other, { caller: admin }))).toBe('access.not_visible')
  expect(await codeOf(asked.runValidations({ organizationId: newId() }))).toBe(
    'backup.organization_not_found',
  )
  expect(await codeOf(asked.listValidations({ result: 'fine' }))).toBe('invalid')
  const seen = (await asked.listValidations({}, { caller: viewer })).validations ?? []
  expect(seen.map((one) => one.organizationId)).toEqual([organizationA])
})
