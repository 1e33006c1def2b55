import { egressPolicy, openEgress } from '@holdfast/egress'

/** Where checkpoints are posted. */
export interface Webhook {
  /** Resolves when the other side took it (2xx), within 10 s. */
  post(note: string, signal: AbortSignal): Promise<void>
}

const timeoutMs = 10_000
const everywhere = ['0.0.0.0/0', '::/0']

/**
 * Posts to one URL: over HTTPS to the internet, or anywhere when `mayBeInner` (docs/adr/0021). Redirects are not
 * followed. Throws at once for what is not an `http` or `https` URL; the URL itself may hold a secret and stands in no
 * error.
 */
export function webhook(url: string, options: { readonly mayBeInner: boolean }): Webhook {
  const { protocol } = URL.canParse(url) ? new URL(url) : { protocol: '' }
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new Error('HOLDFAST_AUDIT_CHECKPOINT_WEBHOOK is no http or https URL')
  const egress = openEgress({ policy: egressPolicy(options.mayBeInner ? everywhere : []) })
  return {
    async post(note, signal) {
      const { status } = await egress.send({
        url,
        headers: { 'content-type': 'text/plain; charset=utf-8', 'user-agent': 'holdfast-audit' },
        body: Buffer.from(note),
        timeoutMs,
        signal,
      })
      if (status < 200 || status >= 300) throw new Error(`the webhook answered ${status}`)
    },
  }
}
