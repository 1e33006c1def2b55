import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type CommandId, newId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import { sql } from '@holdfast/postgres'
import { type Apache, contractHost, startApache } from '@holdfast/storage/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { organizationA, organizationB } from '../testing/backup-suite.ts'
import { person } from '../testing/calls.ts'
import {
  type PlanningInstance,
  type PlanningSuite,
  startPlanningSuite,
} from '../testing/planning-suite.ts'

let suite: PlanningSuite
let one: PlanningInstance
let two: PlanningInstance
let apache: Apache | string

const admin = { caller: person('ORG_ADMIN', organizationA) }
const stranger = { caller: person('ORG_ADMIN', organizationB) }
const viewer = { caller: person('VIEWER', organizationA) }

beforeAll(async () => {
  ;[suite, apache] = await Promise.all([startPlanningSuite([contractHost]), startApache()])
  one = await suite.instance()
  two = await suite.instance()
}, 60_000)
afterAll(async () => {
  await suite?.close()
  if (typeof apache !== 'string') await apache?.stop()
})

/** Code, and codes of the fields, of what a call is refused with. */
async function refusal(call: Promise<unknown>) {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof DomainError)) throw new Error(`not refused as it should be: ${error}`)
  const fields = error.fields ?? []
  return { code: error.code, fields: fields.map(({ field, code }) => `${field} ${code}`) }
}

const s3 = (name: string, more: object = {}) => ({
  settings: { name, kind: 's3', config: '{"bucket":"backups"}', ...more },
  credentials: '{"access_key_id":"AKIA1","secret_access_key":"hunter2hunter2"}',
})

test('the built-in location is there, for everybody, and nobody changes it', async () => {
  const { location } = await one.storage.getStorageLocation({ location: 'local' }, viewer)
  expect(location).toMatchObject({ id: one.log.lineageId, organizationId: '', revision: 0 })
  const id = location?.id ?? ''
  const tested = await one.storage.testStorageLocation({ id })
  expect(tested.isGood).toBe(true)
  expect(tested.steps?.map(({ step }) => step)).toEqual(
    ['connect', 'write', 'read', 'list', 'delete'], // nothing is left behind
  )
  expect(await readdir(join(suite.directory, 'holdfast-test')).catch(() => [])).toEqual([])
  const update = { id, name: 'x' }
  expect((await refusal(one.storage.updateStorageLocation(update))).code).toBe(
    'backup.storage_builtin',
  )
  expect((await refusal(one.storage.deleteStorageLocation({ id }))).code).toBe(
    'backup.storage_builtin',
  )
  expect((await refusal(one.storage.testStorageLocation({ id }, admin))).code).toBe(
    'backup.storage_not_found',
  )
  const named = { settings: { name: 'LOCAL', kind: 'local', config: '{}' } }
  expect((await refusal(one.storage.createStorageLocation(named))).code).toBe(
    'backup.storage_name_taken',
  )
})

test('secrets are sealed where they lie, never answered, and refused in plain config', async () => {
  const { location } = await one.storage.createStorageLocation(s3('sealed'))
  expect(JSON.stringify(location)).not.toContain('hunter2')
  expect(location?.credentialFields).toEqual(['access_key_id', 'secret_access_key'])
  const id = location?.id ?? ''
  const access = await two.locations.access(id)
  expect(access.credentials).toEqual({
    access_key_id: 'AKIA1',
    secret_access_key: 'hunter2hunter2',
  })
  // Neither the log nor the database has them in the clear.
  for await (const { bytes } of one.log.history(`evt.backup.storage_location.${id}`))
    expect(Buffer.from(bytes).includes('hunter2')).toBe(false)
  const [row] = await one.postgres.query<{ row: string }>(
    sql`select l::text as row from backup.storage_locations l where location_id = ${id}::uuid`,
  )
  expect(row?.row).not.toContain(Buffer.from('hunter2').toString('hex'))

  const plain = { bucket: 'backups', secret_access_key: 'hunter2' }
  const wish = s3('plain', { config: JSON.stringify(plain) })
  expect(await refusal(one.storage.createStorageLocation(wish))).toEqual({
    code: 'invalid',
    fields: ['config.secret_access_key secret_in_config'],
  })
})

