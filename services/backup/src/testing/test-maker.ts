import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EventLog } from '@holdfast/event-log'
import type { BackupCommand } from '../domain/backup.ts'
import type { BackupKind } from '../domain/contents.ts'
import type { Maker } from '../jobs/maker.ts'
import type { ObjectWork } from '../jobs/object-work.ts'

/** Everywhere a job can be cut off, in order. */
export const points = [
  'begun',
  'collected',
  'bundled',
  'encrypted',
  'hashed',
  'uploading',
  'uploaded',
  'recording',
  'recorded',
  'verifying',
] as const
export type Point = (typeof points)[number]

/** Called when a job gets there, with its name when that is known. */
export type Pause = (point: Point, backupId: string, signal?: AbortSignal) => Promise<void>

export const objectBytes = 3 * 1024 * 1024

/** What the test's backups consist of: from the id, so that it can be told whether it is whole. */
export function contentOf(backupId: string, bytes = objectBytes): Buffer {
  const block = createHash('sha512').update(backupId).digest()
  return Buffer.alloc(bytes, block)
}

const manifest = JSON.stringify({
  contributors: [
    { name: 'test.things', major: 1, minor: 0 },
    { name: 'test.older', major: 3, minor: 0 },
  ],
  sections: [
    { organization: 'Acme', contributor: 'test.things', records: 3 },
    { organization: 'Acme', contributor: 'test.older', records: 1 },
  ],
})

/** Makes a file at once, saying each step as a real one does. */
export function testMakers(pause: Pause): Readonly<Record<BackupKind, Maker>> {
  const maker: Maker = {
    async make({ backupId }, { directory, signal, reached }) {
      await pause('begun', backupId, signal)
      await reached(30)
      await pause('collected', backupId, signal)
      await reached(50)
      await pause('bundled', backupId, signal)
      const path = join(directory, 'made')
      await writeFile(path, contentOf(backupId), { mode: 0o600 })
      await reached(60)
      await pause('encrypted', backupId, signal)
      return { path, sequence: 42n, manifest, recipients: [] }
    },
  }
  return { snapshot: maker, full: maker, rollback_slot: maker }
}

/** The log and the work thread, with a pause wherever a job may be cut off. */
export function withPauses<L extends Pick<EventLog, 'execute' | 'fold' | 'lineageId'>>(
  { log, objects }: { readonly log: L; readonly objects: ObjectWork },
  pause: Pause,
): {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'lineageId'>
  readonly objects: ObjectWork
} {
  return {
    log: {
      lineageId: log.lineageId,
      fold: log.fold.bind(log),
      execute: async (aggregate, id, command, context) => {
        const { type } = command as unknown as BackupCommand // as: jobs decide nothing else
        if (type === 'CompleteBackup') await pause('recording', id)
        if (type === 'RecordVerification') await pause('verifying', id)
        const outcome = await log.execute(aggregate, id, command, context)
        if (type === 'CompleteBackup') await pause('recorded', id)
        return outcome
      },
    },
    objects: {
      ...objects,
      async upload(job, file, signal, onProgress) {
        const { backupId } = job as unknown as { readonly backupId: string } // as: it is the whole job
        await pause('hashed', backupId, signal)
        let paused: Promise<void> | undefined
        await objects.upload(job, file, signal, (bytes) => {
          onProgress(bytes)
          paused ??= pause('uploading', backupId, signal)
          paused.catch(() => undefined)
        })
        await paused
        await pause('uploaded', backupId, signal)
      },
    },
  }
}
