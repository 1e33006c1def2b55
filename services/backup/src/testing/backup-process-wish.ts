import type { holdfast } from '@holdfast/proto'
import { dataKeys } from '@holdfast/service'
import type { BackupLimits } from '../jobs/open-backups.ts'

/** What the process of a test is told. */
export interface BackupProcessWish {
  readonly natsUrl: string
  readonly credentialsFile: string
  readonly stream: string
  readonly postgresUrl: string
  readonly directory: string
  readonly spool: string
}

export const testLimits: BackupLimits = {
  parallel: 16,
  softLimitMs: 60_000,
  hardLimitMs: 60_000,
  leaseMs: 1_000,
}

/** Of every organization; the same in a child process. */
export const testKeys = () =>
  dataKeys(
    {
      getDataKeys: () =>
        Promise.resolve({
          keys: [{ id: 'k1', key: new Uint8Array(32).fill(7), isActive: true }],
        } as unknown as holdfast.auth.v1.GetDataKeysResponse), // as: what a client answers
    },
    'backup',
  )
