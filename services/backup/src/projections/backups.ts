import { defineProjection } from '@holdfast/projections'
import { backupCodec } from '../codecs/backup-codec.ts'
import type { BackupEvent } from '../domain/backup.ts'

const table = 'backups'

/** Rows behind ListBackups, and what is pruned by. Raise `version` with every change: the rows are rebuilt beside the old. */
export const backupRows = defineProjection<BackupEvent>({
  name: 'backup.backups',
  version: 1,
  context: 'backup',
  tables: [
    {
      name: table,
      columns: {
        backup_id: 'uuid',
        // Null: of the instance; only readers of everything see it.
        organization_id: 'uuid',
        name: 'text',
        name_key: 'text',
        kind: 'text',
        contents: 'jsonb',
        protection: 'text',
        storage_location_id: 'uuid',
        storage_kind: 'text',
        // Null: by hand.
        schedule_id: 'uuid',
        slot_unix_ms: 'bigint',
        rollback_for: 'text',
        kept_until_unix_ms: 'bigint',
        // requested, completed, failed, cancelled.
        status: 'text',
        created_at_unix_ms: 'bigint',
        ended_at_unix_ms: 'bigint',
        object_key: 'text',
        bytes: 'bigint',
        sha256: 'bytea',
        sequence: 'bigint',
        manifest: 'text',
        recipients: 'text[]',
        failure_code: 'text',
        failure_detail: 'text',
        // Zero: never read back.
        verified_at_unix_ms: 'bigint',
        verify_failure: 'text',
      },
      key: ['backup_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: [
        '(created_at_unix_ms, backup_id)',
        '(organization_id, created_at_unix_ms, backup_id)',
        '(kind, created_at_unix_ms, backup_id)',
        '(status, created_at_unix_ms, backup_id)',
        '(storage_kind, created_at_unix_ms, backup_id)',
        '(schedule_id, created_at_unix_ms, backup_id)',
        '(storage_location_id, created_at_unix_ms, backup_id)',
      ],
    },
  ],
  codecs: { backup: backupCodec },
  on: {
    BackupRequested: ({ facts }, { aggregateId, timeUnixMs }) => [
      {
        op: 'put',
        table,
        row: {
          backup_id: aggregateId,
          organization_id: facts.organizationId || null,
          name: facts.name,
          name_key: facts.name.toLowerCase(),
          kind: facts.kind,
          contents: facts.contents,
          protection: facts.protection,
          storage_location_id: facts.storageLocationId,
          storage_kind: facts.storageKind,
          schedule_id: facts.scheduleId || null,
          slot_unix_ms: facts.slotUnixMs,
          rollback_for: facts.rollbackFor,
          kept_until_unix_ms: facts.keptUntilUnixMs,
          status: 'requested',
          created_at_unix_ms: timeUnixMs,
          ended_at_unix_ms: 0n,
          object_key: '',
          bytes: 0n,
          sha256: null,
          sequence: 0n,
          manifest: '',
          recipients: [],
          failure_code: '',
          failure_detail: '',
          verified_at_unix_ms: 0n,
          verify_failure: '',
        },
      },
    ],
    BackupCompleted: ({ result }, commit) =>
      ended(commit, 'completed', {
        object_key: result.objectKey,
        bytes: result.bytes,
        sha256: result.sha256,
        sequence: result.sequence,
        manifest: result.manifest,
        recipients: result.recipients,
      }),
    BackupFailed: ({ code, detail }, commit) =>
      ended(commit, 'failed', { failure_code: code, failure_detail: detail }),
    BackupCancelled: (_event, commit) => ended(commit, 'cancelled', {}),
    BackupVerified: ({ isGood, detail }, { aggregateId, timeUnixMs }) => [
      {
        op: 'patch',
        table,
        key: { backup_id: aggregateId },
        set: {
          verified_at_unix_ms: timeUnixMs,
          verify_failure: isGood ? '' : detail || 'it is not good',
        },
      },
    ],
    BackupDeleted: (_event, { aggregateId }) => [
      { op: 'remove', table, key: { backup_id: aggregateId } },
    ],
  },
})

function ended(
  { aggregateId, timeUnixMs }: { readonly aggregateId: string; readonly timeUnixMs: number },
  status: string,
  set: Readonly<Record<string, unknown>>,
) {
  const key = { backup_id: aggregateId }
  return [
    { op: 'patch', table, key, set: { ...set, status, ended_at_unix_ms: timeUnixMs } },
  ] as const
}
