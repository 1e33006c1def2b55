import { assertNever, isUuid } from '@holdfast/domain'
import type { Commit } from '@holdfast/event-log'
import type { Projection, RowChange } from '@holdfast/projections'
import { type ObjectChange, slots } from '../objects/object-change.ts'
import { objectChanges } from '../objects/object-changes.ts'
import { encodeSlot, memberPath, nameKey } from '../objects/object-state.ts'
import { kindsWithMembers } from '../objects/read-states.ts'

/**
 * Every object of every service, with all its versions. Pure like all projections: an event sets the slots it
 * names, and what it changed comes out when two versions are compared.
 */
export const objects: Projection = {
  name: 'audit.objects',
  version: 1,
  context: 'audit',
  tables: [
    {
      name: 'objects',
      columns: {
        object_id: 'uuid',
        kind: 'text',
        organization_id: 'uuid',
        parent_id: 'uuid',
        name: 'text',
        // Row-level security keeps functions away from indexes: the name as it is looked up is a column.
        name_key: 'text',
        // JSON of the fields that are not at their defaults. Text, not jsonb: nothing looks inside, and it is smaller.
        facts: 'text',
        settings: 'text',
        keys: 'text',
        more: 'text',
        state: 'text',
        action: 'text',
        /** Of the last commit that touched it, members included: so each such commit is a version. */
        changed_sequence: 'bigint',
      },
      // Some kinds share their ids: an enrolment has its node's, a rule set its organization's.
      key: ['object_id', 'kind'],
      organizationColumn: 'organization_id',
      isTemporal: true,
      indexes: ['(parent_id) where parent_id is not null', '(name_key, kind)'],
    },
    {
      name: 'object_members',
      columns: {
        object_id: 'uuid',
        kind: 'text',
        path: 'text',
        organization_id: 'uuid',
        value: 'text',
      },
      key: ['object_id', 'kind', 'path'],
      organizationColumn: 'organization_id',
      isTemporal: true,
    },
    {
      name: 'object_commits',
      columns: {
        sequence: 'bigint',
        organization_id: 'uuid',
        committed_at: 'timestamptz',
        actor_kind: 'text',
        actor_id: 'text',
        method: 'text',
        session_id: 'uuid',
        correlation_id: 'uuid',
        reason: 'text',
        /** Of its events, each once. */
        actions: 'text[]',
      },
      key: ['sequence'],
      organizationColumn: 'organization_id',
    },
  ],
  changes(commit) {
    const rows: RowChange[] = []
    const actions = new Set<string>()
    /** What a version is called by: the first thing the commit did to the object. */
    const firsts = new Map<string, string>()
    for (const { action = '', changes } of objectChanges(commit)) {
      if (changes.length > 0) actions.add(action)
      for (const change of changes) {
        const object = `${change.kind} ${change.id}`
        const first = firsts.get(object) ?? action
        firsts.set(object, first)
        addRows(rows, change, commit, { action: first, changed_sequence: commit.sequence })
      }
    }
    if (actions.size > 0) {
      rows.push({ op: 'put', table: 'object_commits', row: authorship(commit, actions) })
    }
    return rows
  },
}

function addRows(
  rows: RowChange[],
  change: ObjectChange,
  commit: Commit,
  touched: { readonly action: string; readonly changed_sequence: bigint },
): void {
  const { kind, id } = change
  const key = { object_id: id, kind }
  const table = 'objects'
  switch (change.op) {
    case 'put':
      rows.push({
        op: 'put',
        table,
        row: {
          ...key,
          organization_id: uuidOf(change.organizationId),
          parent_id: uuidOf(change.parentId),
          ...nameColumns(change.name),
          ...slotColumns(change),
          ...touched,
        },
      })
      return
    case 'patch': {
      const name = change.name === undefined ? {} : nameColumns(change.name)
      rows.push({ op: 'patch', table, key, set: { ...name, ...slotColumns(change), ...touched } })
      return
    }
    case 'member':
      rows.push({ op: 'patch', table, key, set: touched })
      rows.push(memberRow(change, uuidOf(commit.organizationId)))
      return
    case 'remove':
      rows.push({ op: 'remove', table, key })
      if (kindsWithMembers.has(kind)) {
        rows.push({ op: 'removeWhere', table: 'object_members', where: key })
      }
      return
    case 'removeChildren':
      rows.push({ op: 'removeWhere', table, where: { parent_id: id, kind: change.childKind } })
      return
    default:
      assertNever(change)
  }
}

function memberRow(
  { kind, id, field, member, value }: Extract<ObjectChange, { readonly op: 'member' }>,
  organizationId: string | null,
): RowChange {
  const table = 'object_members'
  const key = { object_id: id, kind, path: textOf(memberPath(field, member)) }
  if (value === undefined) return { op: 'remove', table, key }
  const row = { ...key, organization_id: organizationId, value: JSON.stringify(value) }
  return { op: 'put', table, row }
}

const nameColumns = (name: string) => ({ name: textOf(name), name_key: nameKey(textOf(name)) })

const slotColumns = (
  change: Extract<ObjectChange, { readonly op: 'put' | 'patch' }>,
): Record<string, string> => {
  const columns: Record<string, string> = {}
  for (const slot of slots) {
    const fields = change.slots[slot]
    if (fields) columns[slot] = encodeSlot(change.kind, slot, fields)
  }
  return columns
}

function authorship(commit: Commit, actions: ReadonlySet<string>) {
  const { sequence, organizationId, actor, reason, correlationId, timeUnixUs } = commit
  return {
    sequence,
    organization_id: uuidOf(organizationId),
    committed_at: timeUnixUs,
    actor_kind: actor.kind,
    actor_id: textOf(actor.id),
    method: actor.method ?? null,
    session_id: uuidOf(actor.sessionId),
    correlation_id: uuidOf(correlationId),
    reason: textOf(reason),
    actions: [...actions],
  }
}

const uuidOf = (id: string | undefined): string | null => (id && isUuid(id) ? id : null)
/** Postgres has no U+0000. */
const textOf = (text: string): string => text.replaceAll('\0', '\uFFFD')
