import { defineProjection } from '@holdfast/projections'
import { holdfast } from '@holdfast/proto'
import { testMessage } from '../codecs/rule-message.ts'
import { ruleSetCodec } from '../codecs/rule-set-codec.ts'
import type { RuleSetEvent } from '../domain/rule-set-state.ts'
import { nameKey } from '../domain/settings.ts'

const { PolicyTest } = holdfast.rules.v1
const table = 'policy_tests'

/** Rows behind ListPolicyTests. Those that were deleted stay, so that deleting one twice is one fact. */
export const policyTests = defineProjection<RuleSetEvent>({
  name: 'rules.policy_tests',
  version: 2,
  context: 'rules',
  tables: [
    {
      name: table,
      columns: {
        test_id: 'uuid',
        organization_id: 'uuid',
        name_key: 'text',
        is_deleted: 'boolean',
        // Encoded `holdfast.rules.v1.PolicyTest`.
        test: 'bytea',
      },
      key: ['test_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(name_key, test_id)'],
    },
  ],
  codecs: { rule_set: ruleSetCodec },
  on: {
    PolicyTestSaved: ({ test }, commit) => [
      {
        op: 'put',
        table,
        row: {
          test_id: test.id,
          organization_id: commit.aggregateId,
          name_key: nameKey(test.name),
          is_deleted: false,
          test: PolicyTest.encode(testMessage(test)).finish(),
        },
      },
    ],
    PolicyTestDeleted: ({ testId }) => [
      { op: 'patch', table, key: { test_id: testId }, set: { is_deleted: true } },
    ],
  },
})
