import { type DomainError, type FieldError, invalid } from '@holdfast/errors'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { TValidationError } from 'typebox/error'
import { Settings } from 'typebox/system'

/**
 * Codes of `errors[].code` the gateway itself gives; docs/api.md explains them. The services add
 * their own for what a shape cannot say (`cidr_invalid`, …).
 */
export const fieldCodes = [
  'required',
  'unknown_field',
  'type',
  'pattern',
  'format',
  'range',
  'too_short',
  'too_long',
  'too_few',
  'too_many',
  'duplicate',
  'one_of',
  'malformed',
  'conflict',
] as const
export type FieldCode = (typeof fieldCodes)[number]

/** More than anybody reads; bounds what a hostile body makes us collect. */
const maxErrors = 100
Settings.Set({ maxErrors })

/**
 * Compiles a schema for Fastify. Bodies are taken as they are: nothing is coerced, filled in or
 * removed. Query and path values are text, so numbers and booleans are read first.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema)
  const read = httpPart === 'body' ? undefined : reader(schema)
  const isOptionalBody = httpPart === 'body' && '~optional' in schema
  return (given: unknown) => {
    if (isOptionalBody && given === undefined) return { value: {} }
    // Without a body Fastify hands null on; say which fields are missing instead of "not an object".
    const absent = given === undefined || given === null
    const value = read ? read(given) : absent && httpPart === 'body' ? {} : given
    if (validator.Check(value)) return { value }
    return { error: problemOf(validator.Errors(value)) }
  }
}

type Read = (text: string) => unknown

const asInteger: Read = (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : text)
const asBoolean: Read = (text) =>
  text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text

/** Reads the integers and booleans of a flat object of texts. */
function reader(schema: TSchema): ((value: unknown) => unknown) | undefined {
  if (!('properties' in schema)) return undefined
  const readers: [string, Read][] = []
  // TypeBox types properties as unknown here; a schema of ours is an object of schemas.
  for (const [name, property] of Object.entries(schema.properties as Record<string, TSchema>)) {
    if (!('type' in property)) continue
    if (property.type === 'integer') readers.push([name, asInteger])
    if (property.type === 'boolean') readers.push([name, asBoolean])
  }
  if (readers.length === 0) return undefined
  return (value) => {
    if (typeof value !== 'object' || value === null) return value
    // The query object is ours alone: reading in place saves a copy a request.
    const texts = value as Record<string, unknown>
    for (const [name, read] of readers) {
      const text = texts[name]
      if (typeof text === 'string') texts[name] = read(text)
    }
    return texts
  }
}

function problemOf(errors: readonly TValidationError[]): DomainError {
  const fields = new Map<string, FieldError>()
  const add = (field: string, code: FieldCode, detail: string): void => {
    // One complaint a field: the first is the most basic one.
    if (!fields.has(field) && fields.size < maxErrors) fields.set(field, { field, code, detail })
  }
  for (const error of errors) {
    const at = fieldOf(error.instancePath)
    switch (error.keyword) {
      case 'required':
        for (const name of error.params.requiredProperties) {
          add(below(at, name), 'required', 'is required')
        }
        break
      case 'additionalProperties':
        for (const name of error.params.additionalProperties) {
          add(below(at, shown(name)), 'unknown_field', 'is not a field we know')
        }
        break
      case 'boolean':
        // Says again that a property is unknown.
        break
      case 'type': {
        const types = [error.params.type].flat().map(article)
        add(at || 'body', 'type', `must be ${types.join(' or ')}`)
        break
      }
      case 'minimum':
      case 'maximum':
        add(at, 'range', `must be ${error.params.comparison} ${error.params.limit}`)
        break
      case 'minLength':
        add(
          at,
          'too_short',
          error.params.limit === 1
            ? 'must not be empty'
            : `must have at least ${error.params.limit} characters`,
        )
        break
      case 'maxLength':
        add(at, 'too_long', `must have at most ${error.params.limit} characters`)
        break
      case 'minItems':
        add(at, 'too_few', `must have at least ${error.params.limit} entries`)
        break
      case 'maxItems':
        add(at, 'too_many', `must have at most ${error.params.limit} entries`)
        break
      case 'uniqueItems':
        add(at, 'duplicate', 'must not name the same thing twice')
        break
      case 'pattern':
        add(at, 'pattern', `must match ${textOf(error.params.pattern)}`)
        break
      case 'format':
        add(at, 'format', `must be ${formats[error.params.format] ?? error.params.format}`)
        break
      case 'enum':
        add(at, 'one_of', `must be one of ${error.params.allowedValues.join(', ')}`)
        break
      case 'minProperties':
        add(at || 'body', 'required', 'names nothing to change')
        break
      default:
        add(at || 'body', 'malformed', 'is not what we expect here')
    }
  }
  return invalid(...fields.values())
}

const formats: Readonly<Record<string, string>> = {
  'date-time': 'an RFC 3339 time, for example 2030-01-31T12:00:00Z',
  uuid: 'a UUID',
}

const article = (type: string): string =>
  type === 'null' ? 'null' : `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`

const textOf = (pattern: string | RegExp): string =>
  typeof pattern === 'string' ? pattern : pattern.source

/** A field name somebody made up may be long: it goes into the answer shortened. */
const shown = (name: string): string => (name.length > 64 ? `${name.slice(0, 64)}…` : name)

const below = (at: string, name: string): string => (at === '' ? name : `${at}.${name}`)

/** `/addresses/0` is `addresses[0]` in the REST contract. */
function fieldOf(pointer: string): string {
  let field = ''
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    field = /^\d+$/.test(name) ? `${field}[${name}]` : below(field, shown(name))
  }
  return field
}
