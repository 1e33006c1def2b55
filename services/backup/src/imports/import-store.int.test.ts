import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { newId } from '@holdfast/domain'
import { migrate, type Postgres } from '@holdfast/postgres'
import { type TestPostgres, testPostgres } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { importHandlers } from '../grpc/import-handlers.ts'
import { importMessage } from '../grpc/import-views.ts'
import { person } from '../testing/calls.ts'
import { importFiles } from './import-files.ts'
import {
  beginImport,
  beginWriting,
  claimImport,
  endImport,
  endLostImports,
  type ImportWish,
  importRow,
  notePage,
  waitingImports,
} from './import-store.ts'

let database: TestPostgres
let postgres: Postgres
let directory: string
beforeAll(async () => {
  database = await testPostgres({ services: ['backup'] })
  postgres = database.open('backup')
  const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
  await migrate(postgres, migrations, { schema: 'backup' })
  directory = await mkdtemp(join(tmpdir(), 'holdfast-imports-'))
})
afterAll(async () => {
  await database?.close()
  if (directory) await rm(directory, { recursive: true })
})

const holder = newId<string>()
const leaseOf = (id: string, leaseMs = 60_000) => ({ id, holder, leaseMs })
const wish: ImportWish = {
  organizationId: '',
  isDryRun: false,
  overwritesExisting: false,
  contents: { devices: true, users: false, automation: true },
  targetSiteId: '',
  targetNodeId: '',
}
const outcome = (place: number) => ({
  ...{ place, section: 'auth.sites', organization: 'Acme', record: place },
  ...{ outcome: 'created', name: 'x', code: '', detail: '' },
})
const told = { code: 'backup.import_interrupted', message: 'it was' }

async function run(id: string, asked: ImportWish, end: 'completed' | 'interrupted') {
  expect(await claimImport(postgres, leaseOf(id), asked)).toBe(true)
  const from = (await importRow(postgres, id))?.doneRecords
  const rollbackSequence = asked.isDryRun ? undefined : 7n
  const begun = { sections: [], warnings: [], rollbackSequence }
  expect(await beginWriting(postgres, leaseOf(id), begun)).toBe(true)
  const page = { records: 2, progress: 50 }
  expect(await notePage(postgres, leaseOf(id), [outcome(0), outcome(1)], page)).toBe(true)
  expect(await endImport(postgres, leaseOf(id), { state: end }, true)).toBe(true)
  return from
}

test('an interrupted import goes on for the same wish alone: another leaves nothing out', async () => {
  const id = newId<string>()
  await beginImport(postgres, id, 'user ada')
  expect(await run(id, wish, 'interrupted')).toBe(0)
  expect(await run(id, wish, 'interrupted')).toBe(2)
  expect(await run(id, { ...wish, organizationId: newId() }, 'interrupted')).toBe(0)
  // A dry run gets to the end, and has done nothing for the one that writes.
  expect(await run(id, { ...wish, isDryRun: true }, 'completed')).toBe(0)
  expect(await run(id, wish, 'interrupted')).toBe(0)
})

test('a run whose end could not be noted is told, by this process too', async () => {
  const id = newId<string>()
  await beginImport(postgres, id, 'user ada')
  expect(await claimImport(postgres, leaseOf(id, -1), wish)).toBe(true)
  expect(await endLostImports(postgres, [id], told)).toEqual([])
  expect(await endLostImports(postgres, [], told)).toEqual([id])
  expect((await importRow(postgres, id))?.state).toBe('failed')
})

test('what is too large leaves neither file nor row, and what runs changes no more', async () => {
  const files = importFiles(directory)
  const maxBytes = 1024 * 1024
  // as: sending a file takes no more than these
  const parts = { postgres, files, limits: { maxBytes } } as Parameters<typeof importHandlers>[0]
  const { putImport } = importHandlers(parts)
  const call = { caller: person('SUPER_ADMIN', '*') } as Parameters<typeof putImport>[1]
  const first = Buffer.alloc(maxBytes)
  first.write('{"header_checksum":"', 4)
  const put = (importId: string, offset: number, data: Uint8Array) =>
    Promise.resolve(putImport({ importId, offset, data } as never, call))

  const large = newId<string>()
  const { count } = await waitingImports(postgres)
  await put(large, 0, first)
  await expect(put(large, maxBytes, Buffer.from('x'))).rejects.toThrow('larger')
  expect(existsSync(files.path(large))).toBe(false)
  expect(await waitingImports(postgres)).toMatchObject({ count })

  const id = newId<string>()
  const less = first.subarray(0, 1000)
  await put(id, 0, less)
  await expect(put(id, 2000, less)).rejects.toThrow('1000 bytes have arrived')
  expect(await put(id, 1000, less)).toEqual({ received: 2000 })
  expect(await claimImport(postgres, leaseOf(id), wish)).toBe(true)
  await expect(put(id, 0, less)).rejects.toThrow('is running')
  await expect(put(id, maxBytes, less)).rejects.toThrow('larger')
  expect(existsSync(files.path(id))).toBe(true)
})

test('a report of thousands of sections with something to say is short, and made at once', async () => {
  const id = newId<string>()
  await beginImport(postgres, id, 'user ada')
  expect(await claimImport(postgres, leaseOf(id), wish)).toBe(true)
  const sections = Array.from({ length: 10_000 }, (_, at) => ({
    ...{ name: 'auth.sites', organization: `o${at}`, status: 'ok' as const, records: 1 },
  }))
  await beginWriting(postgres, leaseOf(id), { sections, warnings: [], rollbackSequence: 7n })
  const records = sections.map(({ organization }, place) => ({
    ...outcome(place),
    ...{ organization, outcome: 'refused', code: 'backup.record_invalid' },
  }))
  await notePage(postgres, leaseOf(id), records, { records: 10_000, progress: 90 })
  const row = await importRow(postgres, id)
  if (!row) throw new Error('the import is gone')
  const told = (await importMessage(postgres, row)).sections ?? []
  expect(told).toHaveLength(10_000)
  expect(told.at(-1)).toMatchObject({ organization: 'o9999', refused: 1, issues: [] })
  expect(told.flatMap(({ issues }) => issues ?? [])).toHaveLength(1000)
})

test('a file that begins while the others are swept stays', async () => {
  const files = importFiles(join(directory, 'swept'))
  const [old, late] = [newId<string>(), newId<string>()]
  await files.put(old, 0, Buffer.from('x'))
  await files.sweep(async () => {
    await files.put(late, 0, Buffer.from('x'))
    return new Set<string>()
  })
  expect([old, late].map((id) => existsSync(files.path(id)))).toEqual([false, true])
})
