import { readFileSync } from 'node:fs'
import { list, oneOf, path, type Secret, secret, text } from '@holdfast/config'
import { parseMailAddress } from './address.ts'
import { type Mailer, openMailer } from './mailer.ts'
import { parseSmtpUrl } from './smtp-server.ts'

/** Settings of mail. */
export const mailSettings = {
  smtpUrl: secret('HOLDFAST_NOTIFY_SMTP_URL', {
    optional: true,
    doc: 'Mail server: smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465. Without one no mail is sent.',
  }),
  smtpFrom: text('HOLDFAST_NOTIFY_SMTP_FROM', {
    optional: true,
    doc: 'Sender of mails, an address such as holdfast@example.org. Needed with a mail server.',
  }),
  smtpTls: oneOf('HOLDFAST_NOTIFY_SMTP_TLS', ['required', 'off'], {
    default: 'required',
    doc: 'Whether smtp:// needs STARTTLS. off sends in the clear, password included: for a server on this host only.',
  }),
  smtpCaFile: path('HOLDFAST_NOTIFY_SMTP_CA_FILE', {
    optional: true,
    doc: "CA of the mail server's certificate, PEM. The system's when not set.",
  }),
  checkpointMailTo: list('HOLDFAST_NOTIFY_CHECKPOINT_MAIL_TO', {
    optional: true,
    doc: 'Addresses that get the last signed checkpoint of the log once a day.',
  }),
  publicUrl: text('HOLDFAST_NOTIFY_PUBLIC_URL', {
    optional: true,
    pattern: /https?:\/\/[^\s"'<>]{1,200}/,
    doc: 'Where people reach this instance, such as https://holdfast.example.org: links in mail begin with it.',
  }),
} as const

export interface MailValues {
  readonly smtpUrl: Secret | undefined
  readonly smtpFrom: string | undefined
  readonly smtpTls: 'required' | 'off'
  readonly smtpCaFile: string | undefined
  readonly checkpointMailTo: readonly string[] | undefined
}

export interface ConfiguredMail {
  readonly mailer: Mailer
  /** Part behind the @ of message ids. */
  readonly host: string
}

/** Undefined without a server. Throws for settings that do not go together, without repeating a secret. */
export function configuredMail(values: MailValues): ConfiguredMail | undefined {
  for (const address of values.checkpointMailTo ?? []) {
    if (!parseMailAddress(address).ok)
      throw new Error(`HOLDFAST_NOTIFY_CHECKPOINT_MAIL_TO: ${address} is no mail address`)
  }
  const { smtpUrl, smtpFrom, smtpTls, smtpCaFile } = values
  if (!smtpUrl) return undefined
  if (smtpFrom === undefined || !parseMailAddress(smtpFrom).ok)
    throw new Error(
      'HOLDFAST_NOTIFY_SMTP_FROM must be a mail address, such as holdfast@example.org',
    )
  return {
    mailer: openMailer({
      server: parseSmtpUrl(smtpUrl.reveal(), smtpTls),
      from: smtpFrom,
      ca: smtpCaFile === undefined ? undefined : readFileSync(smtpCaFile, 'utf8'),
    }),
    host: smtpFrom.slice(smtpFrom.lastIndexOf('@') + 1),
  }
}
