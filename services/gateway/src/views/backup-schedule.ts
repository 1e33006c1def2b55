import type { holdfast } from '@holdfast/proto'
import { type Static, Type } from 'typebox'
import {
  component,
  decimal,
  flagOut,
  id,
  idOrNull,
  integerOut,
  textOut,
  time,
  timeOrNull,
  words,
} from './fields.ts'
import { decimalOf, idOf, momentOf, present, timeOf } from './print.ts'

/** In the order of the proto enum, from 1. */
export const scheduledTypes = ['snapshot', 'full'] as const
/** In the order of the proto enum, from 0. */
export const missedPolicies = ['skip', 'run_once'] as const
const statuses = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const
type Status = (typeof statuses)[number]

export const BackupSchedule = component('BackupSchedule', {
  id: id('Schedule id.'),
  organization_id: idOrNull('Organization whose it is; null: of the whole instance.'),
  name: textOut('Unique in the organization.', 'nightly'),
  cron_expression: textOut(
    'Minute, hour, day of month, month, day of week; by the clock of time_zone.',
    '0 2 * * *',
  ),
  time_zone: textOut('IANA name; UTC unless another was given.', 'Europe/Berlin'),
  backup_type: words(scheduledTypes, 'What it makes.'),
  storage_location_id: id('Where its backups are put.'),
  storage_location: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'Name of it; null when the caller may not see it.',
    examples: ['offsite'],
  }),
  retention_days: integerOut('Its backups are deleted after so many days.', 30),
  max_backups: integerOut('With more than so many, the oldest is deleted.', 10),
  is_encrypted: flagOut('Whether what it makes is encrypted.', true),
  has_passphrase: flagOut(
    'Whether its snapshots open with a passphrase; otherwise on this instance alone.',
    false,
  ),
  include_devices: flagOut('Nodes, interfaces and peers.', true),
  include_users: flagOut('Users.', true),
  include_automation: flagOut('Rules, policy tests and alert rules.', true),
  missed_policy: words(
    missedPolicies,
    'What becomes of slots that went by while nobody could run them: let go, or made up for by one run.',
  ),
  is_enabled: flagOut('Whether it makes anything.', true),
  description: textOut('Free text.', 'Every night'),
  next_slot_at: timeOrNull('When it is due next; null: it is disabled, or asked about the past.'),
  last_slot_at: timeOrNull('The last slot that was due; null: none yet.'),
  last_backup_id: idOrNull('Backup of it; null: none was made.'),
  last_backup_status: Type.Unsafe<Status | null>({
    type: ['string', 'null'],
    enum: [...statuses, null],
    description: 'How it stands; null: there is none.',
    examples: ['completed'],
  }),
  missed_at: timeOrNull('When it was last noticed that slots were missed; null: never.'),
  created_at: time('When it was created.'),
  updated_at: time('When it was changed last.'),
  revision: decimal('Moves with every change.', '3'),
})

export function printSchedule(
  s: holdfast.backup.v1.Schedule.$Properties,
): Static<typeof BackupSchedule> {
  const settings = present(s.settings, 'settings')
  const { contents } = settings
  return {
    id: s.id ?? '',
    organization_id: idOf(s.organizationId),
    name: settings.name ?? '',
    cron_expression: settings.cronExpression ?? '',
    time_zone: settings.timeZone || 'UTC',
    backup_type: scheduledTypes[(settings.kind ?? 0) - 1] ?? 'snapshot',
    storage_location_id: settings.storageLocationId ?? '',
    storage_location: s.storageLocationName || null,
    retention_days: settings.retentionDays ?? 0,
    max_backups: settings.maxBackups ?? 0,
    is_encrypted: settings.isEncrypted ?? false,
    has_passphrase: s.hasPassphrase ?? false,
    include_devices: contents?.devices ?? false,
    include_users: contents?.users ?? false,
    include_automation: contents?.automation ?? false,
    missed_policy: missedPolicies[settings.missedPolicy ?? 0] ?? 'skip',
    is_enabled: settings.isEnabled ?? false,
    description: settings.description ?? '',
    next_slot_at: timeOf(s.nextSlotUnixMs),
    last_slot_at: timeOf(s.lastSlotUnixMs),
    last_backup_id: idOf(s.lastBackupId),
    last_backup_status: statuses.find((one) => one === s.lastBackupStatus) ?? null,
    missed_at: timeOf(s.missedAtUnixMs),
    created_at: momentOf(s.createdAtUnixMs),
    updated_at: momentOf(s.updatedAtUnixMs),
    revision: decimalOf(s.revision),
  }
}
