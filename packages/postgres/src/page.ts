import { isUuid } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import { type Sql, sql } from './sql.ts'

/** Where a page ends: its last row's sort key and id. */
export interface Position {
  readonly key: string
  readonly id: string
}

export interface PageWish {
  readonly limit: number
  readonly after: Position | undefined
}

export interface Page<Row> {
  readonly rows: readonly Row[]
  /** Empty after the last page. */
  readonly nextCursor: string
}

const defaultLimit = 50

/** Limit (1 to `maxLimit`, zero means 50) and cursor as they come over the wire. Throws `invalid`. */
export function parsePage(limit: number, cursor: string, maxLimit: number): PageWish {
  if (limit > maxLimit) {
    const detail = `must be from 1 to ${maxLimit}`
    throw invalid({ field: 'limit', code: 'out_of_range', detail })
  }
  return {
    limit: limit === 0 ? defaultLimit : limit,
    after: cursor === '' ? undefined : parseCursor(cursor),
  }
}

const printCursor = ({ key, id }: Position): string =>
  Buffer.from(JSON.stringify([key, id])).toString('base64url')

function parseCursor(cursor: string): Position {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(parsed) && parsed.length === 2) {
      const [key, id]: unknown[] = parsed
      // A NUL is legal in JSON and not in Postgres.
      if (typeof key === 'string' && !key.includes('\0') && typeof id === 'string' && isUuid(id)) {
        return { key, id }
      }
    }
  } catch {
    // Not ours; said below.
  }
  throw cursorInvalid()
}

const cursorInvalid = () =>
  invalid({
    field: 'cursor',
    code: 'cursor_invalid',
    detail: 'is not a cursor of this list: start again without one',
  })

/** A cursor key that is a log sequence. Throws `invalid`. */
export function sequenceOf(position: Position): bigint {
  if (!/^[0-9]{1,18}$/.test(position.key)) throw cursorInvalid()
  return BigInt(position.key)
}

/** The keyset condition and order for rows sorted by `key`, then `id`; asks for one row more than wanted. */
export function keyset(
  { limit, after }: PageWish,
  key: Sql,
  id: Sql,
  value: (position: Position) => string | bigint = (position) => position.key,
): { readonly where: Sql; readonly tail: Sql } {
  return {
    where: after ? sql`(${key}, ${id}) > (${value(after)}, ${after.id}::uuid)` : sql`true`,
    tail: sql`order by ${key}, ${id} limit ${limit + 1}`,
  }
}

/** Cuts the extra row off and says where to go on. */
export function toPage<Row>(
  rows: readonly Row[],
  { limit }: PageWish,
  position: (row: Row) => Position,
): Page<Row> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const hasMore = rows.length > limit
  return { rows: shown, nextCursor: hasMore && last ? printCursor(position(last)) : '' }
}

/** A `like` pattern for text that contains what was typed, taken literally. */
export const containing = (text: string): string => `%${literally(text)}%`
export const startingWith = (text: string): string => `${literally(text)}%`
const literally = (text: string): string => text.replace(/[\\%_]/g, '\\$&')
