import { holdfast } from '@holdfast/proto'
import { contentsMessage, kindNumber } from '../codecs/contents.ts'
import { protections } from '../domain/backup.ts'
import type { JobView } from '../jobs/job-store.ts'
import type { RemovalView } from '../jobs/removal-store.ts'
import { doing } from '../jobs/steps.ts'
import type { BackupView } from '../queries/backups.ts'
import { builtinName } from '../queries/storage-locations.ts'

type BackupMessage = holdfast.backup.v1.Backup.$Properties
const { BackupStatus } = holdfast.backup.v1

export interface Beside {
  readonly job: JobView | undefined
  readonly removal: RemovalView | undefined
}

/** `beside`: what the log does not know; nothing of it in answers about the past. */
export function printBackup(
  view: BackupView,
  lineageId: string,
  { job, removal }: Beside = { job: undefined, removal: undefined },
): BackupMessage {
  const isCompleted = view.status === 'completed'
  const isOpen = view.status === 'requested'
  // What the log says and what was shown are two writes: nobody sees 100 before it is completed, or less after.
  const shown = Math.min(job?.progress ?? 0, isCompleted ? 100 : 90)
  return {
    id: view.id,
    organizationId: view.organizationId,
    name: view.name,
    kind: kindNumber(view.kind),
    contents: contentsMessage(view.contents),
    protection: protections.indexOf(view.protection),
    storageLocationId: view.storageLocationId,
    storageLocationName:
      view.storageLocationId === lineageId ? builtinName : view.storageLocationName,
    storageKind: view.storageKind,
    scheduleId: view.scheduleId,
    slotUnixMs: view.slotUnixMs,
    rollbackFor: view.rollbackFor,
    status: statusOf(view, job),
    progress: isCompleted ? 100 : shown,
    step: isCompleted ? doing[100] : isOpen ? (job?.step ?? '') : '',
    createdAtUnixMs: view.createdAtUnixMs,
    completedAtUnixMs: view.endedAtUnixMs,
    bytes: view.bytes,
    sha256: view.sha256,
    sequence: Number(view.sequence),
    failureCode: view.failureCode,
    failureDetail: view.failureDetail,
    verifiedAtUnixMs: view.verifiedAtUnixMs,
    verifyFailure: view.verifyFailure,
    recipients: [...view.recipients],
    objectKey: view.objectKey,
    uploadedBytes: isOpen ? (job?.uploadedBytes ?? 0) : 0,
    steps: (job?.steps ?? []).filter(({ progress }) => progress <= (isCompleted ? 100 : 90)),
    deletingSinceUnixMs: removal?.requestedAtUnixMs ?? 0,
    deletionFailure: removal?.failure ?? '',
    keptUntilUnixMs: view.keptUntilUnixMs,
  }
}

function statusOf({ status }: BackupView, job: JobView | undefined) {
  switch (status) {
    case 'completed':
      return BackupStatus.BACKUP_STATUS_COMPLETED
    case 'failed':
      return BackupStatus.BACKUP_STATUS_FAILED
    case 'cancelled':
      return BackupStatus.BACKUP_STATUS_CANCELLED
    default:
      return job === undefined || job.state === 'pending'
        ? BackupStatus.BACKUP_STATUS_PENDING
        : BackupStatus.BACKUP_STATUS_RUNNING
  }
}
