import type { Call } from '@holdfast/service'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { CollectPage, Contributor, NumberedRecord, Outcome } from './contributor.ts'
import { RecordRefused } from './contributor.ts'
import { commandIdOf, contributorHandlers, maxPage } from './contributor-handlers.ts'
import { nameOf } from './import-step.ts'
import type { JsonObject } from './strict-json.ts'

const organizationId = '00000000-0000-7000-8000-00000000000a'
const asked: string[] = []
// as: all that the handlers look at
const callAs = (kind: string): Call =>
  ({
    caller: {
      kind,
      require: (permission: string, where: string) => asked.push(`${permission} ${where}`),
    },
  }) as unknown as Call
const call = callAs('user')

const pages: CollectPage[] = []
let given: readonly NumberedRecord[] = []
let answer: (record: JsonObject) => Outcome

/** Keeps things in a shape of its third major: `label` was `title` in the second and `text.title` in the first. */
const things: Contributor = {
  name: 'test.things',
  major: 3,
  minor: 1,
  domain: 'core',
  after: ['test.places'],
  readsMajors: [1, 2],
  fields: ['name', 'label', 'settings'],
  collect: (page) => {
    pages.push(page)
    return Promise.resolve({ records: [{ name: 'a' }], nextCursor: 'b:c', sequence: 7n })
  },
  contribute: (records) => {
    given = records
    return Promise.resolve(records.map(({ record }) => answer(record)))
  },
  migrate(major, record) {
    const { text, title, ...rest } = record
    if (major === 2) return { ...rest, label: title ?? '' }
    const inner = text as JsonObject | undefined
    if (typeof inner?.['title'] !== 'string') throw new RecordRefused('text.title is missing')
    return { ...rest, label: inner['title'] }
  },
}
const handlers = contributorHandlers([things])

beforeEach(() => {
  asked.length = 0
  pages.length = 0
  given = []
  answer = (record) => ({ outcome: 'created', name: nameOf(record), promise: 'thing/x' })
})

async function contribute(records: readonly unknown[], more: object = {}, by = call) {
  const request = {
    importId: 'i',
    contributor: 'test.things',
    major: 3,
    minor: 1,
    organizationId,
    first: 0,
    records: records.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))),
    isDryRun: false,
    overwritesExisting: false,
    targetSiteId: '',
    targetNodeId: '',
    promised: [],
    ...more,
  }
  const { contributions } = await handlers.contribute(request as never, by)
  return (contributions ?? []).map((one) => ({ ...one }))
}

describe('majors', () => {
  test('an older one is brought up step by step, and what it left out is taken out after', async () => {
    await contribute(
      [
        { name: 'a', title: 'A' },
        { name: 'b', extra: 1 },
      ],
      { major: 2 },
    )
    expect(given.map(({ record }) => record)).toEqual([
      { name: 'a', label: 'A' },
      { name: 'b', label: '' },
    ])
    await contribute([{ name: 'a', text: { title: 'A' } }], { major: 1 })
    expect(given.map(({ record }) => record)).toEqual([{ name: 'a', label: 'A' }])
  })

  test('one record that cannot be said in ours is refused alone', async () => {
    const made = await contribute(
      [
        { name: 'a', text: {} },
        { name: 'b', text: { title: 'B' } },
      ],
      {
        major: 1,
      },
    )
    expect(made).toMatchObject([
      { outcome: 'refused', code: 'backup.record_invalid', detail: 'text.title is missing' },
      { outcome: 'created', name: 'b' },
    ])
  })

  test('a migration brings nothing privileged either', async () => {
    const [made] = await contribute([{ name: 'a', title: 'A', roles: ['SUPER_ADMIN'] }], {
      major: 2,
    })
    expect(given[0]?.record).toEqual({ name: 'a', label: 'A' })
    expect(made).toMatchObject({ code: 'backup.fields_stripped' })
  })

  test('a newer minor loses what is not known here, and it is said', async () => {
    const [made] = await contribute([{ name: 'a', colour: 'red' }], { minor: 9 })
    expect(made).toMatchObject({ outcome: 'created', code: 'backup.fields_unknown' })
    expect(made?.detail).toContain('colour')
  })

  test.each([0, 4, 99])('major %i is not read', async (major) => {
    await expect(contribute([{ name: 'a' }], { major })).rejects.toMatchObject({
      fields: [{ field: 'major', code: 'schema_mismatch' }],
    })
    expect(given).toEqual([])
  })
})

