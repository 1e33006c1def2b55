import type { NameEvent } from '@holdfast/domain'
import { backupCodec } from '../../services/backup/src/codecs/backup-codec.ts'
import { importCodec } from '../../services/backup/src/codecs/import-codec.ts'
import { nameCodec } from '../../services/backup/src/codecs/name-codec.ts'
import { recoveryCodec } from '../../services/backup/src/codecs/recovery-codec.ts'
import { restoreCodec } from '../../services/backup/src/codecs/restore-codec.ts'
import { restoreJobCodec } from '../../services/backup/src/codecs/restore-job-codec.ts'
import { scheduleCodec } from '../../services/backup/src/codecs/schedule-codec.ts'
import { storageLocationCodec } from '../../services/backup/src/codecs/storage-location-codec.ts'
import { validationCodec } from '../../services/backup/src/codecs/validation-codec.ts'
import type { BackupEvent } from '../../services/backup/src/domain/backup.ts'
import type { SnapshotImported } from '../../services/backup/src/domain/import.ts'
import type { RecoveryEvent } from '../../services/backup/src/domain/recovery.ts'
import type { RestoreEvent, RestoreWish } from '../../services/backup/src/domain/restore.ts'
import type { SnapshotRestoreStarted } from '../../services/backup/src/domain/restore-job.ts'
import type { ScheduleEvent } from '../../services/backup/src/domain/schedule.ts'
import type { StorageLocationEvent } from '../../services/backup/src/domain/storage-location.ts'
import type { ValidationEvent } from '../../services/backup/src/domain/validation.ts'
import { frozenEvents } from './frozen-events.ts'

const organizationId = '0190a3a0-0000-7000-8000-000000000001'
const locationId = '0190a3a0-0000-7000-8000-000000000002'
const backupId = '0190a3a0-0000-7000-8000-000000000003'
const sealed = (byte: number) => ({
  keyId: '0190a3a0-0000-7000-8000-0000000000aa',
  nonce: new Uint8Array(12).fill(byte),
  ciphertext: new Uint8Array(40).fill(byte + 1),
})

const location = {
  name: 'offsite',
  kind: 's3',
  config: '{"bucket":"backups","endpoint":"https://s3.example.org"}',
  description: 'the other data centre',
  isContinuous: true,
  isImmutable: false,
  keepDaily: 7,
  keepWeekly: 5,
  keepMonthly: 12,
}
const locations: readonly StorageLocationEvent[] = [
  {
    type: 'StorageLocationCreated',
    organizationId,
    settings: location,
    credentials: sealed(1),
    credentialFields: ['access_key_id', 'secret_access_key'],
  },
  {
    type: 'StorageLocationUpdated',
    settings: { ...location, isContinuous: false, isImmutable: true },
    credentials: sealed(3),
    credentialFields: ['access_key_id', 'secret_access_key', 'session_token'],
  },
  { type: 'StorageLocationDeleted' },
]

const schedule = {
  name: 'nightly',
  cronExpression: '0 2 * * *',
  timeZone: 'Europe/Berlin',
  kind: 'snapshot',
  storageLocationId: locationId,
  retentionDays: 30,
  maxBackups: 10,
  isEncrypted: true,
  contents: { devices: true, users: false, automation: true },
  missedPolicy: 'run_once',
  isEnabled: true,
  description: 'every night',
} as const
const schedules: readonly ScheduleEvent[] = [
  { type: 'ScheduleCreated', organizationId, settings: schedule, passphrase: sealed(5) },
  {
    type: 'ScheduleUpdated',
    settings: { ...schedule, kind: 'full', missedPolicy: 'skip', isEnabled: false },
    passphrase: undefined,
    dropsPassphrase: true,
    isReplanned: true,
  },
  {
    type: 'ScheduleSlotMissed',
    firstSlotUnixMs: 1_790_000_000_000,
    lastSlotUnixMs: 1_790_086_400_000,
    count: 2,
    backupId,
    cause: 'log.frozen',
  },
  { type: 'ScheduleDeleted' },
]

const recipient = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudhf8ns7ts6hxl'
const recoveryEvents: readonly RecoveryEvent[] = [
  { type: 'RecipientAdded', recipient, label: 'Ada, the safe in Berlin' },
  { type: 'RecipientProved', recipient },
  { type: 'RecipientRemoved', recipient },
  { type: 'KeysReviewed', note: 'all three found' },
  {
    type: 'KeysetsRewritten',
    destroyedSequence: 1_041n,
    locationIds: [locationId],
    unreachedLocationIds: [backupId],
  },
]

