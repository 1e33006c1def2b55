import { objectKeys } from '@holdfast/full-backup'
import { expect, test } from 'vitest'
import type { ArchiveStock } from './archive-stock.ts'
import { ArchiveTimes } from './archive-times.ts'
import { neededRecipients } from './needed-recipients.ts'
import { plan, pushedSequence } from './plan.ts'
import type { StoredRow } from './store.ts'

const lineageId = '01930000-0000-7000-8000-000000000001'
const keys = objectKeys(lineageId)
const row = (name: ReturnType<typeof keys.segment>, more: Partial<StoredRow> = {}): StoredRow => ({
  ...name,
  ...{ sha256: '00', bytes: 1, lastHash: '', contentSha256: '', recipients: [], putAtUnixMs: 1 },
  ...{ namedFrom: undefined, namedTo: undefined, verifiedAtUnixMs: 0, damage: '' },
  ...more,
})
const stock = (...segments: readonly (readonly [bigint, bigint])[]): ArchiveStock => ({
  directory: '/a',
  segments: segments.map(([first, last]) => ({ name: `seg-${first}`, first, last })),
  access: [],
  notes: [],
})
function planned(archived: bigint, held: ArchiveStock, rows: readonly StoredRow[], generation = 1) {
  const byKey = new Map(rows.map((each) => [each.key, each]))
  const standing = { get: (key: string) => byKey.get(key), rows: () => byKey.values() }
  const input = { keys, lineageId, generation, archived, stock: held, standing, tailBytes: 100 }
  const { steps, retire } = plan(input)
  return {
    steps: steps.map((step) =>
      step.do === 'tail'
        ? `tail ${step.from}-${step.to}`
        : 'name' in step
          ? `${step.do} ${step.name.first}`
          : step.do,
    ),
    retire,
  }
}

test('segments that are missing go first, and what follows them as a tail', () => {
  expect(planned(30n, stock([1n, 10n], [11n, 20n]), [row(keys.segment(1, 1n, 10n))]).steps).toEqual(
    ['segment 11', 'tail 21-30'],
  )
  expect(planned(20n, stock([1n, 10n], [11n, 20n]), []).steps).toEqual(['segment 1', 'segment 11'])
  expect(planned(0n, stock(), []).steps).toEqual([])
})

test('a tail goes when a segment that is there covers it, not before', () => {
  const tails = [row(keys.tail(1, 1n, 5n)), row(keys.tail(1, 6n, 12n))]
  const held = stock([1n, 10n])
  expect(planned(12n, held, tails)).toEqual({ steps: ['segment 1'], retire: [] })
  const [first = row(keys.tail(1, 1n, 1n))] = tails
  expect(planned(12n, held, [...tails, row(keys.segment(1, 1n, 10n))])).toEqual({
    steps: [],
    retire: [first.key],
  })
})

test('what is damaged is put anew; a gap that opens is closed from its beginning', () => {
  const damage = 'cut'
  const held = stock([1n, 10n])
  expect(planned(10n, held, [row(keys.segment(1, 1n, 10n), { damage })]).steps).toEqual([
    'segment 1',
  ])
  const rows = [
    row(keys.segment(1, 1n, 10n)),
    row(keys.tail(1, 11n, 15n), { damage }),
    row(keys.tail(1, 16n, 20n)),
  ]
  expect(pushedSequence(rows, 1)).toBe(10n)
  expect(planned(20n, held, rows).steps).toEqual(['tail 11-20'])
})

test('a note that was retired and is wanted again is put again', () => {
  const held = { ...stock(), notes: [{ epoch: '', size: 5n, path: '/a/5.note' }] }
  const note = keys.checkpoint(5n)
  expect(planned(0n, held, [row(note)]).steps).toEqual([])
  expect(planned(0n, held, [row(note, { namedFrom: 1, namedTo: 2 })]).steps).toEqual(['file 5'])
})

test('another generation has no part in it', () => {
  const rows = [row(keys.segment(1, 1n, 10n)), row(keys.tail(1, 11n, 20n))]
  expect(pushedSequence(rows, 2)).toBe(0n)
  expect(planned(12n, stock([1n, 10n]), rows, 2)).toEqual({
    steps: ['segment 1', 'tail 11-12'],
    retire: rows.map(({ key }) => key),
  })
})

test('a name is read as it was made, and no other is ours', () => {
  const names = [
    keys.segment(3, 1n, 2n),
    keys.tail(3, 7n, 9n),
    keys.access('1780000000000-1', 'seg-00000000000000000001-00000000000000000002.hfs'),
    keys.access('1780000000000-1', 'gone-00000000000000000001-00000000000000000002.hft'),
    keys.accessNote('1780000000000-1', 5n),
    keys.checkpoint(42n),
    keys.numbered('keyset', 3n),
    keys.numbered('root_key', 3n),
    keys.numbered('config', 3n),
    keys.numbered('tables', 3n),
    keys.manifest(Date.parse('2026-11-21T22:00:01Z')),
    keys.writer(2, '01930000-0000-7000-8000-00000000000a'),
  ]
  for (const name of names) expect(keys.parse(name?.key ?? '')).toEqual(name)
  expect(names.map((name) => name?.key.slice(keys.root.length + 1))).toEqual([
    'gen-3/log/seg-00000000000000000001-00000000000000000002.hfs.gz.age',
    'gen-3/tail/tail-00000000000000000007-00000000000000000009.hft.gz.age',
    'access/1780000000000-1/seg-00000000000000000001-00000000000000000002.hfs.gz.age',
    'access/1780000000000-1/gone-00000000000000000001-00000000000000000002.hft.gz.age',
    'access/1780000000000-1/checkpoints/5.note.age',
    'checkpoints/42.note.age',
    'keys/keyset-3.age',
    'keys/root-key-3.age',
    'config/config-3.tar.gz.age',
    'tables/tables-3.jsonl.gz.age',
    'manifests/20261121T220001Z.jsonl.age',
    'gen-2/writer/01930000-0000-7000-8000-00000000000a.age',
  ])
  for (const other of [
    '',
    'x',
    'gen-0/log/x',
    'keys/keyset-03.age',
    'manifests/20261321T220001Z.jsonl.age',
    'backups/x.hfsnap',
  ])
    expect(keys.parse(`${keys.root}/${other}`)).toBeUndefined()
  expect(
    keys.parse('holdfast/01930000-0000-7000-8000-000000000002/checkpoints/42.note.age'),
  ).toBeUndefined()
})

test('times of the archive are found by sequence, and never too young when many were seen', () => {
  const times = new ArchiveTimes()
  expect(times.firstAfter(0n)).toBeUndefined()
  for (let n = 1; n <= 20_000; n++) times.see(BigInt(n), n)
  expect(times.firstAfter(20_000n)).toBeUndefined()
  expect(times.firstAfter(19_999n)).toBe(20_000)
  for (const n of [0, 5, 100, 9_000]) expect(times.firstAfter(BigInt(n))).toBeGreaterThan(n)
})

test('a recipient is needed for what no other in use opens', () => {
  const sets = [
    { recipients: ['a', 'b'], objects: 5 },
    { recipients: ['b'], objects: 7 },
    { recipients: [], objects: 9 },
  ]
  const needed = (inUse: readonly string[]) =>
    neededRecipients(sets, inUse).map(({ recipient, objects }) => [recipient, objects])
  expect(needed(['a'])).toEqual([
    ['a', 5],
    ['b', 7],
  ])
  expect(needed(['a', 'b'])).toEqual([['b', 7]])
  expect(needed([])).toEqual([
    ['a', 5],
    ['b', 12],
  ])
})
