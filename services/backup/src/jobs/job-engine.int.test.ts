import { once } from 'node:events'
import { readFile, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from '@holdfast/postgres'
import { StorageFull } from '@holdfast/storage'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  aSnapshot,
  type Instance,
  jobOf,
  type Suite,
  startSuite,
  until,
} from '../testing/backup-suite.ts'
import { contentOf, objectBytes, type Point, points } from '../testing/test-maker.ts'
import { checksumFile } from './object-tasks.ts'
import { steps } from './steps.ts'

let suite: Suite
beforeAll(async () => {
  suite = await startSuite()
})
afterAll(() => suite.close())

async function create(instance: Instance, name: string): Promise<string> {
  const { backup } = await instance.backups.createBackup(aSnapshot(name))
  return backup?.id ?? ''
}

async function shown(instance: Instance, id: string) {
  await suite.projections.reached(suite.log.seen())
  return (await instance.backups.getBackup({ id })).backup
}

/** Over, and read back. */
const settled = (id: string) =>
  until(async () => (await jobOf(suite.postgres, id))?.state === 'ended', `the end of ${id}`)

async function expectWhole(instance: Instance, id: string): Promise<void> {
  const backup = await shown(instance, id)
  expect(backup).toMatchObject({ status: 3, progress: 100, bytes: objectBytes, verifyFailure: '' })
  expect(backup?.verifiedAtUnixMs).toBeGreaterThan(0)
  expect(backup?.steps?.map(({ progress }) => progress)).toEqual([...steps])
  const times = (backup?.steps ?? []).map(({ atUnixMs }) => atUnixMs ?? 0)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  const path = join(suite.directory, backup?.objectKey ?? '')
  expect((await readFile(path)).equals(contentOf(id))).toBe(true)
  const sum = Buffer.from(backup?.sha256 ?? []).toString('hex')
  expect(await readFile(`${path}.sha256`, 'utf8')).toBe(
    Buffer.from(checksumFile(backup?.objectKey ?? '', sum)).toString(),
  )
  expect((await stat(path)).mode & 0o077).toBe(0)
}

const filesOf = async (id: string) => (await suite.files()).filter((path) => path.includes(id))

test('a process killed at any step: another makes the backup, each step shown once and in order', async () => {
  const { child, reached } = suite.asProcess()
  const asking = suite.instance({ limits: { parallel: 1 } })
  await asking.stop()
  const ids = new Map<Point, string>()
  for (const point of points) ids.set(point, await create(asking, point))
  try {
    await until(() => reached.size === points.length, `all of ${points.join()}`)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  const before = new Map<string, readonly number[]>()
  for (const id of ids.values()) before.set(id, (await jobOf(suite.postgres, id))?.steps ?? [])
  expect(new Set([...before.values()].map(({ length }) => length)).size).toBeGreaterThanOrEqual(6)

  const next = suite.instance()
  for (const [point, id] of ids) {
    await settled(id)
    await expectWhole(next, id).catch((error: unknown) => {
      throw new Error(`killed at ${point}`, { cause: error })
    })
    // What people saw before the kill stands, as it was.
    const after = (await jobOf(suite.postgres, id))?.steps ?? []
    expect(after.slice(0, before.get(id)?.length)).toEqual(before.get(id))
  }
  // Two files a backup and nothing else, once unfinished uploads are old enough to be told from ones under way.
  for (const file of await suite.files()) {
    if (file.endsWith('.part')) await utimes(join(suite.directory, file), 1, 1)
  }
  const storage = await suite.locations.open(suite.log.lineageId)
  await storage.sweep()
  await storage.close()
  expect((await suite.files()).length).toBe(2 * points.length)
  expect(await next.opened.housekeeping.clearSpool()).toBe(0)
  await next.stop()
})

test('killed and then cancelled, at any step: nothing of it stays', async () => {
  const { child, reached } = suite.asProcess()
  const asking = suite.instance({ limits: { parallel: 1 } })
  await asking.stop()
  const open = points.filter((point) => point !== 'recorded' && point !== 'verifying')
  const ids = new Map<Point, string>()
  for (const point of open) ids.set(point, await create(asking, point))
  try {
    await until(() => reached.size === open.length, 'all points')
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  for (const id of ids.values()) {
    const { backup } = await asking.backups.cancelBackup({ id })
    expect(backup).toMatchObject({ status: 5 })
  }
  const next = suite.instance()
  for (const id of ids.values()) {
    await until(
      async () => (await filesOf(id)).every((path) => path.endsWith('.part')),
      'nothing left',
    )
    expect((await shown(next, id))?.status).toBe(5)
    await expect(next.backups.cancelBackup({ id })).resolves.toBeDefined() // one fact
    await expect(next.backups.readBackup({ id, length: 1 })).rejects.toMatchObject({
      code: 'backup.not_completed',
    })
  }
  await next.stop()
})

test('cancelled while it is made, at each point: it stops there, and nothing of it stays', async () => {
  const held = new Map<string, Point>()
  const instance = suite.instance({
    pause: async (point, id, signal) => {
      const { backup } = await instance.backups.getBackup({ id })
      if (backup?.name !== `cancel ${point}`) return
      held.set(id, point)
      await new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      })
    },
  })
  const at = ['begun', 'collected', 'bundled', 'encrypted', 'hashed', 'uploaded'] as const
  const ids: string[] = []
  for (const point of at) ids.push(await create(instance, `cancel ${point}`))
  await until(() => held.size === at.length, 'all are held')
  for (const id of ids) {
    const { backup } = await instance.backups.cancelBackup({ id })
    expect(backup?.status).toBe(5)
    await until(async () => (await filesOf(id)).length === 0, 'nothing left')
  }
  const done = await create(instance, 'done')
  await settled(done)
  await expect(instance.backups.cancelBackup({ id: done })).rejects.toMatchObject({
    code: 'backup.not_running',
  })
  await instance.stop()
})