const backups: readonly BackupEvent[] = [
  {
    type: 'BackupRequested',
    facts: {
      organizationId,
      name: 'before the move',
      kind: 'rollback_slot',
      contents: { devices: true, users: false, automation: true },
      protection: 'recipients',
      storageLocationId: locationId,
      storageKind: 's3',
      scheduleId: '0190a3a0-0000-7000-8000-000000000004',
      slotUnixMs: 1_790_000_000_000,
      rollbackFor: 'restore',
      keptUntilUnixMs: 1_790_604_800_000,
    },
  },
  {
    type: 'BackupCompleted',
    result: {
      objectKey: 'holdfast/x/backups/holdfast-20260921T000000Z-x.hfbak.age',
      bytes: 4_294_967_296,
      sha256: new Uint8Array(32).fill(9),
      sequence: 1_042n,
      manifest: '{"format":"holdfast-full-backup/v1"}',
      recipients: ['age1first', 'age1second'],
    },
  },
  { type: 'BackupFailed', code: 'storage.full', detail: 'The storage location is full.' },
  { type: 'BackupCancelled' },
  { type: 'BackupVerified', isGood: false, detail: 'it is not there any more' },
  { type: 'BackupDeleted', cause: 'count' },
]

const names: readonly NameEvent[] = [
  { type: 'NameReserved', holderId: locationId },
  { type: 'NameReleased', holderId: locationId },
]

const imports: readonly SnapshotImported[] = [
  {
    type: 'SnapshotImported',
    facts: {
      organizationId,
      backupId,
      sha256: new Uint8Array(32).fill(7),
      created: 12,
      updated: 3,
      skipped: 40,
      refused: 1,
      rollbackSequence: 1_041n,
    },
  },
]

const restoreWish: RestoreWish = {
  toSequence: 1_041n,
  only: ['peer', 'rules'],
  organizationId,
  reason: 'the wrong import',
  planId: '0190a3a0-0000-7000-8000-000000000005',
  digest: new Uint8Array(32).fill(8),
  undoes: '0190a3a0-0000-7000-8000-000000000006',
  allowsWithoutRollback: true,
}
const restores: readonly RestoreEvent[] = [
  {
    type: 'RestoreStarted',
    wish: restoreWish,
    point: {
      checkpointSize: 1_099n,
      checkpointNote: 'holdfast/x/1\n1099\n',
      keptUntilUnixMs: 1_790_604_800_000,
      withoutBecause: 'the signing key is not to be reached',
    },
  },
  {
    type: 'RestoreCompleted',
    counts: { created: 3, updated: 12, deleted: 4, blocked: 1 },
    tookMs: 2_300,
  },
  {
    type: 'RestoreFailed',
    code: 'restore.rollback_point_failed',
    detail: 'nothing was changed',
    isRolledBack: false,
    wish: restoreWish,
  },
]

const restoreJobs: readonly SnapshotRestoreStarted[] = [
  {
    type: 'SnapshotRestoreStarted',
    facts: {
      organizationId,
      backupId,
      sha256: new Uint8Array(32).fill(7),
      contents: { devices: true, users: false, automation: true },
      overwritesExisting: true,
      targetSiteId: locationId,
      rollbackBackupId: '',
      rollbackSequence: 1_041n,
      withoutRollbackBecause: 'storage.full',
    },
  },
]

const validated = {
  organizationId,
  runId: locationId,
  backupId,
  backupCreatedAtUnixMs: 1_700_000_000_000,
  code: 'backup.validation_old',
  detail: 'The newest backup is 40 days old.',
  tookMs: 812,
}
const validations: readonly ValidationEvent[] = [
  { type: 'BackupValidated', facts: { ...validated, result: 'warn', records: 12 } },
  { type: 'BackupValidationFailed', facts: { ...validated, result: 'timeout', records: 0 } },
]

frozenEvents(
  'backup',
  [
    { aggregate: 'storage_location', codec: storageLocationCodec, events: locations },
    { aggregate: 'backup', codec: backupCodec, events: backups },
    { aggregate: 'schedule', codec: scheduleCodec, events: schedules },
    { aggregate: 'import', codec: importCodec, events: imports },
    { aggregate: 'restore_job', codec: restoreJobCodec, events: restoreJobs },
    { aggregate: 'validation', codec: validationCodec, events: validations },
    { aggregate: 'name', codec: nameCodec, events: names },
    { aggregate: 'recovery', codec: recoveryCodec, events: recoveryEvents },
    { aggregate: 'restore', codec: restoreCodec, events: restores },
  ],
  ['Contents', 'RestoreWish'],
)
