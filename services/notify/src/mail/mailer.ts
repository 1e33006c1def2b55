import { createTransport } from 'nodemailer'
import type { SmtpServer } from './smtp-server.ts'

/** A mail as it is handed over. */
export interface OutgoingMail {
  /** Without angle brackets; the same for every attempt. */
  readonly messageId: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** ms since 1970. */
  readonly at: number
}

export interface Mailer {
  /** What the server said. Throws `MailFailure`. */
  send(mail: OutgoingMail): Promise<string>
  close(): void
}

/** Why a mail was not taken. The message is safe to show: what the server said, never what we said to it. */
export class MailFailure extends Error {
  /** Trying again would end the same. */
  readonly isPermanent: boolean
  constructor(message: string, isPermanent: boolean) {
    super(message)
    this.isPermanent = isPermanent
  }
}

export interface MailerOptions {
  readonly server: SmtpServer
  readonly from: string
  /** PEM, when the server's certificate is of a CA of one's own. */
  readonly ca?: string | undefined
  /** Longest wait for the server at any step. Default 20 s. */
  readonly timeoutMs?: number
}

/** Hands mail to one server. Each mail is a connection of its own: they are few, and a server that was away is no matter. */
export function openMailer({ server, from, ca, timeoutMs = 20_000 }: MailerOptions): Mailer {
  const { host, port, tls, auth } = server
  const transport = createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'off',
    ...(auth ? { auth: { user: auth.user, pass: auth.password } } : {}),
    tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send({ messageId, to, subject, text, html, at }) {
      try {
        const sent = await transport.sendMail({
          // As objects and with an envelope of our own: nothing here is parsed as a list of addresses.
          from: { name: 'Holdfast', address: from },
          to: { name: '', address: to },
          envelope: { from, to: [to] },
          messageId: `<${messageId}>`,
          subject: oneLine(subject),
          text,
          html,
          date: new Date(at),
          headers: { 'auto-submitted': 'auto-generated', 'x-auto-response-suppress': 'All' },
        })
        return said(sent.response)
      } catch (error) {
        throw failureOf(error)
      }
    },
    close: () => transport.close(),
  }
}

/** Of a text from elsewhere, what may stand in a header. */
export const oneLine = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, 200)

const said = (answer: unknown): string => oneLine(typeof answer === 'string' ? answer : '')

/** Refusals that a change of our settings mends; until then the mail waits. */
const ofSettings = new Set([530, 534, 535, 538])

function failureOf(error: unknown): MailFailure {
  const { code, responseCode, response } = (error ?? {}) as Partial<Record<string, unknown>>
  const isAnswer = typeof responseCode === 'number' && responseCode >= 400
  const aboutMail = code === 'EENVELOPE' || code === 'EMESSAGE'
  const isPermanent = isAnswer && aboutMail && responseCode >= 500 && !ofSettings.has(responseCode)
  if (isAnswer) return new MailFailure(said(response) || `${responseCode}`, isPermanent)
  const why = error instanceof Error ? error.message : 'no answer'
  return new MailFailure(oneLine(`${typeof code === 'string' ? `${code}: ` : ''}${why}`), false)
}