test('fields are judged by their kind, all at once and by name', async () => {
  const bad = {
    settings: {
      name: 'bad',
      kind: 's3',
      config: '{"bucket":"no spaces","endpoint":"https://10.0.0.1","surprise":1}',
    },
    credentials: '{"access_key_id":"a"}',
  }
  const { code, fields } = await refusal(one.storage.createStorageLocation(bad))
  expect(code).toBe('invalid')
  expect(fields).toContain('config.surprise unknown_field')
  expect(fields).toContain('config.bucket text_invalid')
  expect(fields).toContain('credentials.secret_access_key required')

  const create = (settings: object, credentials = '') =>
    refusal(one.storage.createStorageLocation({ settings, credentials }))
  expect(await create({ name: 'x', kind: 'tape', config: '{}' })).toMatchObject({
    fields: ['kind choice_invalid'],
  })
  expect(await create({ name: 'x', kind: 's3', config: '[]' })).toMatchObject({
    fields: ['config type_invalid'],
  })
  expect(await create({ name: 'x', kind: 's3', config: '{' })).toMatchObject({
    fields: ['config json_invalid'],
  })
  expect(await create({ name: '', kind: 'local', config: '{}' })).toMatchObject({
    fields: ['name required'],
  })
  expect(await create({ name: 'x', kind: 'local', config: '{"path":"/etc"}' })).toMatchObject({
    fields: ['config.path path_refused'],
  })
  const url = '{"url":"https://169.254.169.254/latest"}'
  expect(await create({ name: 'x', kind: 'webdav', config: url })).toMatchObject({
    fields: ['config.url address_refused'],
  })
  expect(await create({ name: 'x', kind: 'local', config: '{}', keepDaily: 3651 })).toMatchObject({
    fields: ['keep_daily out_of_range'],
  })
})

test('an organization has its own, and none of the machine', async () => {
  const mine = { ...s3('mine'), organizationId: organizationA }
  const { location } = await one.storage.createStorageLocation(mine, admin)
  const id = location?.id ?? ''
  expect((await refusal(one.storage.createStorageLocation(mine, viewer))).code).toBe(
    'access.denied',
  )
  expect((await refusal(one.storage.getStorageLocation({ location: id }, stranger))).code).toBe(
    'backup.storage_not_found',
  )
  const update = { id, description: 'x' }
  expect((await refusal(one.storage.updateStorageLocation(update, stranger))).code).toBe(
    'backup.storage_not_found',
  )
  expect((await refusal(one.storage.updateStorageLocation(update, viewer))).code).toBe(
    'access.denied',
  )
  expect((await refusal(one.storage.testStorageLocation({ id }, viewer))).code).toBe(
    'access.denied',
  )
  expect((await refusal(one.storage.createStorageLocation(s3('ours'), admin))).code).toBe(
    'access.denied',
  )
  const names = async (options: object) =>
    (await two.storage.listStorageLocations({}, options)).locations?.map(
      (l) => l.settings?.name ?? '',
    )
  await two.catchUpToHead()
  expect(await names(admin)).toEqual(['local', 'mine'])
  expect(await names(stranger)).toEqual(['local'])

  for (const kind of ['local', 'nfs', 'rsync'])
    expect(
      (
        await refusal(
          one.storage.createStorageLocation(
            { organizationId: organizationA, settings: { name: 'm', kind, config: '{}' } },
            admin,
          ),
        )
      ).fields,
    ).toContain('kind instance_only')
  const pushed = { ...s3('pushed', { isContinuous: true }), organizationId: organizationA }
  expect(await refusal(one.storage.createStorageLocation(pushed, admin))).toMatchObject({
    fields: ['is_continuous instance_only'],
  })
  await expect(one.locations.find('mine', organizationB)).rejects.toThrow('no storage location')
  expect((await one.locations.find('MINE', organizationA)).id).toBe(id)
})

test('a name is given once, also by two instances at once, and free again when deleted', async () => {
  const wishes = [one, two].map((instance) =>
    instance.storage.createStorageLocation(s3('twice')).then(
      ({ location }) => location?.id,
      (error: DomainError) => error.code,
    ),
  )
  const came = await Promise.all(wishes)
  expect(came).toContain('backup.storage_name_taken')
  const id = came.find((text) => text !== 'backup.storage_name_taken') ?? ''
  await two.storage.deleteStorageLocation({ id })
  await two.storage.deleteStorageLocation({ id }) // twice is once
  await one.storage.createStorageLocation(s3('Twice'))
})

test('an update is of the revision that was read; the same command again is the same', async () => {
  const { location } = await one.storage.createStorageLocation(s3('revised'))
  const id = location?.id ?? ''
  const change = { id, description: 'one' }
  const same = {
    caller: person('SUPER_ADMIN', '*'),
    commandId: newId<CommandId>(),
    expectedRevision: 1n,
  }
  const first = await one.storage.updateStorageLocation(change, same)
  const again = await two.storage.updateStorageLocation(change, same)
  expect([first.location?.revision, again.location?.revision].map(Number)).toEqual([2, 2])
  const late = one.storage.updateStorageLocation(
    { id, description: 'two' },
    { expectedRevision: 1n },
  )
  expect((await refusal(late)).code).toBe('stale')
  expect(
    (await refusal(one.storage.deleteStorageLocation({ id }, { expectedRevision: 1n }))).code,
  ).toBe('stale')
})

