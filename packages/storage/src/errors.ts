import { EgressFailed } from '@holdfast/egress'
import { DomainError, defineError } from '@holdfast/errors'

// Messages are shown to people: they hold a host, a path or the other side's own words, never a secret.

interface Why extends Readonly<Record<string, string>> {
  readonly why: string
}

export const StorageUnreachable = defineError(
  'storage.unreachable',
  'unavailable',
  ({ why }: Why) => `the storage location cannot be reached: ${why}`,
)
export const StorageDenied = defineError(
  'storage.denied',
  'illegal_state',
  ({ why }: Why) => `the storage location does not let us: ${why}`,
)
export const StorageFull = defineError(
  'storage.full',
  'exhausted',
  ({ why }: Why) => `the storage location is full: ${why}`,
)
export const StorageNotFound = defineError(
  'storage.not_found',
  'not_found',
  ({ key }: { readonly key: string }) => `there is no ${key} at the storage location`,
)
/** Ours to refuse: an address, path, key or certificate that is not allowed. Nothing was sent. */
export const StorageRefused = defineError(
  'storage.refused',
  'illegal_state',
  ({ why }: Why) => `refused: ${why}`,
)
/** Cut off, stalled, of the wrong size: worth another try. */
export const StorageBroken = defineError(
  'storage.broken',
  'unavailable',
  ({ why }: Why) => `the transfer broke: ${why}`,
)
export const StorageInvalidAnswer = defineError(
  'storage.invalid_answer',
  'unavailable',
  ({ why }: Why) => `the storage location answered what we do not understand: ${why}`,
)
export const StorageKindUnavailable = defineError(
  'storage.unavailable_kind',
  'illegal_state',
  ({ kind, why }: { readonly kind: string; readonly why: string }) =>
    `storage of kind ${kind} cannot be used on this machine: ${why}`,
)

/** Whether the same may go well in a moment. */
export const isRetriable = (error: unknown): boolean =>
  StorageUnreachable.is(error) || StorageBroken.is(error)

export const isStorageError = (error: unknown): error is DomainError =>
  error instanceof DomainError && error.code.startsWith('storage.')

/** Of a connection that was not to be had. */
export function fromEgress(error: EgressFailed): DomainError {
  const why = { why: error.message }
  switch (error.failure) {
    case 'refused':
    case 'tls':
      return StorageRefused(why, error)
    case 'broken':
      return StorageBroken(why, error)
    default:
      return StorageUnreachable(why, error)
  }
}

const unreachable = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']
const full = ['ENOSPC', 'EDQUOT', 'EFBIG']
const denied = ['EACCES', 'EPERM', 'EROFS']

/** A storage error of whatever a kind threw: the last resort, after the kind said what it knows better. */
export function storageErrorOf(error: unknown, key = ''): DomainError {
  if (error instanceof DomainError) return error
  const egress = egressIn(error)
  if (egress) return fromEgress(egress)
  const code = codeOf(error)
  if (code === 'ENOENT') return StorageNotFound({ key }, error)
  if (full.includes(code)) return StorageFull({ why: code }, error)
  if (denied.includes(code)) return StorageDenied({ why: code }, error)
  if (unreachable.includes(code)) return StorageUnreachable({ why: code }, error)
  return StorageBroken({ why: code || 'the connection ended' }, error)
}

/** Clients wrap what their connection said. */
function egressIn(error: unknown, depth = 0): EgressFailed | undefined {
  if (error instanceof EgressFailed) return error
  return depth < 4 && error instanceof Error && error.cause !== undefined
    ? egressIn(error.cause, depth + 1)
    : undefined
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''
