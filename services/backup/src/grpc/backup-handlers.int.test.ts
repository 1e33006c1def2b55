import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newId } from '@holdfast/domain'
import { sql } from '@holdfast/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ownCommand } from '../commands/own-command.ts'
import { requestBackup, scheduledBackupId } from '../commands/request-backup.ts'
import { allContents, type BackupKind } from '../domain/contents.ts'
import { claimRemoval, endRemoval, insertRemoval } from '../jobs/removal-store.ts'
import { standing } from '../queries/backup-standing.ts'
import { backupStats } from '../queries/backup-stats.ts'
import { usesLocation } from '../queries/backups.ts'
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
import { person } from '../testing/calls.ts'
import { contentOf, objectBytes } from '../testing/test-maker.ts'

let suite: Suite
let instance: Instance
const now = { ms: 0 }
const schedule = newId<string>()
const rules = new Map([[schedule, { maxBackups: 3, retentionDays: 30 }]])
beforeAll(async () => {
  suite = await startSuite()
  instance = suite.instance({ rules, now: () => Date.now() + now.ms })
})
afterAll(() => suite.close())

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.then(
    () => ({ code: 'taken' }),
    (failure: unknown) => failure,
  )
  return (error as { code: string }).code // as: DomainErrors alone are expected
}
const caughtUp = () => suite.projections.reached(suite.log.seen())

async function made(organizationId = organizationA, name = 'made'): Promise<string> {
  const { backup } = await instance.backups.createBackup(aSnapshot(name, organizationId))
  const id = backup?.id ?? ''
  await until(async () => (await jobOf(suite.postgres, id))?.state === 'ended', 'it is made')
  await caughtUp()
  return id
}
const shown = async (id: string) => (await instance.backups.getBackup({ id })).backup
const pathOf = async (id: string) => join(suite.directory, (await shown(id))?.objectKey ?? '')

test('who may see, fetch and delete a snapshot of an organization', async () => {
  const id = await made()
  const { backups } = instance
  const fetches = (caller: ReturnType<typeof person>) =>
    codeOf(backups.readBackup({ id, offset: 0, length: 10 }, caller))
  expect(await fetches(person('SUPER_ADMIN', '*'))).toBe('taken')
  expect(await fetches(person('ORG_ADMIN', organizationA))).toBe('taken')
  for (const role of ['OPERATOR', 'AUDITOR', 'VIEWER'] as const) {
    const reader = person(role, organizationA)
    expect((await backups.getBackup({ id }, reader)).backup?.id).toBe(id)
    expect(await fetches(reader)).toBe('access.denied')
    expect(await codeOf(backups.deleteBackup({ id }, reader))).toBe('access.denied')
    expect(await codeOf(backups.cancelBackup({ id }, reader))).toBe('access.denied')
  }
  const stranger = person('ORG_ADMIN', organizationB)
  expect(await fetches(stranger)).toBe('backup.not_found')
  expect(await codeOf(backups.getBackup({ id }, stranger))).toBe('backup.not_found')
  expect(await codeOf(backups.deleteBackup({ id }, stranger))).toBe('backup.not_found')
  expect(await codeOf(backups.verifyBackup({ id }, stranger))).toBe('backup.not_found')
  expect((await backups.listBackups({}, stranger)).backups).toEqual([])
})

test("what is of the instance is the super-admin's", async () => {
  const admin = person('ORG_ADMIN', organizationA, organizationB)
  const full = { name: 'all', kind: 2, isEncrypted: true }
  const { backups } = instance
  for (const wish of [full, { ...full, organizationId: organizationA }, aSnapshot('all', '')])
    expect(await codeOf(backups.createBackup(wish, admin))).toBe('backup.super_admin_only')
  const { backup } = await backups.createBackup(full)
  expect(backup).toMatchObject({ organizationId: '', kind: 2, protection: 3 })
  const id = backup?.id ?? ''
  expect(await codeOf(backups.getBackup({ id }, admin))).toBe('backup.not_found')
  expect(await codeOf(backups.readBackup({ id, length: 1 }, admin))).toBe('backup.not_found')
})

