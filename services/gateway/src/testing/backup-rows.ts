import { holdfast } from '@holdfast/proto'
import type { InjectOptions } from 'fastify'

// What route-table.test.ts knows of backups. Clients by the name they have in clients.ts.

const id = 'f0b5a1de-0000-7000-8000-0000000000ff'
const v1 = holdfast.backup.v1
const job = new v1.RestoreJob({ id, backupId: id, status: 'running', phase: 'fetching' })
const backup = new v1.Backup({ id, name: 'nightly', kind: 1, status: 3, progress: 100 })

export const backupFakes = {
  backups: {
    createBackup: async () => new v1.CreateBackupResponse({ backup, warnings: [] }),
    getBackup: async () => new v1.GetBackupResponse({ backup }),
    listBackups: async () => new v1.ListBackupsResponse({ backups: [backup] }),
    cancelBackup: async () => new v1.CancelBackupResponse({ backup }),
    getBackupManifest: async () => new v1.GetBackupManifestResponse({ manifest: '{}' }),
    deleteBackup: async () => new v1.DeleteBackupResponse(),
    verifyBackup: async () => new v1.VerifyBackupResponse({ backup }),
    readBackup: async ({ length }: holdfast.backup.v1.ReadBackupRequest.$Properties) =>
      new v1.ReadBackupResponse({
        data: length === 0 ? Buffer.alloc(0) : Buffer.from('abc'),
        total: 3,
        fileName: 'nightly.hfsnap',
        sha256: Buffer.alloc(32),
      }),
    getBackupStats: async () => new v1.GetBackupStatsResponse({ count: 1 }),
  },
  restoreJobs: {
    runRestoreJob: async () => new v1.RunRestoreJobResponse({ job }),
    continueRestoreJob: async () => new v1.ContinueRestoreJobResponse({ job }),
    getRestoreJob: async () => new v1.GetRestoreJobResponse({ job }),
    listRestoreJobs: async () => new v1.ListRestoreJobsResponse({ jobs: [job] }),
  },
  validations: {
    listValidations: async () =>
      new v1.ListValidationsResponse({ validations: [{ organizationId: id, result: 'ok' }] }),
    runValidations: async () => new v1.RunValidationsResponse({ runId: id, organizationIds: [id] }),
  },
}

export type RouteRow = readonly [InjectOptions['method'], string, unknown, string, number]

export const backupRows: readonly RouteRow[] = [
  [
    'GET',
    '/backups?status=failed&backup_type=full&search=n',
    undefined,
    'backups.listBackups',
    200,
  ],
  ['POST', '/backups', { name: 'n', include_vlans: true }, 'backups.createBackup', 202],
  ['GET', '/backups/stats', undefined, 'backups.getBackupStats', 200],
  ['GET', `/backups/${id}`, undefined, 'backups.getBackup', 200],
  ['GET', `/backups/${id}/manifest`, undefined, 'backups.getBackupManifest', 200],
  ['POST', `/backups/${id}/cancel`, undefined, 'backups.cancelBackup', 200],
  ['POST', `/backups/${id}/verify`, undefined, 'backups.verifyBackup', 202],
  ['DELETE', `/backups/${id}`, undefined, 'backups.deleteBackup', 204],
  [
    'POST',
    '/backups/restore',
    { backup_id: id, dry_run: false, restore_vlans: true },
    'restoreJobs.runRestoreJob',
    202,
  ],
  ['POST', '/backups/restore/', { backup_id: id }, 'restoreJobs.runRestoreJob', 202],
  ['GET', '/backups/restore', undefined, 'restoreJobs.listRestoreJobs', 200],
  ['GET', `/backups/restore/${id}`, undefined, 'restoreJobs.getRestoreJob', 200],
  ['GET', `/backups/restore/${id}/`, undefined, 'restoreJobs.getRestoreJob', 200],
  [
    'POST',
    `/backups/restore/${id}/continue`,
    { passphrase: 'x' },
    'restoreJobs.continueRestoreJob',
    202,
  ],
  ['GET', '/backups/validations?result=error', undefined, 'validations.listValidations', 200],
  ['POST', '/backups/validations', {}, 'validations.runValidations', 202],
  ['GET', `/backups/${id}/download`, undefined, 'backups.readBackup', 200],
]

export const backupServices = {
  backups: 'BackupService',
  restoreJobs: 'RestoreJobService',
  validations: 'ValidationService',
} as const
