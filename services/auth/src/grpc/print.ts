import { isUuid } from '@holdfast/domain'
import type { holdfast } from '@holdfast/proto'
import { bindingToStored } from '../codecs/stored-fields.ts'
import type { RoleBinding } from '../domain/role.ts'
import type { OrganizationRow } from '../queries/organizations.ts'
import type { SiteRow } from '../queries/sites.ts'
import type { UserRow } from '../queries/users.ts'

// Rows to proto.

export const printOrganization = (
  row: OrganizationRow,
): holdfast.auth.v1.Organization.$Properties => ({
  id: row.id,
  name: row.name,
  description: row.description,
  createdAtUnixMs: row.created_at.getTime(),
  revision: Number(row.revision),
})

export const printSite = (row: SiteRow): holdfast.auth.v1.Site.$Properties => ({
  id: row.id,
  organizationId: row.organization_id,
  name: row.name,
  description: row.description,
  createdAtUnixMs: row.created_at.getTime(),
  revision: Number(row.revision),
})

export const printUser = (row: UserRow): holdfast.auth.v1.User.$Properties => ({
  id: row.id,
  username: row.username,
  email: row.email,
  displayName: row.display_name,
  bindings: row.bindings.map(([role, organizationId]) =>
    bindingToStored(bindingOf(role, organizationId)),
  ),
  isDisabled: row.is_disabled,
  createdAtUnixMs: row.created_at.getTime(),
  revision: Number(row.revision),
  passwordChangedAtUnixMs: row.password_changed_at.getTime(),
})

function bindingOf(...[role, organizationId]: UserRow['bindings'][number]): RoleBinding {
  if (role === 'SUPER_ADMIN') return { role }
  if (organizationId === '*' || !isUuid(organizationId)) {
    throw new Error(`a binding of ${role} holds in one organization`)
  }
  return { role, organizationId }
}