test.each([
  ['no name', { name: '' }, 'name:required'],
  ['an unknown kind', { kind: 9 }, 'backup_type:unknown'],
  ['a rollback slot by hand', { kind: 3 }, 'backup_type:not_by_hand'],
  ['a full one of an organization', { kind: 2 }, 'organization_id:not_allowed'],
  ['a passphrase of 11', { passphrase: 'x'.repeat(11) }, 'passphrase:too_short'],
  ['a passphrase of 513', { passphrase: 'x'.repeat(513) }, 'passphrase:too_long'],
  [
    'a passphrase and no encryption',
    { passphrase: 'x'.repeat(12), isEncrypted: false },
    'passphrase:not_allowed',
  ],
  ['an organization that is no id', { organizationId: 'x' }, 'organization_id:id_invalid'],
])('refused: %s', async (_what, change, expected) => {
  const call = instance.backups.createBackup({ ...aSnapshot('x'), ...change })
  await expect(call).rejects.toMatchObject({
    fields: [{ field: expected.split(':')[0], code: expected.split(':')[1] }],
  })
})

test('a place nobody knows is refused, and leaves no job', async () => {
  const count = async () =>
    (await suite.postgres.query(sql`select 1 from backup.backup_jobs`)).length
  const before = await count()
  const wish = { ...aSnapshot('x'), storageLocation: 'nowhere' }
  expect(await codeOf(instance.backups.createBackup(wish))).toBe('backup.storage_not_found')
  expect(await count()).toBe(before)
})

test('a passphrase is sealed while the job waits, and gone when it is over', async () => {
  const idle = suite.instance()
  await idle.stop()
  const passphrase = 'correct horse battery'
  const rows = () =>
    suite.postgres.query<{ passphrase: Buffer | null }>(
      sql`select passphrase from backup.backup_jobs where backup_id = ${id}::uuid`,
    )
  const paused = suite.instance({
    pause: (_point, _id, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      }),
  })
  const made = await paused.backups.createBackup({ ...aSnapshot('secret'), passphrase })
  const id = made.backup?.id ?? ''
  expect(made.backup?.protection).toBe(1)
  const [sealed] = await rows()
  if (sealed?.passphrase) expect(sealed.passphrase.includes(passphrase)).toBe(false)
  await instance.backups.cancelBackup({ id })
  expect((await rows())[0]?.passphrase).toBeNull()
  // It would take the jobs of other tests, and never end them.
  await paused.stop()
})

test('lists are newest first, page by page, and by what they are asked', async () => {
  const ids: string[] = []
  for (let at = 0; at < 5; at++) ids.push(await made(organizationB, `Page_${at}%`))
  const query = { organizationId: organizationB, search: 'pAGE_', kind: 1, status: 3 }
  const seen: string[] = []
  let cursor = ''
  do {
    const page = await instance.backups.listBackups({ ...query, limit: 2, cursor })
    seen.push(...(page.backups ?? []).map(({ id }) => id ?? ''))
    cursor = page.nextCursor ?? ''
  } while (cursor !== '')
  expect(seen).toEqual([...ids].reverse())
  const none = async (more: object) =>
    (await instance.backups.listBackups({ ...query, ...more })).backups?.length
  expect(await none({ search: 'page0' })).toBe(0) // _ is a letter here
  expect(await none({ kind: 2 })).toBe(0)
  expect(await none({ status: 4 })).toBe(0)
  expect(await none({ storageKind: 's3' })).toBe(0)
  expect(await none({ storageKind: 'local' })).toBe(5)
  expect(await none({ scheduleId: schedule })).toBe(0)
  const cursorOfOthers = Buffer.from('["x","y"]').toString('base64url')
  await expect(instance.backups.listBackups({ cursor: cursorOfOthers })).rejects.toThrow()
})

test('as of an earlier sequence: as the log had it then', async () => {
  const before = suite.log.seen()
  const id = await made()
  const readers = person('VIEWER', organizationA)
  expect(await codeOf(instance.backups.getBackup({ id }, readers, before))).toBe('backup.not_found')
  const then = await instance.backups.getBackup({ id }, readers, before + 1n)
  expect(then.backup).toMatchObject({ status: 1, steps: [] })
})

