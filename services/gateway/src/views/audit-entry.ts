import { Type } from '@fastify/type-provider-typebox'
import { rfc3339 } from '@holdfast/domain'
import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import {
  component,
  decimal,
  exampleId,
  idOrNull,
  integerOut,
  listOut,
  textOut,
  time,
  words,
} from './fields.ts'
import { decimalOf, idOf, momentOf } from './print.ts'

type EntryMessage = holdfast.audit.v1.Entry.$Properties
type ChangeMessage = holdfast.audit.v1.EntryChange.$Properties

/** In the order of the proto enums, from 1. */
export const trailWords = ['log', 'access'] as const
export const resultWords = ['success', 'failure', 'denied'] as const

const target = Type.Object({
  kind: textOut('`peer`, `rule`, …; `call` for what was asked of the API.', 'peer'),
  id: textOut('Its id; empty for a call.', exampleId),
  name: textOut('As it was called then; empty when the event does not say.', 'laptop'),
})

const told = {
  trail: words(
    trailWords,
    '`log`: what changed. `access`: sign-ins, refusals, reads of this trail.',
  ),
  sequence: decimal('Its place in that trail.', '1042'),
  time: time("By the writer's clock."),
  action: textOut('Of the first event; GET /audit/actions lists them.', 'network.peer.created'),
  result: words([...resultWords, 'unknown'], 'Denied: signed in, and not allowed.'),
  code: textOut('Problem code of what failed; empty otherwise.', ''),
  actor: Type.Object({
    kind: textOut('`user`, `api_key`, `service`, `node`, `anonymous`.', 'user'),
    id: textOut('Id, or the name of a service; empty for nobody known.', exampleId),
    method: textOut('How they had signed in; may be empty.', 'password_totp'),
    session_id: idOrNull('Their session, when there was one.'),
  }),
  target: Type.Union([target, Type.Null()], { description: 'What it is about.' }),
  organization_id: idOrNull('Null for what belongs to none.'),
  reason: textOut('Why, in the words of who asked; may be empty.', 'new laptop'),
  correlation_id: idOrNull('Of the request that started it.'),
  command_id: idOrNull('Of the command; null in `access`.'),
  count: decimal('Events of the change; attempts of a summary.', '1'),
  window_ms: integerOut('Of a summary of attempts: the time it spans; otherwise 0.', 0),
  accounts: integerOut('Of a summary: how many accounts were tried, never too few.', 0),
  source: textOut(
    'Where it came from: an IPv4 address or the /64 of an IPv6 one, for changes where their session signed in; empty when unknown, "[erased]" when its key was destroyed.',
    '192.0.2.7',
  ),
}

export const AuditEntry = component('AuditEntry', told)

const change = Type.Object({
  event: textOut('Event type in the log.', 'PeerUpdated'),
  action: textOut('Its action.', 'network.peer.updated'),
  target,
  fields: Type.Array(
    Type.Object({
      field: textOut('Dotted when nested.', 'settings.keepalive_seconds'),
      before: Type.Optional(
        Type.Any({ description: 'Absent when there was none. Secrets are "[sealed]".' }),
      ),
      after: Type.Optional(Type.Any({ description: 'Absent when there is none any more.' })),
    }),
  ),
})

const detailed = {
  ...told,
  changes: Type.Array(change, {
    description:
      'What each event changed; of very large changes the first ones, `count` says how many there are.',
  }),
}

export const AuditEntryDetail = component('AuditEntryDetail', detailed)

const textOrNull = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description })

export const LogEntry = component('LogEntry', {
  ...detailed,
  subject: textOrNull(
    'Where it stands: evt.<service>.<kind>.<id>. Null until a checkpoint covers it.',
  ),
  message_id: textOrNull('Id of the commit. Null until a checkpoint covers it.'),
  payload: textOrNull(
    'The stored bytes, base64: what is hashed. Secrets in it are sealed. Null until a checkpoint covers it.',
  ),
  events: listOut('What happened, in order, as the log calls it.', 'InterfaceCreated'),
})

export const nothingStored = {
  subject: null,
  message_id: null,
  payload: null,
  events: [] as string[],
}

/** The commit as it is stored. */
export const printStored = ({
  entry,
  commit,
}: holdfast.audit.v1.GetEntryProofResponse.$Properties) => ({
  subject: entry?.subject ?? '',
  message_id: entry?.messageId ?? '',
  payload: Buffer.from(entry?.payload ?? []).toString('base64'),
  events: (commit?.events ?? []).map(({ type }) => type ?? ''),
})

