import { newId } from '@holdfast/domain'
import { expect, test } from 'vitest'
import { applySteps } from './apply.ts'
import type { AnyCompensable } from './compensable.ts'
import type { Kinds } from './history.ts'
import {
  memoryLog,
  type ThingEvent,
  thingKind,
  thingsOf,
  workContext,
} from './memory-log.fixture.ts'
import { changesOf, makePlan, type Plan, type Scope } from './plan.ts'

const [a, b, c] = Array.from({ length: 3 }, () => newId<string>()).sort()
const ids = { a: a ?? '', b: b ?? '', c: c ?? '' }

function stock(compensables: readonly AnyCompensable[] = [thingKind('interface')]) {
  const log = memoryLog()
  const kinds: Kinds = {
    context: 'stock',
    rank: (one) => compensables.indexOf(one),
    of: (type) => compensables.find((one) => one.aggregate.type === type),
  }
  const add = (id: string, event: ThingEvent, reason?: string, type = 'interface') =>
    log.add(thingsOf(type), id, [event], reason)
  const plan = (to: bigint, more: Partial<Scope> = {}) =>
    makePlan(
      { log, kinds, compensables, now: () => 0 },
      {
        to,
        head: BigInt(log.commits.length),
        kinds: [],
        organizationId: '',
        touchedBy: '',
        actorId: '',
        ...more,
      },
      new AbortController().signal,
    )
  const apply = async (made: Plan, phase: 'remove' | 'bring') =>
    (
      await applySteps(
        { log, now: () => 0 },
        made,
        phase,
        { first: 0, limit: 100 },
        workContext(newId()),
      )
    ).applied
  return { log, add, plan, apply }
}

const set = (name: string, parts: Record<string, number> = {}): ThingEvent => ({
  type: 'ThingSet',
  name,
  parts,
})

const told = (plan: Plan) =>
  plan.objects.flatMap((object) =>
    changesOf(object).map(({ kind, change, fields }) =>
      [
        kind,
        object.obstacle?.code ?? change,
        ...fields.map((f) => `${f.field}: ${f.before} > ${f.after}`),
      ].join(' '),
    ),
  )

test('a plan is what is different: things and what lives in them, each by itself', async () => {
  const { add, plan } = stock()
  const to = add(ids.a, set('one', { x: 1, y: 1 }))
  add(ids.a, { type: 'PartSet', part: 'x', value: 2 })
  add(ids.a, { type: 'PartGone', part: 'y' })
  add(ids.b, set('two', { z: 1 }))
  add(ids.b, set('three', { z: 1 }))
  const made = await plan(to)
  expect(told(made)).toEqual([
    'peer update value: 2 > 1',
    'peer create value:  > 1',
    'interface delete name: "three" >  organization_id: "" > ',
    'peer delete value: 1 > ',
  ])
  expect(made.commits).toBe(4)
})

test('what was changed and put right again is no difference', async () => {
  const { add, plan } = stock()
  const to = add(ids.a, set('one'))
  add(ids.a, set('two'))
  add(ids.a, set('one'))
  expect((await plan(to)).objects).toEqual([])
})

test('the digest follows what would become of what, and neither time nor what is left alone', async () => {
  const { add, plan } = stock()
  add(ids.a, set('one'))
  const to = add(ids.b, set('two'))
  add(ids.a, set('other'))
  const digest = async (): Promise<string> => Buffer.from((await plan(to)).digest).toString('hex')
  const first = await digest()
  add(ids.b, set('two'))
  expect(await digest()).toBe(first)
  add(ids.b, set('changed'))
  const second = await digest()
  expect(second).not.toBe(first)
  add(ids.b, set('two'))
  expect(await digest()).toBe(first)
})

test('few things are read one by one, many in one pass', async () => {
  const { add, plan, log } = stock()
  const to = add(ids.a, set('one'))
  for (let n = 0; n < 300; n++) add(ids.b, set(`n${n}`))
  add(ids.a, set('two'))
  await plan(to, { touchedBy: '' })
  expect(log.reads).toEqual({ histories: 2, passes: 1 })
  add(ids.c, set('three'))
  await plan(to)
  for (let n = 0; n < 5; n++) add(newId<string>(), set(`m${n}`))
  await plan(to)
  expect(log.reads.passes).toBe(1 + 1 + 2)
})

