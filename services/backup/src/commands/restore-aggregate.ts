import type { Aggregate } from '@holdfast/event-log'
import { restoreCodec } from '../codecs/restore-codec.ts'
import {
  type RestoreCommand,
  type RestoreEvent,
  type RestoreState,
  restore,
} from '../domain/restore.ts'

/** Subject `evt.backup.restore.<id>`. */
export const restores: Aggregate<RestoreCommand, RestoreEvent, RestoreState> = {
  context: 'backup',
  type: 'restore',
  decider: restore,
  codec: restoreCodec,
}
