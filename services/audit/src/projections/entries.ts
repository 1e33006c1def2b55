import { type Deed, deedsOf } from '@holdfast/catalogue'
import { isUuid, uuidV5 } from '@holdfast/domain'
import type { Commit } from '@holdfast/event-log'
import type { Projection, RowChange } from '@holdfast/projections'
import { positionOf } from '../entries/position.ts'
import { wordsOf } from '../entries/words.ts'

/** Names of services as ids, so that the column is 16 bytes for everybody. */
const names = '6f0a8f57-6d5b-5d0e-9f3c-2f1b4f6a9c11'

/** What actors are compared by: their id, or an id made of a service's name. */
export const actorKey = (id: string): string => (isUuid(id) ? id : uuidV5(names, id))

/** The full-text side of `words`; the same expression stands in the index and in questions. */
export const wordsVector = `array_to_tsvector(string_to_array(words, ' '))`

/**
 * Rows behind the audit trail: one for each commit of the log, of every context. What events hold is not copied: it is
 * read from the log for those who look at an entry. A commit of several events stands with its first one; what the
 * others are about is in `entry_targets` and `entry_tags`, so that a bulk change is found by each of its parts.
 */
export const entries: Projection = {
  name: 'audit.entries',
  version: 1,
  // Of all contexts: `changes` does not look at it.
  context: 'audit',
  tables: [
    {
      name: 'entries',
      columns: {
        sequence: 'bigint',
        position: 'bigint',
        organization_id: 'uuid',
        actor_id: 'uuid',
        session_id: 'uuid',
        target_id: 'uuid',
        correlation_id: 'uuid',
        command_id: 'uuid',
        event_count: 'integer',
        actor_kind: 'text',
        // Of services; null where the id says it.
        actor_name: 'text',
        method: 'text',
        action: 'text',
        target_kind: 'text',
        target_name: 'text',
        reason: 'text',
        words: 'text',
      },
      key: ['sequence'],
      organizationColumn: 'organization_id',
      // Each ends in the position, so that the newest of anything are read in order and no more than a page.
      indexes: [
        '(position)',
        '(organization_id, position)',
        '(actor_id, position)',
        '(target_id, position)',
        '(action, position)',
        '(target_kind, position)',
        '(session_id, position) where session_id is not null',
        '(correlation_id, position)',
        `using gin (${wordsVector})`,
      ],
    },
    {
      name: 'entry_targets',
      columns: {
        sequence: 'bigint',
        target_id: 'uuid',
        position: 'bigint',
        organization_id: 'uuid',
      },
      key: ['sequence', 'target_id'],
      organizationColumn: 'organization_id',
      indexes: ['(target_id, position)'],
    },
    {
      // Further actions and kinds of targets, each once a commit.
      name: 'entry_tags',
      columns: { sequence: 'bigint', tag: 'text', position: 'bigint', organization_id: 'uuid' },
      key: ['sequence', 'tag'],
      organizationColumn: 'organization_id',
      indexes: ['(tag, position)'],
    },
  ],
  changes(commit) {
    const deeds = deedsOf(commit)
    const [first] = deeds
    if (!first) return []
    return [entryRow(commit, first, deeds), ...(deeds.length > 1 ? further(commit, deeds) : [])]
  },
}

function entryRow(commit: Commit, first: Deed, deeds: readonly Deed[]): RowChange {
  const { actor, sequence } = commit
  const { action, target } = first
  return {
    op: 'put',
    table: 'entries',
    row: {
      sequence,
      position: positionOf(commit.timeUnixMs, sequence),
      organization_id: commit.organizationId,
      actor_id: actorKey(actor.id),
      session_id: actor.sessionId !== undefined && isUuid(actor.sessionId) ? actor.sessionId : null,
      target_id: target.id,
      correlation_id: commit.correlationId,
      command_id: commit.commandId,
      event_count: commit.events.length,
      actor_kind: actor.kind,
      actor_name: isUuid(actor.id) ? null : actor.id,
      method: actor.method ?? null,
      action,
      target_kind: target.kind,
      target_name: target.name === '' ? null : target.name,
      reason: commit.reason === '' ? null : commit.reason.replaceAll('\0', ''),
      words: wordsOf(
        commit.reason,
        ...new Set(deeds.flatMap((deed) => [deed.action, deed.target.name])),
      ).join(' '),
    },
  }
}

function further(commit: Commit, deeds: readonly Deed[]): readonly RowChange[] {
  const { sequence, organizationId } = commit
  const [first] = deeds
  const common = {
    sequence,
    position: positionOf(commit.timeUnixMs, sequence),
    organization_id: organizationId,
  }
  const targets = new Set(deeds.map(({ target }) => target.id))
  const tags = new Set(deeds.flatMap(({ action, target }) => [action, target.kind]))
  if (first) {
    targets.delete(first.target.id)
    tags.delete(first.action)
    tags.delete(first.target.kind)
  }
  return [
    ...[...targets].map(
      (target_id): RowChange => ({
        op: 'put',
        table: 'entry_targets',
        row: { target_id, ...common },
      }),
    ),
    ...[...tags].map(
      (tag): RowChange => ({ op: 'put', table: 'entry_tags', row: { tag, ...common } }),
    ),
  ]
}
