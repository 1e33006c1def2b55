import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { newId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import { sql } from '@holdfast/postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { backups } from '../commands/backup-aggregates.ts'
import { restoreJobs } from '../commands/restore-job-aggregate.ts'
import type { BackupKind } from '../domain/contents.ts'
import type { Maker } from '../jobs/maker.ts'
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
import { openRestoreJobs, preparePlayed, takenThings } from '../testing/restore-job-suite.ts'
import { playedSnapshots } from '../testing/snapshot-maker.ts'
import { testMakers } from '../testing/test-maker.ts'
import type { UndoWish } from './undoing.ts'

let suite: Suite
let instance: Instance
let jobs: ReturnType<typeof openRestoreJobs>['jobs']
let runs: ReturnType<typeof openRestoreJobs>['runs']
let slotFails: Error | undefined
const undone: UndoWish[] = []

beforeAll(async () => {
  suite = await startSuite()

  await preparePlayed(suite.postgres)
  const { rollback_slot: slots } = testMakers(async () => {})
  const slot: Maker = {
    make: (order, around) => (slotFails ? Promise.reject(slotFails) : slots.make(order, around)),
  }
  // What is in a backup, and of which schema, its name says.
  const snapshot = playedSnapshots(
    suite.log.lineageId,
    'Acme',
    (name) => name.split(' ')[0]?.split(',') ?? [],
    (name) => (name.includes('later') ? 9 : 1),
  )
  instance = suite.instance({ makers: { snapshot, rollback_slot: slot } })
  // What auth would have said.
  await suite.postgres.execute(sql`
    insert into backup.organizations (organization_id, name, description)
    values (${organizationA}::uuid, 'Acme', ''), (${organizationB}::uuid, 'Other', '')`)
  const opened = openRestoreJobs({
    ...suite,
    request: instance.opened.request,
    caughtUp: () => suite.projections.reached(suite.log.seen()),
    undoing: {
      begin: async (wish) => void undone.push(wish),
      standing: async () => ({
        ...{ status: 'completed', progress: 100, rollbackSequence: 7, endedAtUnixMs: 1 },
        ...{ failureCode: '', failureDetail: '', warnings: ['nothing else'], sections: [] },
      }),
    },
  })
  ;({ jobs, runs } = opened)
  runs.start()
})
afterAll(async () => {
  await runs?.stop()
  await suite?.close()
})
beforeEach(() => {
  slotFails = undefined
})

async function made(
  name: string,
  more: object = {},
  kind: BackupKind = 'snapshot',
): Promise<string> {
  const wish = { ...aSnapshot(name), isEncrypted: false, ...more, kind: kind === 'full' ? 2 : 1 }
  const { backup } = await instance.backups.createBackup(wish)
  const id = backup?.id ?? ''
  await until(async () => (await jobOf(suite.postgres, id))?.state === 'ended', 'it is made')
  await suite.projections.reached(suite.log.seen())
  return id
}

const contents = { devices: true, users: false, automation: true }
async function over(id: string) {
  const found = async () => (await jobs.getRestoreJob({ id })).job
  await until(async () => (await found())?.status !== 'running', 'the job is over')
  return await found()
}
async function restored(backupId: string, more: object = {}) {
  const { job } = await jobs.runRestoreJob({ backupId, contents, ...more })
  return await over(job?.id ?? '')
}
const codeOf = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.then(
    () => ({ code: 'taken' }),
    (failure: unknown) => failure,
  )
  const { code, fields } = error as DomainError // as: DomainErrors alone are expected
  return fields?.[0] ? `${fields[0].field}:${fields[0].code}` : code
}
const slotsOf = async (jobId: string) => {
  await suite.projections.reached(suite.log.seen())
  return (await instance.backups.listBackups({ rollbackFor: jobId })).backups ?? []
}

