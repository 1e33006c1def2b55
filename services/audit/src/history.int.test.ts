import { newId } from '@holdfast/domain'
import { holdfast } from '@holdfast/proto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changesOf, changesOfMany } from './objects/changes.ts'
import { differingObjects } from './objects/diff-objects.ts'
import { type HistorySuite, startHistorySuite } from './testing/history-suite.ts'
import {
  canonical,
  type NaiveFields,
  type NaiveWorld,
  naiveWorlds,
  shownValue,
} from './testing/naive-objects.ts'
import { randomFrom, randomHistory } from './testing/random-history.ts'
import { person } from './testing/suite.ts'

// The service against a second, naive telling of the same log (testing/naive-objects.ts): what it says of any moment
// must be what a replay up to that moment says.

const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? 20_261_121)
const organizations = [newId<string>(), newId<string>(), newId<string>()]
const commits = 700
let suite: HistorySuite
let worlds: ReadonlyMap<bigint, NaiveWorld>
let head: bigint
const random = randomFrom(seed)
const int = (n: number) => Math.floor(random() * n)

beforeAll(async () => {
  suite = await startHistorySuite()
  const history = randomHistory(randomFrom(seed), () => newId<string>(), organizations)
  for (let n = 0; n < commits; n++) await suite.tell(history.next().value, `because ${n}`)
  head = await suite.caughtUp()
  worlds = naiveWorlds(await suite.commits())
})
afterAll(() => suite.close())

const worldAt = (sequence: bigint): NaiveWorld => worlds.get(sequence) ?? new Map()

async function wholeDiff(from: bigint, to: bigint, kinds: readonly string[] = []) {
  const objects: holdfast.audit.v1.ObjectDiff.$Properties[] = []
  let counts: holdfast.audit.v1.DiffCount.$Properties[] = []
  let cursor = ''
  do {
    const page = await suite.history.diffObjects({
      ...{ fromSequence: Number(from), toSequence: Number(to), kinds: [...kinds] },
      ...{ limit: 1_000, cursor },
    })
    objects.push(...page.objects)
    if (cursor === '') counts = page.counts
    cursor = page.nextCursor
  } while (cursor !== '')
  return { objects, counts }
}

/** Field by field, as the naive telling has it. */
function naiveDiff(before: NaiveFields | undefined, after: NaiveFields | undefined) {
  const paths = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])
  return [...paths]
    .filter((path) => before?.get(path) !== after?.get(path))
    .map((path) => ({
      field: path,
      before: canonical(shownValue(before?.get(path))),
      after: canonical(shownValue(after?.get(path))),
    }))
    .sort((a, b) => (a.field < b.field ? -1 : 1))
}

const shownDiff = (
  fields: readonly holdfast.audit.v1.FieldChange.$Properties[] | null | undefined,
) =>
  (fields ?? [])
    .map(({ field, before, after }) => ({
      field: field ?? '',
      before: canonical(before ?? ''),
      after: canonical(after ?? ''),
    }))
    .sort((a, b) => (a.field < b.field ? -1 : 1))

const keyOf = ({ target }: { target?: holdfast.audit.v1.EntryTarget.$Properties | null }): string =>
  `${target?.kind} ${target?.id}`

/** `kind id` and what is different, of everything that differs between two worlds. */
const naiveDiffs = (before: NaiveWorld, after: NaiveWorld) =>
  new Map(
    [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
      const fields = naiveDiff(before.get(key), after.get(key))
      const change = !before.has(key) ? 'created' : !after.has(key) ? 'deleted' : 'changed'
      return change === 'changed' && fields.length === 0 ? [] : [[key, { change, fields }] as const]
    }),
  )

test('the state at 250 random moments is what a replay up to them says', async () => {
  for (let n = 0; n < 250; n++) {
    const at = BigInt(1 + int(Number(head)))
    const { objects, counts } = await wholeDiff(0n, at)
    const shown = new Map(
      objects.map((one) => [keyOf(one), { change: one.change, fields: shownDiff(one.fields) }]),
    )
    expect(shown, `at ${at}, seed ${seed}`).toEqual(naiveDiffs(new Map(), worldAt(at)))
    const created = counts.reduce((sum, one) => sum + (one.created ?? 0), 0)
    expect(created).toBe(worldAt(at).size)
  }
}, 120_000)

