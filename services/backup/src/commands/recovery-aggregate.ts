import type { Aggregate } from '@holdfast/event-log'
import { recoveryCodec } from '../codecs/recovery-codec.ts'
import {
  type RecoveryCommand,
  type RecoveryEvent,
  type RecoveryState,
  recovery,
} from '../domain/recovery.ts'

/** Subject `evt.backup.recovery.<lineage>`. */
export const recoveries: Aggregate<RecoveryCommand, RecoveryEvent, RecoveryState> = {
  context: 'backup',
  type: 'recovery',
  decider: recovery,
  codec: recoveryCodec,
}
