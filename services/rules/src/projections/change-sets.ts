import { defineProjection } from '@holdfast/projections'
import { holdfast } from '@holdfast/proto'
import { operationMessage, ruleSetCodec } from '../codecs/rule-set-codec.ts'
import type { RuleOperation, RuleSetEvent } from '../domain/rule-set-state.ts'

const { ChangeSetStaged } = holdfast.rules.v1
const table = 'change_sets'

/** Encoded `holdfast.rules.v1.ChangeSetStaged` without its id. */
const operationsBytes = (operations: readonly RuleOperation[]): Uint8Array =>
  ChangeSetStaged.encode({ operations: operations.map(operationMessage) }).finish()

const none = operationsBytes([])

/** Drafts. Those that ended stay, without their operations: ending one twice is one fact. */
export const changeSets = defineProjection<RuleSetEvent>({
  name: 'rules.change_sets',
  version: 2,
  context: 'rules',
  tables: [
    {
      name: table,
      columns: {
        change_set_id: 'uuid',
        organization_id: 'uuid',
        name: 'text',
        is_open: 'boolean',
        operations: 'bytea',
        opened_at_unix_ms: 'bigint',
        opened_by_kind: 'text',
        opened_by_id: 'text',
        opened_sequence: 'bigint',
      },
      key: ['change_set_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(opened_sequence) where is_open'],
    },
  ],
  codecs: { rule_set: ruleSetCodec },
  on: {
    ChangeSetOpened: ({ changeSetId, name }, commit) => [
      {
        op: 'put',
        table,
        row: {
          change_set_id: changeSetId,
          organization_id: commit.aggregateId,
          name,
          is_open: true,
          operations: none,
          opened_at_unix_ms: commit.timeUnixMs,
          opened_by_kind: commit.actor.kind,
          opened_by_id: commit.actor.id,
          opened_sequence: commit.sequence,
        },
      },
    ],
    ChangeSetStaged: ({ changeSetId, operations }) => [
      {
        op: 'patch',
        table,
        key: { change_set_id: changeSetId },
        set: { operations: operationsBytes(operations) },
      },
    ],
    ChangeSetDiscarded: ({ changeSetId }) => [ended(changeSetId)],
    ChangeSetApplied: ({ changeSetId }) => (changeSetId === '' ? [] : [ended(changeSetId)]),
  },
})

const ended = (changeSetId: string) =>
  ({
    op: 'patch',
    table,
    key: { change_set_id: changeSetId },
    set: { is_open: false, operations: none },
  }) as const
