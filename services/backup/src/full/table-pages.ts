import { DomainError } from '@holdfast/errors'
import type { TablePage } from '@holdfast/full-backup'
import type { TableService } from '@holdfast/proto'
import type { Client } from '@holdfast/service'

type Tables = Pick<Client<typeof TableService>, 'listTables' | 'readTable'>

const pageRows = 5_000

/** Operational tables of all services, a page at a time. One that does not answer is told as missing, not passed over. */
export async function* tablePages(
  services: ReadonlyMap<string, Tables>,
  signal: AbortSignal,
): AsyncGenerator<TablePage, void, undefined> {
  for (const [service, tables] of services) {
    let list: Awaited<ReturnType<Tables['listTables']>>['tables']
    try {
      list = (await tables.listTables({}, { signal })).tables
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof DomainError)) throw error
      yield { missing: service, reason: `${service} did not answer: ${error.code}` }
      continue
    }
    for (const table of list) {
      const name = table.name ?? ''
      const migration = table.migration ?? 0
      let cursor = ''
      do {
        // What fails from here on fails the backup: half a table is none.
        const page = await tables.readTable({ table: name, cursor, limit: pageRows }, { signal })
        yield { table: `${service}.${name}`, migration, rows: page.rows }
        cursor = page.nextCursor
      } while (cursor !== '')
    }
  }
}
