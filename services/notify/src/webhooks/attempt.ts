import { type Egress, EgressFailed } from '@holdfast/egress'
import type { Secrets } from '@holdfast/service'
import { type WebhookFormat, webhookFormats } from '../domain/webhook.ts'
import type { AttemptView } from '../queries/webhook-deliveries.ts'
import type { WebhookSecrets, WebhookView } from '../queries/webhooks.ts'
import { contentTypes } from './payload.ts'
import { parseRetryAfter, type Verdict, verdictOf } from './retry.ts'
import { signedHeaders } from './signature.ts'

/** What is sent, once more byte for byte. */
export interface Sending {
  readonly deliveryId: string
  readonly format: number
  readonly body: string
}

export interface AttemptResult extends AttemptView {
  readonly verdict: Verdict
  /** What the receiver asked for. */
  readonly retryAfterMs: number | undefined
}

export type Attempt = (
  webhook: WebhookView & WebhookSecrets,
  sending: Sending,
  signal: AbortSignal,
) => Promise<AttemptResult>

export interface AttemptTools {
  readonly egress: Egress
  readonly secrets: Secrets
  readonly timeoutMs: number
  readonly now: () => number
}

/**
 * Sends a message once. Rejects when the secret cannot be opened now (nothing was sent then), or when the signal fired
 * (whatever came of it).
 */
export const attempting =
  ({ egress, secrets, timeoutMs, now }: AttemptTools): Attempt =>
  async (webhook, { deliveryId, format, body }, signal) => {
    const { id, organizationId, settings, oldSecret } = webhook
    const signs = [webhook.secret]
    if (oldSecret && now() < webhook.oldUntilUnixMs) signs.push(oldSecret)
    const opened = await secrets.open(organizationId, id, 'secret', signs)
    const atUnixMs = now()
    const begin = performance.now()
    const shape: WebhookFormat = webhookFormats[format] ?? 'standard'
    const made = (status: number, verdict: Verdict, failure: string, retryAfterMs?: number) => {
      const durationMs = Math.round(performance.now() - begin)
      return { atUnixMs, status, durationMs, failure, verdict, retryAfterMs }
    }
    try {
      const answer = await egress.send({
        url: settings.url,
        headers: {
          'content-type': contentTypes[shape],
          'user-agent': 'holdfast-notify',
          ...signedHeaders(opened, deliveryId, atUnixMs, body),
        },
        body: Buffer.from(body),
        timeoutMs,
        signal,
      })
      const verdict = verdictOf(answer.status)
      if (verdict === 'delivered') return made(answer.status, verdict, '')
      const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], now())
      return made(answer.status, verdict, failureText(answer.status, answer.body), retryAfterMs)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof EgressFailed)) throw error
      return made(0, 'failed', plain(error.message, 300))
    }
  }

const maxExcerpt = 200

function failureText(status: number, body: Uint8Array): string {
  const what =
    status >= 300 && status < 400
      ? `answered ${status}: redirects are not followed`
      : `answered ${status}`
  const said = plain(Buffer.from(body.subarray(0, maxExcerpt * 4)).toString('utf8'), maxExcerpt)
  return said === '' ? what : `${what}: ${said}`
}

/** One line, without what a terminal or a database chokes on. */
const plain = (text: string, max: number): string =>
  [...text.replace(unprintable, ' ').trim()].slice(0, max).join('')

const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g
