import { KeyDestroyed, sha256 } from '@holdfast/crypto'
import { newId } from '@holdfast/domain'
import type { Postgres, Queryable } from '@holdfast/postgres'
import type { Alarm, Secrets } from '@holdfast/service'
import type { Logger } from '@holdfast/telemetry'
import { leader, rest } from '../alerts/leader.ts'
import { alertMail, maxSpelledOut } from './compose-mail.ts'
import { type MailRate, nextMailAt } from './mail-rate.ts'
import {
  addMail,
  type DueMail,
  deferMail,
  dropNotices,
  dueMails,
  dueNotices,
  mailsTo,
  type Notice,
  postponeNotices,
  settleMail,
  tidyMails,
} from './mail-store.ts'
import { type Mailer, MailFailure } from './mailer.ts'

export type MailResult = 'sent' | 'deferred' | 'dead'

export interface PostPace {
  readonly rate: MailRate
  readonly tickMs: number
  readonly firstRetryMs: number
  readonly lastRetryMs: number
  /** A mail nobody took for so long is given up. */
  readonly giveUpMs: number
}

export interface PostOfficeParts {
  readonly postgres: Postgres
  readonly logger: Logger
  readonly secrets: Pick<Secrets, 'open'>
  readonly mailer: Mailer
  readonly lineageId: string
  /** Part behind the @ of message ids. */
  readonly host: string
  readonly instanceUrl: string | undefined
  readonly pace: PostPace
  readonly onResult: (result: MailResult) => void
  readonly alarm: (alarm: Alarm) => void
  /** ms since 1970. */
  readonly now: () => number
}

export interface PostOffice {
  start(): void
  /** There is something to send. */
  wake(): void
  stop(): Promise<void>
}

/** Equal recipients have equal tags; which address it is, a tag does not say to who does not know it. */
export const tagOf = (lineageId: string, address: string): Uint8Array =>
  sha256(Buffer.from(`${lineageId}|mail|${address.toLowerCase()}`))

const tidyEveryMs = 600_000

/**
 * Makes mails of notices and hands them over. A mail is written down before it is sent, with the id that becomes its
 * Message-ID: after a crash in between, the same mail is sent again and not another one. Of several instances one works.
 */
export function postOffice(parts: PostOfficeParts): PostOffice {
  const { postgres, logger, secrets, mailer, lineageId, pace, now } = parts
  let woken = new AbortController()
  const lead = leader({ postgres, logger, lock: 'notify mail', work })

  async function work(signal: AbortSignal): Promise<void> {
    let tidiedAt = Number.NEGATIVE_INFINITY
    while (!signal.aborted) {
      woken = new AbortController()
      await writeMails()
      const hasMore = await sendMails(signal)
      if (performance.now() - tidiedAt > tidyEveryMs) {
        tidiedAt = performance.now()
        await tidyMails(postgres, now())
      }
      if (!hasMore) await rest(pace.tickMs, AbortSignal.any([signal, woken.signal]))
    }
  }

  /** Notices that are due, by recipient, each turned into one mail or kept back. */
  async function writeMails(): Promise<void> {
    const notices = await dueNotices(postgres, now())
    const byAddress = new Map<string, Notice[]>()
    for (const notice of notices) {
      const address = await addressOf(notice)
      if (address === undefined) continue
      byAddress.set(address, [...(byAddress.get(address) ?? []), notice])
    }
    for (const [address, those] of byAddress) await writeMail(address, those)
  }

  /** Undefined: not now, or never any more; the notice is dealt with. */
  async function addressOf(notice: Notice): Promise<string | undefined> {
    const { id, ruleId, owner, recipient, createdAt } = notice
    try {
      const [address] = await secrets.open(owner, ruleId, 'mail_to', [recipient])
      return address
    } catch (error) {
      const isHopeless = KeyDestroyed.is(error) || now() - createdAt > pace.giveUpMs
      logger.warn({ err: error, ruleId, isHopeless }, 'a recipient of alerts cannot be read')
      if (isHopeless) await dropNotices(postgres, [id])
      else await postponeNotices(postgres, [id], now() + pace.firstRetryMs)
      return undefined
    }
  }

  async function writeMail(address: string, notices: readonly Notice[]): Promise<void> {
    const [first] = notices
    if (!first) return
    const tag = tagOf(lineageId, address)
    const at = now()
    const before = await mailsTo(postgres, tag, at - pace.rate.windowMs)
    const ids = notices.map(({ id }) => id)
    // What waits for a server that is away is told in one mail when it is back.
    const due = before.isStuck ? at + pace.firstRetryMs : nextMailAt(before.at, at, pace.rate)
    if (due > at) {
      await postponeNotices(postgres, ids, due)
      return
    }
    const { ruleId, owner, recipientBytes } = first
    // The same alert by two rules is told once.
    const alerts = [...new Map(notices.map(({ alert }) => [alert.alertId, alert])).values()]
    await postgres.tx(async (tx: Queryable) => {
      await addMail(
        tx,
        {
          id: newId<string>(),
          kind: 'alerts',
          recipient: { ruleId, owner, recipientBytes },
          tag,
          content: alertMail(alerts, parts.instanceUrl),
        },
        at,
      )
      await dropNotices(tx, ids)
    })
    if (alerts.length > maxSpelledOut) logger.info({ alerts: alerts.length }, 'alerts in one mail')
  }

  /** Whether there may be more to send at once. */
  async function sendMails(signal: AbortSignal): Promise<boolean> {
    const due = await dueMails(postgres, now())
    for (const mail of due) {
      if (signal.aborted) return false
      await send(mail)
    }
    return due.length > 0
  }

  async function send(mail: DueMail): Promise<void> {
    const { id, recipient, content, createdAt } = mail
    let answer: string
    try {
      const to =
        'address' in recipient
          ? recipient.address
          : await secrets
              .open(recipient.owner, recipient.ruleId, 'mail_to', [recipient.sealed])
              .then(([address]) => address ?? '')
      const messageId = `${id}@${parts.host}`
      answer = await mailer.send({ messageId, to, ...content, at: createdAt })
    } catch (error) {
      await failed(mail, error)
      return
    }
    await settleMail(postgres, id, 'sent', '')
    logger.info({ mailId: id, answer }, 'mail sent')
    parts.onResult('sent')
  }

  async function failed({ id, tag, attempts, createdAt }: DueMail, error: unknown): Promise<void> {
    const why = error instanceof MailFailure ? error.message : 'the recipient cannot be read'
    const isDead =
      (error instanceof MailFailure && error.isPermanent) ||
      KeyDestroyed.is(error) ||
      now() - createdAt > pace.giveUpMs
    if (!isDead) {
      const waitMs = Math.min(pace.lastRetryMs, pace.firstRetryMs * 2 ** Math.min(attempts, 20))
      await deferMail(postgres, id, now() + waitMs, why)
      logger.warn({ mailId: id, why, waitMs }, 'mail not taken yet')
      parts.onResult('deferred')
      return
    }
    await settleMail(postgres, id, 'dead', why)
    logger.error({ mailId: id, why }, 'mail given up')
    parts.onResult('dead')
    parts.alarm({
      code: 'notify.mail_undeliverable',
      severity: 'warning',
      key: Buffer.from(tag).toString('hex', 0, 6),
      title: 'A mail of alerts could not be delivered',
      detail: `The mail server said: ${why}`,
    })
  }

  return {
    start: lead.start,
    wake: () => woken.abort(),
    stop: lead.stop,
  }
}
