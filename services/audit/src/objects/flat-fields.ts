import { createHash } from 'node:crypto'
import type { SealedValue } from '@holdfast/catalogue'

/** What JSON carries. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

/** Fields by path: `settings.keepalive_seconds`. Lists are one value; nothing is null. */
export type FlatFields = Readonly<Record<string, Json>>

/** A secret that can be told from another, and no more. Names of proto fields never begin with `$`. */
interface Seal {
  readonly $sealed: string
}

/**
 * Stands for a secret: 72 bits of the hash of its ciphertext. Sealing draws a fresh nonce, so equal secrets have
 * different ones, and nothing is learnt of the secret itself.
 */
export const sealOf = (sealed: SealedValue): Seal => ({
  $sealed: createHash('sha256')
    .update(sealed.nonce)
    .update(sealed.ciphertext)
    .digest('base64url')
    .slice(0, 12),
})

// In the order of the proto enums, from 1. A field that is text elsewhere (`cause` of a webhook) is left as it is.
const verdicts = ['pass', 'drop']
const severities = ['info', 'warning', 'error', 'critical']
const protocols = ['any', 'tcp', 'udp', 'icmp']
const enumWords: Readonly<Record<string, readonly string[]>> = {
  action: ['allow', 'deny', 'rate_limit', 'log'],
  direction: ['ingress', 'egress', 'both'],
  protocol: protocols,
  scope: ['rule', 'source', 'peer'],
  kind: ['everything', 'site', 'node', 'interface', 'peer', 'uplinks'],
  default_verdict: verdicts,
  unparsable_verdict: verdicts,
  expectation: ['pass', 'drop'],
  cause: ['not_confirmed', 'cancelled'],
  severity: severities,
  alerts_from: severities,
  format: ['cloudevents'],
}

/** Numbers of enums as their words; the unspecified one is the empty text. */
function worded(name: string, value: unknown): Json {
  const words = typeof value === 'number' ? enumWords[name] : undefined
  if (words && typeof value === 'number') return value === 0 ? '' : (words[value - 1] ?? value)
  if (Array.isArray(value)) return value.map((item: unknown) => worded('', item))
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, inner]) =>
        inner === null ? [] : [[key, worded(key, inner)]],
      ),
    )
  }
  return value as Json // as: what printEventData made is JSON
}

/** The fields of printed messages by their paths. What is null is left out: it is not there. */
export function flatten(printed: Readonly<Record<string, unknown>>, prefix = ''): FlatFields {
  const flat: Record<string, Json> = {}
  const add = (message: Readonly<Record<string, unknown>>, before: string): void => {
    for (const [name, value] of Object.entries(message)) {
      if (value === null || value === undefined) continue
      const path = `${before}${name}`
      if (isRecord(value) && !isSeal(value)) add(value, `${path}.`)
      else flat[path] = worded(name, value)
    }
  }
  add(printed, prefix)
  return flat
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isSeal = (
  value: Readonly<Record<string, unknown>>,
): value is Readonly<Record<string, Json>> => Object.hasOwn(value, '$sealed')

/** A value as JSON text for people: secrets as "[sealed]". */
export const printValue = (value: Json | undefined): string =>
  value === undefined ? '' : JSON.stringify(hide(value))

function hide(value: Json): Json {
  if (Array.isArray(value)) return value.map(hide)
  if (!isRecord(value)) return value
  if (isSeal(value)) return '[sealed]'
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, hide(inner as Json)]), // as: of JSON
  )
}

/** Whether two values are the same, fingerprints of secrets included. */
export function isSameValue(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object') return false
  // Most lists are empty, and every event of a rebuild comes by here.
  if (Array.isArray(one) && Array.isArray(other) && one.length !== other.length) return false
  if (Array.isArray(one) && one.length === 0 && Array.isArray(other)) return true
  return JSON.stringify(one) === JSON.stringify(other)
}
