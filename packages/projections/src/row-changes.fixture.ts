import fc from 'fast-check'
import type { RowChange, TableSpec } from './types.ts'

/** A table with everything the algebra tells apart: two key columns, columns to match, to count, to null. */
export const things: TableSpec = {
  name: 'things',
  columns: { zone: 'text', id: 'integer', owner: 'text', count: 'bigint', note: 'text' },
  key: ['zone', 'id'],
}

export interface Thing {
  zone: string
  id: number
  owner: string | null
  count: bigint | null
  note: string | null
}

const zone = fc.constantFrom('a', 'b')
const id = fc.integer({ min: 1, max: 3 })
const owner = fc.option(fc.constantFrom('x', 'y'))
const count = fc.option(fc.bigInt({ min: -2n, max: 2n }))
const note = fc.option(fc.constantFrom('', 'n'))
const key = fc.record({ zone, id })
const row = fc.record({ zone, id, owner, count, note })
const set = fc.record({ owner, count, note }, { requiredKeys: [] })
const where = fc
  .record({ zone, id, owner, note }, { requiredKeys: [] })
  .filter((conditions) => Object.keys(conditions).length > 0)

/** Few keys and values, so that changes meet. */
export const change: fc.Arbitrary<RowChange> = fc.oneof(
  row.map((r): RowChange => ({ op: 'put', table: 'things', row: r })),
  fc.tuple(key, set).map(([k, s]): RowChange => ({ op: 'patch', table: 'things', key: k, set: s })),
  fc
    .tuple(key, fc.bigInt({ min: -2n, max: 2n }))
    .map(([k, by]): RowChange => ({ op: 'add', table: 'things', key: k, column: 'count', by })),
  key.map((k): RowChange => ({ op: 'remove', table: 'things', key: k })),
  where.map((w): RowChange => ({ op: 'removeWhere', table: 'things', where: w })),
  fc
    .tuple(key, set)
    .map(([k, s]): RowChange => ({ op: 'redact', table: 'things', key: k, set: s })),
)

export const rows: fc.Arbitrary<readonly Thing[]> = fc.uniqueArray(row, {
  selector: keyOf,
  maxLength: 6,
})

function keyOf(thing: { readonly zone: string; readonly id: number }): string {
  return `${thing.zone}/${thing.id}`
}

/** What the changes mean, one after the other, one row at a time. */
export function applyNaively(start: readonly Thing[], changes: readonly RowChange[]): Thing[] {
  const table = new Map(start.map((thing) => [keyOf(thing), { ...thing }]))
  for (const one of changes) {
    switch (one.op) {
      case 'put':
        table.set(keyOf(one.row as unknown as Thing), { ...(one.row as unknown as Thing) })
        break
      case 'patch':
      case 'redact': {
        const found = table.get(keyOf(one.key as unknown as Thing))
        if (found) Object.assign(found, one.set)
        break
      }
      case 'add': {
        const found = table.get(keyOf(one.key as unknown as Thing))
        if (found) found.count = (found.count ?? 0n) + BigInt(one.by)
        break
      }
      case 'remove':
        table.delete(keyOf(one.key as unknown as Thing))
        break
      case 'removeWhere':
        for (const [text, thing] of table) {
          const isMatch = Object.entries(one.where).every(
            ([name, value]) => thing[name as keyof Thing] === value,
          )
          if (isMatch) table.delete(text)
        }
    }
  }
  return [...table.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

/** The rows after each of these commits; a redaction also changes what they were before it. */
export function historyOf(commits: readonly (readonly RowChange[])[]): Thing[][] {
  const states: Thing[][] = []
  for (const changes of commits) {
    let now = states.at(-1) ?? []
    for (const one of changes) {
      now = applyNaively(now, [one])
      if (one.op !== 'redact') continue
      for (const [i, past] of states.entries()) states[i] = applyNaively(past, [one])
    }
    states.push(now)
  }
  return states
}
