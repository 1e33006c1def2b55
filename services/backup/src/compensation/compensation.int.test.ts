import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newId } from '@holdfast/domain'
import { holdfast } from '@holdfast/proto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { organizationA } from '../testing/backup-suite.ts'
import {
  type PlanningInstance,
  type PlanningSuite,
  startPlanningSuite,
} from '../testing/planning-suite.ts'

const phase = holdfast.ops.v1.CompensationPhase
const dayMs = 86_400_000
let suite: PlanningSuite
let one: PlanningInstance

beforeAll(async () => {
  suite = await startPlanningSuite()
  one = await suite.instance()
}, 60_000)
afterAll(() => suite?.close())

async function location(name: string, more: object = {}) {
  const made = await one.storage.createStorageLocation({
    settings: { name, kind: 's3', config: '{"bucket":"backups"}' },
    credentials: '{"access_key_id":"AKIA1","secret_access_key":"hunter2hunter2"}',
    ...more,
  })
  return made.location?.id ?? ''
}
async function schedule(name: string, storageLocationId: string, more: object = {}) {
  const made = await one.schedules.createSchedule({
    settings: {
      ...{ name, kind: 1, isEncrypted: true, isEnabled: true, retentionDays: 30, maxBackups: 10 },
      ...{ contents: { devices: true }, cronExpression: '*/5 * * * *', storageLocationId },
      missedPolicy: 1,
    },
    ...more,
  })
  return made.schedule?.id ?? ''
}
const head = () => one.log.safeHead()
const user = { kind: 1, id: newId<string>(), method: 1 }

async function plan(to: bigint, kinds: readonly string[] = []) {
  const scope = { toSequence: Number(to), kinds: [...kinds] }
  const { changes, headSequence = 0 } = await one.compensation.planCompensation({ scope })
  const told = (changes ?? []).map(({ kind, name, change, code }) =>
    [change, kind, name, ...(code ? [code] : [])].join(' '),
  )
  return { told, changes, scope: { ...scope, headSequence: headSequence ?? 0 } }
}

async function restore(to: bigint, kinds: readonly string[] = []): Promise<readonly string[]> {
  const { scope } = await plan(to, kinds)
  const restoreId = newId<string>()
  const outcomes: string[] = []
  for (const part of [phase.COMPENSATION_PHASE_REMOVE, phase.COMPENSATION_PHASE_BRING]) {
    const request = { restoreId, scope, phase: part, actor: user, reason: 'a test' }
    const { objects } = await one.compensation.applyCompensation(request)
    outcomes.push(...(objects ?? []).map(({ outcome, kind, name }) => `${outcome} ${kind} ${name}`))
  }
  return outcomes
}

test('what was deleted comes back under its own id, secrets included, and fires nothing it missed', async () => {
  const bucket = await location('offsite')
  const nightly = await schedule('nightly', bucket, { passphrase: 'correct horse battery staple' })
  const before = await head()
  await one.schedules.deleteSchedule({ id: nightly })
  await one.storage.deleteStorageLocation({ id: bucket })
  // Its name is somebody else's meanwhile.
  const other = await location('offsite')

  expect((await plan(before)).told.sort()).toEqual([
    'create schedule nightly',
    'create storage_location offsite',
    'delete storage_location offsite',
  ])
  suite.clock.aheadMs = 3 * dayMs
  expect(await restore(before)).toEqual([
    'deleted storage_location offsite',
    'created storage_location offsite',
    'created schedule nightly',
  ])
  expect((await plan(before)).told).toEqual([])
  await one.catchUpToHead()
  expect((await one.storage.getStorageLocation({ location: 'offsite' })).location).toMatchObject({
    id: bucket,
    revision: 3,
    credentialFields: ['access_key_id', 'secret_access_key'],
  })
  expect((await one.locations.access(bucket)).credentials).toEqual({
    access_key_id: 'AKIA1',
    secret_access_key: 'hunter2hunter2',
  })
  await expect(one.locations.access(other)).rejects.toMatchObject({
    code: 'backup.storage_not_found',
  })
  const { schedule: back } = await one.schedules.getSchedule({ schedule: nightly })
  expect(back).toMatchObject({ id: nightly, hasPassphrase: true, revision: 3 })

  // It is the commit's clock that says from when on it counts, so nothing is due, three days of slots later.
  suite.clock.aheadMs = 0
  await one.scheduler.tick()
  expect(await one.fired(nightly)).toEqual([])
  // What is read is what can be changed.
  await one.schedules.toggleSchedule({ id: nightly, isEnabled: false }, { expectedRevision: 3n })
  await one.schedules.deleteSchedule({ id: nightly })
})

