import type { Aggregate } from '@holdfast/event-log'
import { restoreJobCodec } from '../codecs/restore-job-codec.ts'
import {
  type RestoreJobState,
  restoreJob,
  type SnapshotRestoreStarted,
  type StartSnapshotRestore,
} from '../domain/restore-job.ts'

/** Subject `evt.backup.restore_job.<id>`. */
export const restoreJobs: Aggregate<StartSnapshotRestore, SnapshotRestoreStarted, RestoreJobState> =
  {
    context: 'backup',
    type: 'restore_job',
    decider: restoreJob,
    codec: restoreJobCodec,
  }
