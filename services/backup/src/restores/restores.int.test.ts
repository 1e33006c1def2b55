import { newId, uuidV5 } from '@holdfast/domain'
import { sql } from '@holdfast/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { restores as aggregate } from '../commands/restore-aggregate.ts'
import { pinnedCheckpoints, rollbackPoints } from '../queries/rollback-points.ts'
import { until } from '../testing/backup-suite.ts'
import { type RestoreSuite, startRestoreSuite } from '../testing/live-restore-suite.ts'
import { asPerson, thingsOf } from '../testing/played-things.ts'
import { restorePoints } from '../testing/restore-pauses.ts'
import { LeaseLost } from './held.ts'
import { planChanges } from './plan-store.ts'
import type { RestoreView } from './restores.ts'

let suite: RestoreSuite
beforeAll(async () => {
  suite = await startRestoreSuite()
}, 60_000)
afterAll(() => suite.close())

const signal = AbortSignal.timeout(120_000)
const actor = { kind: 'user', id: newId<string>() } as const
const wish = { reason: 'the wrong import', actor }

/** One that was there and is changed, one that goes, and one that comes; in both services. */
async function history() {
  const ids = [newId<string>(), newId<string>(), newId<string>()] as const
  const [kept, gone, come] = ids
  for (const player of ['auth', 'network'] as const) {
    await suite.set(player, kept, 'kept', 1)
    await suite.set(player, gone, 'gone', 1)
  }
  const point = await suite.log.safeHead()
  const before = await suite.state(ids)
  for (const player of ['auth', 'network'] as const) {
    await suite.set(player, kept, 'kept', 2)
    await suite.remove(player, gone)
    await suite.set(player, come, 'come', 1)
  }
  return { ids, point, before, after: await suite.state(ids) }
}

const commitsBecauseOf = async (cause: string): Promise<number> => {
  let found = 0
  const head = await suite.log.safeHead()
  for (let at = 1n; at <= head; at++)
    if ((await suite.log.read(at))?.causationId === cause) found += 1
  return found
}

const noneOpen = async (): Promise<void> => {
  await until(async () => {
    const rows = await suite.postgres.query(
      sql`select 1 from backup.restore_jobs where state <> 'ended'`,
    )
    return rows.length === 0
  }, 'no restore is under way')
  await suite.caughtUp()
}

async function ended(id: string): Promise<RestoreView> {
  const view = await suite.restores.ended(id, signal)
  await suite.caughtUp()
  return (await suite.restores.get(id)) ?? view
}

test('a plan, its restore, and what undoes it', async () => {
  const opened = suite.instance()
  opened.start()
  const { ids, point, before, after } = await history()

  const plan = await opened.restores.plan({ toSequence: point, actor }, 30_000, signal)
  expect(plan).toMatchObject({
    state: 'ready',
    counts: { create: 2, update: 2, delete: 2, blocked: 0 },
    isMeasured: false,
  })
  const all = { after: -1, limit: 100, change: '', kind: '' }
  const changes = await planChanges(suite.postgres, plan.planId, all)
  expect(changes.map(({ change }) => `${change.service} ${change.change} ${change.name}`)).toEqual(
    expect.arrayContaining(['auth update kept', 'network create gone', 'network delete come']),
  )
  const updates = await planChanges(suite.postgres, plan.planId, { ...all, change: 'update' })
  expect(updates[0]?.change.fields).toEqual([{ field: 'value', before: '2', after: '1' }])

  const id = await opened.restores.apply(plan.planId, wish, signal)
  const restored = await ended(id)
  expect(restored).toMatchObject({
    status: 'completed',
    progress: 100,
    counts: { create: 2, update: 2, delete: 2, blocked: 0 },
    planId: plan.planId,
    actorId: actor.id,
    reason: 'the wrong import',
  })
  expect(await suite.state(ids)).toEqual(before)
  // Its point is the position right before it began, and stays.
  const first = await suite.log.read(restored.rollbackSequence + 1n)
  expect(first?.subject).toBe(`evt.backup.restore.${id}`)
  expect(await pinnedCheckpoints(suite.postgres)).toContain(restored.checkpointSize)
  expect(restored.checkpointSize).toBeLessThanOrEqual(restored.rollbackSequence)
  expect((await rollbackPoints(suite.postgres)).length).toBeGreaterThan(0)

  const undo = await opened.restores.begin(
    { ...(await opened.restores.undoing(id)), ...wish },
    signal,
  )
  expect(await ended(undo)).toMatchObject({ status: 'completed', undoes: id })
  expect(await suite.state(ids)).toEqual(after)
  expect(await opened.restores.get(id)).toMatchObject({ undoneBy: undo })
  await opened.stop()
})

test('what changed since the plan makes it stale, and nothing is touched', async () => {
  const opened = suite.instance()
  opened.start()
  const { ids, point } = await history()
  const { planId } = await opened.restores.plan({ toSequence: point, actor }, 30_000, signal)
  await suite.set('network', ids[0], 'kept', 3)
  const now = await suite.state(ids)
  await expect(opened.restores.apply(planId, wish, signal)).rejects.toMatchObject({
    code: 'restore.plan_stale',
  })
  expect(await suite.state(ids)).toEqual(now)
  // What has nothing to do with it leaves it as it is.
  const { planId: again } = await opened.restores.plan({ toSequence: point, actor }, 30_000, signal)
  await suite.log.execute(
    aggregate,
    newId(),
    { type: 'FailRestore', ...unrelated, isRolledBack: false },
    asPerson(),
  )
  const id = await opened.restores.apply(again, wish, signal)
  expect(await ended(id)).toMatchObject({ status: 'completed' })
  await opened.stop()
})
const unrelated = {
  code: 'x',
  detail: '',
  wish: {
    ...{ toSequence: 1n, only: [], organizationId: '', reason: '', planId: '', undoes: '' },
    ...{ digest: new Uint8Array(), allowsWithoutRollback: false },
  },
} as const

