import type { DomainError } from '@holdfast/errors'
import { StorageDenied, StorageFull, StorageInvalidAnswer } from '../errors.ts'
import { textAt } from '../web/client.ts'

// https://www.dropbox.com/developers/documentation/http/documentation#error-handling

/** Why a call failed, as the path of tags Dropbox gives: `path/not_found/..`. Empty when there is none. */
export const summaryOf = (value: unknown): string =>
  textAt(value, 'error_summary')
    .replaceAll(/[^a-z_/]/g, '')
    .slice(0, 100)

export function refusalOf(status: number, value: unknown): DomainError {
  const summary = summaryOf(value)
  const why = summary === '' ? `status ${status}` : summary
  if (/insufficient_space|insufficient_quota/.test(summary)) return StorageFull({ why })
  if (status === 401) return StorageDenied({ why: 'the credentials are not taken' })
  if (
    status === 403 ||
    /no_write_permission|no_permission|disallowed_name|team_folder/.test(summary)
  )
    return StorageDenied({ why })
  return StorageInvalidAnswer({ why })
}

/** Asked to come later. */
export const isBusy = (status: number, value: unknown): boolean =>
  status === 429 || status >= 500 || summaryOf(value).includes('too_many_write_operations')

/** There is nothing of that name. */
export const isMissing = (status: number, value: unknown): boolean =>
  status === 409 && /^(path|path_lookup)\/(not_found|not_file|not_folder)/.test(summaryOf(value))
