/** Every permission there is. The `access` options in proto/ name these and no others. */
export const permissions = [
  'audit.flows.read',
  'audit.keys.write',
  'audit.log.export',
  'audit.log.read',
  'auth.keys.rotate',
  'auth.organizations.create',
  'auth.organizations.delete',
  'auth.organizations.read',
  'auth.organizations.write',
  'auth.roles.write',
  'auth.sites.read',
  'auth.sites.write',
  'auth.subscribers.read',
  'auth.subscribers.write',
  'auth.users.erase',
  'auth.users.read',
  'auth.users.write',
  'backup.archive.read',
  'backup.archive.repair',
  'backup.create',
  'backup.delete',
  'backup.download',
  'backup.recovery',
  'backup.restore',
  'backup.schedule',
  'backup.settings',
  'backup.view',
  'log.events.read',
  'network.interfaces.read',
  'network.interfaces.write',
  'network.keys.rotate',
  'network.nodes.enroll',
  'network.nodes.read',
  'network.nodes.write',
  'network.peers.read',
  'network.peers.write',
  'network.secrets.past',
  'network.secrets.read',
  'notify.alert_rules.write',
  'notify.alerts.read',
  'notify.alerts.write',
  'notify.webhooks.read',
  'notify.webhooks.write',
  'operator.read_models.check',
  'operator.recover',
  'operator.restore',
  'operator.rotate',
  'operator.warnings',
  'rules.rules.read',
  'rules.rules.write',
] as const

export type Permission = (typeof permissions)[number]

const known: ReadonlySet<string> = new Set(permissions)
export const isPermission = (code: string): code is Permission => known.has(code)

export const roles = ['SUPER_ADMIN', 'ORG_ADMIN', 'OPERATOR', 'AUDITOR', 'VIEWER'] as const
export type Role = (typeof roles)[number]

/** What concerns the instance and not one organization. Only a super-admin holds these. */
const instanceWide: readonly Permission[] = [
  'audit.keys.write',
  'audit.log.export',
  'auth.keys.rotate',
  'auth.organizations.create',
  'auth.organizations.delete',
  'auth.users.erase',
  'backup.archive.read',
  'backup.archive.repair',
  'backup.recovery',
  'backup.restore',
  'operator.read_models.check',
  'operator.recover',
  'operator.restore',
  'operator.rotate',
  'operator.warnings',
]

const readOnly: readonly Permission[] = [
  'audit.flows.read',
  'auth.organizations.read',
  'auth.sites.read',
  'backup.view',
  'log.events.read',
  'network.interfaces.read',
  'network.nodes.read',
  'network.peers.read',
  'notify.alerts.read',
  'rules.rules.read',
]

/**
 * What each role may do in the organization it is bound to; SUPER_ADMIN is bound to all of them.
 * `network.secrets.read` opens private keys, so it is not a reader's; `network.secrets.past` opens those of then (`at`).
 */
export const rolePermissions: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  SUPER_ADMIN: new Set(permissions),
  ORG_ADMIN: new Set(permissions.filter((code) => !instanceWide.includes(code))),
  OPERATOR: new Set([
    ...readOnly,
    'network.interfaces.write',
    'network.keys.rotate',
    'network.nodes.write',
    'network.peers.write',
    'network.secrets.read',
    'notify.alerts.write',
    'rules.rules.write',
  ] satisfies Permission[]),
  AUDITOR: new Set([
    ...readOnly,
    'audit.log.read',
    'auth.subscribers.read',
    'auth.users.read',
    'notify.webhooks.read',
  ] satisfies Permission[]),
  VIEWER: new Set(readOnly),
}
