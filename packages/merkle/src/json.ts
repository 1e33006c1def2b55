import { type Format, FormatError } from './format-error.ts'
import { hashBytes } from './hash.ts'
import { decodeBase64, decodeDecimal, encodeBase64, isWellFormed } from './text.ts'

/** The fields of an object; exactly these, all there. Throws FormatError. */
export function readObject<K extends string>(
  value: unknown,
  keys: readonly K[],
  format: Format,
): Readonly<Record<K, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FormatError(format, 'is not an object where one should be')
  const own = Object.keys(value)
  const missing = keys.find((key) => !Object.hasOwn(value, key))
  if (missing !== undefined) throw new FormatError(format, `has no field ${missing}`)
  if (own.length !== keys.length) throw new FormatError(format, 'has a field that is not known')
  return value as Record<K, unknown> // each key is its own property
}

/** JSON whose objects name no field twice: readers differ on which one counts. Throws FormatError. */
export function parseJson(text: string, format: Format): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new FormatError(format, 'is not JSON')
  }
  const named = text.match(/"(?:[^"\\]|\\.)*"\s*:?/gs)?.filter((token) => token.endsWith(':'))
  if ((named?.length ?? 0) !== countFields(value))
    throw new FormatError(format, 'names a field twice')
  return value
}

const countFields = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value).reduce((sum: number, one) => sum + countFields(one), 0)
  return inner + (Array.isArray(value) ? 0 : Object.keys(value).length)
}

/** The reading side of single fields; each throws FormatError naming the field. */
export const fieldsOf = (format: Format) => {
  const fail = (field: string, what: string) => new FormatError(format, `${field} ${what}`)
  const text = (value: unknown, field: string): string => {
    if (typeof value !== 'string' || !isWellFormed(value)) throw fail(field, 'is not text')
    return value
  }
  const decimal = (value: unknown, field: string): bigint => {
    const number = typeof value === 'string' ? decodeDecimal(value) : undefined
    if (number === undefined) throw fail(field, 'is not a decimal in quotes')
    return number
  }
  const base64 = (value: unknown, field: string): Uint8Array => {
    const bytes = typeof value === 'string' ? decodeBase64(value) : undefined
    if (bytes === undefined) throw fail(field, 'is not base64')
    return bytes
  }
  const list = (value: unknown, field: string, max: number): readonly unknown[] => {
    if (!Array.isArray(value)) throw fail(field, 'is not a list')
    if (value.length > max) throw fail(field, `has more than ${max} elements`)
    return value
  }
  const hashes = (value: unknown, field: string, max: number): readonly Uint8Array[] =>
    list(value, field, max).map((one) => {
      const hash = base64(one, field)
      if (hash.length !== hashBytes) throw fail(field, 'is not a hash')
      return hash
    })
  return { text, decimal, base64, list, hashes }
}

export const printHashes = (hashes: readonly Uint8Array[]): readonly string[] =>
  hashes.map(encodeBase64)
