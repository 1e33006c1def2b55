import { type Queryable, sql, unnest } from '@holdfast/postgres'
import { sealedFromBytes } from '../codecs/sealed-bytes.ts'
import type { Sealed } from '../domain/sealed.ts'
import { severityNumber, severityOf } from '../domain/severity.ts'
import type { MailContent, MailedAlert } from './compose-mail.ts'

/** Somebody is to be mailed of an alert. Who, is sealed as in the rule. */
export interface Notice {
  readonly id: string
  readonly ruleId: string
  /** Whose key sealed the address; empty: the instance's. */
  readonly owner: string
  readonly recipient: Sealed
  readonly recipientBytes: Uint8Array
  readonly alert: MailedAlert
  /** ms since 1970. */
  readonly createdAt: number
}

interface NoticeRow {
  readonly id: string
  readonly rule_id: string
  readonly owner: string
  readonly recipient: Buffer
  readonly alert_id: string
  readonly code: string
  readonly severity: number
  readonly title: string
  readonly detail: string
  readonly raised_at: Date
  readonly created_at: Date
}

const noticeColumns = {
  id: 'uuid',
  rule_id: 'uuid',
  owner: 'text',
  recipient: 'bytea',
  alert_id: 'uuid',
  code: 'text',
  severity: 'integer',
  title: 'text',
  detail: 'text',
  raised_at: 'timestamptz',
} as const

/** Part of the transaction that raises the alerts. `waitMs`: others may join it in one mail. */
export async function addNotices(
  tx: Queryable,
  notices: readonly Omit<Notice, 'recipient' | 'createdAt'>[],
  now: number,
  waitMs: number,
): Promise<void> {
  if (notices.length === 0) return
  const rows = unnest(
    noticeColumns,
    notices.map(({ id, ruleId, owner, recipientBytes, alert }) => ({
      id,
      rule_id: ruleId,
      owner,
      recipient: recipientBytes,
      alert_id: alert.alertId,
      code: alert.code,
      severity: severityNumber(alert.severity),
      title: alert.title,
      detail: alert.detail,
      raised_at: new Date(alert.raisedAt),
    })),
  )
  await tx.execute(sql`
    insert into notify.mail_notices (id, rule_id, owner, recipient, alert_id, code, severity, title, detail,
      raised_at, created_at, wait_until)
    select id, rule_id, owner, recipient, alert_id, code, severity, title, detail, raised_at,
      ${new Date(now)}::timestamptz, ${new Date(now + waitMs)}::timestamptz
    from ${rows} as n`)
}

export async function dueNotices(postgres: Queryable, now: number): Promise<readonly Notice[]> {
  const rows = await postgres.query<NoticeRow>(sql`
    select id, rule_id, owner, recipient, alert_id, code, severity, title, detail, raised_at, created_at
    from notify.mail_notices where wait_until <= ${new Date(now)} order by wait_until, id limit 1000`)
  return rows.map((row) => {
    const { alert_id: alertId, code, title, detail } = row
    const severity = severityOf(row.severity) ?? 'critical'
    return {
      id: row.id,
      ruleId: row.rule_id,
      owner: row.owner,
      recipient: sealedFromBytes(row.recipient),
      recipientBytes: row.recipient,
      alert: { alertId, code, severity, title, detail, raisedAt: row.raised_at.getTime() },
      createdAt: row.created_at.getTime(),
    }
  })
}

export async function postponeNotices(
  postgres: Queryable,
  ids: readonly string[],
  until: number,
): Promise<void> {
  await postgres.execute(sql`
    update notify.mail_notices set wait_until = ${new Date(until)} where id = any (${ids}::uuid[])`)
}

export async function dropNotices(tx: Queryable, ids: readonly string[]): Promise<void> {
  await tx.execute(sql`delete from notify.mail_notices where id = any (${ids}::uuid[])`)
}

/** Mails to a recipient within the window: when each was written, and whether one of them finds no way out. */
export async function mailsTo(
  postgres: Queryable,
  tag: Uint8Array,
  since: number,
): Promise<{ readonly at: readonly number[]; readonly isStuck: boolean }> {
  const rows = await postgres.query<{ created_at: Date; is_stuck: boolean }>(sql`
    select created_at, state = 'pending' as is_stuck from notify.mails
    where recipient_tag = ${tag} and kind = 'alerts'
      and (created_at > ${new Date(since)} or state = 'pending')`)
  return {
    at: rows.map(({ created_at }) => created_at.getTime()),
    isStuck: rows.some(({ is_stuck }) => is_stuck),
  }
}

