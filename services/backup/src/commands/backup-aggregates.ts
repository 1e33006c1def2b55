import type { Aggregate } from '@holdfast/event-log'
import { backupCodec } from '../codecs/backup-codec.ts'
import { type BackupCommand, type BackupEvent, type BackupState, backup } from '../domain/backup.ts'

/** Subject `evt.backup.backup.<id>`. */
export const backups: Aggregate<BackupCommand, BackupEvent, BackupState> = {
  context: 'backup',
  type: 'backup',
  decider: backup,
  codec: backupCodec,
}
