import { invalid } from '@holdfast/errors'

export type JsonObject = Readonly<Record<string, unknown>>

const maxBytes = 65_536

/** A JSON object as it came with a request; the empty text is the empty one. */
export function readObject(text: string, field: string): JsonObject {
  if (text === '') return {}
  const refused = (code: string, detail: string) => invalid({ field, code, detail })
  if (Buffer.byteLength(text) > maxBytes)
    throw refused('too_long', `must have ${maxBytes} bytes at most`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refused('json_invalid', 'is no JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refused('type_invalid', 'must be an object')
  return value as JsonObject // as: checked above
}

/** One this service wrote itself. */
export const parsedObject = (text: string): JsonObject => JSON.parse(text) as JsonObject

/** Names in order, so that equal ones are equal texts; what is null, undefined or empty is left out. */
export function canonicalObject(object: JsonObject): string {
  const names = Object.keys(object).sort()
  return JSON.stringify(
    Object.fromEntries(
      names
        .filter(
          (name) => object[name] !== null && object[name] !== undefined && object[name] !== '',
        )
        .map((name) => [name, object[name]]),
    ),
  )
}

/** `changes` over what was: null clears a field. */
export const merged = (before: JsonObject, changes: JsonObject): JsonObject =>
  parsedObject(canonicalObject({ ...before, ...changes }))
