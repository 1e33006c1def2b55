import { Type } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TObject, TProperties, TSchema } from 'typebox'
import { closed, integerIn, optional, ref, textIn } from '../views/fields.ts'

/** Waits until what is read includes this log sequence; 503 when it takes too long. */
export const minSeq = optional(
  Type.String({
    pattern: '^(0|[1-9][0-9]{0,17})$',
    description:
      'Answer only from a state that includes this log sequence, for example the Holdfast-Sequence of a write.',
    examples: ['1042'],
  }),
)

/** The query of a read of one object. */
export const one = <P extends TProperties>(more: P) => closed({ min_seq: minSeq, ...more })

/** The query of a list, with its filters. */
export const many = <P extends TProperties>(filters: P, maxLimit = 200) =>
  closed({
    limit: optional(integerIn(1, maxLimit, 'How many items at most; 50 when absent.', 50)),
    cursor: optional(textIn(1024, 'next_cursor of the page before.', 'eyJuIjoibGFwdG9wIn0', 1)),
    min_seq: minSeq,
    ...filters,
  })

const at = optional(
  Type.String({
    minLength: 1,
    maxLength: 64,
    description:
      'Answer as of this log sequence, or this time (RFC 3339): what was then, under your present permissions.',
    examples: ['2026-04-23T03:00:00Z'],
  }),
)

/** As `one` and `many`, of what can be read as of an earlier moment. The method behind it says `past` in proto/. */
export const pastOne = <P extends TProperties>(more: P) => one({ at, ...more })
export const pastMany = <P extends TProperties>(filters: P, maxLimit = 200) =>
  many({ at, ...filters }, maxLimit)

/** The answer of a list: a page of a component. */
export const page = <S extends TSchema>(item: S) =>
  Type.Object({
    items: Type.Array(ref(item)),
    next_cursor: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Ask again with it for the next page; null on the last one.',
    }),
  })

export const text = (value: string | undefined): string => value ?? ''

/** Prints a page, with the address of the next one in `Link` (RFC 8288). */
export function sendPage<Item, Printed>(
  request: FastifyRequest,
  reply: FastifyReply,
  found: readonly Item[],
  nextCursor: string | null | undefined,
  print: (item: Item) => Printed,
): { items: Printed[]; next_cursor: string | null } {
  if (nextCursor) {
    const url = new URL(request.url, 'http://gateway')
    url.searchParams.set('cursor', nextCursor)
    reply.header('link', `<${url.pathname}${url.search}>; rel="next"`)
  }
  return { items: found.map(print), next_cursor: nextCursor || null }
}

/** Path of one object. */
export const byId = (thing: string): TObject<{ id: ReturnType<typeof textIn> }> =>
  closed({ id: textIn(256, `Id or name of the ${thing}.`, 'wg0', 1) })
