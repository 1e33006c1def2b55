import type { Commit } from '@holdfast/event-log'
import { defineProjection } from '@holdfast/projections'
import { ruleSetCodec } from '../codecs/rule-set-codec.ts'
import type { RuleSetEvent } from '../domain/rule-set-state.ts'
import { settingsColumns } from './settings-columns.ts'

const table = 'rules'

const changedBy = ({ timeUnixMs, sequence, actor }: Commit) => ({
  updated_at_unix_ms: timeUnixMs,
  updated_by_kind: actor.kind,
  updated_by_id: actor.id,
  sequence,
})

/** The place of a rule in the order of evaluation, as one number. */
export const place = '((rank::bigint << 32) + rule_order)'

/** Rows behind everything about the rules there are now. */
export const rules = defineProjection<RuleSetEvent>({
  name: 'rules.rules',
  version: 2,
  context: 'rules',
  tables: [
    {
      name: table,
      columns: {
        rule_id: 'uuid',
        organization_id: 'uuid',
        name: 'text',
        name_key: 'text',
        action: 'text',
        rank: 'integer',
        rule_order: 'bigint',
        tags: 'text[]',
        // Empty for a rule that holds everywhere.
        target_id: 'text',
        search: 'text',
        settings: 'bytea',
        created_at_unix_ms: 'bigint',
        updated_at_unix_ms: 'bigint',
        updated_by_kind: 'text',
        updated_by_id: 'text',
        revision: 'bigint',
        // Of the last commit that changed it: what a host must have applied for the rule to be in force.
        sequence: 'bigint',
      },
      key: ['rule_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: [
        `(${place}, rule_id)`,
        `(organization_id, ${place}, rule_id)`,
        '(name_key, rule_id)',
      ],
    },
  ],
  codecs: { rule_set: ruleSetCodec },
  on: {
    RuleCreated: ({ ruleId, settings, order, earlierChanges }, commit) => [
      {
        op: 'put',
        table,
        row: {
          rule_id: ruleId,
          organization_id: commit.aggregateId,
          rule_order: order,
          created_at_unix_ms: commit.timeUnixMs,
          revision: earlierChanges + 1,
          ...changedBy(commit),
          ...settingsColumns(settings),
        },
      },
    ],
    RuleUpdated: ({ ruleId, settings }, commit) => {
      const key = { rule_id: ruleId }
      return [
        { op: 'patch', table, key, set: { ...changedBy(commit), ...settingsColumns(settings) } },
        { op: 'add', table, key, column: 'revision', by: 1n },
      ]
    },
    RuleDeleted: ({ ruleId }) => [{ op: 'remove', table, key: { rule_id: ruleId } }],
  },
})