export const AuditAction = component('AuditAction', {
  code: textOut('Stable for good.', 'network.peer.created'),
  trail: words(trailWords, 'Where it is told.'),
  kind: textOut('Kind of what it is about; empty in `access`.', 'peer'),
  title: textOut('For people, without its subject.', 'added a peer'),
})

export function printAuditEntry(entry: EntryMessage): Static<typeof AuditEntry> {
  const { actor, target: about } = entry
  return {
    trail: trailWords[(entry.trail ?? 1) - 1] ?? 'log',
    sequence: decimalOf(entry.sequence),
    time: momentOf(entry.atUnixMs),
    action: entry.action ?? '',
    result: resultWords[(entry.result ?? 0) - 1] ?? 'unknown',
    code: entry.code ?? '',
    actor: {
      kind: actor?.kind ?? '',
      id: actor?.id ?? '',
      method: actor?.method ?? '',
      session_id: idOf(actor?.sessionId ?? ''),
    },
    target: about ? printTarget(about) : null,
    organization_id: idOf(entry.organizationId ?? ''),
    reason: entry.reason ?? '',
    correlation_id: idOf(entry.correlationId ?? ''),
    command_id: idOf(entry.commandId ?? ''),
    count: decimalOf(entry.count),
    window_ms: entry.windowMs ?? 0,
    accounts: entry.accounts ?? 0,
    source: entry.source ?? '',
  }
}

export const printAuditEntryDetail = (entry: EntryMessage): Static<typeof AuditEntryDetail> => ({
  ...printAuditEntry(entry),
  changes: (entry.changes ?? []).map(printChange),
})

const printTarget = (about: holdfast.audit.v1.EntryTarget.$Properties) => ({
  kind: about.kind ?? '',
  id: about.id ?? '',
  name: about.name ?? '',
})

const printChange = ({ event, action, target: about, fields }: ChangeMessage) => ({
  event: event ?? '',
  action: action ?? '',
  target: printTarget(about ?? {}),
  fields: (fields ?? []).map(({ field, before, after }) => ({
    field: field ?? '',
    ...(before ? { before: parsed(before) } : {}),
    ...(after ? { after: parsed(after) } : {}),
  })),
})

/** What the service prints is JSON; what is none is shown as it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const columns = [
  'trail',
  'sequence',
  'time',
  'event',
  'action',
  'result',
  'code',
  'actor_kind',
  'actor_id',
  'actor_method',
  'session_id',
  'source',
  'organization_id',
  'target_kind',
  'target_id',
  'target_name',
  'reason',
  'correlation_id',
  'command_id',
  'count',
  'window_ms',
  'accounts',
  'changes',
] as const

/** RFC 4180. */
export const csvHeader = `${columns.join(',')}\r\n`

/** One row an event; `event` counts them within the entry. */
export function csvRows(entry: EntryMessage): string {
  const { actor } = entry
  const deeds: readonly ChangeMessage[] = entry.changes?.length ? entry.changes : [{}]
  return deeds
    .map((deed, at) => {
      const about = deed.target ?? entry.target
      const row: Readonly<Record<(typeof columns)[number], unknown>> = {
        trail: trailWords[(entry.trail ?? 1) - 1],
        sequence: entry.sequence,
        time: rfc3339(entry.atUnixMs ?? 0),
        event: at + 1,
        action: deed.action || entry.action,
        result: resultWords[(entry.result ?? 0) - 1],
        code: entry.code,
        actor_kind: actor?.kind,
        actor_id: actor?.id,
        actor_method: actor?.method,
        session_id: actor?.sessionId,
        source: entry.source,
        organization_id: entry.organizationId,
        target_kind: about?.kind,
        target_id: about?.id,
        target_name: about?.name,
        reason: entry.reason,
        correlation_id: entry.correlationId,
        command_id: entry.commandId,
        count: entry.count,
        window_ms: entry.windowMs,
        accounts: entry.accounts,
        changes: deed.fields?.length ? JSON.stringify(printChange(deed).fields) : '',
      }
      return `${columns.map((column) => csvCell(row[column])).join(',')}\r\n`
    })
    .join('')
}

/** Quoted where it has to be; what a spreadsheet would take for a formula begins with an apostrophe. */
export function csvCell(value: unknown): string {
  const text = String(value ?? '')
  // Spreadsheets take the wide forms for the narrow ones where people write with them.
  const plain = /^[=+\-@＝＋－＠\t\r\n]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
