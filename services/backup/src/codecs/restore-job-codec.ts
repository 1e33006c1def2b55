import { eventCodec } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import type { SnapshotRestoreStarted } from '../domain/restore-job.ts'
import { contentsFrom, contentsMessage } from './contents.ts'

const v1 = holdfast.backup.v1

export const restoreJobCodec = eventCodec<SnapshotRestoreStarted>({
  SnapshotRestoreStarted: {
    encode: ({ facts: { contents, rollbackSequence, ...facts } }) =>
      v1.SnapshotRestoreStarted.encode({
        ...facts,
        contents: contentsMessage(contents),
        rollbackSequence: Number(rollbackSequence),
      }).finish(),
    decode: [
      (data) => {
        const m = v1.SnapshotRestoreStarted.decode(data)
        return {
          type: 'SnapshotRestoreStarted',
          facts: {
            organizationId: m.organizationId,
            backupId: m.backupId,
            // A copy: what protobuf decodes shares the memory of a whole batch of commits.
            sha256: new Uint8Array(m.sha256),
            contents: contentsFrom(m.contents),
            overwritesExisting: m.overwritesExisting,
            targetSiteId: m.targetSiteId,
            rollbackBackupId: m.rollbackBackupId,
            rollbackSequence: BigInt(m.rollbackSequence),
            withoutRollbackBecause: m.withoutRollbackBecause,
          },
        }
      },
    ],
  },
})