test('secrets stay where they were meant for: another address wants them again', async () => {
  const { location } = await one.storage.createStorageLocation(s3('stays'))
  const id = location?.id ?? ''
  const moved = { id, config: '{"endpoint":"https://s3.elsewhere.example"}' }
  expect((await refusal(one.storage.updateStorageLocation(moved))).fields).toEqual([
    'credentials.access_key_id required',
    'credentials.secret_access_key required',
  ])
  // What tells nobody anything may change without them, and a field can be cleared.
  const prefix = await one.storage.updateStorageLocation({ id, config: '{"prefix":"a/b"}' })
  expect(prefix.location?.settings?.config).toBe('{"bucket":"backups","prefix":"a/b"}')
  const cleared = await one.storage.updateStorageLocation({ id, config: '{"prefix":null}' })
  expect(cleared.location?.settings?.config).toBe('{"bucket":"backups"}')
  const given = '{"access_key_id":"B","secret_access_key":"C","session_token":"D"}'
  await one.storage.updateStorageLocation({ ...moved, credentials: given })
  expect((await two.locations.access(id)).credentials).toMatchObject({ session_token: 'D' })
  const dropped = await one.storage.updateStorageLocation({
    id,
    credentials: '{"session_token":null}',
  })
  expect(dropped.location?.credentialFields).toEqual(['access_key_id', 'secret_access_key'])
  expect(
    (
      await refusal(
        one.storage.updateStorageLocation({ id, credentials: '{"access_key_id":null}' }),
      )
    ).fields,
  ).toEqual(['credentials.access_key_id required'])
})

test('changed by two at once: whoever comes second is told, and nothing of the first is lost', async () => {
  const { location } = await one.storage.createStorageLocation(s3('raced'))
  const id = location?.id ?? ''
  const changes = ['{"prefix":"a"}', '{"region":"eu-west-1"}', '{"storage_class":"GLACIER_IR"}']
  const came = await Promise.allSettled(
    changes.map((config) => one.storage.updateStorageLocation({ id, config })),
  )
  const { config } = await two.locations.access(id)
  const taken = changes.filter((_change, at) => came[at]?.status === 'fulfilled')
  expect(taken.length).toBeGreaterThan(0)
  for (const change of taken) expect(config).toMatchObject(JSON.parse(change) as object)
  for (const one of came)
    if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'stale' })
})

test('what a schedule needs is not deleted', async () => {
  const { location } = await one.storage.createStorageLocation(s3('needed'))
  const id = location?.id ?? ''
  const { schedule } = await two.schedules.createSchedule({
    settings: {
      ...{ name: 'uses it', kind: 1, cronExpression: '0 2 * * *', storageLocationId: 'needed' },
      ...{ retentionDays: 30, maxBackups: 10, isEncrypted: true, isEnabled: true },
    },
  })
  expect(schedule).toMatchObject({ storageLocationName: 'needed' })
  expect((await refusal(one.storage.deleteStorageLocation({ id }))).code).toBe(
    'backup.storage_in_use',
  )
  await two.schedules.deleteSchedule({ id: schedule?.id ?? '' })
  await one.storage.deleteStorageLocation({ id })
  await one.catchUp()
  expect((await refusal(one.storage.getStorageLocation({ location: id }))).code).toBe(
    'backup.storage_not_found',
  )
})

test('a test over the network tells each step, and what went wrong', async ({ skip }) => {
  if (typeof apache === 'string') {
    process.stdout.write(`${apache}\n`)
    skip(apache)
    return
  }
  const { port, ca, username, password } = apache
  const config = { url: `https://${contractHost}:${port}/dav`, username, ca }
  const { location } = await one.storage.createStorageLocation({
    settings: { name: 'dav', kind: 'webdav', config: JSON.stringify(config) },
    credentials: JSON.stringify({ password }),
  })
  const id = location?.id ?? ''
  const good = await one.storage.testStorageLocation({ id })
  expect(good.steps?.map(({ step, failure }) => `${step}${failure ?? ''}`)).toEqual(
    ['connect', 'write', 'read', 'list', 'delete'], // each without a word
  )
  const shown = await two.storage.getStorageLocation({ location: 'dav' })
  expect(Number(shown.location?.testedAtUnixMs)).toBeGreaterThan(0)
  expect(shown.location?.testFailure).toBe('')

  await one.storage.updateStorageLocation({ id, credentials: '{"password":"wrong"}' })
  const bad = await two.storage.testStorageLocation({ id })
  expect(bad.isGood).toBe(false)
  expect(bad.steps?.at(-1)).toMatchObject({ code: 'storage.denied' })
  expect(JSON.stringify(bad)).not.toContain('wrong')
  const failed = await one.storage.getStorageLocation({ location: 'dav' })
  expect(failed.location?.testFailure).not.toBe('')

  // One at a time; whoever crashed is waited for no longer than a test takes.
  await one.postgres.execute(sql`
    update backup.storage_tests set running_until = now() + interval '1 minute'
    where location_id = ${id}::uuid`)
  expect((await refusal(one.storage.testStorageLocation({ id }))).code).toBe(
    'backup.storage_test_running',
  )
})

test('the past is answered as it was', async () => {
  const { location } = await one.storage.createStorageLocation(s3('before'))
  const id = location?.id ?? ''
  await one.catchUp()
  const at = await one.log.safeHead()
  await one.storage.updateStorageLocation({ id, name: 'after' })
  const then = await one.storage.getStorageLocation({ location: id }, { at })
  expect(then.location).toMatchObject({ settings: { name: 'before' }, testedAtUnixMs: 0 })
})
