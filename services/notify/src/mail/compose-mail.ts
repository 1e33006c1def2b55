import { rfc3339 } from '@holdfast/domain'
import { type Severity, severityNumber } from '../domain/severity.ts'
import { oneLine } from './mailer.ts'

/** An alert as a mail tells of it. */
export interface MailedAlert {
  readonly alertId: string
  readonly code: string
  readonly severity: Severity
  readonly title: string
  readonly detail: string
  /** ms since 1970. */
  readonly raisedAt: number
}

export interface MailContent {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** A digest spells out so many; of the others it says how many there are. */
export const maxSpelledOut = 50

const worstFirst = (a: MailedAlert, b: MailedAlert): number =>
  severityNumber(b.severity) - severityNumber(a.severity) || a.raisedAt - b.raisedAt

/** One mail about one alert or several. `instanceUrl` begins the links; without one the mail has none. */
export function alertMail(
  alerts: readonly MailedAlert[],
  instanceUrl: string | undefined,
): MailContent {
  const sorted = [...alerts].sort(worstFirst)
  const [worst] = sorted
  if (!worst) throw new Error('a mail about no alert')
  const shown = sorted.slice(0, maxSpelledOut)
  const more = sorted.length - shown.length
  const words = worst.severity.toUpperCase()
  const subject =
    sorted.length === 1
      ? `[Holdfast] ${words}: ${worst.title}`
      : `[Holdfast] ${sorted.length} alerts, the worst ${words}: ${worst.title}`
  const moreText = more > 0 ? `\n… and ${more} more.\n` : ''
  const linkOf = ({ alertId }: MailedAlert): string | undefined =>
    instanceUrl && `${instanceUrl.replace(/\/+$/, '')}/alerts/${alertId}`
  return {
    subject: oneLine(subject),
    text: `${shown.map((alert) => textOf(alert, linkOf(alert))).join('\n')}${moreText}\n${footer}\n`,
    html: page(
      shown.map((alert) => htmlOf(alert, linkOf(alert))).join('') +
        (more > 0 ? `<p>… and ${more} more.</p>` : ''),
    ),
  }
}

const footer =
  'Holdfast sent this because an alert rule names your address. Acknowledge: holdfast alert ack <id>'

function textOf(alert: MailedAlert, link: string | undefined): string {
  const { alertId, code, severity, title, detail, raisedAt } = alert
  const lines = [
    `${severity.toUpperCase()}  ${oneLine(title)}`,
    ...(detail === '' ? [] : [plain(detail)]),
    `${code}, ${rfc3339(raisedAt)}, alert ${alertId}`,
    ...(link === undefined ? [] : [link]),
  ]
  return `${lines.join('\n')}\n`
}

const colours: Readonly<Record<Severity, string>> = {
  info: '#3b5b7a',
  warning: '#8a6100',
  error: '#a33a1a',
  critical: '#a3001f',
}

function htmlOf(alert: MailedAlert, link: string | undefined): string {
  const { alertId, code, severity, title, detail, raisedAt } = alert
  const heading = escaped(oneLine(title))
  const linked = link === undefined ? heading : `<a href="${escaped(link)}">${heading}</a>`
  return `<p><strong style="color:${colours[severity]}">${severity.toUpperCase()}</strong> <strong>${linked}</strong><br>
${detail === '' ? '' : `${escaped(plain(detail)).replaceAll('\n', '<br>')}<br>`}
<small>${escaped(code)}, ${rfc3339(raisedAt)}, alert ${escaped(alertId)}</small></p>`
}

const page = (body: string): string =>
  `<!doctype html><html><body style="font-family:sans-serif">${body}<hr><small>${escaped(footer)}</small></body></html>`

/** Text from elsewhere: line breaks stay, other control characters go. */
const plain = (text: string): string => text.replaceAll(/[^\P{Cc}\n\t]/gu, '')

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (c) => entities[c] ?? '')

/** The checkpoint as it was signed, to be kept where nobody who can change the log can change it. */
export function checkpointMail(note: string, day: string): MailContent {
  const intro = `The last signed checkpoint of the log on ${day}. Keep this mail: with it anybody can show that the log up to there was not changed since (docs/verify.md).`
  return {
    subject: `[Holdfast] Checkpoint of the log, ${day}`,
    text: `${intro}\n\n${note}`,
    html: `<!doctype html><html><body><p>${escaped(intro)}</p><pre>${escaped(note)}</pre></body></html>`,
  }
}

export const testMail = (instanceUrl: string | undefined): MailContent => {
  const text = `This is a test: mail from Holdfast arrives.${instanceUrl ? ` The instance: ${instanceUrl}` : ''}`
  return {
    subject: '[Holdfast] Test',
    text: `${text}\n`,
    html: `<!doctype html><html><body><p>${escaped(text)}</p></body></html>`,
  }
}