test('a dry run tells and writes nothing; the real one has its way back before its first write', async () => {
  const backupId = await made('one,two,three of Acme')
  const dry = await restored(backupId, {
    isDryRun: true,
    named: ['restore_vlans', 'restore_devices'],
  })
  expect(dry).toMatchObject({
    ...{ status: 'completed', phase: 'done', isDryRun: true, organizationId: organizationA },
    ...{ rollbackBackupId: '', rollbackSequence: 0 },
    warnings: ['restore_vlans is ignored: Holdfast has none.'],
  })
  const things = dry?.sections?.find(({ name }) => name === 'test.things')
  expect(things).toMatchObject({ organization: 'Acme', records: 3, created: 3, status: 'ok' })
  expect(await takenThings(suite.postgres)).toEqual([])
  expect(await slotsOf(dry?.id ?? '')).toEqual([])

  const before = await suite.log.safeHead()
  const real = await restored(backupId)
  expect(real).toMatchObject({ status: 'completed', failureCode: '', withoutRollbackBecause: '' })
  expect(await takenThings(suite.postgres)).toEqual(['one', 'two', 'three'])
  const [slot, ...others] = await slotsOf(real?.id ?? '')
  expect(others).toEqual([])
  expect(slot).toMatchObject({
    ...{ id: real?.rollbackBackupId, kind: 3, status: 3, organizationId: '' },
    ...{ rollbackFor: real?.id, protection: 3 },
  })
  const week = 7 * 86_400_000
  expect(Number(slot?.keptUntilUnixMs)).toBeGreaterThan(Date.now() + week - 120_000)
  const { state } = await suite.log.fold(restoreJobs, real?.id ?? '')
  expect(state.facts).toMatchObject({
    backupId,
    rollbackBackupId: slot?.id,
    withoutRollbackBecause: '',
  })
  expect(state.facts?.rollbackSequence).toBeGreaterThan(before)
  expect(real?.rollbackSequence).toBe(Number(state.facts?.rollbackSequence))

  // The same request again, by its key, is the same job.
  const commandId = newId<never>()
  const first = await jobs.runRestoreJob({ backupId, contents, isDryRun: true }, { commandId })
  await over(first.job?.id ?? '')
  const again = await jobs.runRestoreJob({ backupId, contents, isDryRun: true }, { commandId })
  expect(again.job).toMatchObject({ id: first.job?.id, status: 'completed' })
})

test('everybody of the organization may ask how it goes; others do not learn of it, and few may begin', async () => {
  const backupId = await made('four of Acme')
  const { job } = await jobs.runRestoreJob({ backupId, contents, isDryRun: true })
  const id = job?.id ?? ''
  for (const role of ['ORG_ADMIN', 'OPERATOR', 'AUDITOR', 'VIEWER'] as const) {
    const caller = person(role, organizationA)
    expect((await jobs.getRestoreJob({ id }, { caller })).job?.id).toBe(id)
    const begun = jobs.runRestoreJob({ backupId, contents, isDryRun: true }, { caller })
    expect(await codeOf(begun)).toBe('backup.super_admin_only')
    expect(await codeOf(jobs.continueRestoreJob({ id }, { caller }))).toBe(
      'backup.super_admin_only',
    )
  }
  const caller = person('ORG_ADMIN', organizationB)
  expect(await codeOf(jobs.getRestoreJob({ id }, { caller }))).toBe('backup.restore_job_not_found')
  expect((await jobs.listRestoreJobs({}, { caller })).jobs).toEqual([])
  const organizationId = organizationA
  expect(await codeOf(jobs.listRestoreJobs({ organizationId }, { caller }))).toBe(
    'access.not_visible',
  )
  const viewer = person('VIEWER', organizationA)
  const listed = (await jobs.listRestoreJobs({}, { caller: viewer })).jobs ?? []
  expect(listed.map((one) => one.id)).toContain(id)
  await over(id)
})

test('what cannot be restored here is refused at once, with its reason', async () => {
  const full = await made('all', { organizationId: '', isEncrypted: true }, 'full')
  const sealed = await made('five of Acme', { isEncrypted: true, passphrase: 'correct horse' })
  const refusal = (backupId: string, more: object = {}) =>
    codeOf(jobs.runRestoreJob({ backupId, contents, ...more }))
  expect(await refusal(full)).toBe('backup.full_not_restored_here')
  expect(await refusal(newId())).toBe('backup.not_found')
  expect(await refusal('x')).toBe('backup.not_found')
  expect(await refusal(sealed)).toBe('passphrase:required')
  expect(await refusal(sealed, { passphrase: 'x'.repeat(513) })).toBe('passphrase:too_long')
  expect(await refusal(sealed, { passphrase: 'x', targetSiteId: 'x' })).toBe(
    'target_site_id:id_invalid',
  )
  const wrong = await restored(sealed, { passphrase: 'another one', isDryRun: true })
  expect(wrong).toMatchObject({ status: 'failed', failureCode: 'backup.snapshot_sealed' })
  const right = await restored(sealed, { passphrase: 'correct horse', isDryRun: true })
  expect(right).toMatchObject({ status: 'completed', failureCode: '' })
})

test('of a schema nobody here reads nothing is brought in, and that is said', async () => {
  const later = await restored(await made('six of a later Acme'), { isDryRun: true })
  expect(later?.sections?.find(({ name }) => name === 'test.things')).toMatchObject({
    ...{ status: 'schema_mismatch', records: 1, created: 0 },
  })
})

