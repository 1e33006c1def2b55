import { defineProjection } from '@holdfast/projections'
import { holdfast } from '@holdfast/proto'
import { scheduleCodec, scheduleSettingsMessage } from '../codecs/schedule-codec.ts'
import { sealedBytes } from '../codecs/sealed.ts'
import type { ScheduleEvent, ScheduleSettings } from '../domain/schedule.ts'

const table = 'schedules'
const { ScheduleSettings: Message } = holdfast.backup.v1

const settingsColumns = (settings: ScheduleSettings) => ({
  name: settings.name,
  name_key: settings.name.toLowerCase(),
  is_enabled: settings.isEnabled,
  storage_location_id: settings.storageLocationId,
  max_backups: settings.maxBackups,
  retention_days: settings.retentionDays,
  settings: Message.encode(scheduleSettingsMessage(settings)).finish(),
})

/** Rows behind ListSchedules, and what the scheduler and retention go by. The passphrase stays sealed. */
export const scheduleRows = defineProjection<ScheduleEvent>({
  name: 'backup.schedules',
  version: 1,
  context: 'backup',
  tables: [
    {
      name: table,
      columns: {
        schedule_id: 'uuid',
        // Null: of the instance; only readers of everything see it.
        organization_id: 'uuid',
        name: 'text',
        name_key: 'text',
        is_enabled: 'boolean',
        storage_location_id: 'uuid',
        max_backups: 'integer',
        retention_days: 'integer',
        // Encoded `holdfast.backup.v1.ScheduleSettings`.
        settings: 'bytea',
        // Encoded `holdfast.log.v1.Sealed`; null: the instance key.
        passphrase: 'bytea',
        // Slots before were not missed.
        planned_at_unix_ms: 'bigint',
        // Zero: none was.
        last_missed_slot_unix_ms: 'bigint',
        missed_at_unix_ms: 'bigint',
        created_at_unix_ms: 'bigint',
        updated_at_unix_ms: 'bigint',
        revision: 'bigint',
      },
      key: ['schedule_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(name_key, schedule_id)', '(storage_location_id, schedule_id)'],
    },
  ],
  codecs: { schedule: scheduleCodec },
  on: {
    ScheduleCreated: ({ organizationId, settings, passphrase, earlierChanges = 0 }, commit) => [
      {
        op: 'put',
        table,
        row: {
          schedule_id: commit.aggregateId,
          organization_id: organizationId === '' ? null : organizationId,
          ...settingsColumns(settings),
          passphrase: passphrase ? sealedBytes(passphrase) : null,
          planned_at_unix_ms: commit.timeUnixMs,
          last_missed_slot_unix_ms: 0n,
          missed_at_unix_ms: 0n,
          created_at_unix_ms: commit.timeUnixMs,
          updated_at_unix_ms: commit.timeUnixMs,
          revision: BigInt(earlierChanges + 1),
        },
      },
    ],
    ScheduleUpdated: ({ settings, passphrase, dropsPassphrase, isReplanned }, commit) => {
      const key = { schedule_id: commit.aggregateId }
      const set = {
        ...settingsColumns(settings),
        ...(passphrase ? { passphrase: sealedBytes(passphrase) } : {}),
        ...(!passphrase && dropsPassphrase ? { passphrase: null } : {}),
        ...(isReplanned ? { planned_at_unix_ms: commit.timeUnixMs } : {}),
        updated_at_unix_ms: commit.timeUnixMs,
      }
      return [
        { op: 'patch', table, key, set },
        { op: 'add', table, key, column: 'revision', by: 1n },
      ]
    },
    ScheduleSlotMissed: ({ lastSlotUnixMs }, commit) => [
      {
        op: 'patch',
        table,
        key: { schedule_id: commit.aggregateId },
        set: {
          last_missed_slot_unix_ms: lastSlotUnixMs,
          missed_at_unix_ms: commit.timeUnixMs,
        },
      },
    ],
    ScheduleDeleted: (_event, commit) => [
      { op: 'remove', table, key: { schedule_id: commit.aggregateId } },
    ],
  },
})
