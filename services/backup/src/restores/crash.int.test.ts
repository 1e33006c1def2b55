import { newId } from '@holdfast/domain'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../testing/backup-suite.ts'
import {
  type RestoreChild,
  type RestoreSuite,
  startRestoreSuite,
} from '../testing/live-restore-suite.ts'

// SIGKILL in the middle of a plan, a restore and its undoing; whoever is there next goes on. Every other point at which they
// can be cut off is in restores.int.test.ts.

/** Processes there are at a time: one that is killed need not be waited for until another has started. */
const alive = 2
let suite: RestoreSuite
let children: Promise<RestoreChild>[] = []

beforeAll(async () => {
  suite = await startRestoreSuite()
  children = Array.from({ length: alive }, () => suite.asProcess())
  await Promise.all(children)
}, 60_000)
afterAll(() => suite.close())

const signal = AbortSignal.timeout(120_000)
const wish = { reason: 'the wrong import', actor: { kind: 'user', id: newId<string>() } } as const

async function killAt(point: string): Promise<void> {
  const waiting = children.map(async (starting) => {
    const child = await starting
    await child.until(point)
    return { starting, child }
  })
  const { starting, child } = await Promise.race(waiting)
  // Who takes over must not run past what is waited for next.
  for (const other of await Promise.all(children)) other.hold()
  await child.kill()
  children = [...children.filter((one) => one !== starting), suite.asProcess()]
}

async function release(): Promise<void> {
  for (const child of await Promise.all(children)) child.release()
}

/** Each object was changed by one commit, however often it was begun. */
async function commitsOf(restoreId: string): Promise<readonly string[]> {
  const subjects: string[] = []
  const head = await suite.log.safeHead()
  for (let at = 1n; at <= head; at++) {
    const commit = await suite.log.read(at)
    if (commit?.causationId === restoreId) subjects.push(commit.subject)
  }
  return subjects
}

const recordsOf = async (restoreId: string): Promise<readonly string[]> => {
  const types: string[] = []
  for await (const commit of suite.log.history(`evt.backup.restore.${restoreId}`))
    types.push(...commit.events.map(({ type }) => type))
  return types
}

test('killed in the middle it is the old or the new state in the end, and each change was made once', async () => {
  const [kept, gone, come] = [newId<string>(), newId<string>(), newId<string>()]
  const ids = [kept, gone, come]
  const both = ['auth', 'network'] as const
  for (const player of both) {
    await suite.set(player, kept, 'kept', 1)
    await suite.set(player, gone, 'gone', 1)
  }
  const point = await suite.log.safeHead()
  const before = await suite.state(ids)
  for (const player of both) {
    await suite.set(player, kept, 'kept', 2)
    await suite.remove(player, gone)
    await suite.set(player, come, 'come', 1)
  }
  const after = await suite.state(ids)

  const planId = newId<string>()
  await suite.restores.plan({ id: planId, toSequence: point, actor: wish.actor }, 0, signal)
  await killAt('plan.network')
  // Whoever is next makes it from the beginning; where it may go on to is the next point.
  const made = killAt('rollback')
  await until(async () => {
    const { state } = await suite.restores.plan(
      { id: planId, toSequence: point, actor: wish.actor },
      0,
      signal,
    )
    return state === 'ready'
  }, 'the plan is made')
  const id = await suite.restores.apply(planId, wish, signal)
  await made
  expect(await suite.state(ids)).toEqual(after)
  await killAt('rollback-taken')
  expect(await suite.state(ids)).toEqual(after)
  expect(await recordsOf(id)).toEqual([])
  await killAt('started')
  await killAt('network.bring-page')
  await killAt('completed')
  await suite.restores.ended(id, signal)
  expect(await suite.state(ids)).toEqual(before)
  expect((await commitsOf(id)).length).toBe(6)
  expect(new Set(await commitsOf(id)).size).toBe(6)
  expect(await recordsOf(id)).toEqual(['RestoreStarted', 'RestoreCompleted'])

  const undo = await suite.restores.begin(
    { ...(await suite.restores.undoing(id)), ...wish },
    signal,
  )
  await killAt('auth.bring-page')
  await release()
  await suite.restores.ended(undo, signal)
  expect(await suite.state(ids)).toEqual(after)
  expect(new Set(await commitsOf(undo)).size).toBe(6)
  expect((await commitsOf(undo)).length).toBe(6)
}, 110_000)