test('without a slot nothing is written, unless that was asked for: then it is recorded', async () => {
  const backupId = await made('seven of Acme')
  slotFails = new DomainError('storage.full', 'exhausted', 'The storage location is full.')
  const before = await takenThings(suite.postgres)
  const refused = await restored(backupId)
  expect(refused).toMatchObject({
    ...{ status: 'failed', failureCode: 'backup.rollback_slot_failed', rollbackSequence: 0 },
    failureDetail: expect.stringContaining('The storage location is full.'),
  })
  expect(await takenThings(suite.postgres)).toEqual(before)
  expect((await suite.log.fold(restoreJobs, refused?.id ?? '')).state.facts).toBeUndefined()
  expect(await codeOf(jobs.continueRestoreJob({ id: refused?.id ?? '' }))).toBe(
    'backup.restore_job_over',
  )

  const allowed = await restored(backupId, { allowsWithoutRollback: true })
  expect(allowed).toMatchObject({
    ...{ status: 'completed', rollbackBackupId: '', withoutRollbackBecause: 'storage.full' },
  })
  expect(await takenThings(suite.postgres)).toEqual([...before, 'seven'])
  const { state } = await suite.log.fold(restoreJobs, allowed?.id ?? '')
  expect(state.facts?.withoutRollbackBecause).toBe('storage.full')
})

test('an object that is not what was put there is not brought in', async () => {
  const backupId = await made('eight of Acme')
  const { state } = await suite.log.fold(backups, backupId)
  const path = join(suite.directory, state.result?.objectKey ?? '')
  const bytes = await readFile(path)
  bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1
  await writeFile(path, bytes)
  const found = await restored(backupId)
  expect(found).toMatchObject({ status: 'failed', failureCode: 'backup.object_changed' })
  expect(await slotsOf(found?.id ?? '')).toEqual([])
})

test('restoring the slot undoes what the job did, back to the log before its first write', async () => {
  const real = await restored(await made('nine of Acme'))
  const slot = real?.rollbackBackupId ?? ''
  const { job } = await jobs.runRestoreJob({ backupId: slot, named: ['restore_users'] })
  expect(job).toMatchObject({
    ...{ status: 'completed', undoesJobId: real?.id, organizationId: organizationA },
    warnings: ['restore_users is ignored: what the restore did is undone.', 'nothing else'],
  })
  expect(undone.at(-1)).toMatchObject({
    ...{ id: job?.id, jobId: real?.id, organizationId: organizationA, isDryRun: false },
    toSequence: BigInt(real?.rollbackSequence ?? 0),
  })
  // Who may see the job may see its undoing.
  const caller = person('VIEWER', organizationA)
  expect((await jobs.getRestoreJob({ id: job?.id ?? '' }, { caller })).job?.id).toBe(job?.id)
  const begun = jobs.runRestoreJob(
    { backupId: slot },
    { caller: person('ORG_ADMIN', organizationA) },
  )
  expect(await codeOf(begun)).toBe('backup.super_admin_only')
})

test('killed anywhere, a job says so, and goes on without doing anything twice', async () => {
  const points = ['fetching', 'slot asked for', 'started', 'page'] as const
  const wishes = []
  for (const [index, stopAt] of points.entries()) {
    wishes.push({ stopAt, backupId: await made(`k${index}a,k${index}b of Acme`) })
  }
  const file = fileURLToPath(new URL('../testing/restore-job-process.ts', import.meta.url))
  const { nats, pg, directory, spool } = suite
  const child = spawn(process.execPath, ['--import', 'tsx', file], {
    env: {
      PATH: process.env['PATH'] ?? '',
      RESTORES: JSON.stringify({
        natsUrl: nats.url,
        credentialsFile: nats.identities.credentialsFile('backup'),
        stream: nats.stream,
        postgresUrl: pg.url('backup').reveal(),
        ...{ directory, spool, jobs: wishes },
      }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const reached = new Map<string, { jobId: string; backupId: string }>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const at = JSON.parse(line) as { point: string; jobId: string; backupId: string } // as: the child writes it
    reached.set(at.point, at)
  })
  await until(() => reached.size === points.length, 'each job is at its point')
  child.kill('SIGKILL')

  const told = await Promise.all(
    points.map(async (point) => ({ point, job: await over(reached.get(point)?.jobId ?? '') })),
  )
  const statuses = Object.fromEntries(told.map(({ point, job }) => [point, job?.status]))
  expect(statuses).toEqual({
    ...{ fetching: 'failed', 'slot asked for': 'failed', started: 'failed' },
    page: 'interrupted',
  })
  expect(told.every(({ job }) => job?.failureCode === 'backup.import_interrupted')).toBe(true)
  const broken = told.find(({ point }) => point === 'page')?.job
  const id = broken?.id ?? ''
  await jobs.continueRestoreJob({ id })
  const done = await over(id)
  expect(done).toMatchObject({
    ...{ status: 'completed', rollbackSequence: broken?.rollbackSequence },
    rollbackBackupId: broken?.rollbackBackupId,
  })
  expect(await slotsOf(id)).toHaveLength(1)
  // The others wrote nothing: they are begun anew.
  for (const { backupId, stopAt } of wishes.slice(0, 3)) {
    expect((await restored(backupId))?.status, stopAt).toBe('completed')
  }
  const taken = (await takenThings(suite.postgres)).filter((name) => name.startsWith('k'))
  expect([...taken].sort()).toEqual(points.flatMap((_, index) => [`k${index}a`, `k${index}b`]))
})
