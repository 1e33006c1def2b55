import { createHmac, randomBytes } from 'node:crypto'
import { accept, type Parsed, refuse } from '@holdfast/net'

/** A secret as receivers know it: `whsec_` and the base64 of its bytes (https://www.standardwebhooks.com). */
export type WebhookSecret = string

const prefix = 'whsec_'
const minBytes = 24
const maxBytes = 64

export const newSecret = (): WebhookSecret => `${prefix}${randomBytes(32).toString('base64')}`

export function parseSecret(text: string): Parsed<WebhookSecret> {
  const bytes = Buffer.from(text.slice(prefix.length), 'base64')
  const isExact = text === `${prefix}${bytes.toString('base64')}`
  return isExact && bytes.length >= minBytes && bytes.length <= maxBytes
    ? accept(text)
    : refuse('secret_invalid', `must be ${prefix} and base64 of ${minBytes} to ${maxBytes} bytes`)
}

/**
 * The headers of one attempt. Signed are id, time and the exact body; while a secret is being changed, by the new and
 * the old one.
 */
export function signedHeaders(
  secrets: readonly WebhookSecret[],
  id: string,
  atUnixMs: number,
  body: string,
): Readonly<Record<string, string>> {
  const timestamp = Math.floor(atUnixMs / 1000).toString()
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(prefix.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}
