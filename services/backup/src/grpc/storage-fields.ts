import { parseName } from '@holdfast/net'
import type { holdfast } from '@holdfast/proto'
import { type Fields, parseDescription } from '@holdfast/service'
import { StorageLocationNotFound } from '../domain/storage-errors.ts'
import type { StorageLocationSettings } from '../domain/storage-location.ts'
import { quoted } from './scope.ts'

type UpdateRequest = holdfast.backup.v1.UpdateStorageLocationRequest
type SettingsMessage = holdfast.backup.v1.StorageLocationSettings

/** Ten years of each. */
const maxKept = { daily: 3_650, weekly: 520, monthly: 120 }

/** Everything but the kind's own fields, which packages/storage judges. */
export type OpenSettings = Omit<StorageLocationSettings, 'kind' | 'config'>

export function newOpenSettings(m: SettingsMessage, fields: Fields): OpenSettings {
  return {
    name: fields.take(parseName, m.name, 'name'),
    description: fields.take(parseDescription, m.description, 'description'),
    isContinuous: m.isContinuous,
    isImmutable: m.isImmutable,
    keepDaily: fields.integer(m.keepDaily, 'keep_daily', 0, maxKept.daily),
    keepWeekly: fields.integer(m.keepWeekly, 'keep_weekly', 0, maxKept.weekly),
    keepMonthly: fields.integer(m.keepMonthly, 'keep_monthly', 0, maxKept.monthly),
  }
}

export function changedOpenSettings(m: UpdateRequest, fields: Fields): Partial<OpenSettings> {
  const given = <T>(value: T | null | undefined): value is T =>
    value !== null && value !== undefined
  const kept = (value: number | null | undefined, unit: keyof typeof maxKept) =>
    given(value) ? fields.integer(value, `keep_${unit}`, 0, maxKept[unit]) : undefined
  const daily = kept(m.keepDaily, 'daily')
  const weekly = kept(m.keepWeekly, 'weekly')
  const monthly = kept(m.keepMonthly, 'monthly')
  return {
    ...(given(m.name) ? { name: fields.take(parseName, m.name, 'name') } : {}),
    ...(given(m.description)
      ? { description: fields.take(parseDescription, m.description, 'description') }
      : {}),
    ...(given(m.isContinuous) ? { isContinuous: m.isContinuous } : {}),
    ...(given(m.isImmutable) ? { isImmutable: m.isImmutable } : {}),
    ...(daily === undefined ? {} : { keepDaily: daily }),
    ...(weekly === undefined ? {} : { keepWeekly: weekly }),
    ...(monthly === undefined ? {} : { keepMonthly: monthly }),
  }
}

/** What is pushed all the time is the whole instance's. */
export function checkContinuous(isContinuous: boolean, organizationId: string, fields: Fields) {
  if (!isContinuous || organizationId === '') return
  const detail = 'full backups hold everything: only a location of the whole instance takes them'
  fields.add('is_continuous', 'instance_only', detail)
}

export const locationHidden = (id: string) => StorageLocationNotFound({ location: quoted(id) })
