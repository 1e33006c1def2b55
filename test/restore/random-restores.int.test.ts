import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { restorable } from './instance.ts'
import { MemoryLog } from './memory-log.ts'
import { type NaiveContent, NaiveInstance } from './naive-instance.ts'
import { randomFrom, randomInstance } from './random-instance.ts'

// A random history of every kind of object a restore brings back; then, from its end, back to many of its moments, each time
// with what backup asks of the services. What should come of it is told by a second, naive replay (naive-instance.ts).

const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? Date.now() % 1_000_000_000)
const commits = 5_000
const moments = 200
/** Until here things happen that no restore takes back; only later ones have to come out exactly. */
const losses = 1_500

/** A replay that goes on where another one was: the log only grows. */
function following(log: MemoryLog, from: NaiveInstance) {
  const replay = from.copy()
  let taken = log.commits.length
  return (): NaiveInstance => {
    for (; taken < log.commits.length; taken++) {
      const commit = log.commits[taken]
      if (commit) replay.take(commit)
    }
    return replay
  }
}

const hashOf = (content: NaiveContent): string =>
  createHash('sha256')
    .update(JSON.stringify([...content].sort(([a], [b]) => (a < b ? -1 : 1))))
    .digest('hex')

/** As an object, for a failure that can be read. */
const shown = (content: ReadonlyMap<string, string>) =>
  Object.fromEntries([...content].sort(([a], [b]) => (a < b ? -1 : 1)))

const kindOf = (key: string): string => key.slice(0, key.indexOf(' '))
const idOf = (key: string): string => key.slice(key.indexOf(' ') + 1)

/**
 * What of an earlier content can be had. Who was erased stays so, and who was not there yet is put out of use; a node that
 * was deleted stays so, and what it carried with it; tokens are withdrawn and never given back.
 */
function attainable(then: NaiveContent, now: NaiveContent): NaiveContent {
  const found = new Map<string, string>()
  const isNodeThere = (id: string): boolean => now.has(`node ${id.split('.')[0]}`)
  for (const [key, text] of then) {
    const kind = kindOf(key)
    const isLost =
      (['user', 'node', 'enrolment'].includes(kind) && !now.has(key)) ||
      (['interface', 'peer'].includes(kind) && !isNodeThere(idOf(key)))
    if (!isLost) found.set(key, text)
  }
  for (const [key, text] of now) {
    if (kindOf(key) !== 'user' || then.has(key)) continue
    const { roles: _, ...user } = JSON.parse(text) as { roles: object; isDisabled: boolean }
    found.set(key, JSON.stringify(inOrder({ ...user, isDisabled: true, roles: {} })))
  }
  return found
}
/** What is told of one by one: `<kind> <its own id>`. Peers go with their interface, and tokens are never given back. */
const lostSince = (then: NaiveContent, target: NaiveContent): readonly string[] =>
  [...then.keys()]
    .filter((key) => !target.has(key) && ['user', 'node', 'interface'].includes(kindOf(key)))
    .map((key) => `${kindOf(key)} ${idOf(key).split('.').at(-1)}`)
    .sort()

const inOrder = (fields: object) =>
  Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))

/** What has to happen to each object, for the one to become the other. */
function difference(now: NaiveContent, then: NaiveContent): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  // A rule set is never made or gone: only its settings are its own.
  const isSet = (key: string): boolean => kindOf(key) === 'rule_set'
  for (const [key, text] of then) {
    const before = now.get(key)
    if (before === undefined) found.set(key, isSet(key) ? 'update' : 'create')
    else if (before !== text) found.set(key, 'update')
  }
  for (const key of now.keys()) if (!then.has(key)) found.set(key, isSet(key) ? 'update' : 'delete')
  return found
}

test(`back to ${moments} moments of ${commits} commits and forth again, seed ${seed}`, async () => {
  const random = randomFrom(seed)
  const log = new MemoryLog()
  const instance = randomInstance(log, random)
  await instance.begin()
  await instance.live(losses, { mayLose: true })
  await instance.live(commits, { mayLose: false })
  await instance.settle()
  const head = log.head
  expect(head).toBeGreaterThanOrEqual(commits)

  // Before the first there was nobody to ask for it.
  const chosen = new Set<bigint>([1n, head - 1n])
  while (chosen.size < moments) chosen.add(1n + BigInt(Math.floor(random() * (Number(head) - 1))))
  const contents = new Map<bigint, NaiveContent>()
  const replay = new NaiveInstance()
  for (const commit of log.commits) {
    replay.take(commit)
    if (chosen.has(commit.sequence)) contents.set(commit.sequence, replay.content())
  }
  const end = replay.content()
  const kinds = new Set([...contents.values()].flatMap((one) => [...one.keys()].map(kindOf)))
  expect([...kinds].sort()).toEqual(restoredKinds)

  let exact = 0
  let objects = 0
  for (const k of chosen) {
    const where = `to ${k} of ${head}, seed ${seed}`
    const then = contents.get(k) ?? new Map<string, string>()
    const target = attainable(then, end)
    const copy = new MemoryLog(log)
    const read = following(copy, replay)
    const restores = restorable(copy, read)

    const planned = await restores.plan(k, head)
    const wanted = difference(end, target)
    const possible = new Map([...planned].filter(([, change]) => change !== 'blocked'))
    expect(shown(possible), `the plan ${where}`).toEqual(shown(wanted))

    const blocked = await restores.apply(k, head)
    expect([...blocked.keys()].sort(), `blocked ${where}`).toEqual(lostSince(then, target))
    const restored = read().content()
    expect(shown(restored), `restored ${where}`).toEqual(shown(target))
    const isExact = hashOf(then) === hashOf(target)
    if (isExact) {
      expect(hashOf(restored)).toBe(hashOf(then))
      expect(blocked.size).toBe(0)
    }
    const after = copy.head
    if (objects % 10 === 0) {
      const left = new Map([...planned].filter(([, change]) => change === 'blocked'))
      expect(shown(await restores.plan(k, after)), `left to do ${where}`).toEqual(shown(left))
    }

    await restores.apply(head, after)
    const back = attainable(end, restored)
    const undone = hashOf(read().content())
    expect(undone, `back from ${where}`).toBe(hashOf(back))
    // A node or a token made since went, and such do not come back.
    const isUndone = hashOf(back) === hashOf(end)
    if (isExact && isUndone) exact++
    objects += wanted.size
  }
  console.info(
    `seed ${seed}: ${head} commits, ${chosen.size} moments, ${exact} exact, ${objects} objects changed`,
  )
  expect(exact).toBeGreaterThan(moments / 2)
}, 600_000)

const restoredKinds = [
  ...['alert_rule', 'change_set', 'enrolment', 'interface', 'node', 'organization', 'peer'],
  ...['policy_test', 'rule', 'rule_set', 'schedule', 'site', 'storage_location', 'subscriber'],
  ...['user', 'webhook'],
]