export type MailRecipient =
  | { readonly ruleId: string; readonly owner: string; readonly recipientBytes: Uint8Array }
  | { readonly address: string }

export interface WrittenMail {
  readonly id: string
  readonly kind: 'alerts' | 'checkpoint'
  readonly recipient: MailRecipient
  readonly tag: Uint8Array
  readonly content: MailContent
}

/** Writes a mail down to be sent. The same id twice is one mail. */
export async function addMail(tx: Queryable, mail: WrittenMail, now: number): Promise<void> {
  const { id, kind, recipient, tag, content } = mail
  const isSealed = 'ruleId' in recipient
  await tx.execute(sql`
    insert into notify.mails (id, kind, rule_id, owner, recipient, address, recipient_tag, subject,
      body_text, body_html, created_at, state, attempts, next_attempt_at, failure)
    values (${id}, ${kind}, ${isSealed ? recipient.ruleId : null}, ${isSealed ? recipient.owner : null},
      ${isSealed ? recipient.recipientBytes : null}, ${isSealed ? null : recipient.address}, ${tag},
      ${content.subject}, ${content.text}, ${content.html}, ${new Date(now)}, 'pending', 0,
      ${new Date(now)}, '')
    on conflict (id) do nothing`)
}

interface MailRow {
  readonly id: string
  readonly rule_id: string | null
  readonly owner: string | null
  readonly recipient: Buffer | null
  readonly address: string | null
  readonly recipient_tag: Buffer
  readonly subject: string
  readonly body_text: string
  readonly body_html: string
  readonly created_at: Date
  readonly attempts: number
}

export interface DueMail {
  readonly id: string
  readonly recipient:
    | { readonly ruleId: string; readonly owner: string; readonly sealed: Sealed }
    | { readonly address: string }
  readonly tag: Uint8Array
  readonly content: MailContent
  /** ms since 1970. */
  readonly createdAt: number
  readonly attempts: number
}

export async function dueMails(postgres: Queryable, now: number): Promise<readonly DueMail[]> {
  const rows = await postgres.query<MailRow>(sql`
    select id, rule_id, owner, recipient, address, recipient_tag, subject, body_text, body_html,
      created_at, attempts
    from notify.mails where state = 'pending' and next_attempt_at <= ${new Date(now)}
    order by next_attempt_at, id limit 20`)
  return rows.map((row) => ({
    id: row.id,
    recipient:
      row.recipient === null
        ? { address: row.address ?? '' }
        : {
            ruleId: row.rule_id ?? '',
            owner: row.owner ?? '',
            sealed: sealedFromBytes(row.recipient),
          },
    tag: row.recipient_tag,
    content: { subject: row.subject, text: row.body_text, html: row.body_html },
    createdAt: row.created_at.getTime(),
    attempts: row.attempts,
  }))
}

export async function settleMail(
  postgres: Queryable,
  id: string,
  state: 'sent' | 'dead',
  failure: string,
): Promise<void> {
  await postgres.execute(sql`
    update notify.mails set state = ${state}, failure = ${failure}, attempts = attempts + 1
    where id = ${id}`)
}

export async function deferMail(
  postgres: Queryable,
  id: string,
  until: number,
  failure: string,
): Promise<void> {
  await postgres.execute(sql`
    update notify.mails set next_attempt_at = ${new Date(until)}, failure = ${failure},
      attempts = attempts + 1
    where id = ${id}`)
}

/** Forgets what was sent, and after a week what was not. */
export async function tidyMails(postgres: Queryable, now: number): Promise<void> {
  await postgres.execute(sql`
    delete from notify.mails where (state = 'sent' and created_at < ${new Date(now - 2 * hourMs)} and kind = 'alerts')
      or (state <> 'pending' and created_at < ${new Date(now - 7 * 24 * hourMs)})`)
}

const hourMs = 3_600_000

/** Mails and notices that wait. */
export async function countWaiting(postgres: Queryable): Promise<number> {
  const [row] = await postgres.query<{ count: number }>(sql`
    select ((select count(*) from notify.mail_notices)
      + (select count(*) from notify.mails where state = 'pending'))::integer as count`)
  return row?.count ?? 0
}
