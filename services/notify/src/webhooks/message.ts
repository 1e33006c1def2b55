import type { Severity } from '../domain/severity.ts'

/** What an endpoint is told. */
export interface WebhookMessage {
  /** Anything that names the occurrence for good; each endpoint's `webhook-id` is derived from it. */
  readonly id: string
  /** Dotted: an action code, `alert.raised`, … */
  readonly type: string
  /** When it happened, ms since 1970. */
  readonly timestamp: number
  /** JSON, without secrets. */
  readonly data: Readonly<Record<string, unknown>>
  /** Undefined: of the whole instance, told to instance-wide webhooks only. */
  readonly organizationId: string | undefined
  /** Of an alert: `all` reaches only webhooks that want alerts this severe. */
  readonly severity?: Severity
}
