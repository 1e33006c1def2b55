import type { holdfast } from '@holdfast/proto'
import { type Static, Type } from 'typebox'
import {
  component,
  decimal,
  flagOut,
  id,
  idOrNull,
  integerOut,
  listOut,
  ref,
  textOut,
  time,
  timeOrNull,
  words,
} from './fields.ts'
import { decimalOf, idOf, momentOf, timeOf, wordOf } from './print.ts'

/** In the order of the proto enums, from 1. */
export const backupTypes = ['snapshot', 'full', 'rollback_slot'] as const
export const backupStatuses = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const
/** In the order of the proto enum, from 0. */
export const protections = ['none', 'passphrase', 'instance_key', 'recipients'] as const

const textOrNull = (description: string, example: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description, examples: [example] })

export const BackupStep = component('BackupStep', {
  progress: integerOut('The step: 5, 30, 50, 60, 70, 90, 100.', 30),
  at: time('When it was reached.'),
})

export const Backup = component('Backup', {
  id: id('Backup id.'),
  organization_id: idOrNull('Whose it is; null: of the whole instance.'),
  name: textOut('What it is called; need not be unique.', 'before the move'),
  backup_type: words(
    backupTypes,
    '`snapshot`: configuration without secrets and audit, importable anywhere. `full`: everything. `rollback_slot`: taken before a restore.',
  ),
  include_devices: flagOut('Of a snapshot: nodes, interfaces and peers.', true),
  include_users: flagOut('Of a snapshot: users, without passwords.', true),
  include_automation: flagOut('Of a snapshot: rules, policy tests, alert rules, webhooks.', true),
  is_encrypted: flagOut('Whether it is.', true),
  protection: words(protections, 'What opens it.'),
  storage_location_id: id('Where it lies.'),
  storage_location_name: textOut('Its name; empty when it is gone or not to be seen.', 'local'),
  storage_type: textOut('Kind of the location.', 'local'),
  schedule_id: idOrNull('The schedule that made it; null: made by hand.'),
  slot_at: timeOrNull('The moment of the schedule it is for.'),
  status: words(backupStatuses, 'Where it stands.'),
  progress: integerOut('Percent, in steps: 5, 30, 50, 60, 70, 90, 100.', 70),
  step: textOut('What is being done.', 'uploading'),
  steps: Type.Array(ref(BackupStep), {
    description: 'When each step was reached; known for thirty days.',
  }),
  uploaded_bytes: decimal('While it is being uploaded.', '0'),
  created_at: time('When it was asked for.'),
  completed_at: timeOrNull('When it ended, well or not.'),
  size_bytes: decimal('Of the object.', '48213'),
  sha256: textOrNull('Of the object, hex.', '9f86d081884c7d65…'),
  sequence: decimal('It holds everything up to this sequence of the log.', '1042'),
  recipients: listOut('age recipients that open it.', 'age1…'),
  file_name: textOrNull('What a download is called.', 'holdfast-20261120T093000Z-….hfsnap'),
  object_key: textOrNull('Where it lies at its location.', 'holdfast/…/backups/….hfsnap'),
  failure_code: textOrNull('Why it failed: a code.', 'storage.unreachable'),
  failure_detail: textOrNull('Why it failed, in words.', 'The storage location cannot be reached.'),
  verified_at: timeOrNull('When it was read back last from where it lies.'),
  verify_failure: textOrNull('What was wrong with it then; null: nothing.', 'it is not there'),
  kept_until: timeOrNull('It cannot be deleted before.'),
  deleting_since: timeOrNull(
    'Since when it is to be deleted: its object could not be removed yet.',
  ),
  rollback_for_restore_job_id: idOrNull(
    'Of a rollback slot: the restore it was taken for. Restoring the slot undoes it.',
  ),
  deletion_failure: textOrNull('Why not.', 'The storage location cannot be reached.'),
})

export const BackupMade = component('BackupMade', {
  backup: ref(Backup),
  warnings: listOut('What was asked for and means nothing here, or ought to be known.'),
})

const KindUse = component('BackupKindUse', {
  backup_type: words(backupTypes, 'Which kind.'),
  completed: decimal('Completed ones there are.', '14'),
  size_bytes: decimal('Bytes of them.', '1048576'),
  last_completed_at: timeOrNull('When the last was completed.'),
  last_verified_at: timeOrNull('When one was last read back and found good.'),
})
const StorageUse = component('BackupStorageUse', {
  storage_location_id: id('The location.'),
  name: textOut('Its name.', 'local'),
  storage_type: textOut('Its kind.', 'local'),
  count: decimal('Completed backups there.', '14'),
  size_bytes: decimal('Bytes of them.', '1048576'),
})
export const BackupStats = component('BackupStats', {
  count: decimal('Backups the caller may see.', '15'),
  completed: decimal('Of them completed.', '14'),
  failed: decimal('Failed.', '1'),
  running: decimal('Waiting or under way.', '0'),
  size_bytes: decimal('Bytes of all of them.', '1048576'),
  last_completed_at: timeOrNull('When the last was completed.'),
  last_verified_at: timeOrNull('When one was last read back and found good.'),
  schedules: integerOut('Schedules there are.', 2),
  enabled_schedules: integerOut('Of them enabled.', 1),
  next_scheduled_at: timeOrNull('When the next backup is made by a schedule.'),
  by_type: Type.Array(ref(KindUse), { description: 'One for each kind there is.' }),
  by_storage_location: Type.Array(ref(StorageUse), { description: 'Largest first.' }),
})

