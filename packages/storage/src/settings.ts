import type { FieldError } from '@holdfast/errors'
import type { StorageField } from './types.ts'

export type Values = Readonly<Record<string, unknown>>

export const isSecret = (field: StorageField): boolean =>
  field.type === 'secret' || field.type === 'multiline_secret'

/** Fields of a kind that were judged, defaults filled in. */
export interface Settings {
  /** Empty when it is not set. */
  text(name: string): string
  integer(name: string): number
  flag(name: string): boolean
  /** Of the credentials; empty when it is not set. */
  secret(name: string): string
}

export function settingsOf(
  fields: readonly StorageField[],
  config: Values,
  credentials: Values,
): Settings {
  const field = (name: string): StorageField => {
    const found = fields.find((one) => one.name === name)
    if (!found) throw new Error(`no field ${name}`)
    return found
  }
  const given = (name: string): unknown => {
    const { default: fallback } = field(name)
    return (isSecret(field(name)) ? credentials : config)[name] ?? fallback
  }
  const text = (name: string): string => {
    const value = given(name)
    return typeof value === 'string' ? value : ''
  }
  return {
    text,
    secret: text,
    integer: (name) => Number(given(name) ?? 0),
    flag: (name) => given(name) === true,
  }
}

const maxText = 1_000
const maxSecret = 20_000
/** What people call their secrets; a field of that name in `config` is one whatever the kind. */
const secretName =
  /(^|_)(password|passwd|secret|token|passphrase|api_key|access_key|private_key|credentials?|key_json|secret_access_key)$/

/**
 * What is wrong with the fields themselves, as `config.<name>` and `credentials.<name>`. `secretNames` are the secrets
 * of all kinds: none of them may be in the open part, whichever kind it is for.
 */
export function checkFields(
  fields: readonly StorageField[],
  config: Values,
  credentials: Values,
  secretNames: ReadonlySet<string>,
): readonly FieldError[] {
  const errors: FieldError[] = []
  const open = fields.filter((field) => !isSecret(field))
  const secret = fields.filter(isSecret)
  for (const name of Object.keys(config)) {
    const at = `config.${name.slice(0, 60)}`
    if (open.some((field) => field.name === name)) continue
    if (secretNames.has(name) || secretName.test(name)) {
      const detail = 'is a secret and belongs into credentials, where it is sealed'
      errors.push({ field: at, code: 'secret_in_config', detail })
    } else errors.push({ field: at, code: 'unknown_field', detail: unknown(open) })
  }
  for (const name of Object.keys(credentials)) {
    if (secret.some((field) => field.name === name)) continue
    const field = `credentials.${name.slice(0, 60)}`
    errors.push({ field, code: 'unknown_field', detail: unknown(secret) })
  }
  for (const field of fields) {
    const [place, values] = isSecret(field) ? ['credentials', credentials] : ['config', config]
    const why = refusal(field, (values as Values)[field.name])
    if (why) errors.push({ field: `${place}.${field.name}`, ...why })
  }
  return errors
}

const unknown = (fields: readonly StorageField[]): string =>
  fields.length === 0
    ? 'this kind has no such fields'
    : `this kind has no such field; it has ${fields.map(({ name }) => name).join(', ')}`

type Why = Omit<FieldError, 'field'>

function refusal(field: StorageField, value: unknown): Why | undefined {
  if (value === undefined || value === null || value === '') {
    return field.isRequired ? { code: 'required', detail: 'must be given' } : undefined
  }
  switch (field.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : type('must be true or false')
    case 'integer':
      return integerRefusal(field, value)
    case 'choice':
      return field.choices?.includes(value as string)
        ? undefined
        : { code: 'choice_invalid', detail: `must be one of ${field.choices?.join(', ')}` }
    case 'text':
      return textRefusal(field, value)
    case 'secret':
    case 'multiline_secret':
      return secretRefusal(field, value)
  }
}

function integerRefusal(field: StorageField, value: unknown): Why | undefined {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return type('must be a number')
  const { min, max } = field
  const isOut = (min !== undefined && value < min) || (max !== undefined && value > max)
  return isOut ? { code: 'out_of_range', detail: `must be ${min} to ${max}` } : undefined
}

function textRefusal(field: StorageField, value: unknown): Why | undefined {
  if (typeof value !== 'string') return type('must be text')
  if (value.length > maxText)
    return { code: 'too_long', detail: `must have ${maxText} characters at most` }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
  if (/[\u0000-\u0009\u000b-\u001f\u007f]/.test(value) || (value.includes('\n') && !isPem(value)))
    return { code: 'text_invalid', detail: 'must not hold control characters' }
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i.test(value)) {
    const detail = 'must not hold a user name or password; they belong into their own fields'
    return { code: 'secret_in_config', detail }
  }
  if (value.includes('PRIVATE KEY-----')) {
    return { code: 'secret_in_config', detail: 'is a private key and belongs into credentials' }
  }
  if (field.pattern && !field.pattern.test(value)) {
    return { code: 'text_invalid', detail: field.patternHint ?? 'is not of the expected form' }
  }
  return undefined
}

function secretRefusal(field: StorageField, value: unknown): Why | undefined {
  if (typeof value !== 'string') return type('must be text')
  if (value.length > maxSecret)
    return { code: 'too_long', detail: `must have ${maxSecret} characters at most` }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
  const control = field.type === 'secret' ? /[\u0000-\u001f\u007f]/ : /\u0000/
  return control.test(value)
    ? { code: 'text_invalid', detail: 'must not hold control characters' }
    : undefined
}

const isPem = (value: string): boolean => value.startsWith('-----BEGIN CERTIFICATE-----')
const type = (detail: string): Why => ({ code: 'type_invalid', detail })
