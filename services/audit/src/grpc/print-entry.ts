import { accessCode } from '@holdfast/catalogue'
import type { holdfast } from '@holdfast/proto'
import { timeOf } from '../entries/position.ts'
import type { EntryChange } from '../objects/changes.ts'
import type { AccessEntryRow, EntryRow, LogEntryRow } from '../queries/entries.ts'
import { results } from '../queries/entry-filter.ts'

type EntryMessage = holdfast.audit.v1.Entry.$Properties

/** With where it came from, as far as that is known. */
export const printEntry = (row: EntryRow, source: string): EntryMessage => ({
  ...(row.trail === 'log' ? printChange(row) : printAttempt(row)),
  sequence: Number(row.sequence),
  atUnixMs: timeOf(row.position),
  organizationId: row.organization_id ?? '',
  source,
})

const printChange = (row: LogEntryRow): EntryMessage => ({
  trail: 1,
  action: row.action,
  result: 1,
  actor: {
    kind: row.actor_kind,
    id: row.actor_name ?? row.actor_id,
    method: row.method ?? '',
    sessionId: row.session_id ?? '',
  },
  target: { kind: row.target_kind, id: row.target_id, name: row.target_name ?? '' },
  reason: row.reason ?? '',
  correlationId: row.correlation_id,
  commandId: row.command_id,
  count: row.event_count,
})

const printAttempt = (row: AccessEntryRow): EntryMessage => ({
  trail: 2,
  action: accessCode(row.action),
  // as: the list is in the order of the proto enum, which counts from 1
  result: (results.indexOf(row.result) + 1) as holdfast.audit.v1.EntryResult,
  code: row.code ?? '',
  actor: {
    kind: row.user_id === null ? 'anonymous' : 'user',
    id: row.user_id ?? '',
    method: '',
    sessionId: row.session_id ?? '',
  },
  // What was asked for: a route, or the rpc of the trail that was read.
  ...(row.target === null ? {} : { target: { kind: 'call', id: '', name: row.target } }),
  count: Number(row.count),
  windowMs: Number(row.window_ms),
  accounts: Number(row.accounts),
})

export const printChangeOf = ({
  event,
  action,
  target,
  fields,
}: EntryChange): holdfast.audit.v1.EntryChange.$Properties => ({
  event,
  action,
  target: { ...target },
  fields: fields.map(({ field, before, after }) => ({ field, before, after })),
})