describe('what comes in', () => {
  test('takes the right to restore, in that organization', async () => {
    await contribute([{ name: 'a' }])
    expect(asked).toEqual([`backup.restore ${organizationId}`])
    await expect(contribute([], { organizationId: '' })).rejects.toMatchObject({
      fields: [{ field: 'organization_id' }],
    })
    await contribute([{ name: 'a' }], { organizationId: '', isDryRun: true })
  })

  test('for itself backup may only ask what would be done: what is written is in somebody’s name', async () => {
    const backup = callAs('service')
    const dry = await contribute([{ name: 'a' }], { isDryRun: true }, backup)
    expect(dry).toMatchObject([{ outcome: 'created' }])
    given = []
    await expect(contribute([{ name: 'a' }], {}, backup)).rejects.toMatchObject({
      code: 'access.denied',
    })
    expect(given).toEqual([])
  })

  test('rows of another organization are refused, whatever they call it', async () => {
    for (const foreign of ['b', '', 0, null, [organizationId], {}]) {
      const [refused] = await contribute([{ name: 'a', organization_id: foreign }])
      expect(refused).toMatchObject({ outcome: 'refused', code: 'backup.foreign_organization' })
    }
    expect(given).toEqual([])
    expect(await contribute([{ name: 'a', organization_id: organizationId }])).toMatchObject([
      { outcome: 'created' },
    ])
    expect(given[0]?.record).toEqual({ name: 'a' })
  })

  test('both what was taken out and what the contributor says are said', async () => {
    answer = () => ({ outcome: 'created', name: 'a', code: 'test.made_anew', detail: 'is new' })
    const [made] = await contribute([{ name: 'a', id: 'x', settings: { deep: [{ api_key: 1 }] } }])
    expect(made).toMatchObject({ code: 'backup.fields_stripped' })
    expect(made?.detail).toMatch(/id.*settings\.deep\[0\]\.api_key.*; is new$/)
    answer = () => ({ outcome: 'refused', name: 'a', code: 'test.no', detail: 'no' })
    expect(await contribute([{ name: 'a', id: 'x' }])).toMatchObject([
      { outcome: 'refused', code: 'test.no', detail: 'no' },
    ])
  })

  test('records keep their places whatever becomes of those before them', async () => {
    const made = await contribute([{ name: 'a' }, '[]', '{"name":"b","name":"c"}', { name: 'd' }], {
      first: 10,
    })
    expect(made.map(({ outcome }) => outcome)).toEqual(['created', 'refused', 'refused', 'created'])
    expect(given.map(({ index }) => index)).toEqual([10, 13])
  })

  test('any text is refused or reaches the contributor without a field it does not list', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((inner) => `{"name":${JSON.stringify(inner)},"__proto__":{}}`),
    )
    await fc.assert(
      fc.asyncProperty(text, async (record) => {
        const [made] = await contribute([record])
        expect(['created', 'refused']).toContain(made?.outcome)
        for (const { record: taken } of given) {
          expect(Object.keys(taken).every((key) => things.fields.includes(key))).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('more than a page is refused, and so is a section nobody keeps', async () => {
    const many = Array.from({ length: maxPage + 1 }, () => ({ name: 'a' }))
    await expect(contribute(many)).rejects.toMatchObject({ fields: [{ field: 'records' }] })
    await expect(contribute([], { contributor: 'test.others' })).rejects.toMatchObject({
      fields: [{ field: 'contributor' }],
    })
  })
})

describe('what goes out', () => {
  const collect = (more: object) =>
    handlers.collect(
      {
        contributor: 'test.things',
        organizationId,
        cursor: '',
        limit: 0,
        atSequence: 0,
        ...more,
      } as never,
      call,
    )

  test('pages that follow are as of what the first one was', async () => {
    const first = await collect({ limit: 5000 })
    expect(pages.at(-1)).toMatchObject({ cursor: '', at: undefined, limit: maxPage })
    expect(first).toMatchObject({ nextCursor: '7:b:c', sequence: 7 })
    await collect({ cursor: '7:b:c', atSequence: 99, limit: 3 })
    expect(pages.at(-1)).toMatchObject({ cursor: 'b:c', at: 7n, limit: 3 })
    await collect({ atSequence: 99 })
    expect(pages.at(-1)).toMatchObject({ cursor: '', at: 99n })
  })

  test.each(['b', '7', '7:', '-1:b', ':b'])('%s is no cursor', async (cursor) => {
    await expect((async () => await collect({ cursor }))()).rejects.toMatchObject({
      fields: [{ field: 'cursor' }],
    })
  })
})

test('a command id follows from import, section, organization, place and step, and from nothing else', () => {
  const ids = [
    commandIdOf('i', 'c', 'o', 1),
    commandIdOf('i', 'c', 'o', 1, 'x'),
    commandIdOf('i', 'c', 'o', 2),
    commandIdOf('i', 'c', 'p', 1),
    commandIdOf('i', 'd', 'o', 1),
    commandIdOf('j', 'c', 'o', 1),
  ]
  expect(new Set(ids).size).toBe(ids.length)
  expect(commandIdOf('i', 'c', 'o', 1)).toBe(ids[0])
})

test('a page that would be more than a message is asked for in smaller ones', async () => {
  const limits: number[] = []
  const large: Contributor = {
    ...things,
    collect: ({ limit }) => {
      limits.push(limit)
      const record = { name: 'x'.repeat(100_000) }
      return Promise.resolve({
        records: Array.from({ length: limit }, () => record),
        nextCursor: `${limit}`,
        sequence: 7n,
      })
    },
  }
  const request = {
    contributor: 'test.things',
    organizationId,
    cursor: '',
    limit: 0,
    atSequence: 0,
  }
  const { collect } = contributorHandlers([large])
  const found = await collect(request as never, call)
  expect(limits).toEqual([1000, 125])
  expect(found.records).toHaveLength(125)
  expect(found.nextCursor).toBe('7:125')
})