test('members alone leave what they live in as it is, and need it to be there', async () => {
  const { add, plan, apply } = stock()
  add(ids.a, set('one', { x: 1 }))
  const to = add(ids.b, set('two', { x: 1 }))
  add(ids.a, set('other', { x: 2 }))
  add(ids.b, { type: 'ThingGone' })
  const made = await plan(to, { kinds: ['peer'] })
  expect(told(made)).toEqual([
    'peer update value: 2 > 1',
    'interface restore.parent_missing name:  > "two" organization_id:  > ""',
    'peer restore.parent_missing value:  > 1',
  ])
  expect((await apply(made, 'bring')).map(({ outcome }) => outcome)).toEqual(['updated', 'blocked'])
  const rest = await plan(to, { kinds: ['interface'] })
  expect(told(rest)[0]).toBe('interface update name: "other" > "one"')
})

test('only what somebody touched for a reason', async () => {
  const { add, plan } = stock()
  add(ids.a, set('one'))
  const to = add(ids.b, set('two'))
  add(ids.a, set('A'), 'import 1')
  add(ids.b, set('B'), 'import 2')
  expect(told(await plan(to, { touchedBy: 'import 1' }))).toEqual([
    'interface update name: "A" > "one"',
  ])
})

test('who waits for a name that a blocked one keeps is blocked too, and is left alone', async () => {
  const { add, plan, apply, log } = stock()
  add(ids.a, set('cursed'))
  add(ids.b, set('x'))
  const to = add(ids.c, set('z'))
  add(ids.c, set('w'))
  add(ids.b, set('y'))
  add(ids.a, set('x'))
  const made = await plan(to)
  expect(made.objects.map(({ obstacle }) => obstacle?.code)).toEqual([
    'stock.cursed',
    'restore.claim_kept',
    undefined,
  ])
  const before = log.commits.length
  const applied = await apply(made, 'bring')
  expect(applied.map(({ object, outcome }) => [object.id, outcome])).toEqual([
    [ids.c, 'updated'],
    [ids.a, 'blocked'],
    [ids.b, 'blocked'],
  ])
  expect(log.commits).toHaveLength(before + 1)
})

test('kinds go in their order and are removed in the other one', async () => {
  const node = thingKind('node')
  const wg = thingKind('interface', { after: ['node'] })
  const { add, plan, apply } = stock([node, wg])
  add(ids.a, set('n'), '', 'node')
  const to = add(ids.b, set('i'))
  add(ids.a, set('n2'), '', 'node')
  add(ids.b, set('i2'))
  const late = newId<string>()
  add(late, set('n3'), '', 'node')
  add(ids.c, set('i3'))
  const made = await plan(to)
  const order = async (phase: 'remove' | 'bring') =>
    (await apply(made, phase)).map(({ object, outcome }) => [object.one.kind, outcome])
  expect(await order('remove')).toEqual([
    ['interface', 'deleted'],
    ['node', 'deleted'],
  ])
  expect(await order('bring')).toEqual([
    ['node', 'updated'],
    ['interface', 'updated'],
  ])
  expect((await plan(to)).objects).toEqual([])
})

test('who has to wait for the others of its kind is brought after them', async () => {
  const patient = thingKind('interface', { isLate: ({ after }) => after?.name === 'patient' })
  const { add, plan, apply } = stock([patient])
  add(ids.a, set('patient'))
  const to = add(ids.b, set('two'))
  add(ids.a, set('one'))
  add(ids.b, set('three'))
  const made = await plan(to)
  expect(made.bring.map((level) => level.map(({ object }) => object.id))).toEqual([
    [ids.b],
    [ids.a],
  ])
  expect((await apply(made, 'bring')).map(({ object }) => object.id)).toEqual([ids.b, ids.a])
})

test('secrets are never shown, times are times, and a value may be hidden by its kind', async () => {
  const one = thingKind('interface', {
    facts: (state) =>
      state && {
        ...state,
        privateKey: { $sealed: 'c2VjcmV0' },
        expiresAtUnixMs: 1_000,
        url: 'https://x/token',
      },
    show: (path, value) => (path[0] === 'url' ? 'https://x/…' : value),
  })
  const { add, plan } = stock([one])
  add(ids.a, set('one'))
  expect(told(await plan(0n))).toEqual([
    'interface delete name: "one" >  organization_id: "" >  private_key: "[sealed]" > ' +
      ' expires_at: "1970-01-01T00:00:01.000Z" >  url: "https://x/…" > ',
  ])
})
