import { newId } from '@holdfast/domain'
import { LogUnavailable } from '@holdfast/event-log'
import { beforeEach, expect, test } from 'vitest'
import type { AnyCompensable, Passage } from './compensable.ts'
import { converge, type Traveller } from './converge.ts'
import {
  memoryLog,
  type ThingFacts,
  thingKind,
  thingsOf,
  workContext,
} from './memory-log.fixture.ts'

const id = newId<string>()
const things = thingsOf('interface')
let log = memoryLog()
let one: AnyCompensable
let calls: string[]

const words = ({ before, after }: Passage<ThingFacts>): string =>
  `${before?.name ?? '–'} > ${after?.name ?? '–'}`

beforeEach(() => {
  log = memoryLog()
  calls = []
  one = thingKind('interface', {
    isSplittable: true,
    hold: async (_id, passage) => void calls.push(`hold ${words(passage)}`),
    settle: async (_id, passage) => void calls.push(`settle ${words(passage)}`),
  })
})

/** As a plan finds it: folded up to the present. */
function traveller(): Traveller {
  let state = one.initial(id)
  for (const commit of log.commits) {
    for (const stored of commit.events)
      state = one.evolve(state, one.aggregate.codec.decode(stored), commit)
  }
  return {
    one,
    id,
    subject: `evt.stock.interface.${id}`,
    seen: new Map(),
    state,
    revision: log.commits.at(-1)?.sequence ?? 0n,
  }
}

const facts = (name: string, parts: Record<string, number> = {}): ThingFacts => ({
  name,
  organizationId: '',
  parts: Object.fromEntries(Object.entries(parts).map(([part, value]) => [part, { value }])),
})
const set = (name: string, parts: Record<string, number> = {}) =>
  log.add(things, id, [{ type: 'ThingSet', name, parts }])
const go = (from: Traveller, target: ThingFacts | undefined, work: string, more = {}) =>
  converge(log, from, {
    target,
    around: undefined,
    context: workContext(work),
    step: 'bring',
    now: () => 0,
    ...more,
  })
const present = () => traveller().state

test('a target is reached once, whatever becomes of the object since', async () => {
  set('now')
  const start = traveller()
  const work = newId<string>()
  const sequence = await go(start, facts('then'), work)
  expect(sequence).toBe(2n)
  expect(calls).toEqual(['hold now > then', 'settle now > then'])
  set('later')
  // In the same process, in another one that planned before, and in one that plans now from the same head.
  expect(await go(start, facts('then'), work)).toBe(2n)
  const fresh = { ...start, seen: new Map(), state: facts('now'), revision: 1n }
  expect(await go(fresh, facts('then'), work)).toBe(2n)
  expect(present()).toEqual(facts('later'))
  expect(calls.at(-1)).toBe('settle now > later')
})

test('what others changed before its turn is decided on', async () => {
  set('now', { a: 1 })
  const start = traveller()
  let isFirst = true
  log.beforeRecord = () => {
    if (isFirst) log.add(things, id, [{ type: 'PartSet', part: 'b', value: 1 }])
    isFirst = false
  }
  await go(start, facts('then', { a: 1 }), newId())
  expect(present()).toEqual(facts('then', { a: 1 }))
})

test('an exact target gives way to others instead', async () => {
  set('now')
  const start = traveller()
  log.beforeRecord = () => {
    log.beforeRecord = undefined
    set('other')
  }
  await expect(go(start, facts('then'), newId(), { isExact: true })).rejects.toMatchObject({
    code: 'stale',
  })
  expect(present()).toEqual(facts('other'))
})

test('what is too much for one commit goes in several, also when it is cut off in between', async () => {
  set('now')
  log.most = 3
  const parts = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`p${n}`, n]))
  const start = traveller()
  const work = newId<string>()
  let left = 4
  log.beforeRecord = () => {
    if (left-- === 0) throw LogUnavailable({ reason: 'gone' })
  }
  await expect(go(start, facts('then', parts), work)).rejects.toMatchObject({
    code: 'log.unavailable',
  })
  const half = log.commits.length
  expect(half).toBeGreaterThan(1)
  log.beforeRecord = undefined
  const fresh = { ...start, seen: new Map(), state: facts('now'), revision: 1n }
  const sequence = await go(fresh, facts('then', parts), work)
  expect(present()).toEqual(facts('then', parts))
  expect(sequence).toBe(BigInt(log.commits.length))
  expect(new Set(log.commits.map(({ commandId }) => commandId)).size).toBe(log.commits.length)
  const stored = log.commits.length
  expect(await go(fresh, facts('then', parts), work)).toBe(sequence)
  expect(log.commits).toHaveLength(stored)
  // The first part took the new name; the old one is let go of all the same, each time it is asked for.
  expect(calls.filter((call) => call.startsWith('settle'))).toEqual([
    'settle now > then',
    'settle now > then',
  ])
})

test('what cannot be split is refused whole, and its claims are given back', async () => {
  one = { ...one, isSplittable: false }
  set('now')
  log.most = 1
  await expect(go(traveller(), facts('then', { a: 1 }), newId())).rejects.toMatchObject({
    code: 'log.commit_too_large',
  })
  expect(calls).toEqual(['hold now > then', 'settle then > now'])
  expect(log.commits).toHaveLength(1)
})

test('what is in the way leaves everything as it is, and a log that does not answer keeps its claims', async () => {
  set('now')
  await expect(go(traveller(), facts('cursed'), newId())).rejects.toMatchObject({
    code: 'stock.cursed',
  })
  expect(calls).toEqual([])
  log.beforeRecord = () => {
    throw LogUnavailable({ reason: 'gone' })
  }
  await expect(go(traveller(), facts('then'), newId())).rejects.toMatchObject({
    code: 'log.unavailable',
  })
  expect(calls).toEqual(['hold now > then'])
})

test('who is there already stores nothing', async () => {
  set('now')
  expect(await go(traveller(), facts('now'), newId())).toBe(0n)
  await go(traveller(), undefined, newId())
  expect(await go(traveller(), undefined, newId())).toBe(0n)
  expect(log.commits).toHaveLength(2)
})
