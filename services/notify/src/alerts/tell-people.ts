import { newId, rfc3339 } from '@holdfast/domain'
import type { Queryable } from '@holdfast/postgres'
import { sealedBytes } from '../codecs/sealed-bytes.ts'
import { addNotices, type Notice } from '../mail/mail-store.ts'
import type { WebhookQueue } from '../webhooks/queue.ts'
import type { AlertCase } from './case.ts'
import type { Tell } from './raise.ts'
import type { RuleBoard } from './rule-board.ts'

export interface PeopleParts {
  readonly board: Pick<RuleBoard, 'byId'>
  readonly webhooks: WebhookQueue
  /** Undefined without a mail server: nothing piles up for one. */
  readonly mail: { readonly gatherMs: number; wake(): void } | undefined
  /** ms since 1970. */
  readonly now: () => number
}

/**
 * Puts new alerts, and those that became worse, into the queues of mail and webhooks, in the transaction that raises
 * them: whoever sees the alert in the database, will be told of it.
 */
export function tellPeople({ board, webhooks, mail, now }: PeopleParts): Tell {
  return async (tx: Queryable, news) => {
    for (const one of news) await webhooks.enqueue('all', messageOf(one), tx)
    if (!mail) return
    await addNotices(
      tx,
      news.flatMap((one) => noticesOf(board, one)),
      now(),
      mail.gatherMs,
    )
    mail.wake()
  }
}

const messageOf = (one: AlertCase) => ({
  // Told again when it becomes worse, and not when a crash repeats it.
  id: `alert ${one.alertId} ${one.severity}`,
  type: 'alert.raised',
  timestamp: one.lastAt,
  organizationId: one.organizationId,
  severity: one.severity,
  data: {
    alert_id: one.alertId,
    rule_id: one.ruleId ?? null,
    organization_id: one.organizationId ?? null,
    code: one.code,
    severity: one.severity,
    title: one.title,
    detail: one.detail,
    about_sequence: one.aboutSequence === 0n ? null : one.aboutSequence.toString(),
    count: one.count.toString(),
    raised_at: rfc3339(one.raisedAt),
  },
})

function noticesOf(
  board: Pick<RuleBoard, 'byId'>,
  one: AlertCase,
): readonly Omit<Notice, 'recipient' | 'createdAt'>[] {
  const rule = one.ruleId === undefined ? undefined : board.byId(one.ruleId)
  if (!rule) return []
  const { alertId, code, severity, title, detail, raisedAt } = one
  return rule.settings.mailTo.map((sealed) => ({
    id: newId<string>(),
    ruleId: rule.id,
    owner: rule.organizationId ?? '',
    recipientBytes: sealedBytes(sealed),
    alert: { alertId, code, severity, title, detail, raisedAt },
  }))
}
