import { accessCode, actionOf, type Deed, deedsOf } from '@holdfast/catalogue'
import { rfc3339, uuidFromBytes } from '@holdfast/domain'
import type { Commit, TelemetryMessage } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { payloadOf } from '../webhooks/payload.ts'
import type { Occurrence } from './occurrence.ts'
import type { LiveRule, RuleBoard } from './rule-board.ts'

const { AccessRecord, AccessResult } = holdfast.access.v1

/** A rule, and what it speaks of. */
export interface Hit {
  readonly rule: LiveRule
  readonly occurrence: Occurrence
}

/** What rules say of a commit. Costs a look-up an event where no rule names its action. */
export function hitsOfCommit(board: RuleBoard, commit: Commit): readonly Hit[] {
  // An alert about alerts would raise itself.
  if (commit.context === 'notify' && commit.aggregateType === 'alert') return []
  const hits: Hit[] = []
  // Decoded only where a rule wants to know.
  let deeds: readonly Deed[] | undefined
  commit.events.forEach((event, i) => {
    const action = actionOf(commit.context, event.type)
    if (!action) return
    const rules = board.forAction(action.code, commit.organizationId)
    if (rules.length === 0) return
    deeds ??= deedsOf(commit)
    const deed = deeds[i]
    if (!deed) return
    const facts = { ...payloadOf(commit, event, deed) }
    const { actor } = commit
    const occurrence: Occurrence = {
      code: action.code,
      organizationId: commit.organizationId,
      key: deed.target.id,
      id: `log ${commit.sequence}.${i}`,
      at: commit.timeUnixMs,
      count: 1,
      sequence: commit.sequence,
      title: '',
      detail: `${actor.kind.replace('_', ' ')} ${actor.id} ${action.title}, at sequence ${commit.sequence} (${rfc3339(commit.timeUnixMs)}).`,
      facts,
    }
    for (const rule of rules) if (rule.matches(facts)) hits.push({ rule, occurrence })
  })
  return hits
}

/** What rules say of a record of ACCESS. One that cannot be read is passed over: it is nobody's decision. */
export function hitsOfAccess(board: RuleBoard, message: TelemetryMessage): readonly Hit[] {
  let record: holdfast.access.v1.AccessRecord
  try {
    record = AccessRecord.decode(message.data)
  } catch {
    return []
  }
  const code = accessCode(record.action)
  const idOf = (bytes: Uint8Array): string => (bytes.length === 16 ? uuidFromBytes(bytes) : '')
  const organizationId = idOf(record.organizationId) || undefined
  const rules = board.forAction(code, organizationId)
  if (rules.length === 0) return []
  const count = Math.max(1, Number(record.count))
  const result = record.result === AccessResult.ACCESS_RESULT_SUCCESS ? 'success' : 'failure'
  const facts = {
    type: code,
    data: {
      action: record.action,
      result,
      code: record.code,
      target: record.target,
      user_id: idOf(record.userId) || null,
      session_id: idOf(record.sessionId) || null,
      organization_id: organizationId ?? null,
      count,
      accounts: Number(record.accounts),
    },
  }
  const occurrence: Occurrence = {
    code,
    organizationId,
    // One alert, however many accounts and networks: nobody outside is to fill the inbox.
    key: code,
    id: `access ${idOf(record.id)}`,
    at: message.storedAtUnixMs,
    count,
    sequence: 0n,
    title: '',
    detail: `The last one at ${rfc3339(message.storedAtUnixMs)}${record.code === '' ? '' : `: ${record.code}`}.`,
    facts,
  }
  return rules.filter((rule) => rule.matches(facts)).map((rule) => ({ rule, occurrence }))
}
