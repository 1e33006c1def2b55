import { type Deed, printEventData } from '@holdfast/catalogue'
import { rfc3339 } from '@holdfast/domain'
import type { Commit, StoredEvent } from '@holdfast/event-log'
import type { WebhookFormat } from '../domain/webhook.ts'

/** What is sent, and what filters see. */
export interface Payload {
  readonly type: string
  readonly timestamp: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Longer ones are sent without their fields: a rule set of 8 MiB is fetched, not pushed. */
export const maxBodyBytes = 256 * 1024

/** One event of the log, as endpoints are told of it. */
export function payloadOf(commit: Commit, event: StoredEvent, deed: Deed): Payload {
  const { kind, id, method = null } = commit.actor
  return {
    type: deed.action,
    timestamp: rfc3339(commit.timeUnixMs),
    data: {
      sequence: commit.sequence.toString(),
      actor: { kind, id, method },
      organization_id: commit.organizationId ?? null,
      target: { kind: deed.target.kind, id: deed.target.id },
      reason: commit.reason,
      fields: printEventData(commit.context, event),
    },
  }
}

/** The body, byte for byte, for as long as it is tried. */
export function bodyOf(
  payload: Payload,
  format: WebhookFormat,
  deliveryId: string,
  instanceId: string,
): string {
  const text = JSON.stringify(shaped(payload, format, deliveryId, instanceId))
  if (Buffer.byteLength(text) <= maxBodyBytes) return text
  const data = { ...payload.data, fields: null, is_truncated: true }
  return JSON.stringify(shaped({ ...payload, data }, format, deliveryId, instanceId))
}

const shaped = (
  payload: Payload,
  format: WebhookFormat,
  deliveryId: string,
  instanceId: string,
): object =>
  format === 'standard'
    ? payload
    : {
        specversion: '1.0',
        id: deliveryId,
        source: `/holdfast/${instanceId}`,
        type: `io.holdfast.${payload.type}`,
        time: payload.timestamp,
        datacontenttype: 'application/json',
        data: payload.data,
      }

export const contentTypes: Readonly<Record<WebhookFormat, string>> = {
  standard: 'application/json',
  cloudevents: 'application/cloudevents+json',
}