test('only what is named is restored', async () => {
  const opened = suite.instance()
  opened.start()
  const { ids, point, before, after } = await history()
  const id = await opened.restores.begin({ ...wish, toSequence: point, only: ['network'] }, signal)
  await ended(id)
  const of = (states: readonly string[], player: string) =>
    states.filter((one) => one.startsWith(player))
  const now = await suite.state(ids)
  expect(of(now, 'network')).toEqual(of(before, 'network'))
  expect(of(now, 'auth')).toEqual(of(after, 'auth'))
  await expect(
    opened.restores.begin({ ...wish, toSequence: point, only: ['cats'] }, signal),
  ).rejects.toMatchObject({ code: 'restore.scope_unknown' })
  await expect(
    opened.restores.begin({ ...wish, toSequence: 10_000_000n }, signal),
  ).rejects.toMatchObject({ code: 'restore.point_not_found' })
  await opened.stop()
})

test('what others touched stays, where only the commits of one cause are taken back', async () => {
  const opened = suite.instance()
  opened.start()
  const { ids, point } = await history()
  const because = asPerson('import x')
  const command = { type: 'SetThing', name: 'kept', value: 9 } as const
  await suite.log.execute(thingsOf('auth'), ids[0], command, because)
  const request = { ...wish, toSequence: point, touchedBy: 'import x' }
  const { counts } = await opened.restores.plan(request, 30_000, signal)
  expect(counts).toEqual({ create: 0, update: 1, delete: 0, blocked: 0 })
  await ended(await opened.restores.begin(request, signal))
  expect(await suite.state(ids)).toEqual(
    expect.arrayContaining(['auth kept=1', 'network kept=2', 'auth come=1']),
  )
  await opened.stop()
})

test('no rollback point, no restore; unless somebody says so, and that is recorded', async () => {
  const { ids, point, before, after } = await history()
  const opened = suite.instance({
    takeRollbackPoint: () => async () => {
      throw Object.assign(await failure(), {})
    },
  })
  opened.start()
  const id = await opened.restores.begin({ ...wish, toSequence: point }, signal)
  const failed = await ended(id)
  expect(failed).toMatchObject({
    status: 'failed',
    failureCode: 'restore.rollback_point_failed',
    rollbackSequence: 0n,
    isRolledBack: false,
    counts: { create: 0, update: 0, delete: 0 },
  })
  expect(await suite.state(ids)).toEqual(after)
  expect(await commitsBecauseOf(id)).toBe(0)
  await expect(opened.restores.undoing(id)).rejects.toMatchObject({ code: 'restore.not_undoable' })

  const bold = await opened.restores.begin(
    { ...wish, toSequence: point, allowsWithoutRollback: true },
    signal,
  )
  expect(await ended(bold)).toMatchObject({
    status: 'completed',
    withoutRollback: expect.stringContaining('the signer is away'),
    checkpointSize: 0n,
  })
  expect(await suite.state(ids)).toEqual(before)
  await opened.stop()
})
const failure = async () => {
  const { RollbackPointFailed } = await import('../domain/restore-errors.ts')
  return RollbackPointFailed({ reason: 'the signer is away' })
}

test('one restore at a time; the one under way is named, and asking again is the same one', async () => {
  const { point } = await history()
  const id = newId<string>()
  await suite.restores.begin({ ...wish, id, toSequence: point }, signal)
  await expect(suite.restores.begin({ ...wish, toSequence: point }, signal)).rejects.toMatchObject({
    code: 'restore.under_way',
    details: { restore: id },
  })
  expect(await suite.restores.begin({ ...wish, id, toSequence: point }, signal)).toBe(id)
  const opened = suite.instance()
  opened.start()
  expect(await ended(id)).toMatchObject({ status: 'completed' })
  await opened.stop()
})

test('cut off at any point it goes on from there, and each change is made once', async () => {
  const { ids, point, before } = await history()
  const left = new Set<string>(restorePoints)
  // As if its process were gone: nothing is given back, and the lease has to run out.
  const opened = suite.instance({
    pause: async (at) => {
      if (left.delete(at)) throw new LeaseLost(`cut off at ${at}`)
    },
  })
  opened.start()
  const id = await opened.restores.begin({ ...wish, toSequence: point }, signal)
  await noneOpen()
  expect(await ended(id)).toMatchObject({ status: 'completed' })
  expect([...left]).toEqual([])
  expect(await suite.state(ids)).toEqual(before)
  expect(await commitsBecauseOf(id)).toBe(6)
  await opened.stop()
})

test('what cannot be finished is put back', async () => {
  const { ids, point, after } = await history()
  let isBroken = true
  const opened = suite.instance({
    retryMs: 1,
    pause: async (at) => {
      if (at === 'network.bring' && isBroken) throw new Error('a fault of ours')
    },
  })
  opened.start()
  const id = await opened.restores.begin({ ...wish, toSequence: point }, signal)
  await until(async () => {
    const [row] = await suite.postgres.query<{ is_going_back: boolean }>(
      sql`select is_going_back from backup.restore_jobs where restore_id = ${id}::uuid`,
    )
    return row?.is_going_back === true
  }, 'it goes back')
  isBroken = false
  expect(await ended(id)).toMatchObject({
    status: 'failed',
    failureCode: 'internal',
    isRolledBack: true,
  })
  expect(await suite.state(ids)).toEqual(after)
  expect(await commitsBecauseOf(uuidV5(id, 'back'))).toBeGreaterThan(0)
  await opened.stop()
  await noneOpen()
})