test('what differs between 150 random pairs of moments is what two replays differ in', async () => {
  for (let n = 0; n < 150; n++) {
    const [a, b] = [BigInt(int(Number(head) + 1)), BigInt(int(Number(head) + 1))]
    // Short spans too.
    const from = a < b ? a : b
    const to = n % 3 === 0 && from + 5n < head ? from + BigInt(1 + int(5)) : a < b ? b : a
    if (to === 0n) continue
    const { objects, counts } = await wholeDiff(from, to)
    const shown = new Map(
      objects.map((one) => [keyOf(one), { change: one.change, fields: shownDiff(one.fields) }]),
    )
    const expected = naiveDiffs(worldAt(from), worldAt(to))
    expect(shown, `from ${from} to ${to}, seed ${seed}`).toEqual(expected)
    for (const change of ['created', 'changed', 'deleted'] as const) {
      const counted = counts.reduce((sum, one) => sum + (one[change] ?? 0), 0)
      expect(counted).toBe([...expected.values()].filter((one) => one.change === change).length)
    }
    const inOrder = objects.map((one) => [one.target?.kind ?? '', one.target?.name ?? ''])
    expect(inOrder).toEqual(
      [...inOrder].sort(([a1 = '', a2 = ''], [b1 = '', b2 = '']) =>
        a1 < b1 ? -1 : a1 > b1 ? 1 : a2 < b2 ? -1 : a2 > b2 ? 1 : 0,
      ),
    )
  }
}, 120_000)

/** Every turn of an object: the sequence, and what it was before and after. */
function naiveTurns(key: string, until: bigint) {
  const turns: {
    sequence: bigint
    before: NaiveFields | undefined
    after: NaiveFields | undefined
  }[] = []
  for (let sequence = 1n; sequence <= until; sequence++) {
    const before = worldAt(sequence - 1n).get(key)
    const after = worldAt(sequence).get(key)
    if (before !== after) turns.push({ sequence, before, after })
  }
  return turns
}
const keysEver = () => [...new Set([...worlds.values()].flatMap((world) => [...world.keys()]))]

test('the versions of objects are the turns of a replay', async () => {
  const keys = keysEver()
  for (let n = 0; n < 120; n++) {
    const key = keys[int(keys.length)] ?? ''
    const [kind = '', object = ''] = key.split(' ')
    const shown: holdfast.audit.v1.Version.$Properties[] = []
    let cursor = ''
    do {
      const page = await suite.history.listVersions({ object, kind, limit: 1 + int(7), cursor })
      shown.push(...page.versions)
      cursor = page.nextCursor
    } while (cursor !== '')
    const turns = naiveTurns(key, head)
    const expected = turns.map(({ sequence, before, after }, i) => ({
      number: i + 1,
      sequence: Number(sequence),
      kind: !before ? 'created' : !after ? 'deleted' : 'changed',
      fields: naiveDiff(before, after),
    }))
    // A commit may touch an object and leave it as it was (a role granted twice); that is a version without fields.
    const telling = shown.filter(({ kind, fields }) => kind !== 'changed' || fields?.length)
    expect(
      telling.reverse().map(({ by, kind, fields }) => ({
        sequence: by?.sequence,
        kind,
        fields: shownDiff(fields),
      })),
      `${key}, seed ${seed}`,
    ).toEqual(
      expected
        .filter(({ kind, fields }) => kind !== 'changed' || fields.length > 0)
        .map(({ sequence, kind, fields }) => ({ sequence, kind, fields })),
    )
    expect(shown.map(({ number }) => number)).toEqual(shown.map((_, i) => shown.length - i))
    expect(shown.every(({ action }) => action !== '')).toBe(true)
  }
}, 120_000)