test('a location made since goes only as a setting, and not at all while something needs it', async () => {
  const before = await head()
  const path = join(suite.root, 'allowed', 'since')
  await mkdir(path, { recursive: true })
  const since = await location('since', {
    settings: { name: 'since', kind: 'local', config: JSON.stringify({ path }) },
    credentials: '',
  })
  await writeFile(join(path, 'what-lies-there'), 'stays')
  const nightly = await schedule('late', since)
  const made = await head()

  // With its schedule it may go; without, the schedule is what stands in the way.
  expect((await plan(before, ['storage_location'])).told).toEqual([
    'blocked storage_location since backup.storage_in_use',
  ])
  expect((await plan(before)).told.sort()).toEqual([
    'delete schedule late',
    'delete storage_location since',
  ])
  expect(await restore(before, ['storage_location'])).toEqual(['blocked storage_location since'])
  expect(await restore(before)).toEqual(['deleted schedule late', 'deleted storage_location since'])
  expect(await readFile(join(path, 'what-lies-there'), 'utf8')).toBe('stays')

  // Back again, but not the schedule alone: what it makes would go nowhere.
  expect((await plan(made, ['schedule'])).told).toEqual([
    'blocked schedule late backup.storage_not_found',
  ])
  await restore(made)
  expect((await one.schedules.getSchedule({ schedule: 'late' })).schedule?.id).toBe(nightly)
})

test('two that swapped their names swap them back', async () => {
  const a = await location('a')
  const b = await location('b')
  const before = await head()
  await one.storage.updateStorageLocation({ id: a, name: 'c' })
  await one.storage.updateStorageLocation({ id: b, name: 'a' })
  await one.storage.updateStorageLocation({ id: a, name: 'b' })
  expect([...(await restore(before))].sort()).toEqual([
    'updated storage_location a',
    'updated storage_location b',
  ])
  await one.catchUpToHead()
  expect((await one.storage.getStorageLocation({ location: 'a' })).location?.id).toBe(a)
  expect((await one.storage.getStorageLocation({ location: 'b' })).location?.id).toBe(b)
  // Nothing of the way there is held.
  await one.storage.updateStorageLocation({ id: a, name: 'c' })
})

test('one change is taken back, and what came later stays', async () => {
  const id = await location('undone')
  await one.storage.updateStorageLocation({ id, description: 'first' })
  const sequence = Number(await head())
  await one.storage.updateStorageLocation({ id, name: 'renamed' })
  const { digest } = await one.compensation.planUndo({ sequence })
  await one.compensation.applyUndo({
    ...{ undoId: newId<string>(), sequence, actor: user, reason: 'a test' },
    ...(digest ? { digest } : {}),
  })
  await one.catchUpToHead()
  const { location: found } = await one.storage.getStorageLocation({ location: id })
  expect(found?.settings).toMatchObject({ name: 'renamed', description: '' })
})

test('nothing comes back into an organization that is not there', async () => {
  const id = await location('orphan', { organizationId: organizationA })
  const before = await head()
  await one.storage.deleteStorageLocation({ id })
  expect(await restore(before)).toContain('blocked storage_location orphan')
})