test('the soft limit stops a job at its next step, the hard one where it is', async () => {
  const release = new AbortController()
  const waits = (signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      release.signal.addEventListener('abort', () => resolve(), { once: true })
    })
  const soft = suite.instance({
    limits: { softLimitMs: 100, hardLimitMs: 60_000 },
    pause: (point, _id, signal) => (point === 'collected' ? waits(signal) : Promise.resolve()),
  })
  const slow = await create(soft, 'slow')
  await until(async () => (await jobOf(suite.postgres, slow))?.progress === 30, 'it is collected')
  const startedAt = performance.now()
  await until(() => performance.now() - startedAt > 150, 'the limit')
  release.abort()
  await settled(slow)
  expect(await shown(soft, slow)).toMatchObject({
    status: 4,
    progress: 30,
    failureCode: 'backup.timed_out',
  })
  await soft.stop()
  const hard = suite.instance({
    limits: { softLimitMs: 100, hardLimitMs: 300 },
    pause: (point, _id, signal) =>
      point === 'bundled'
        ? new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
          })
        : Promise.resolve(),
  })
  const stuck = await create(hard, 'stuck')
  await settled(stuck)
  expect(await shown(hard, stuck)).toMatchObject({ status: 4, failureCode: 'backup.timed_out' })
  expect(await filesOf(stuck)).toEqual([])
  await hard.stop()
})

test('at most so many at once, of two instances together, in the order they were asked for', async () => {
  const begun: string[] = []
  let most = 0
  let running = 0
  let release: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const pause = async (point: Point, id: string): Promise<void> => {
    if (point === 'begun') {
      begun.push(id)
      running++
      most = Math.max(most, running)
      await gate
    }
    if (point === 'recorded') running--
  }
  const limits = { parallel: 2 }
  const [one, two] = [suite.instance({ limits, pause }), suite.instance({ limits, pause })]
  const ids: string[] = []
  for (let at = 0; at < 6; at++) ids.push(await create(at % 2 === 0 ? one : two, `queue ${at}`))
  await until(() => begun.length === 2, 'two run')
  expect(begun.toSorted()).toEqual(ids.slice(0, 2).toSorted())
  const pending = await one.backups.listBackups({ status: 1, search: 'queue' })
  expect(pending.backups?.map(({ id }) => id).toSorted()).toEqual(ids.slice(2).toSorted())
  release()
  for (const id of ids) await settled(id)
  expect(most).toBe(2)
  expect(begun.length).toBe(6)
  await Promise.all([one.stop(), two.stop()])
})

test('a lease that ran out unnoticed: the instance that makes it does not make it twice', async () => {
  let begun = 0
  let release: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const instance = suite.instance({
    limits: { leaseMs: 60_000 },
    pause: async (point) => {
      if (point !== 'begun') return
      begun++
      await gate
    },
  })
  const id = await create(instance, 'leased')
  await until(() => begun === 1, 'it is begun')
  const attempts = async () => (await jobOf(suite.postgres, id))?.attempts
  await until(async () => {
    // Again until it is seen: the beat renews it as well.
    await suite.postgres.execute(
      sql`update backup.backup_jobs set leased_until = now() where backup_id = ${id}::uuid`,
    )
    instance.opened.engine.wake()
    return (await attempts()) === 2
  }, 'it is taken again')
  release()
  await settled(id)
  await expectWhole(instance, id)
  expect(begun).toBe(1)
  await instance.stop()
})

test('a job that ends its process again and again is given up, a lost one is said to be', async () => {
  const idle = suite.instance()
  await idle.stop()
  const id = await create(idle, 'hopeless')
  const lost = await create(idle, 'lost')
  await suite.postgres.execute(
    sql`update backup.backup_jobs set attempts = 5 where backup_id = ${id}::uuid`,
  )
  await suite.postgres.execute(sql`delete from backup.backup_jobs where backup_id = ${lost}::uuid`)
  const instance = suite.instance()
  await settled(id)
  expect(await shown(instance, id)).toMatchObject({ status: 4, failureCode: 'backup.given_up' })
  await instance.opened.housekeeping.failLost(0)
  expect(await shown(instance, lost)).toMatchObject({ status: 4, failureCode: 'backup.job_lost' })
  await instance.stop()
})

test('a service that stops gives its jobs back, and no attempt is counted', async () => {
  let isHeld = false
  const first = suite.instance({
    pause: async (point, _id, signal) => {
      if (point !== 'encrypted') return
      isHeld = true
      await new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      })
    },
  })
  const id = await create(first, 'handed over')
  await until(() => isHeld, 'it is under way')
  await first.stop()
  expect(await jobOf(suite.postgres, id)).toMatchObject({ state: 'running', attempts: 0 })
  const second = suite.instance()
  await settled(id)
  await expectWhole(second, id)
  await second.stop()
})

test('a location that refuses: the job fails with its word for it, and nothing of it stays', async () => {
  const instance = suite.instance({
    pause: (point) =>
      point === 'uploaded' ? Promise.reject(StorageFull({ why: 'no room' })) : Promise.resolve(),
  })
  const id = await create(instance, 'refused')
  await settled(id)
  expect(await shown(instance, id)).toMatchObject({
    status: 4,
    progress: 70,
    failureCode: 'storage.full',
  })
  await until(async () => (await filesOf(id)).length === 0, 'nothing left')
  await expect(instance.backups.deleteBackup({ id })).resolves.toBeDefined()
  await instance.stop()
})