test('blame at 250 random moments names the commit a replay names', async () => {
  let looked = 0
  while (looked < 250) {
    const at = BigInt(1 + int(Number(head)))
    const keys = [...worldAt(at).keys()]
    const key = keys[int(keys.length)]
    if (key === undefined) continue
    looked++
    const [kind = '', object = ''] = key.split(' ')
    const blame = await suite.history.getBlame({ object, kind }, { at })
    const turns = naiveTurns(key, at).reverse()
    const begun = turns.findIndex(({ before }) => before === undefined)
    const life = turns.slice(0, begun + 1)
    const now = worldAt(at).get(key) ?? new Map()
    const expected = [...now].map(([field, value]) => {
      const turn = life.find(({ before }) => before?.get(field) !== value)
      return {
        field,
        value: canonical(shownValue(value)),
        sequence: Number(turn?.sequence),
        previous: canonical(shownValue(turn?.before?.get(field))),
      }
    })
    const byField = (a: { field: string }, b: { field: string }) => (a.field < b.field ? -1 : 1)
    expect(
      blame.fields
        .map(({ field, value, by, previous }) => ({
          field: field ?? '',
          value: canonical(value ?? ''),
          sequence: by?.sequence,
          previous: canonical(previous ?? ''),
        }))
        .sort(byField),
      `${key} at ${at}, seed ${seed}`,
    ).toEqual(expected.sort(byField))
    expect(blame.isDeleted).toBe(false)
    for (const { by } of blame.fields) {
      expect(by?.reason).toBe(`because ${Number(by?.sequence) - 1}`)
      expect(by?.actor?.kind).toBe('user')
    }
  }
}, 120_000)

test('changes of a commit, event by event, lead from the state before to the state after', async () => {
  const all = await suite.commits()
  const many = await changesOfMany(suite.postgres, all)
  for (const [n, commit] of all.entries()) {
    const changes = many[n] ?? []
    expect(changes.map(({ event }) => event)).toEqual(commit.events.map(({ type }) => type))
    if (commit.events.length > 1) continue
    const [only] = changes
    const key = `${only?.target.kind} ${only?.target.id}`
    const before = worldAt(commit.sequence - 1n).get(key)
    const after = worldAt(commit.sequence).get(key)
    expect(shownDiff([...(only?.fields ?? [])])).toEqual(naiveDiff(before, after))
  }
  const last = all.at(-1)
  if (last) expect(await changesOf(suite.postgres, last)).toEqual(many.at(-1))
})

test('what is beyond the bound is left out, and it is said', async () => {
  const whole = naiveDiffs(worldAt(300n), worldAt(head))
  for (const most of [5, 40, 100]) {
    const found = await suite.postgres.read({ organizations: '*' }, (tx) =>
      differingObjects(
        tx,
        { from: 300n, to: head },
        { organizationId: undefined, kinds: [] },
        undefined,
        1_000,
        { unscoped: suite.postgres, most, few: Math.ceil(most / 2) },
      ),
    )
    expect(found.isCut).toBe(true)
    expect(found.page.length).toBeLessThanOrEqual(2 * Math.ceil(most / 2))
    for (const { kind, id, change } of found.page) {
      expect(whole.get(`${kind} ${id}`)?.change, `${kind} ${id}`).toBe(change)
    }
  }
})

test('organizations see their own objects only', async () => {
  const [mine = '', theirs = ''] = organizations
  const caller = person('AUDITOR', mine)
  const request = { fromSequence: 0, toSequence: Number(head), limit: 1_000 }
  const { objects } = await suite.history.diffObjects(request, { caller })
  expect(objects.length).toBeGreaterThan(5)
  expect(new Set(objects.map(({ organizationId }) => organizationId))).toEqual(new Set([mine]))
  const all = await wholeDiff(0n, head)
  const other = all.objects.find(({ organizationId }) => organizationId === theirs)
  const object = other?.target?.id ?? ''
  const kind = other?.target?.kind ?? ''
  for (const ask of [suite.history.listVersions, suite.history.getBlame]) {
    await expect(ask({ object, kind }, { caller })).rejects.toMatchObject({
      code: 'audit.object_not_found',
    })
  }
  const asked = suite.history.diffObjects({ ...request, organizationId: theirs }, { caller })
  await expect(asked).rejects.toThrow('access.not_visible')
  const user = all.objects.find(({ target }) => target?.kind === 'user')?.target?.id ?? ''
  await expect(suite.history.getBlame({ object: user }, { caller })).rejects.toMatchObject({
    code: 'audit.object_not_found',
  })
  expect(suite.recorded).toContain('DiffObjects')
})

