import { createHash } from 'node:crypto'
import { rfc3339 } from '@holdfast/domain'
import type { Commit, StoredEvent } from '@holdfast/event-log'
import { holdfast, type MessageType } from '@holdfast/proto'

const { Sealed, SealedToNode } = holdfast.log.v1
const { RoleBinding } = holdfast.auth.v1
const { WebhookSettings } = holdfast.notify.v1

/** In the order of the proto enum, from 1. */
export const roleWords = ['super_admin', 'org_admin', 'operator', 'auditor', 'viewer'] as const

/** A commit as the REST contract shows it. Secrets are shown as "[sealed]". */
export function printCommit(commit: Commit): Record<string, unknown> {
  return {
    sequence: commit.sequence.toString(),
    time: rfc3339(commit.timeUnixMs),
    context: commit.context,
    aggregate_type: commit.aggregateType,
    aggregate_id: commit.aggregateId,
    organization_id: commit.organizationId ?? null,
    actor: {
      kind: commit.actor.kind,
      id: commit.actor.id,
      method: commit.actor.method ?? null,
    },
    command_id: commit.commandId,
    correlation_id: commit.correlationId,
    reason: commit.reason,
    events: commit.events.map((event) => printEvent(commit.context, event)),
  }
}

function printEvent(context: string, event: StoredEvent): Record<string, unknown> {
  const { type, schema } = event
  return { type, schema, data: printEventData(context, event) }
}

/** A secret as it stands in an event. */
export type SealedValue = holdfast.log.v1.Sealed | holdfast.log.v1.SealedToNode

/** What is shown in the place of a secret. */
type PrintSealed = (sealed: SealedValue) => unknown

const hidden: PrintSealed = () => '[sealed]'

/**
 * The fields of an event as JSON has them: snake_case, times RFC 3339, bytes base64, secrets "[sealed]". Null when this
 * release does not know its shape. `printSealed` puts something else in the place of secrets.
 */
export function printEventData(
  context: string,
  { type, schema, data }: StoredEvent,
  printSealed: PrintSealed = hidden,
): Record<string, unknown> | null {
  const message = messageOf(context, type, schema)
  return message ? printMessage(message.decode(data), printSealed) : null
}

/** Facts of the log itself, whichever context tells them. */
const factsOfTheLog = new Set(['Restored'])

/** The message of an event, when this release knows its shape: `holdfast.<context>.v1.<type>` is schema 1. */
export function messageOf(
  context: string,
  type: string,
  schema: number,
): MessageType<object> | undefined {
  if (schema !== 1) return undefined
  const home = factsOfTheLog.has(type) ? 'log' : context
  const found = own(own(own(holdfast, home), 'v1'), type)
  // Every function in a package of messages is a message class.
  return typeof found === 'function' ? (found as unknown as MessageType<object>) : undefined
}

/** A member of its own, never one of Object's: names come from the log. */
const own = (value: unknown, key: string): unknown =>
  (typeof value === 'object' || typeof value === 'function') &&
  value !== null &&
  Object.hasOwn(value, key)
    ? // hasOwn has just shown that it is there.
      (value as Record<string, unknown>)[key]
    : undefined

function printMessage(message: object, printSealed: PrintSealed): Record<string, unknown> {
  const printed: Record<string, unknown> = {}
  // Defaults stand on the prototype, so that fields nobody set are shown too.
  for (const key in message) {
    const value: unknown = Reflect.get(message, key)
    if (key.startsWith('$') || typeof value === 'function') continue
    if (message instanceof RoleBinding && key === 'role') {
      printed['role'] = roleWords[message.role - 1] ?? 'unknown'
    } else if (typeof value === 'number' && key.endsWith('UnixMs')) {
      printed[fieldName(key)] = value === 0 ? null : rfc3339(value)
    } else if (message instanceof WebhookSettings && key === 'url' && typeof value === 'string') {
      printed['url'] = printUrl(value)
    } else printed[snake(key)] = printValue(value, printSealed)
  }
  return printed
}

function printValue(value: unknown, printSealed: PrintSealed): unknown {
  if (value instanceof Sealed || value instanceof SealedToNode) return printSealed(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map((item) => printValue(item, printSealed))
  return typeof value === 'object' && value !== null ? printMessage(value, printSealed) : value
}

/**
 * Where to, and not what by: path and query of an endpoint are often its password, and more people read events than
 * webhooks. The mark tells one address from another.
 */
export function printUrl(url: string): string {
  const origin = /^[a-z]+:\/\/[^/?#]+/i.exec(url)?.[0] ?? ''
  const rest = url.slice(origin.length)
  if (rest === '' || rest === '/') return url
  const mark = createHash('sha256').update(url).digest('base64url').slice(0, 8)
  return `${origin}/… [${mark}]`
}

const snakes = new Map<string, string>()
function snake(key: string): string {
  const known = snakes.get(key)
  if (known !== undefined) return known
  const made = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  snakes.set(key, made)
  return made
}

/** How a field is called outside: in snake_case, and times without their unit, for they are printed as RFC 3339. */
export const fieldName = (key: string): string =>
  key.endsWith('UnixMs') ? timeName(key) : snake(key)

/** `expiresAtUnixMs` is `expires_at`, as in the objects. */
const timeName = (key: string): string => {
  const name = snake(key.slice(0, -'UnixMs'.length))
  return name.endsWith('_at') ? name : `${name}_at`
}
