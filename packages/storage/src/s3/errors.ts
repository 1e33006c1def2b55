import { DomainError } from '@holdfast/errors'
import {
  StorageBroken,
  StorageDenied,
  StorageFull,
  StorageInvalidAnswer,
  StorageNotFound,
  storageErrorOf,
} from '../errors.ts'

interface Answered {
  readonly name: string
  readonly message: string
  readonly status: number | undefined
}

export const isStatus = (error: unknown, status: number): boolean =>
  answered(error)?.status === status

/** What a service's refusal means. Its own words are not passed on: some of them quote the request. */
export function s3Error(error: unknown, bucket: string, key = ''): DomainError {
  if (error instanceof DomainError) return error
  const answer = answered(error)
  if (answer?.status === undefined) {
    if (error instanceof SyntaxError || answer?.name === 'SyntaxError')
      return StorageInvalidAnswer({ why: 'it does not speak S3' }, error)
    if (answer?.name === 'TimeoutError')
      return StorageBroken({ why: 'the service stopped answering' }, error)
    return storageErrorOf(error, key)
  }
  const { name, status } = answer
  const said = `${name} (${status})`
  if (name === 'NoSuchBucket')
    return StorageDenied({ why: `there is no bucket ${bucket} for us` }, error)
  if (/^(NoSuchKey|NotFound)$/.test(name) && key !== '') return StorageNotFound({ key }, error)
  if (
    /Quota|StorageFull|InsufficientCapacity|EntityTooLarge/i.test(name) ||
    status === 507 ||
    status === 413
  )
    return StorageFull({ why: said }, error)
  if (status === 401 || status === 403) return StorageDenied({ why: said }, error)
  // An upload somebody else ended: it begins anew.
  if (status >= 500 || status === 429 || status === 408 || name === 'NoSuchUpload')
    return StorageBroken({ why: said }, error)
  if (status >= 300 && status < 400)
    return StorageInvalidAnswer(
      { why: `the bucket is elsewhere: check region and endpoint (${said})` },
      error,
    )
  return StorageInvalidAnswer({ why: said }, error)
}

function answered(error: unknown): Answered | undefined {
  if (!(error instanceof Error)) return undefined
  const meta = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }) : {}
  return { name: error.name, message: error.message, status: meta.httpStatusCode }
}
