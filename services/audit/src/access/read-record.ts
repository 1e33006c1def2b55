import { accessCode } from '@holdfast/catalogue'
import { isUuid, uuidFromBytes } from '@holdfast/domain'
import { defined } from '@holdfast/errors'
import type { TelemetryMessage } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { positionOf } from '../entries/position.ts'
import { wordsOf } from '../entries/words.ts'

const { AccessRecord, AccessResult } = holdfast.access.v1

export type AccessRow = {
  readonly record_id: string
  readonly sequence: bigint
  readonly position: bigint
  readonly organization_id: string | null
  readonly user_id: string | null
  readonly session_id: string | null
  readonly count: bigint
  readonly window_ms: bigint
  readonly accounts: bigint
  readonly source_tag: Uint8Array | null
  readonly source_sealed: Uint8Array | null
  readonly action: string
  readonly result: 'success' | 'failure' | 'denied'
  readonly code: string | null
  readonly target: string | null
  readonly words: string
}

/** Codes of people nobody knows yet: what they were refused is a failure to sign in, not a denial. */
const isUnknownPerson = (code: string): boolean =>
  defined().get(code)?.kind === 'unauthenticated' || code.startsWith('access.token_')

/** A record of ACCESS as a row, or undefined when it is none. */
export function readRecord({ sequence, data }: TelemetryMessage): AccessRow | undefined {
  let record: holdfast.access.v1.AccessRecord
  try {
    record = AccessRecord.decode(data)
  } catch {
    return undefined
  }
  const recordId = idOf(record.id)
  if (recordId === null) return undefined
  const [action, code, target] = [record.action, record.code, record.target].map(plain)
  if (!action) return undefined
  const isDenied = action === 'denied' && code !== '' && !isUnknownPerson(code ?? '')
  return {
    record_id: recordId,
    sequence,
    position: positionOf(record.atUnixMs, sequence),
    organization_id: idOf(record.organizationId),
    user_id: idOf(record.userId),
    session_id: idOf(record.sessionId),
    count: BigInt(record.count),
    window_ms: BigInt(record.windowMs),
    accounts: BigInt(record.accounts),
    source_tag: record.sourceTag.length === 16 ? record.sourceTag : null,
    source_sealed: record.sourceSealed.length > 0 ? record.sourceSealed : null,
    action,
    result:
      record.result === AccessResult.ACCESS_RESULT_SUCCESS
        ? 'success'
        : isDenied
          ? 'denied'
          : 'failure',
    code: code || null,
    target: target || null,
    words: wordsOf(accessCode(action), code ?? '', target ?? '').join(' '),
  }
}

/** Nothing longer than our own writers make it, and nothing Postgres would refuse. */
const plain = (text: string): string => text.replaceAll('\0', '').slice(0, 256)

function idOf(bytes: Uint8Array): string | null {
  if (bytes.length !== 16) return null
  const id = uuidFromBytes(bytes)
  return isUuid(id) ? id : null
}
