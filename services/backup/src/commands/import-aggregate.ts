import type { Aggregate } from '@holdfast/event-log'
import { importCodec } from '../codecs/import-codec.ts'
import { type RecordImport, type SnapshotImported, snapshotImport } from '../domain/import.ts'

/** Subject `evt.backup.import.<id>`. */
export const imports: Aggregate<RecordImport, SnapshotImported, { exists: boolean }> = {
  context: 'backup',
  type: 'import',
  decider: snapshotImport,
  codec: importCodec,
}
