import { eventCodec } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import type { SnapshotImported } from '../domain/import.ts'

const v1 = holdfast.backup.v1

export const importCodec = eventCodec<SnapshotImported>({
  SnapshotImported: {
    encode: ({ facts: { rollbackSequence, ...facts } }) =>
      v1.SnapshotImported.encode({
        ...facts,
        rollbackSequence: Number(rollbackSequence),
      }).finish(),
    decode: [
      (data) => {
        const m = v1.SnapshotImported.decode(data)
        return {
          type: 'SnapshotImported',
          facts: {
            organizationId: m.organizationId,
            backupId: m.backupId,
            // A copy: what protobuf decodes shares the memory of a whole batch of commits.
            sha256: new Uint8Array(m.sha256),
            created: m.created,
            updated: m.updated,
            skipped: m.skipped,
            refused: m.refused,
            rollbackSequence: BigInt(m.rollbackSequence),
          },
        }
      },
    ],
  },
})
