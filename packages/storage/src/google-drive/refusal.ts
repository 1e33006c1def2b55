import type { DomainError } from '@holdfast/errors'
import { StorageDenied, StorageFull, StorageInvalidAnswer } from '../errors.ts'
import { at, textAt } from '../web/client.ts'

const fullReasons =
  /^(storageQuotaExceeded|teamDriveFileLimitExceeded|activeItemCreationLimitExceeded|numChildrenInNonRootLimitExceeded)$/

/** https://developers.google.com/workspace/drive/api/guides/handle-errors */
export function refusalOf(status: number, value: unknown): DomainError {
  const reason = reasonOf(value)
  const why = reason === '' ? `status ${status}` : reason
  if (fullReasons.test(reason)) return StorageFull({ why })
  if (status === 401) return StorageDenied({ why: 'the credentials are not taken' })
  if (status === 403) return StorageDenied({ why })
  if (status === 404)
    return StorageDenied({ why: 'the folder is not there, or is not shared with this account' })
  return StorageInvalidAnswer({ why })
}

/** The machine-readable word for why; empty when there is none. */
export function reasonOf(value: unknown): string {
  const errors = at(value, 'error', 'errors')
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined
  return textAt(first, 'reason')
    .replaceAll(/[^A-Za-z]/g, '')
    .slice(0, 60)
}

/** Asked to come later. */
export const isBusy = (status: number, value: unknown): boolean =>
  status === 429 ||
  status >= 500 ||
  (status === 403 && /^(userRateLimitExceeded|rateLimitExceeded)$/.test(reasonOf(value)))
