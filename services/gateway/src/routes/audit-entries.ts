import { Type } from '@fastify/type-provider-typebox'
import { accessActions, actions } from '@holdfast/catalogue'
import { isUuid } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { holdfast } from '@holdfast/proto'
import type { CallOptions } from '@holdfast/service'
import type { FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { reading } from '../http/call.ts'
import { fileStream } from '../http/file-stream.ts'
import {
  AuditAction,
  AuditEntry,
  AuditEntryDetail,
  csvHeader,
  csvRows,
  LogEntry,
  nothingStored,
  printAuditEntry,
  printAuditEntryDetail,
  printStored,
  resultWords,
  trailWords,
} from '../views/audit-entry.ts'
import { exampleId, exampleTime, named, optional, ref, textIn, words } from '../views/fields.ts'
import { present } from '../views/print.ts'
import { numberOf } from '../views/rule.ts'
import { bySequence } from './audit.ts'
import { many, one, page, sendPage, text } from './list.ts'
import { organizationId, userId } from './resolve.ts'
import { type Routes, signedIn } from './route.ts'
import { attachment } from './wg-quick.ts'

const tags = ['audit']

const timeIn = (description: string) =>
  optional(
    Type.String({ format: 'date-time', maxLength: 40, description, examples: [exampleTime] }),
  )
const filters = {
  log: optional(words(trailWords, 'Only this trail; both when absent.')),
  action: optional(
    textIn(1024, 'Action codes or their beginnings, up to 20, by commas.', 'network.peer', 1),
  ),
  result: optional(words(resultWords, 'With this result.')),
  actor: optional(
    textIn(256, 'By whom: an id, a user name, or the name of a service.', 'alice', 1),
  ),
  target: optional(textIn(64, 'About this object, by its id.', exampleId, 1)),
  target_kind: optional(textIn(64, 'About objects of this kind.', 'peer', 1)),
  organization_id: optional(named('organization', 'Acme')),
  address: optional(
    textIn(
      64,
      'From this IP address; for changes: by sessions that were seen there. IPv6 counts by its /64.',
      '192.0.2.7',
      1,
    ),
  ),
  from: timeIn('From then on; as far back as the view goes when absent.'),
  to: timeIn('Before then.'),
  q: optional(
    textIn(256, 'Words of action, names, reason or problem code; all of them.', 'laptop', 1),
  ),
  correlation_id: optional(textIn(64, 'Started by this request.', exampleId, 1)),
  session_id: optional(textIn(64, 'In this session.', exampleId, 1)),
}

interface Asked {
  readonly log?: string
  readonly action?: string
  readonly result?: string
  readonly actor?: string
  readonly target?: string
  readonly target_kind?: string
  readonly organization_id?: string
  readonly address?: string
  readonly from?: string
  readonly to?: string
  readonly q?: string
  readonly correlation_id?: string
  readonly session_id?: string
}

/** Before a checkpoint covers an entry. */
const unproven = ['audit.entry_not_proven', 'audit.checkpoint_not_found', 'audit.tree_behind']

/** They act in their own name, and have no id. */
const serviceNames = [
  'auth',
  'network',
  'rules',
  'audit',
  'backup',
  'notify',
  'gateway',
  'supervisor',
]

/** The audit trail: who did what, when and why. */
export const auditEntryRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { entries, proofs } = clients

    app.get(
      '/audit',
      {
        schema: {
          operationId: 'listAuditEntries',
          tags,
          summary: 'The audit trail, newest first',
          description:
            'Changes and what happened at the door, merged by time. Filters hold together. Reading it is itself recorded.',
          security: signedIn,
          querystring: many(filters, 500),
          response: { 200: page(AuditEntry) },
        },
      },
      async (request, reply) => {
        const { query } = request
        const found = await entries.listEntries(
          {
            filter: await filterOf(clients, query, request),
            limit: query.limit ?? 0,
            cursor: text(query.cursor),
          },
          reading(request),
        )
        return sendPage(request, reply, found.entries, found.nextCursor, printAuditEntry)
      },
    )

    app.get(
      '/audit/access/:sequence',
      {
        schema: {
          operationId: 'getAccessEntry',
          tags,
          summary: 'One record of what happened at the door',
          security: signedIn,
          params: bySequence,
          querystring: one({}),
          response: { 200: ref(AuditEntryDetail) },
        },
      },
      async (request) => {
        const asked = { trail: 2, sequence: Number(request.params.sequence) } as const
        const { entry } = await entries.getEntry(asked, reading(request))
        return printAuditEntryDetail(present(entry, 'entry'))
      },
    )

    app.get(
      '/audit/log/:sequence',
      {
        schema: {
          operationId: 'getLogEntry',
          tags,
          summary:
            'One change: who, when, why, every field before and after, and the commit as it is stored',
          description:
            'Secrets are shown as "[sealed]". What is stored is told once a checkpoint covers it, seconds later.',
          security: signedIn,
          params: bySequence,
          querystring: one({}),
          response: { 200: ref(LogEntry) },
        },
      },
      async (request) => {
        const sequence = Number(request.params.sequence)
        const options = reading(request)
        const { entry } = await entries.getEntry({ trail: 1, sequence }, options)
        const detail = printAuditEntryDetail(present(entry, 'entry'))
        try {
          return { ...detail, ...printStored(await proofs.getEntryProof({ sequence }, options)) }
        } catch (error) {
          // Nothing is proven yet: the rest is worth seeing all the same.
          if (!(error instanceof DomainError) || !unproven.includes(error.code)) throw error
          return { ...detail, ...nothingStored }
        }
      },
    )

    app.get(
      '/audit/export',
      {
        // It would read all of it for nobody: a HEAD takes what a stream gives as fast as it comes.
        exposeHeadRoute: false,
        config: { isStream: true },
        schema: {
          operationId: 'exportAuditEntries',
          tags,
          summary: 'The audit trail as a file, oldest first, with what changed',
          description:
            'JSON Lines, the last line `{"end":true,…}`; or CSV (RFC 4180), one row an event. An answer that was cut off ends without its last chunk, and JSON Lines without that line. What happens after it began is not in it.',
          security: signedIn,
          produces: ['application/x-ndjson', 'text/csv'],
          querystring: one({
            ...filters,
            format: optional(
              words(['jsonl', 'csv'], 'Instead of `Accept`; JSON Lines when neither says.'),
            ),
          }),
          response: { 200: Type.Any({ description: 'A file.' }) },
        },
      },
      async (request, reply) => {
        const { query } = request
        const filter = await filterOf(clients, query, request)
        // An export of a trail that grows has an end.
        const whole = { ...filter, toUnixMs: filter.toUnixMs || Date.now() + 1 }
        const options = reading(request)
        // Refusals come before the first byte of an answer.
        const first = await entries.exportEntries({ filter: whole }, options)
        const isCsv = query.format ? query.format === 'csv' : wantsCsv(request.headers.accept)
        const pages = pagesOf(clients, whole, first, options)
        return reply
          .header('content-type', isCsv ? 'text/csv; charset=utf-8' : 'application/x-ndjson')
          .header('content-disposition', attachment(isCsv ? 'audit.csv' : 'audit.jsonl'))
          .send(fileStream(isCsv ? csvOf(pages) : linesOf(pages)))
      },
    )

    app.get(
      '/audit/actions',
      {
        schema: {
          operationId: 'listAuditActions',
          tags,
          summary: 'Every action the trail tells of',
          description: 'Codes are stable for good: filters, rules and scripts may name them.',
          security: signedIn,
          querystring: one({}),
          response: { 200: page(AuditAction) },
        },
      },
      async (request, reply) => sendPage(request, reply, catalogue, null, (action) => action),
    )
  }