test('names find what is there before what is gone, and several are an error that lists them', async () => {
  const [organizationId = ''] = organizations
  const node = newId<string>()
  const network = holdfast.network.v1
  const tell = (id: string, ...events: { type: string; data: Uint8Array }[]) =>
    suite.tell({ context: 'network', type: 'node', id, organizationId, events })
  const enrolled = (name: string) => ({
    type: 'NodeEnrolled',
    data: network.NodeEnrolled.encode({ organizationId, name }).finish(),
  })
  const deleted = { type: 'NodeDeleted', data: network.NodeDeleted.encode({}).finish() }
  const first = await tell(node, enrolled('Unique'))
  await tell(node, deleted)
  await suite.caughtUp()
  const gone = await suite.history.getBlame({ object: 'unique' })
  expect(gone).toMatchObject({
    isDeleted: true,
    target: { kind: 'node', id: node, name: 'Unique' },
  })
  expect(gone.fields.find(({ field }) => field === 'name')?.by?.sequence).toBe(Number(first))
  const { versions } = await suite.history.listVersions({ object: 'unique', kind: 'node' })
  expect(versions.map(({ kind, action }) => [kind, action])).toEqual([
    ['deleted', 'network.node.deleted'],
    ['created', 'network.node.enrolled'],
  ])
  const second = newId<string>()
  await tell(second, enrolled('unique'))
  await suite.caughtUp()
  expect((await suite.history.getBlame({ object: 'UNIQUE' })).target?.id).toBe(second)
  const then = await suite.history.getBlame({ object: 'unique', kind: 'node' }, { at: first })
  expect(then.target?.id).toBe(node)
  await tell(newId<string>(), enrolled('unIque'))
  await suite.caughtUp()
  await expect(suite.history.getBlame({ object: 'UNIQUE' })).rejects.toMatchObject({
    code: 'audit.ambiguous_object',
    message: expect.stringContaining(second) as string,
  })
  expect((await suite.history.getBlame({ object: 'unique' })).target?.id).toBe(second)
  const nowhere = suite.history.getBlame({ object: second }, { at: first })
  await expect(nowhere).rejects.toMatchObject({ code: 'audit.object_not_found' })
})

test.each([
  ['listVersions', { object: 'x', kind: 'tunnel' }, 'kind', 'one_of'],
  ['listVersions', { object: 'x', limit: 501 }, 'limit', 'out_of_range'],
  ['listVersions', { object: 'x', cursor: 'x' }, 'cursor', 'cursor_invalid'],
  ['getBlame', { object: 'x', kind: 'tunnel' }, 'kind', 'one_of'],
  ['diffObjects', { fromSequence: 5, toSequence: 4 }, 'from_sequence', 'range_reversed'],
  ['diffObjects', { toSequence: 10_000_000 }, 'to_sequence', 'out_of_range'],
  ['diffObjects', { organizationId: 'x' }, 'organization_id', 'id_invalid'],
  ['diffObjects', { kinds: ['tunnel'] }, 'kinds', 'one_of'],
  ['diffObjects', { limit: 1_001 }, 'limit', 'out_of_range'],
  [
    'diffObjects',
    { cursor: Buffer.from(JSON.stringify(['x', newId()])).toString('base64url') },
    'cursor',
    'cursor_invalid',
  ],
] as const)('%s refuses %o', async (method, request, field, code) => {
  await expect(suite.history[method](request as never)).rejects.toMatchObject({
    fields: [{ field, code }],
  })
})
test.each(['', 'x'.repeat(300), 'a\0b', newId<string>()])('there is no %o', async (object) => {
  await expect(suite.history.listVersions({ object })).rejects.toMatchObject({
    code: 'audit.object_not_found',
  })
})
