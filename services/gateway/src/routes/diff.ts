import { Type } from '@fastify/type-provider-typebox'
import { DomainError, invalid } from '@holdfast/errors'
import type { FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { sequenceAt, type TimeSource } from '../http/at.ts'
import { reading } from '../http/call.ts'
import {
  AccessDifference,
  DiffCount,
  ObjectDiff,
  printAccess,
  printObjectDiff,
} from '../views/diff.ts'
import { decimal, idOrNull, optional, ref, textIn, timeOrNull, words } from '../views/fields.ts'
import { idOf, timeOf } from '../views/print.ts'
import { actorNames } from './actor-names.ts'
import { many, text } from './list.ts'
import { organizationId } from './resolve.ts'
import { type Routes, signedIn } from './route.ts'
import { organization } from './rules.ts'

const moment = (description: string) => textIn(64, description, '2026-04-23T03:00:00Z', 1)
const endOf = (description: string) =>
  Type.Object(
    { sequence: decimal('Of the log.', '1042'), time: timeOrNull('Of its commit.') },
    { description },
  )
/** The kind that stands for differences of access among kinds of objects. */
const access = 'access'
/** Differences of access in one answer. */
const maxAccess = 200

/** What changed between two moments: in objects, and in what packets may do. */
export const diffRoutes =
  (clients: Clients, log: TimeSource): Routes =>
  async (app) => {
    app.get(
      '/diff',
      {
        schema: {
          operationId: 'diff',
          tags: ['audit'],
          summary:
            'What differs between two moments: objects with their fields, and who reaches what',
          description:
            'Objects need `audit.log.read`, access needs `rules.rules.read`: without one of them that part is missing and `omitted` says so. Access is compared within one organization and comes with the first page.',
          security: signedIn,
          querystring: many(
            {
              from: moment('The earlier moment: a log sequence, or a time (RFC 3339).'),
              to: optional(moment('The later one; now when absent.')),
              organization_id: organization,
              kind: optional(
                textIn(
                  256,
                  'Only these kinds of objects, separated by commas; `access` stands for the differences of access.',
                  'peer,access',
                  1,
                ),
              ),
            },
            1000,
          ),
          response: {
            200: Type.Object({
              from: endOf('Where it begins.'),
              to: endOf('Where it ends.'),
              compared: Type.Array(words(['objects', 'access'], 'A part.'), {
                description: 'The parts this answer has; why another is missing is in `omitted`.',
              }),
              access: Type.Array(ref(AccessDifference), {
                description: 'Classes of packets that fare differently, on the first page.',
              }),
              counts: Type.Array(ref(DiffCount), {
                description: 'Of all objects that differ, with the first page only.',
              }),
              items: Type.Array(ref(ObjectDiff), { description: 'By kind, then name.' }),
              next_cursor: Type.Unsafe<string | null>({
                type: ['string', 'null'],
                description: 'Ask again with it for the next page of objects.',
              }),
              omitted: Type.Array(Type.String(), {
                description: 'What is not in this answer, in words.',
              }),
              organization_id: idOrNull('What was compared; null for all you may see.'),
            }),
          },
        },
      },
      async (request, reply) => {
        const { query } = request
        const [from, to, inOrganization] = await Promise.all([
          momentOf(log, query.from, 'from'),
          query.to === undefined ? lastOf(log) : momentOf(log, query.to, 'to'),
          organizationId(clients, query.organization_id, request),
        ])
        if (from > to) {
          const detail = `sequence ${from} is after ${to}: exchange from and to`
          throw invalid({ field: 'from', code: 'range_reversed', detail })
        }
        const kinds = text(query.kind)
          .split(',')
          .map((kind) => kind.trim())
          .filter(Boolean)
        const isFirst = query.cursor === undefined
        const wantsAccess = isFirst && (kinds.length === 0 || kinds.includes(access))
        const wantsObjects = kinds.length === 0 || kinds.some((kind) => kind !== access)
        const [objects, reach] = await Promise.all([
          wantsObjects
            ? partly('objects', 'audit.log.read', () =>
                clients.history.diffObjects(
                  {
                    fromSequence: from,
                    toSequence: to,
                    organizationId: inOrganization,
                    kinds: kinds.filter((kind) => kind !== access),
                    limit: query.limit ?? 0,
                    cursor: text(query.cursor),
                  },
                  reading(request),
                ),
              )
            : undefined,
          wantsAccess ? compare(from, to, inOrganization, request) : undefined,
        ])
        const parts = [objects, reach].filter((part) => part !== undefined)
        const refusals = parts.flatMap((part) => part.refusal ?? [])
        // Whoever may see no part of it is refused as everywhere.
        if (refusals[0] && refusals.length === parts.length) throw refusals[0]
        const found = objects?.answer
        if (found?.nextCursor) {
          const url = new URL(request.url, 'http://gateway')
          url.searchParams.set('cursor', found.nextCursor)
          reply.header('link', `<${url.pathname}${url.search}>; rel="next"`)
        }
        const changed = found?.objects ?? []
        const names = await actorNames(
          clients,
          changed.map(({ by }) => by?.actor),
          request,
        )
        // A later page is of the span of the first one, however far the log has come since.
        const end = found?.toSequence || to
        const [fromTime, toTime] = await Promise.all([from, end].map((at) => timeAt(log, at)))
        return {
          from: { sequence: `${from}`, time: fromTime ?? null },
          to: { sequence: `${end}`, time: toTime ?? null },
          organization_id: idOf(reach?.answer?.organizationId || inOrganization),
          compared: [
            ...(objects?.answer ? (['objects'] as const) : []),
            ...(reach?.answer ? (['access'] as const) : []),
          ],
          access: (reach?.answer?.differences ?? []).map(printAccess),
          counts: (found?.counts ?? []).map((count) => ({
            kind: count.kind ?? '',
            created: count.created ?? 0,
            changed: count.changed ?? 0,
            deleted: count.deleted ?? 0,
          })),
          items: changed.map((object) => printObjectDiff(object, names)),
          next_cursor: found?.nextCursor || null,
          omitted: [
            ...parts.flatMap(({ omitted }) => omitted ?? []),
            ...(reach?.answer?.omitted ?? []).map((what) => `access: ${what}`),
            ...(found?.isCut
              ? [
                  'objects: more than 75,000 were touched, and only the first of them compared; name a kind or a shorter span',
                ]
              : []),
          ],
        }
      },
    )
    function compare(from: number, to: number, inOrganization: string, request: FastifyRequest) {
      return partly('access', 'rules.rules.read', () =>
        clients.policy.compareAccess(
          {
            organizationId: inOrganization,
            fromSequence: from,
            toSequence: to,
            node: '',
            limit: maxAccess,
          },
          reading(request),
        ),
      )
    }
  }

interface Part<T> {
  readonly answer?: T
  readonly omitted?: string
  readonly refusal?: DomainError
}

/** A part of the answer, or why it is left out: it may not be seen, or nobody said of which organization. */
async function partly<T>(
  name: string,
  permission: string,
  work: () => Promise<T>,
): Promise<Part<T>> {
  try {
    return { answer: await work() }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    if (error.kind === 'forbidden') {
      return { refusal: error, omitted: `${name}: they need the permission ${permission}` }
    }
    const isUnsaid = error.fields.some(
      ({ field, code }) => field === 'organization' && code === 'required',
    )
    if (name !== access || !isUnsaid) throw error
    const [why] = error.fields
    return { omitted: `${name}: compared within one organization only; ${why?.detail ?? ''}` }
  }
}

/** As `sequenceAt`, with complaints about the parameter it came in. */
async function momentOf(log: TimeSource, at: string, field: string): Promise<number> {
  try {
    return await sequenceAt(log, at)
  } catch (error) {
    if (!(error instanceof DomainError) || error.fields.length === 0) throw error
    throw invalid(...error.fields.map((one) => ({ ...one, field })))
  }
}

/** As far as anything is vouched for. */
async function lastOf(log: TimeSource): Promise<number> {
  const end = await log.head()
  const safe = log.safe.current()
  return Number(safe > 0n && safe < end ? safe : end)
}

const timeAt = async (log: TimeSource, sequence: number): Promise<string | null> =>
  timeOf((await log.read(BigInt(sequence)))?.timeUnixMs)
