import { invalid } from '@holdfast/errors'
import { parseName } from '@holdfast/net'
import type { holdfast } from '@holdfast/proto'
import { type Call, type Fields, type Permission, parseDescription } from '@holdfast/service'
import { contentsFrom, kindOf } from '../codecs/contents.ts'
import { SuperAdminOnly } from '../domain/backup-errors.ts'
import {
  maxBackups,
  missedPolicies,
  retentionDays,
  type ScheduledKind,
  type ScheduleSettings,
} from '../domain/schedule.ts'
import { parseCron, parseTimeZone } from '../schedules/cron.ts'
import { parsePassphrase } from '../snapshots/passphrase.ts'
import { isOfInstance, requireAt } from './scope.ts'

type SettingsMessage = holdfast.backup.v1.ScheduleSettings

/** Everything but the location, which is looked up once the rest is fine. */
export type ParsedSchedule = Omit<ScheduleSettings, 'storageLocationId'>

/** Full ones, and those of every organization, are a super-admin's, whatever the permission. */
export function requireScheduled(
  call: Call,
  permission: Permission,
  kind: ScheduledKind,
  organizationId: string,
): void {
  if (isOfInstance(call, permission)) return
  if (kind === 'full') throw SuperAdminOnly({ what: 'A schedule of full backups' })
  if (organizationId === '') throw SuperAdminOnly({ what: 'A schedule for every organization' })
  requireAt(call, permission, organizationId)
}

export function kindIn(m: SettingsMessage): ScheduledKind {
  const kind = kindOf(m.kind || 1)
  if (kind === 'snapshot' || kind === 'full') return kind
  const detail = 'must be snapshot or full'
  throw invalid({ field: 'backup_type', code: 'unknown', detail })
}

export function scheduleFields(
  m: SettingsMessage,
  kind: ScheduledKind,
  organizationId: string,
  fields: Fields,
): ParsedSchedule {
  if (kind === 'full' && organizationId !== '')
    fields.add('organization_id', 'not_allowed', 'a full backup is of the whole instance')
  const missedPolicy = missedPolicies[m.missedPolicy]
  if (missedPolicy === undefined)
    fields.add('missed_policy', 'unknown', `must be one of ${missedPolicies.join(', ')}`)
  const { storageLocationId: location } = m
  if (location.length > 256 || location.includes('\0'))
    fields.add('storage_location_id', 'too_long', 'must be an id or a name')
  const { min, max } = retentionDays
  return {
    name: fields.take(parseName, m.name, 'name'),
    cronExpression: fields.take(parseCron, m.cronExpression, 'cron_expression'),
    timeZone: fields.take(parseTimeZone, m.timeZone, 'time_zone'),
    kind,
    retentionDays: fields.integer(m.retentionDays, 'retention_days', min, max),
    maxBackups: fields.integer(m.maxBackups, 'max_backups', maxBackups.min, maxBackups.max),
    isEncrypted: m.isEncrypted,
    contents: contentsFrom(m.contents),
    missedPolicy: missedPolicy ?? 'skip',
    isEnabled: m.isEnabled,
    description: fields.take(parseDescription, m.description, 'description'),
  }
}

/** The empty text is the instance key. */
export function checkPassphrase(
  fields: Fields,
  passphrase: string,
  { kind, isEncrypted }: Pick<ScheduleSettings, 'kind' | 'isEncrypted'>,
): void {
  if (passphrase === '') return
  if (kind !== 'snapshot') {
    const detail = 'is of snapshots: a full backup is sealed to the recovery recipients'
    fields.add('passphrase', 'not_allowed', detail)
  } else if (!isEncrypted) {
    fields.add('passphrase', 'not_allowed', 'means nothing with is_encrypted false')
  } else fields.take(parsePassphrase, passphrase, 'passphrase')
}

export function scheduleSettingsIn(
  m: holdfast.backup.v1.ScheduleSettings.$Properties | null | undefined,
): SettingsMessage {
  if (!m) throw invalid({ field: 'settings', code: 'required', detail: 'must not be empty' })
  // as: a decoded message has every field
  return m as SettingsMessage
}
