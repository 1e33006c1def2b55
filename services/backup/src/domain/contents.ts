/** What a portable snapshot takes along besides organizations and sites. */
export interface Contents {
  /** Nodes, interfaces and peers. */
  readonly devices: boolean
  readonly users: boolean
  /** Rules, policy tests and alert rules. */
  readonly automation: boolean
}
export const allContents: Contents = { devices: true, users: true, automation: true }

/**
 * `snapshot`: configuration without secrets and audit, importable anywhere. `full`: the archive, everything.
 * `rollback_slot`: taken before a restore.
 */
export const backupKinds = ['snapshot', 'full', 'rollback_slot'] as const
export type BackupKind = (typeof backupKinds)[number]
