import { type Postgres, sql } from '@holdfast/postgres'
import { testPostgres } from '@holdfast/testkit'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PendingRows } from './pending-rows.ts'
import { applyNaively, change, rows, type Thing, things } from './row-changes.fixture.ts'
import { TableShape } from './table-shape.ts'
import { writeRows } from './write-rows.ts'

let postgres: Postgres
let close: () => Promise<void>

beforeAll(async () => {
  const kit = await testPostgres({ services: ['network'] })
  postgres = kit.open('network', { max: 1 })
  close = () => kit.close()
  await postgres.execute(sql`
    create table network.things (zone text, id integer, owner text, count bigint, note text,
      primary key (zone, id))`)
})
afterAll(() => close())

test('bulk statements leave the rows that single ones would', async () => {
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.array(fc.tuple(change, fc.boolean()), { maxLength: 20 }),
      async (start, changes) => {
        const written = await postgres.tx(async (tx) => {
          await tx.execute(sql`truncate network.things`)
          const pending = new PendingRows(new TableShape(things), 'database')
          const flush = async () => {
            await writeRows(tx, 'network', pending)
            pending.clear()
          }
          for (const row of start) pending.apply({ op: 'put', table: 'things', row: { ...row } })
          await flush()
          for (const [one, endsBatch] of changes) {
            if (!pending.apply(one)) {
              await flush()
              pending.apply(one)
            }
            if (endsBatch) await flush()
          }
          await flush()
          return tx.query<Thing>(sql`select * from network.things order by zone, id`)
        })
        const expected = applyNaively(
          start,
          changes.map(([one]) => one),
        )
        expect(written).toEqual(expected)
      },
    ),
    { numRuns: 150 },
  )
})

test('many rows go by COPY and merge, more than once in a transaction', async () => {
  await postgres.tx(async (tx) => {
    await tx.execute(sql`truncate network.things`)
    for (const note of ['first', 'second']) {
      const pending = new PendingRows(new TableShape(things), 'database')
      for (let id = 1; id <= 6_000; id++) {
        pending.apply({ op: 'put', table: 'things', row: { zone: 'a', id, note } })
      }
      await writeRows(tx, 'network', pending)
    }
  })
  expect(
    await postgres.query(sql`select note, count(*) as n from network.things group by note`),
  ).toEqual([{ note: 'second', n: 6_000n }])
})
