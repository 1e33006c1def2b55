import { isUuid, uuidToBytes } from '@holdfast/domain'
import { holdfast } from '@holdfast/proto'
import type { AccessEntry } from './access-limits.ts'
import type { KeptSource } from './access-sources.ts'

const { AccessRecord, AccessResult } = holdfast.access.v1

/** The stored payload. `id` is a UUID. */
export function encodeAccessRecord(
  id: string,
  entry: AccessEntry,
  source: KeptSource | undefined,
): Uint8Array {
  const { action, result, code = '', target = '', count, windowMs, accounts } = entry
  return AccessRecord.encode({
    id: uuidToBytes(id),
    atUnixMs: entry.atUnixMs,
    action,
    result: AccessResult[result === 'success' ? 'ACCESS_RESULT_SUCCESS' : 'ACCESS_RESULT_FAILURE'],
    code,
    userId: idBytes(entry.userId),
    sessionId: idBytes(entry.sessionId),
    organizationId: idBytes(entry.organizationId),
    target,
    ...(source?.sealed === undefined ? {} : { sourceSealed: source.sealed }),
    ...(source === undefined ? {} : { sourceTag: source.tag }),
    count,
    windowMs,
    accounts,
  }).finish()
}

/** Ids may come from a token nobody has verified: what is none is nobody. */
const idBytes = (id: string | undefined): Uint8Array =>
  id !== undefined && isUuid(id) ? uuidToBytes(id) : new Uint8Array()
