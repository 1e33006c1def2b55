import { makeFull } from '../full/make-task.ts'
import { fetchObject } from '../jobs/fetch-task.ts'
import {
  hashFile,
  removeObject,
  sweepLocation,
  uploadObject,
  verifyObject,
} from '../jobs/object-tasks.ts'
import { readPiece } from '../jobs/read-task.ts'
import { carryOutTask, storedAtTask } from '../offsite/carry-out.ts'
import { readBackTask, takeStockTask } from '../offsite/look-over.ts'
import { readArchiveTask } from '../restores/read-archive-task.ts'
import { inspectTask, readTask } from '../snapshots/read-task.ts'
import { sealTask } from '../snapshots/seal-task.ts'
import type { Tasks } from './task.ts'

/** What the work thread can do; one line each. Only types leave this file: the service itself loads none of them. */
export const tasks = {
  'backup.fetch': fetchObject,
  'backup.hash': hashFile,
  'backup.read': readPiece,
  'backup.remove': removeObject,
  'backup.sweep': sweepLocation,
  'backup.upload': uploadObject,
  'backup.verify': verifyObject,
  'full-backup.make': makeFull,
  'offsite.carry-out': carryOutTask,
  'offsite.read-back': readBackTask,
  'offsite.stored-at': storedAtTask,
  'offsite.take-stock': takeStockTask,
  'restore.read-archive': readArchiveTask,
  'snapshot.inspect': inspectTask,
  'snapshot.read': readTask,
  'snapshot.seal': sealTask,
} satisfies Tasks
export type ServiceTasks = typeof tasks