test('a download in pieces is the object, and other bytes are not handed out', async () => {
  const id = await made()
  const whole: Uint8Array[] = []
  for (let offset = 0; offset < objectBytes; ) {
    const { data, total, fileName } = await instance.backups.readBackup({
      ...{ id, offset },
      length: 1_000_000,
    })
    expect({ total, isNamed: fileName?.endsWith(`${id}.hfsnap`) }).toEqual({
      total: objectBytes,
      isNamed: true,
    })
    whole.push(data ?? new Uint8Array())
    offset += data?.length ?? objectBytes
  }
  expect(Buffer.concat(whole).equals(contentOf(id))).toBe(true)
  const middle = await instance.backups.readBackup({ id, offset: 5, length: 7 })
  expect(Buffer.from(middle.data ?? [])).toEqual(contentOf(id).subarray(5, 12))
  await expect(
    instance.backups.readBackup({ id, offset: 0, length: 1_048_577 }),
  ).rejects.toMatchObject({ fields: [{ field: 'length', code: 'out_of_range' }] })

  const path = await pathOf(id)
  const changed = await readFile(path)
  changed[objectBytes - 1] = (changed[objectBytes - 1] ?? 0) ^ 1
  await writeFile(path, changed)
  const read = (offset: number) => instance.backups.readBackup({ id, offset, length: 1_048_576 })
  await read(0)
  await read(1_048_576)
  expect(await codeOf(read(2_097_152))).toBe('backup.object_changed')
  await writeFile(path, changed.subarray(1))
  expect(await codeOf(read(0))).toBe('backup.object_changed')
})

test('reading back finds damage, and a good copy again', async () => {
  const id = await made()
  const path = await pathOf(id)
  const good = await readFile(path)
  const verify = async () => {
    const before = (await shown(id))?.verifiedAtUnixMs
    await instance.backups.verifyBackup({ id })
    await until(async () => {
      await caughtUp()
      return (await shown(id))?.verifiedAtUnixMs !== before
    }, 'it is read back')
    return (await shown(id))?.verifyFailure
  }
  const bad = Buffer.from(good)
  bad[7] = (bad[7] ?? 0) ^ 128
  await writeFile(path, bad)
  expect(await verify()).toContain('SHA-256')
  expect((await standing(suite.postgres)).find(({ kind }) => kind === 'snapshot')?.damaged).toBe(1)
  await writeFile(path, good.subarray(0, 10))
  expect(await verify()).toContain('10 bytes')
  await writeFile(path, good)
  await writeFile(`${path}.sha256`, 'x')
  expect(await verify()).toContain('checksum file')
  await rm(path)
  expect(await verify()).toContain('not there')
  await writeFile(path, good)
  await writeFile(`${path}.sha256`, (await readFile(path)).length === 0 ? '' : 'x')
  expect((await shown(id))?.steps?.map(({ progress }) => progress)).toEqual([
    5, 30, 50, 60, 70, 90, 100,
  ])
})

test('what it holds, and what of it could be restored here', async () => {
  const id = await made()
  const { sections, sequence } = await instance.backups.getBackupManifest({ id })
  expect(sequence).toBe(42)
  const acme = { organization: 'Acme' }
  expect(sections).toEqual([
    { ...acme, name: 'test.things', schema: '1.0', records: 3, status: 'restorable' },
    { ...acme, name: 'test.older', schema: '3.0', records: 1, status: 'unknown_contributor' },
  ])
})

test('deletion: the object and then the record; put off while the place is away', async () => {
  const id = await made()
  expect(await usesLocation(suite.postgres, suite.log.lineageId)).toBe(true)
  // What the directory is made into cannot be deleted from, by root either.
  const away = `${suite.directory}.away`
  await rename(suite.directory, away)
  await writeFile(suite.directory, 'no directory')
  const waiting = await instance.backups.deleteBackup({ id })
  expect(waiting.backup).toMatchObject({ id, status: 3 })
  expect(waiting.backup?.deletingSinceUnixMs).toBeGreaterThan(0)
  expect(waiting.backup?.deletionFailure).not.toBe('')
  await rm(suite.directory)
  await rename(away, suite.directory)
  await suite.postgres.execute(
    sql`update backup.backup_removals set next_at = now() where backup_id = ${id}::uuid`,
  )
  instance.opened.removals.wake()
  await until(async () => {
    await caughtUp()
    return (await codeOf(instance.backups.getBackup({ id }))) === 'backup.not_found'
  }, 'it is gone')
  expect((await suite.files()).filter((path) => path.includes(id))).toEqual([])
  expect(await instance.backups.deleteBackup({ id })).toEqual({}) // one fact
})

