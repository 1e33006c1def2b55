import type { OrganizationId } from '@holdfast/domain'

/** From the widest to the narrowest. What each may do stands in @holdfast/service. */
export const roles = ['SUPER_ADMIN', 'ORG_ADMIN', 'OPERATOR', 'AUDITOR', 'VIEWER'] as const
export type Role = (typeof roles)[number]

/** A super-admin is one everywhere; every other role is held in one organization. */
export type RoleBinding =
  | { readonly role: 'SUPER_ADMIN'; readonly organizationId?: undefined }
  | { readonly role: Exclude<Role, 'SUPER_ADMIN'>; readonly organizationId: OrganizationId }

/** Equal for equal bindings. */
export const bindingKey = ({ role, organizationId = '*' as OrganizationId }: RoleBinding): string =>
  `${role}/${organizationId}`
