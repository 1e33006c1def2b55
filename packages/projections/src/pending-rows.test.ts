import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PendingRows } from './pending-rows.ts'
import { applyNaively, change, rows, type Thing, things } from './row-changes.fixture.ts'
import { TableShape } from './table-shape.ts'
import type { RowChange } from './types.ts'

/** The writes of `writeRows`, on a Map. */
function flush(pending: PendingRows, table: Map<string, (string | null)[]>): void {
  for (const where of pending.wheres) {
    for (const [key, row] of table) {
      if (where.every(([column, value]) => row[column] === value)) table.delete(key)
    }
  }
  for (const key of pending.gone.keys()) table.delete(key)
  for (const [key, row] of pending.puts) table.set(key, [...row])
  for (const [key, { set, add }] of pending.patches) {
    const row = table.get(key)
    if (!row) continue
    set.forEach((value, column) => {
      if (value !== undefined) row[column] = value
    })
    add.forEach((by, column) => {
      if (by !== undefined) row[column] = (BigInt(row[column] ?? 0) + by).toString()
    })
  }
  pending.clear()
}

const asThings = (table: Map<string, (string | null)[]>): Thing[] =>
  [...table.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, [zone, id, owner, count, note]]) => ({
      zone: zone ?? '',
      id: Number(id),
      owner: owner ?? null,
      count: count === null || count === undefined ? null : BigInt(count),
      note: note ?? null,
    }))

const put = (thing: Thing): RowChange => ({ op: 'put', table: 'things', row: { ...thing } })

test('changes coalesced over a table end as they would one by one, wherever batches end', () => {
  fc.assert(
    fc.property(
      rows,
      fc.array(fc.tuple(change, fc.boolean()), { maxLength: 30 }),
      (start, changes) => {
        const table = new Map<string, (string | null)[]>()
        const pending = new PendingRows(new TableShape(things), 'database')
        for (const thing of start) pending.apply(put(thing))
        flush(pending, table)

        for (const [one, endsBatch] of changes) {
          if (!pending.apply(one)) {
            flush(pending, table)
            expect(pending.apply(one)).toBe(true)
          }
          if (endsBatch) flush(pending, table)
        }
        flush(pending, table)
        const expected = applyNaively(
          start,
          changes.map(([one]) => one),
        )
        expect(asThings(table)).toEqual(expected)
      },
    ),
    { numRuns: 3_000 },
  )
})

test('changes folded from nothing end as they would one by one', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const pending = new PendingRows(new TableShape(things), 'empty')
      for (const one of changes) expect(pending.apply(one)).toBe(true)
      expect(pending.size).toBe(pending.puts.size)
      expect(asThings(pending.puts)).toEqual(applyNaively([], changes))
    }),
    { numRuns: 3_000 },
  )
})

test('a row many events touch is written once', () => {
  const pending = new PendingRows(new TableShape(things), 'database')
  const key = { zone: 'a', id: 1 }
  pending.apply({ op: 'put', table: 'things', row: { ...key, count: 1n } })
  for (let i = 0; i < 100; i++) {
    pending.apply({ op: 'add', table: 'things', key, column: 'count', by: 1 })
  }
  pending.apply({ op: 'patch', table: 'things', key, set: { note: 'n' } })
  expect([...pending.puts.values()]).toEqual([['a', '1', null, '101', 'n']])
  expect(pending.size).toBe(1)
})

test('what does not fit the table is refused', () => {
  const key = { zone: 'a', id: 1 }
  const bad: RowChange[] = [
    { op: 'put', table: 'things', row: { zone: 'a' } },
    { op: 'put', table: 'things', row: { ...key, colour: 'red' } },
    { op: 'put', table: 'things', row: { ...key, count: 'many' } },
    { op: 'patch', table: 'things', key, set: { colour: 'red' } },
    { op: 'patch', table: 'things', key, set: { zone: 'b' } },
    { op: 'patch', table: 'things', key: { zone: 'a' }, set: {} },
    { op: 'patch', table: 'things', key: { ...key, note: 'n' }, set: {} },
    { op: 'add', table: 'things', key, column: 'note', by: 1 },
    { op: 'remove', table: 'things', key: { zone: 'a', id: null } },
    { op: 'removeWhere', table: 'things', where: {} },
    { op: 'removeWhere', table: 'things', where: { colour: 'red' } },
  ]
  for (const one of bad) {
    for (const base of ['empty', 'database'] as const) {
      expect(() => new PendingRows(new TableShape(things), base).apply(one)).toThrow(TypeError)
    }
  }
})
