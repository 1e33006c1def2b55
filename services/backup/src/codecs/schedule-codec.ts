import { eventCodec } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { missedPolicies, type ScheduleEvent, type ScheduleSettings } from '../domain/schedule.ts'
import { contentsFrom, contentsMessage, kindNumber, kindOf } from './contents.ts'
import { sealedFrom } from './sealed.ts'

const v1 = holdfast.backup.v1
type SettingsMessage = holdfast.backup.v1.ScheduleSettings.$Properties

export const scheduleCodec = eventCodec<ScheduleEvent>({
  ScheduleCreated: {
    encode: ({ organizationId, settings, passphrase, earlierChanges }) =>
      v1.ScheduleCreated.encode({
        organizationId,
        settings: scheduleSettingsMessage(settings),
        passphrase: passphrase ?? null,
        ...(earlierChanges ? { earlierChanges } : {}),
      }).finish(),
    decode: [
      (data) => {
        const m = v1.ScheduleCreated.decode(data)
        return {
          type: 'ScheduleCreated',
          organizationId: m.organizationId,
          settings: scheduleSettingsFrom(m.settings),
          passphrase: sealedFrom(m.passphrase),
          ...(m.earlierChanges ? { earlierChanges: m.earlierChanges } : {}),
        }
      },
    ],
  },
  ScheduleUpdated: {
    encode: ({ settings, passphrase, dropsPassphrase, isReplanned }) =>
      v1.ScheduleUpdated.encode({
        settings: scheduleSettingsMessage(settings),
        passphrase: passphrase ?? null,
        dropsPassphrase,
        isReplanned,
      }).finish(),
    decode: [
      (data) => {
        const m = v1.ScheduleUpdated.decode(data)
        return {
          type: 'ScheduleUpdated',
          settings: scheduleSettingsFrom(m.settings),
          passphrase: sealedFrom(m.passphrase),
          dropsPassphrase: m.dropsPassphrase,
          isReplanned: m.isReplanned,
        }
      },
    ],
  },
  ScheduleDeleted: {
    encode: () => v1.ScheduleDeleted.encode({}).finish(),
    decode: [() => ({ type: 'ScheduleDeleted' })],
  },
  ScheduleSlotMissed: {
    encode: ({ firstSlotUnixMs, lastSlotUnixMs, count, backupId, cause }) =>
      v1.ScheduleSlotMissed.encode({
        firstSlotUnixMs,
        lastSlotUnixMs,
        count,
        backupId,
        cause,
      }).finish(),
    decode: [
      (data) => {
        const m = v1.ScheduleSlotMissed.decode(data)
        return {
          type: 'ScheduleSlotMissed',
          firstSlotUnixMs: m.firstSlotUnixMs,
          lastSlotUnixMs: m.lastSlotUnixMs,
          count: m.count,
          backupId: m.backupId,
          cause: m.cause,
        }
      },
    ],
  },
})

export const scheduleSettingsMessage = (settings: ScheduleSettings): SettingsMessage => ({
  ...settings,
  kind: kindNumber(settings.kind),
  contents: contentsMessage(settings.contents),
  missedPolicy: missedPolicies.indexOf(settings.missedPolicy),
})

export function scheduleSettingsFrom(
  properties: SettingsMessage | null | undefined,
): ScheduleSettings {
  const m = new v1.ScheduleSettings(properties ?? {})
  const kind = kindOf(m.kind)
  const missedPolicy = missedPolicies[m.missedPolicy]
  if ((kind !== 'snapshot' && kind !== 'full') || !missedPolicy)
    throw new Error('a schedule of a kind or policy of a later release')
  return {
    name: m.name,
    cronExpression: m.cronExpression,
    timeZone: m.timeZone,
    kind,
    storageLocationId: m.storageLocationId,
    retentionDays: m.retentionDays,
    maxBackups: m.maxBackups,
    isEncrypted: m.isEncrypted,
    contents: contentsFrom(m.contents),
    missedPolicy,
    isEnabled: m.isEnabled,
    description: m.description,
  }
}