test('deleted while what its job left is removed: that ends, and the record goes too', async () => {
  const id = await made()
  const { postgres } = suite
  const objectKey = (await shown(id))?.objectKey ?? ''
  const where = { backupId: id, storageLocationId: suite.log.lineageId, objectKey }
  await insertRemoval(postgres, { ...where, cause: undefined, context: undefined })
  const taken = await claimRemoval(postgres, 60_000, id)
  expect((await instance.backups.deleteBackup({ id })).backup).toMatchObject({ id })
  if (!taken) throw new Error('somebody else has it')
  await endRemoval(postgres, taken)
  instance.opened.removals.wake()
  await until(async () => {
    await caughtUp()
    return (await codeOf(instance.backups.getBackup({ id }))) === 'backup.not_found'
  }, 'it is gone')
})

async function scheduled(slotUnixMs: number, kind: BackupKind = 'snapshot'): Promise<string> {
  const id = scheduledBackupId(schedule, slotUnixMs)
  await requestBackup(
    instance.opened.request,
    {
      ...{ id, kind, slotUnixMs, organizationId: organizationA, contents: allContents },
      ...{ name: 'nightly', isEncrypted: true, passphrase: '', rollbackFor: '' },
      scheduleId: schedule,
      storageLocationId: suite.log.lineageId,
    },
    ownCommand(organizationA, 'a slot'),
  )
  await until(async () => (await jobOf(suite.postgres, id))?.state === 'ended', 'it is made')
  return id
}

test('one slot is one backup; beyond the count the oldest goes, never a rollback slot', async () => {
  const slot = await scheduled(1, 'rollback_slot')
  const ids: string[] = []
  for (let at = 2; at <= 6; at++) ids.push(await scheduled(at))
  expect(await scheduled(6)).toBe(ids.at(-1))
  const left = async () => {
    await caughtUp()
    const { backups } = await instance.backups.listBackups({ scheduleId: schedule })
    return (backups ?? []).map(({ id }) => id)
  }
  await until(async () => (await left()).length <= 4, 'the oldest are pruned')
  // Counted by the log's time: three of five, and the slot, which counts and stays.
  expect(await left()).toEqual([...ids.slice(2).reverse(), slot])
  for (const id of ids.slice(0, 2))
    expect((await suite.files()).filter((path) => path.includes(id))).toEqual([])
  expect(await codeOf(instance.backups.deleteBackup({ id: slot }))).toBe(
    'backup.rollback_slot_kept',
  )

  now.ms = 31 * 86_400_000
  await instance.opened.retention.prune()
  await until(async () => (await left()).length === 2, 'what is too old is pruned')
  expect(await left()).toEqual([ids.at(-1), slot])
  await instance.backups.deleteBackup({ id: slot })
  expect(await left()).toEqual([ids.at(-1)])
  now.ms = 0
})

test('a removal that waited is not carried out when its backup must stay by now', async () => {
  const older = await scheduled(10)
  const newer = await scheduled(11)
  await caughtUp()
  await suite.postgres.execute(sql`
    insert into backup.backup_removals (backup_id, storage_location_id, object_key, cause)
    values (${older}::uuid, ${suite.log.lineageId}::uuid, 'x', 'count')`)
  instance.opened.removals.wake()
  await until(
    async () =>
      (
        await suite.postgres.query(
          sql`select 1 from backup.backup_removals where backup_id = ${older}::uuid`,
        )
      ).length === 0,
    'it is dropped',
  )
  expect((await shown(older))?.status).toBe(3)
  expect((await shown(newer))?.status).toBe(3)
})

test('figures: of what the reader may see', async () => {
  const all = await instance.backups.getBackupStats({})
  const ofA = await instance.backups.getBackupStats({}, person('VIEWER', organizationA))
  const ofB = await instance.backups.getBackupStats({ organizationId: organizationB })
  expect(ofB).toMatchObject({ count: 5, completed: 5, failed: 0, bytes: 5 * objectBytes })
  expect(ofB.byKind).toMatchObject([{ kind: 1, completed: 5 }])
  expect(ofB.byKind?.[0]?.lastVerifiedAtUnixMs).toBeGreaterThan(0)
  expect(ofB.byLocation).toMatchObject([{ name: 'local', kind: 'local', count: 5 }])
  expect(all.count).toBe((ofA.count ?? 0) + (ofB.count ?? 0) + 1) // and the full one
  const nobody = await backupStats(suite.postgres, { organizations: [] }, sql`true`)
  expect(nobody).toMatchObject({ count: 0, bytes: 0, byKind: [], byLocation: [] })
  await mkdir(suite.directory, { recursive: true })
})
