import { actions as catalogue, isWithin } from '@holdfast/catalogue'
import {
  isUuid,
  type NodeId,
  type OrganizationId,
  type SiteId,
  type UserId,
} from '@holdfast/domain'
import { type FieldError, invalid } from '@holdfast/errors'
import { isNatsUserKey } from '@holdfast/event-log'
import { accept, type Parsed, refuse } from '@holdfast/net'
import type { holdfast } from '@holdfast/proto'
import { roleFrom } from '../codecs/stored-fields.ts'
import { maxPasswordLength } from '../domain/password-policy.ts'
import type { RoleBinding } from '../domain/role.ts'

// Proto to domain. Every field is judged before the first complaint goes out; names are those of the
// REST contract and codes never change.

type Fields = Readonly<Record<string, Parsed<unknown>>>
type Values<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Parsed<infer T> ? T : never
}

/** All values, or `invalid` with every field that cannot be taken. */
export function parseFields<F extends Fields>(fields: F): Values<F> {
  const faults: FieldError[] = []
  const values: Record<string, unknown> = {}
  for (const [field, parsed] of Object.entries(fields)) {
    if (parsed.ok) values[field] = parsed.value
    else faults.push({ field, code: parsed.code, detail: parsed.detail })
  }
  if (faults.length > 0) throw invalid(...faults)
  return values as Values<F> // each field has been accepted above
}

/** Every one of a list; the first that cannot be taken speaks for it. */
export function all<T>(items: readonly Parsed<T>[]): Parsed<readonly T[]> {
  const values: T[] = []
  for (const item of items) {
    if (!item.ok) return item
    values.push(item.value)
  }
  return accept(values)
}

const control = /\p{Cc}/u
const length = (text: string): number => [...text].length

/** A line for people: blanks around it do not count, control characters are refused. */
function line(text: string, min: number, max: number): Parsed<string> {
  const trimmed = text.trim().normalize('NFC')
  if (min > 0 && trimmed === '') return refuse('required', 'must not be empty')
  if (length(trimmed) < min || length(trimmed) > max) {
    return refuse('length', `must have ${min} to ${max} characters`)
  }
  if (control.test(trimmed)) return refuse('control_character', 'must be one line of plain text')
  return accept(trimmed)
}

export const name = (text: string): Parsed<string> => line(text, 1, 128)
export const displayName = (text: string): Parsed<string> => line(text, 0, 128)
/** Empty means: choose one for me. */
export const optionalName = (text: string): Parsed<string> => line(text, 0, 128)

export function description(text: string): Parsed<string> {
  const plain = text.normalize('NFC')
  if (length(plain) > 2000) return refuse('length', 'must have at most 2000 characters')
  if (/[^\P{Cc}\n\t]/u.test(plain)) return refuse('control_character', 'must be plain text')
  return accept(plain)
}

/** What an update does not mention stays. */
export const ifGiven = <T>(
  text: string | null | undefined,
  parse: (text: string) => Parsed<T>,
): Parsed<T | undefined> => (text === null || text === undefined ? accept(undefined) : parse(text))

const usernamePattern = /^[a-zA-Z0-9_.-]{3,64}$/

export const username = (text: string): Parsed<string> =>
  usernamePattern.test(text)
    ? accept(text)
    : refuse('username_invalid', 'must be 3 to 64 letters, digits, dots, dashes or underscores')

const emailPattern = /^[^\s@"(),:;<>[\\\]]+@[^\s@.]+(\.[^\s@.]+)+$/

export function email(text: string): Parsed<string> {
  const trimmed = text.trim().normalize('NFC')
  return trimmed.length <= 254 && emailPattern.test(trimmed) && !control.test(trimmed)
    ? accept(trimmed)
    : refuse('email_invalid', 'must be an e-mail address, such as ada@example.org')
}

/** Empty means: make one. Its rules need the user's names, see domain/password-policy.ts. */
export const optionalPassword = (text: string): Parsed<string | undefined> =>
  text === '' ? accept(undefined) : password(text)

/** Any text somebody may have as a password; bounded, because hashing takes time by length. */
export const password = (text: string): Parsed<string> =>
  text !== '' && text.length <= maxPasswordLength * 4
    ? accept(text)
    : refuse('password_length', `must have 1 to ${maxPasswordLength} characters`)

export const login = (text: string): Parsed<string> => {
  const trimmed = text.trim()
  return trimmed !== '' && trimmed.length <= 320
    ? accept(trimmed)
    : refuse('length', 'must be a user name or an e-mail address')
}

/** An id or a name, to be looked up. */
export const idOrName = (text: string): Parsed<string> => line(text, 1, 128)

const id =
  <Id extends string>() =>
  (text: string): Parsed<Id> => {
    const lower = text.toLowerCase()
    return isUuid(lower) ? accept(lower as Id) : refuse('id_invalid', 'must be a UUID') // minted here
  }

const orNone =
  <T>(parse: (text: string) => Parsed<T>) =>
  (text: string): Parsed<T | undefined> =>
    text === '' ? accept(undefined) : parse(text)

export const organizationId = id<OrganizationId>()
export const siteId = id<SiteId>()
export const userId = id<UserId>()
export const nodeId = id<NodeId>()
export const subscriberId = id<string>()
export const optionalOrganizationId = orNone(organizationId)
export const optionalSiteId = orNone(siteId)

export const query = (text: string): Parsed<string> => line(text, 0, 128)

type WireBinding = holdfast.auth.v1.RoleBinding.$Properties | null | undefined

export function binding(wire: WireBinding): Parsed<RoleBinding> {
  const role = roleFrom(wire?.role)
  if (!role) return refuse('role_invalid', 'must name a role')
  const where = wire?.organizationId ?? ''
  if (role === 'SUPER_ADMIN') {
    return where === ''
      ? accept({ role })
      : refuse('organization_unexpected', 'a super-admin holds the role everywhere: leave it out')
  }
  const organization = organizationId(where)
  if (where === '') return refuse('required', 'must say in which organization the role holds')
  return organization.ok ? accept({ role, organizationId: organization.value }) : organization
}

/** Each binding is judged by itself, under `bindings[0]` and so on. */
export const bindings = (wires: readonly WireBinding[]): Record<string, Parsed<RoleBinding>> =>
  Object.fromEntries(wires.map((wire, i) => [`bindings[${i}]`, binding(wire)]))

const secondsBetween =
  (min: number, max: number, fallback: number) =>
  (seconds: number): Parsed<number> => {
    if (seconds === 0) return accept(fallback)
    return seconds >= min && seconds <= max
      ? accept(seconds)
      : refuse('out_of_range', `must be ${min} to ${max} seconds`)
  }

export const tokenTtlSeconds = secondsBetween(60, 604_800, 3600)

export const natsPublicKey = (text: string): Parsed<string> =>
  isNatsUserKey(text)
    ? accept(text)
    : refuse('nats_key_invalid', 'must be the public key of a NATS user')

const maxActions = 20

/** Action codes of packages/catalogue, or their beginnings up to a dot. */
export function actions(texts: readonly string[]): Parsed<readonly string[]> {
  const wanted = [...new Set(texts)]
  if (wanted.length > maxActions) return refuse('too_many', `must be at most ${maxActions}`)
  for (const text of wanted) {
    const isKnown = catalogue.some(({ code }) => isWithin(code, [text]))
    if (!isKnown) {
      return refuse(
        'action_unknown',
        `no action is called, or begins with, ${JSON.stringify(text.slice(0, 60))}: GET /audit/actions lists them`,
      )
    }
  }
  return accept(wanted)
}
