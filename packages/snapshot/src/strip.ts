import { isJsonObject, type Json, type JsonObject } from './strict-json.ts'

/**
 * Fields that say who somebody is, what they may do or how they prove it. No record brings them, whatever it is of:
 * a snapshot that says so was made to climb. A contributor that lists one of them in `fields` answers for it.
 */
export const privilegedFields: readonly string[] = [
  'id',
  'organization_id',
  'user_id',
  'owner_id',
  'role',
  'roles',
  'role_bindings',
  'permissions',
  'is_superuser',
  'is_super_admin',
  'is_admin',
  'is_staff',
  'password',
  'hashed_password',
  'password_hash',
  'totp_seed',
  'totp_secret',
  'recovery_codes',
  'api_key',
  'api_keys',
  'token',
  'tokens',
  'refresh_token',
  'session',
  'sessions',
  'secret',
  'credentials',
  'private_key',
  'preshared_key',
  'sealed',
  'revision',
  'created_by',
]
const privileged: ReadonlySet<string> = new Set(privilegedFields)

export interface Stripped {
  readonly record: JsonObject
  /** Paths of privileged fields that were taken out: `roles`, `settings.api_key`. */
  readonly privileged: readonly string[]
  /** Of those nobody here knows: a newer minor's, mostly. */
  readonly unknown: readonly string[]
}

/** The record with the allowed fields alone; privileged ones go at any depth, allowed or not below the first. */
export function strip(record: JsonObject, allowed: readonly string[]): Stripped {
  const takes = new Set(allowed)
  const found: string[] = []
  const unknown: string[] = []

  const clean = (value: Json, path: string): Json => {
    if (Array.isArray(value)) {
      return value.map((item: Json, at) => clean(item, `${path}[${at}]`))
    }
    if (!isJsonObject(value)) return value
    const kept: Record<string, Json> = {}
    for (const [name, inner] of Object.entries(value)) {
      if (privileged.has(name.toLowerCase())) found.push(`${path}.${name}`)
      else kept[name] = clean(inner, `${path}.${name}`)
    }
    return kept
  }

  const kept: Record<string, Json> = {}
  for (const [name, value] of Object.entries(record)) {
    if (takes.has(name)) kept[name] = clean(value, name)
    else if (privileged.has(name.toLowerCase())) found.push(name)
    else unknown.push(name)
  }
  return { record: kept, privileged: found, unknown }
}