const sectionStatuses = ['restorable', 'schema_mismatch', 'unknown_contributor'] as const
const ManifestSection = component('BackupManifestSection', {
  name: textOut('The contributor, or `log` of a full backup.', 'network.peers'),
  organization: textOut('By name; empty: of the instance.', 'Acme'),
  records: decimal('How many.', '120'),
  status: words(sectionStatuses, 'Whether it could be restored here.'),
  schema: textOut('Schema of what made it; empty: of no contributor.', '1.0'),
})
export const BackupManifest = component('BackupManifest', {
  sequence: decimal('It holds everything up to this sequence of the log.', '1042'),
  sections: Type.Array(ref(ManifestSection), { description: 'What is in it.' }),
  key_fingerprint: textOut(
    'Of the root key of the instance it was made on; empty: it does not say.',
    '9f86d081884c7d659a2feaa0c55ad015',
  ),
  manifest: Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    additionalProperties: true,
    description: 'As it stands in the backup itself (docs/formats).',
  }),
})
/** Inner ones before those that refer to them. */
export const backupComponents = [
  BackupStep,
  Backup,
  BackupMade,
  KindUse,
  StorageUse,
  BackupStats,
  ManifestSection,
  BackupManifest,
]

const orNull = (text: string | null | undefined): string | null => text || null
const fileNameOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1)

export function printBackup(b: holdfast.backup.v1.Backup.$Properties): Static<typeof Backup> {
  const protection = protections[b.protection ?? 0] ?? 'none'
  const sha256 = Buffer.from(b.sha256 ?? []).toString('hex')
  return {
    id: b.id ?? '',
    organization_id: idOf(b.organizationId),
    name: b.name ?? '',
    backup_type: wordOf(backupTypes, b.kind ?? 0) as (typeof backupTypes)[number], // as: all are known
    include_devices: b.contents?.devices ?? false,
    include_users: b.contents?.users ?? false,
    include_automation: b.contents?.automation ?? false,
    is_encrypted: protection !== 'none',
    protection,
    storage_location_id: b.storageLocationId ?? '',
    storage_location_name: b.storageLocationName ?? '',
    storage_type: b.storageKind ?? '',
    schedule_id: idOf(b.scheduleId),
    slot_at: timeOf(b.slotUnixMs),
    status: backupStatuses[(b.status ?? 0) - 1] ?? 'pending',
    progress: b.progress ?? 0,
    step: b.step ?? '',
    steps: (b.steps ?? []).map(({ progress, atUnixMs }) => ({
      progress: progress ?? 0,
      at: momentOf(atUnixMs),
    })),
    uploaded_bytes: decimalOf(b.uploadedBytes),
    created_at: momentOf(b.createdAtUnixMs),
    completed_at: timeOf(b.completedAtUnixMs),
    size_bytes: decimalOf(b.bytes),
    sha256: orNull(sha256),
    sequence: decimalOf(b.sequence),
    recipients: b.recipients ?? [],
    file_name: orNull(fileNameOf(b.objectKey ?? '')),
    object_key: orNull(b.objectKey),
    failure_code: orNull(b.failureCode),
    failure_detail: orNull(b.failureDetail),
    verified_at: timeOf(b.verifiedAtUnixMs),
    verify_failure: orNull(b.verifyFailure),
    kept_until: timeOf(b.keptUntilUnixMs),
    deleting_since: timeOf(b.deletingSinceUnixMs),
    rollback_for_restore_job_id: idOf(b.rollbackFor),
    deletion_failure: orNull(b.deletionFailure),
  }
}

export const printStats = (
  s: holdfast.backup.v1.GetBackupStatsResponse,
): Static<typeof BackupStats> => ({
  count: decimalOf(s.count),
  completed: decimalOf(s.completed),
  failed: decimalOf(s.failed),
  running: decimalOf(s.running),
  size_bytes: decimalOf(s.bytes),
  last_completed_at: timeOf(s.lastCompletedAtUnixMs),
  last_verified_at: timeOf(s.lastVerifiedAtUnixMs),
  schedules: s.schedules,
  enabled_schedules: s.enabledSchedules,
  next_scheduled_at: timeOf(s.nextSlotUnixMs),
  by_type: s.byKind.map((one) => ({
    backup_type: backupTypes[(one.kind ?? 0) - 1] ?? 'snapshot',
    completed: decimalOf(one.completed),
    size_bytes: decimalOf(one.bytes),
    last_completed_at: timeOf(one.lastCompletedAtUnixMs),
    last_verified_at: timeOf(one.lastVerifiedAtUnixMs),
  })),
  by_storage_location: s.byLocation.map((one) => ({
    storage_location_id: one.storageLocationId ?? '',
    name: one.name ?? '',
    storage_type: one.kind ?? '',
    count: decimalOf(one.count),
    size_bytes: decimalOf(one.bytes),
  })),
})

export const printManifest = (
  m: holdfast.backup.v1.GetBackupManifestResponse,
): Static<typeof BackupManifest> => ({
  sequence: decimalOf(m.sequence),
  key_fingerprint: m.keyFingerprint,
  sections: m.sections.map(({ name, organization, records, status, schema }) => ({
    name: name ?? '',
    organization: organization ?? '',
    records: decimalOf(records),
    status: sectionStatuses.find((word) => word === status) ?? 'unknown_contributor',
    schema: schema ?? '',
  })),
  manifest: m.manifest === '' ? {} : (JSON.parse(m.manifest) as Record<string, unknown>), // as: an object, always
})
