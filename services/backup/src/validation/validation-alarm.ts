import type { Alarm } from '@holdfast/service'
import type { ValidationView } from './validation-store.ts'

/** Stands until the organization's newest backup is validated again, and could be restored (FB-93). */
export const validationAlarm = ({
  organizationId,
  organization,
  code,
  detail,
}: ValidationView & { readonly organization: string }): Alarm => ({
  code: 'backup.validation.failed',
  severity: 'critical',
  title: `The newest backup of ${organization.slice(0, 128)} could not be validated`,
  detail: `${code}: ${detail} holdfast backup validate --org tries again.`,
  key: organizationId,
  organizationId,
})
