import { gunzipped } from '@holdfast/full-backup'
import { SourceInvalid } from '../errors.ts'
import type { SourceTable, SourceVisitor } from '../source.ts'

const maxLineBytes = 64 * 1024 * 1024

/**
 * Tables of a copy: lines of `{table, migration}` and `{table, row}`. A row is given on as the text it is: numbers of
 * Postgres have more digits than those of JavaScript. Holds one line.
 */
export async function readTables(
  part: string,
  packed: AsyncIterable<Uint8Array>,
  visit: SourceVisitor,
): Promise<void> {
  const bad = (reason: string, cause?: unknown) => SourceInvalid({ part, reason }, cause)
  let table: SourceTable | undefined
  const line = async (bytes: Buffer): Promise<void> => {
    let value: unknown
    try {
      value = JSON.parse(bytes.toString('utf8'))
    } catch (cause) {
      throw bad('a line of it is no JSON', cause)
    }
    if (typeof value !== 'object' || value === null || !('table' in value))
      throw bad('a line of it is of no table')
    const { table: name } = value
    if (typeof name !== 'string' || !/^[a-z][a-z-]{0,30}\.[a-z][a-z0-9_]{0,62}$/.test(name))
      throw bad('a line of it is of no table')
    if ('migration' in value) {
      if (typeof value.migration !== 'number') throw bad('a table in it has no migration')
      table = { name, migration: value.migration }
      return await visit.table?.(table, new Uint8Array())
    }
    if (table?.name !== name) throw bad('a row in it stands under another table')
    const start = `{"table":${JSON.stringify(name)},"row":`
    const text = bytes.toString('utf8')
    if (!text.startsWith(`${start}{`) || !text.endsWith('}}')) throw bad('a row in it is none')
    await visit.table?.(table, Buffer.from(`${text.slice(start.length, -1)}\n`))
  }
  let held: Buffer[] = []
  let heldBytes = 0
  try {
    for await (const piece of gunzipped(packed)) {
      let from = 0
      for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
        await line(Buffer.concat([...held, piece.subarray(from, end)]))
        held = []
        heldBytes = 0
        from = end + 1
      }
      if (from === piece.length) continue
      held.push(Buffer.from(piece.subarray(from)))
      heldBytes += piece.length - from
      if (heldBytes > maxLineBytes) throw bad('a line of it has no end')
    }
  } catch (error) {
    const isZlib = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')
    throw isZlib ? bad('it cannot be opened by gzip', error) : error
  }
  if (heldBytes > 0) throw bad('its last line has no end')
}
