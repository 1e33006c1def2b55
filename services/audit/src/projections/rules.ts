import { defineProjection } from '@holdfast/projections'
import { holdfast } from '@holdfast/proto'
import { eventReader } from './event-reader.ts'

const v1 = holdfast.rules.v1

type RuleEvent =
  | { readonly type: 'RuleCreated'; readonly ruleId: string; readonly name: string }
  | { readonly type: 'RuleUpdated'; readonly ruleId: string; readonly name: string }

/** What rules are called. Rows outlast the rule, for its flows do. */
export const rules = defineProjection<RuleEvent>({
  name: 'rules.rules',
  version: 1,
  context: 'rules',
  tables: [
    {
      name: 'rules',
      columns: { rule_id: 'uuid', organization_id: 'uuid', name: 'text' },
      key: ['rule_id'],
      organizationColumn: 'organization_id',
    },
  ],
  codecs: {
    rule_set: eventReader<RuleEvent>({
      RuleCreated: [
        (data) => {
          const { ruleId, settings } = v1.RuleCreated.decode(data)
          return { type: 'RuleCreated', ruleId, name: settings?.name ?? '' }
        },
      ],
      RuleUpdated: [
        (data) => {
          const { ruleId, settings } = v1.RuleUpdated.decode(data)
          return { type: 'RuleUpdated', ruleId, name: settings?.name ?? '' }
        },
      ],
    }),
  },
  on: {
    // The set's id is the organization's.
    RuleCreated: ({ ruleId, name }, { aggregateId }) => [
      { op: 'put', table: 'rules', row: { rule_id: ruleId, organization_id: aggregateId, name } },
    ],
    RuleUpdated: ({ ruleId, name }) => [
      { op: 'patch', table: 'rules', key: { rule_id: ruleId }, set: { name } },
    ],
  },
})
