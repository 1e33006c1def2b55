import { defineProjection } from '@holdfast/projections'
import { validationCodec } from '../codecs/validation-codec.ts'
import type { ValidationEvent, ValidationFacts } from '../domain/validation.ts'

const table = 'validations'
const goodTable = 'good_validations'

/** The last validation of each organization. Raise `version` with every change: the rows are rebuilt beside the old. */
export const validationRows = defineProjection<ValidationEvent>({
  name: 'backup.validations',
  version: 1,
  context: 'backup',
  tables: [
    {
      name: table,
      columns: {
        organization_id: 'uuid',
        run_id: 'uuid',
        // ok, warn, error, timeout.
        result: 'text',
        backup_id: 'uuid',
        backup_created_at_unix_ms: 'bigint',
        code: 'text',
        detail: 'text',
        records: 'bigint',
        took_ms: 'bigint',
        at_unix_ms: 'bigint',
      },
      key: ['organization_id'],
      organizationColumn: 'organization_id',
      indexes: ['(at_unix_ms, organization_id)'],
    },
    {
      // When each was last ok.
      name: goodTable,
      columns: { organization_id: 'uuid', at_unix_ms: 'bigint' },
      key: ['organization_id'],
      organizationColumn: 'organization_id',
      indexes: [],
    },
  ],
  codecs: { validation: validationCodec },
  on: {
    BackupValidated: ({ facts }, { timeUnixMs }) => [
      said(facts, timeUnixMs),
      ...(facts.result === 'ok'
        ? ([
            {
              op: 'put',
              table: goodTable,
              row: { organization_id: facts.organizationId, at_unix_ms: timeUnixMs },
            },
          ] as const)
        : []),
    ],
    BackupValidationFailed: ({ facts }, { timeUnixMs }) => [said(facts, timeUnixMs)],
  },
})

const said = (facts: ValidationFacts, atUnixMs: number) =>
  ({
    op: 'put',
    table,
    row: {
      organization_id: facts.organizationId,
      run_id: facts.runId,
      result: facts.result,
      backup_id: facts.backupId || null,
      backup_created_at_unix_ms: facts.backupCreatedAtUnixMs,
      code: facts.code,
      detail: facts.detail,
      records: facts.records,
      took_ms: facts.tookMs,
      at_unix_ms: atUnixMs,
    },
  }) as const
