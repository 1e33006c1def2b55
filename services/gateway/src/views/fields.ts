import { Type } from '@fastify/type-provider-typebox'
import type { Static, TObject, TProperties, TSchema, TUnsafe } from 'typebox'

// The words schemas are made of. Request fields are bounded by what a message can carry and by what
// the services document; what a value means is for them to judge.

/** An object that knows its fields: any other is refused, never dropped. */
export const closed = <P extends TProperties>(
  properties: P,
  options: { readonly description?: string; readonly minProperties?: number } = {},
): TObject<P> => Type.Object(properties, { additionalProperties: false, ...options })

/** An object of an answer, with its name in the OpenAPI document. */
export const component = <P extends TProperties>(name: string, properties: P): TObject<P> =>
  Type.Object(properties, { $id: name, title: name })

/** Refers to a component by name. The serializer resolves it once, at start. */
export const ref = <S extends TSchema>(schema: S): TUnsafe<Static<S>> =>
  Type.Unsafe<Static<S>>({ $ref: `${idOf(schema)}#` })

function idOf(schema: TSchema): string {
  if ('$id' in schema && typeof schema.$id === 'string') return schema.$id
  throw new Error('only a component can be referred to')
}

const sample = (example: unknown): { examples: unknown[] } => ({ examples: [example] })

export const exampleId = '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a10'
export const exampleTime = '2026-11-20T09:30:00.000Z'
export const exampleKey = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg='

export const id = (description: string) =>
  Type.String({ format: 'uuid', description, ...sample(exampleId) })
export const textOut = (description: string, example: string) =>
  Type.String({ description, ...sample(example) })
export const integerOut = (description: string, example: number) =>
  Type.Integer({ description, ...sample(example) })
export const flagOut = (description: string, example: boolean) =>
  Type.Boolean({ description, ...sample(example) })
export const listOut = (description: string, ...example: string[]) =>
  Type.Array(Type.String(), { description, ...sample(example) })
/** A 64-bit number as a decimal string. */
export const decimal = (description: string, example: string) =>
  Type.String({ pattern: '^(0|[1-9][0-9]*)$', description, ...sample(example) })
export const time = (description: string) =>
  Type.String({ format: 'date-time', description, ...sample(exampleTime) })
/** A time, or null when it never happened. */
export const timeOrNull = (description: string) =>
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    format: 'date-time',
    description,
    ...sample(exampleTime),
  })
/** An id, or null when there is none. */
export const idOrNull = (description: string) =>
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    format: 'uuid',
    description,
    ...sample(exampleId),
  })
export const words = <const V extends string>(values: readonly V[], description: string) =>
  Type.Unsafe<V>({ type: 'string', enum: [...values], description, ...sample(values[0]) })

/** A request text. Bounds what is read, not what is right. */
export const textIn = (maxLength: number, description: string, example: string, minLength = 0) =>
  Type.String({ minLength, maxLength, description, ...sample(example) })
export const integerIn = (minimum: number, maximum: number, description: string, example: number) =>
  Type.Integer({ minimum, maximum, description, ...sample(example) })
export const flagIn = (description: string, example: boolean) =>
  Type.Boolean({ description, ...sample(example) })
export const listIn = (maxItems: number, description: string, ...example: string[]) =>
  Type.Array(Type.String({ maxLength: 256 }), { maxItems, description, ...sample(example) })
/** RFC 3339, or null for never. */
export const timeInOrNull = (description: string) =>
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    format: 'date-time',
    maxLength: 40,
    description,
    ...sample(exampleTime),
  })
/** Id or name of something. */
export const named = (thing: string, example: string) =>
  Type.String({
    minLength: 1,
    maxLength: 256,
    description: `Id or name of the ${thing}.`,
    ...sample(example),
  })
export const optional = Type.Optional

/** A name that may be missing. */
export const nameOrNull = (description: string, example: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description, examples: [example] })
