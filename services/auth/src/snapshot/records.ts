import {
  type JsonObject,
  type Note,
  nameOf,
  type Read,
  RecordFields,
  refusedFor,
} from '@holdfast/snapshot'
import { type Role, roles } from '../domain/role.ts'
import { description, displayName, email, name, username } from '../grpc/parse.ts'

// Records to the domain's words and back, judged by the parsers of the API: what could not be asked for is not imported.

// Sites

export const siteFields = ['name', 'description']

export const siteRecord = (site: {
  readonly name: string
  readonly description: string
}): JsonObject => ({ name: site.name, description: site.description })

export interface SiteWish {
  readonly name: string
  readonly description: string
}

export function readSite(record: JsonObject): Read<SiteWish> {
  const fields = new RecordFields(record)
  const called = fields.parsed('name', 512, name) ?? fields.text('name', 512)
  const described = description(fields.prose('description', 8000))
  if (!described.ok) fields.refuse('description', described.detail)
  if (fields.faults.length > 0 || !described.ok) return refused(record, 'name', fields)
  return { name: called, wish: { name: called, description: described.value } }
}

// Users

/** Roles are answered for in users.ts: only what the importer may give, and only in the organization imported into. */
export const userFields = ['username', 'email', 'display_name', 'roles', 'is_disabled']

/** Roles that are held in an organization. */
export type OrganizationRole = Exclude<Role, 'SUPER_ADMIN'>
const isOrganizationRole = (role: Role): role is OrganizationRole => role !== 'SUPER_ADMIN'

/** Without password, keys and sessions, and of roles those in the organization. */
export const userRecord = (user: {
  readonly username: string
  readonly email: string
  readonly displayName: string
  readonly roles: readonly Role[]
  readonly isDisabled: boolean
}): JsonObject => ({
  username: user.username,
  email: user.email,
  display_name: user.displayName,
  roles: [...user.roles].sort(),
  is_disabled: user.isDisabled,
})

export interface UserWish {
  readonly username: string
  readonly email: string
  readonly displayName: string
  readonly roles: readonly OrganizationRole[]
  readonly isDisabled: boolean
  readonly notes: readonly Note[]
}

export function readUser(record: JsonObject): Read<UserWish> {
  const fields = new RecordFields(record)
  const called = fields.parsed('username', 64, username) ?? fields.text('username', 64)
  const mail = fields.parsed('email', 254, email) ?? fields.text('email', 254)
  const shown = displayName(fields.text('display_name', 512, ''))
  if (!shown.ok) fields.refuse('display_name', shown.detail)
  const named = fields.texts('roles', roles.length, 32).flatMap((text, i) => {
    const role = roles.find((one) => one === text)
    if (!role) fields.refuse(`roles[${i}]`, `must be one of ${roles.join(', ')}`)
    return role ? [role] : []
  })
  const isDisabled = fields.flag('is_disabled', false)
  if (fields.faults.length > 0 || !shown.ok) return refused(record, 'username', fields)
  const held = [...new Set(named.filter(isOrganizationRole))]
  const notes = named.every(isOrganizationRole) ? [] : [superAdminLeft]
  const wish = { username: called, email: mail, displayName: shown.value, roles: held }
  return { name: called, wish: { ...wish, isDisabled, notes } }
}

const superAdminLeft: Note = {
  code: 'backup.role_stripped',
  detail: 'SUPER_ADMIN is left out, for no snapshot may give it',
}

const refused = (record: JsonObject, field: string, fields: RecordFields) => {
  const called = nameOf(record, field)
  return { name: called, outcome: refusedFor(called, fields.faults) }
}
