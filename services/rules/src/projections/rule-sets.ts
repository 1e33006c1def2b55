import type { Commit } from '@holdfast/event-log'
import { defineProjection, type Projection, type RowChange } from '@holdfast/projections'
import { ruleSetCodec } from '../codecs/rule-set-codec.ts'
import type { RuleSetEvent } from '../domain/rule-set-state.ts'

const table = 'rule_sets'
const keyOf = (commit: Commit) => ({ organization_id: commit.aggregateId })

const nothingPending = {
  pending_apply_id: null,
  pending_name: null,
  pending_until_unix_ms: null,
  pending_sequence: null,
}

const rows = defineProjection<RuleSetEvent>({
  name: 'rules.rule_sets',
  version: 2,
  context: 'rules',
  tables: [
    {
      name: table,
      columns: {
        organization_id: 'uuid',
        rule_count: 'integer',
        is_lockout_allowed: 'boolean',
        // Of the last commit.
        sequence: 'bigint',
        // The change that waits for confirmation; null when there is none.
        pending_apply_id: 'uuid',
        pending_name: 'text',
        pending_until_unix_ms: 'bigint',
        pending_sequence: 'bigint',
      },
      key: ['organization_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(pending_until_unix_ms) where pending_until_unix_ms is not null'],
    },
  ],
  codecs: { rule_set: ruleSetCodec },
  on: {
    RuleSetSettingsUpdated: ({ isLockoutAllowed }, commit) => [
      { op: 'patch', table, key: keyOf(commit), set: { is_lockout_allowed: isLockoutAllowed } },
    ],
    ChangeSetApplied: ({ applyId, name, confirmWithinMs }, commit) =>
      confirmWithinMs === 0
        ? []
        : [
            {
              op: 'patch',
              table,
              key: keyOf(commit),
              set: {
                pending_apply_id: applyId,
                pending_name: name,
                pending_until_unix_ms: commit.timeUnixMs + confirmWithinMs,
                pending_sequence: commit.sequence,
              },
            },
          ],
    ChangeSetConfirmed: (_event, commit) => [
      { op: 'patch', table, key: keyOf(commit), set: nothingPending },
    ],
    ChangeSetReverted: (_event, commit) => [
      { op: 'patch', table, key: keyOf(commit), set: nothingPending },
    ],
  },
})

/** Each set as a whole. Events of single rules are counted without being read. */
export const ruleSetRows: Projection = {
  ...rows,
  changes(commit) {
    if (commit.context !== 'rules' || commit.aggregateType !== 'rule_set') return []
    const key = keyOf(commit)
    const { sequence } = commit
    let growth = 0
    for (const { type } of commit.events) {
      if (type === 'RuleCreated') growth++
      else if (type === 'RuleDeleted') growth--
    }
    const changes: RowChange[] = []
    if (commit.aggregateVersion === 1n) {
      const row = { ...key, rule_count: 0, is_lockout_allowed: false, sequence }
      changes.push({ op: 'put', table, row })
    }
    changes.push({ op: 'patch', table, key, set: { sequence } })
    if (growth !== 0) changes.push({ op: 'add', table, key, column: 'rule_count', by: growth })
    return [...changes, ...rows.changes(commit)]
  },
}