const catalogue = [
  ...actions.map(({ code, kind, title }) => ({ code, trail: 'log' as const, kind, title })),
  ...accessActions.map(({ code, title }) => ({ code, trail: 'access' as const, kind: '', title })),
]

/** Names become ids: the trail knows people by id, for names change and are forgotten. */
async function filterOf(
  clients: Clients,
  asked: Asked,
  request: FastifyRequest,
): Promise<holdfast.audit.v1.EntryFilter.$Properties> {
  const { actor, action } = asked
  const isKnown = actor === undefined || isUuid(actor) || serviceNames.includes(actor)
  return {
    trail: numberOf(trailWords, asked.log),
    actions: action === undefined ? [] : action.split(',').map((code) => code.trim()),
    result: numberOf(resultWords, asked.result),
    actorId: isKnown ? text(actor) : await userId(clients, actor, request),
    targetId: text(asked.target),
    targetKind: text(asked.target_kind),
    organizationId: await organizationId(clients, asked.organization_id, request),
    address: text(asked.address),
    fromUnixMs: momentOf(asked.from),
    toUnixMs: momentOf(asked.to),
    query: text(asked.q),
    correlationId: text(asked.correlation_id),
    sessionId: text(asked.session_id),
  }
}

/** To a service 0 is no time at all, which would be all of the retention, or no end. */
function momentOf(time: string | undefined): number {
  if (time === undefined) return 0
  const unixMs = Date.parse(time)
  return unixMs === 0 ? 1 : unixMs
}

type Page = holdfast.audit.v1.ExportEntriesResponse

/** Page by page as the reader takes them; the next one is asked for while this one is sent. */
async function* pagesOf(
  { entries }: Clients,
  filter: holdfast.audit.v1.EntryFilter.$Properties,
  first: Page,
  options: CallOptions,
): AsyncGenerator<Page['entries']> {
  let found = first
  for (;;) {
    const cursor = found.nextCursor
    const next = cursor ? entries.exportEntries({ filter, cursor }, options) : undefined
    next?.catch(() => undefined) // thrown when it is awaited
    yield found.entries
    if (!next) return
    found = await next
  }
}

async function* linesOf(pages: AsyncIterable<Page['entries']>): AsyncGenerator<string> {
  let count = 0
  for await (const found of pages) {
    count += found.length
    yield found.map((entry) => `${JSON.stringify(printAuditEntryDetail(entry))}\n`).join('')
  }
  yield `${JSON.stringify({ end: true, entries: String(count) })}\n`
}

async function* csvOf(pages: AsyncIterable<Page['entries']>): AsyncGenerator<string> {
  yield csvHeader
  for await (const found of pages) yield found.map(csvRows).join('')
}

const wantsCsv = (accept: string | undefined): boolean =>
  accept !== undefined && /^text\/csv\b/.test(accept.trim())
