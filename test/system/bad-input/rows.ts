import { accountRows } from './accounts.ts'
import { alertRows } from './alerts.ts'
import { auditRows } from './audit.ts'
import { backupRows } from './backups.ts'
import { bodyRows } from './bodies.ts'
import { enrolmentRows, tokenRows } from './callers.ts'
import { diffRows } from './diff.ts'
import { firewallRows } from './firewall.ts'
import { interfaceRows } from './interfaces.ts'
import { operatorRows } from './operator.ts'
import { peerRows } from './peers.ts'
import { requestRows } from './requests.ts'
import { restoreRows } from './restores.ts'
import type { Ground, Row } from './row.ts'
import { ruleRows } from './rules.ts'
import { snapshotRows } from './snapshots.ts'
import { storageRows } from './storage.ts'
import { webhookRows } from './webhooks.ts'

/** Every row, in order. */
export const badInputRows = (ground: Ground): readonly Row[] => [
  ...interfaceRows(ground),
  ...firewallRows(ground),
  ...ruleRows(ground),
  ...peerRows(ground),
  ...bodyRows(ground),
  ...tokenRows(ground),
  ...enrolmentRows(ground),
  ...requestRows(ground),
  ...accountRows(ground),
  ...operatorRows(),
  ...auditRows(),
  ...diffRows(),
  ...webhookRows(ground),
  ...alertRows(ground),
  ...backupRows(ground),
  ...storageRows(ground),
  ...snapshotRows(),
  ...restoreRows(ground),
]
