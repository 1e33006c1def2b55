import type { PgType, Row } from './types.ts'

/** A row in Postgres' own text form, one entry a column, null for null. Narrow, so that many can wait in memory. */
export type EncodedRow = readonly (string | null)[]

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const integer = /^-?\d{1,19}$/

function refuse(type: PgType, value: unknown): never {
  // The value stays out of the text: it may be a secret.
  throw new TypeError(`a ${type} column cannot take this ${typeof value}`)
}

function encodeText(value: unknown, type: PgType): string {
  if (typeof value !== 'string' || value.includes('\0')) refuse(type, value)
  return value
}

function encodeUuid(value: unknown, type: PgType): string {
  if (typeof value !== 'string') refuse(type, value)
  if (uuid.test(value)) return value
  const text = value.toLowerCase()
  return uuid.test(text) ? text : refuse(type, value)
}

function encodeInteger(value: unknown, type: PgType): string {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) {
    return value.toString()
  }
  if (typeof value === 'string' && integer.test(value)) return BigInt(value).toString()
  return refuse(type, value)
}

function encodeTime(value: unknown, type: PgType): string {
  if (value instanceof Date) return value.toISOString()
  if (typeof value !== 'bigint') refuse(type, value)
  const micros = ((value % 1000n) + 1000n) % 1000n
  const millis = Number((value - micros) / 1000n)
  return `${new Date(millis).toISOString().slice(0, -1)}${micros.toString().padStart(3, '0')}Z`
}

function encodeJson(value: unknown, type: PgType): string {
  const text: string | undefined = JSON.stringify(value)
  // Postgres cannot hold U+0000 in jsonb.
  if (text === undefined || text.includes('\\u0000')) refuse(type, value)
  return text
}

const encodeArray =
  (one: (value: unknown, type: PgType) => string) =>
  (value: unknown, type: PgType): string => {
    if (!Array.isArray(value)) refuse(type, value)
    return `{${value.map((item: unknown) => quoteElement(one(item, type))).join(',')}}`
  }

const plain = /^[A-Za-z0-9_.:+/-]+$/

/** One element of an array literal. The word null would be a null. */
function quoteElement(text: string): string {
  if (plain.test(text) && (text.length !== 4 || text.toLowerCase() !== 'null')) return text
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

const encoders: Readonly<Record<PgType, (value: unknown, type: PgType) => string>> = {
  text: encodeText,
  uuid: encodeUuid,
  boolean: (value, type) =>
    typeof value === 'boolean' ? (value ? 't' : 'f') : refuse(type, value),
  integer: encodeInteger,
  bigint: encodeInteger,
  'double precision': (value, type) =>
    typeof value === 'number' ? value.toString() : refuse(type, value),
  bytea: (value, type) =>
    value instanceof Uint8Array
      ? `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`
      : refuse(type, value),
  timestamptz: encodeTime,
  jsonb: encodeJson,
  inet: encodeText,
  cidr: encodeText,
  'text[]': encodeArray(encodeText),
  'uuid[]': encodeArray(encodeUuid),
  'integer[]': encodeArray(encodeInteger),
  'bigint[]': encodeArray(encodeInteger),
  'inet[]': encodeArray(encodeText),
  'cidr[]': encodeArray(encodeText),
}

/**
 * A value in Postgres' text form; equal scalars give equal text. Throws a TypeError, without the value in it,
 * when the column cannot take it.
 */
export function encodeValue(type: PgType, value: unknown): string | null {
  return value === null || value === undefined ? null : encoders[type](value, type)
}

const isEncoded = (row: Row | EncodedRow): row is EncodedRow => Array.isArray(row)

/** Types whose text never needs quotes inside an array. */
const bare: ReadonlySet<PgType> = new Set([
  'uuid',
  'boolean',
  'integer',
  'bigint',
  'double precision',
])

/** An array literal of one column of rows. */
export function arrayLiteral(rows: readonly EncodedRow[], column: number, type: PgType): string {
  let literal = '{'
  for (let i = 0; i < rows.length; i++) {
    if (i > 0) literal += ','
    const value = rows[i]?.[column] ?? null
    if (value === null) literal += 'NULL'
    else if (bare.has(type)) literal += value
    else if (type === 'bytea')
      literal += `"\\${value}"` // `\x…`: one backslash to escape, at the front
    else literal += quoteElement(value)
  }
  return `${literal}}`
}

const special = /[\\\t\n\r]/
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
}

/** One line of COPY's text format. */
export function copyLine(row: EncodedRow): string {
  let line = ''
  for (let i = 0; i < row.length; i++) {
    const value = row[i] ?? null
    if (i > 0) line += '\t'
    if (value === null) line += '\\N'
    else line += special.test(value) ? value.replace(/[\\\t\n\r]/g, (c) => escapes[c] ?? c) : value
  }
  return `${line}\n`
}

/** Encodes rows of one shape, each into an array of its own. Throws a TypeError on a column that is not there. */
export function rowEncoder(
  columns: Readonly<Record<string, PgType>>,
): (row: Row) => (string | null)[] {
  const known = new Map(Object.entries(columns).map(([name, type], i) => [name, { i, type }]))
  const blank: readonly null[] = Array.from({ length: known.size }, () => null)
  return (row) => {
    const out: (string | null)[] = blank.slice()
    for (const name in row) {
      const value = row[name]
      const column = known.get(name)
      if (!column) {
        if (value === undefined) continue
        throw new TypeError(`there is no column ${name}`)
      }
      if (value !== undefined && value !== null) {
        out[column.i] = encoders[column.type](value, column.type)
      }
    }
    return out
  }
}

/** The same for rows that may come encoded already. */
export function encoder(
  columns: Readonly<Record<string, PgType>>,
): (row: Row | EncodedRow) => EncodedRow {
  const encode = rowEncoder(columns)
  return (row) => (isEncoded(row) ? row : encode(row))
}
