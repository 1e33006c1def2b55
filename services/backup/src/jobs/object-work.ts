import type { SurroundingsData } from '@holdfast/storage'
import type { BackupResult } from '../domain/backup.ts'
import type { Locations } from '../storage/locations.ts'
import type { Work } from '../work/work.ts'
import type { Job, MadeFile } from './job-store.ts'
import type { HashedFile, ObjectPlace, Verdict } from './object-tasks.ts'

/** Files and objects of backups. All of it happens in the work thread: the guard's event loop is not for bytes. */
export interface ObjectWork {
  hash(path: string, signal: AbortSignal): Promise<HashedFile>
  upload(
    job: Pick<Job, 'storageLocationId' | 'objectKey'>,
    file: MadeFile,
    signal: AbortSignal,
    onProgress: (bytes: number) => void,
  ): Promise<void>
  verify(
    job: Pick<Job, 'storageLocationId'>,
    result: BackupResult,
    signal: AbortSignal,
  ): Promise<Verdict>
  /** A piece of at most 1 MiB. Rejects with `backup.object_changed`. */
  read(
    from: { readonly storageLocationId: string; readonly location: string },
    result: BackupResult,
    piece: { readonly offset: number; readonly length: number },
    signal: AbortSignal,
  ): Promise<Uint8Array>
  /** All of it, into a file; rejects with `backup.object_changed` and leaves none when it is not what was put there. */
  fetch(
    from: { readonly storageLocationId: string; readonly location: string },
    result: BackupResult,
    path: string,
    signal: AbortSignal,
  ): Promise<void>
  remove(storageLocationId: string, objectKey: string, signal: AbortSignal): Promise<void>
  /** Removes what uploads that never ended have left. Answers how many. */
  sweep(storageLocationId: string, signal: AbortSignal): Promise<number>
}

export function objectWork(
  work: Pick<Work, 'run'>,
  locations: Pick<Locations, 'access'>,
  surroundings: SurroundingsData,
): ObjectWork {
  const place = async (storageLocationId: string, key: string): Promise<ObjectPlace> => ({
    access: await locations.access(storageLocationId),
    surroundings,
    key,
  })
  return {
    hash: (path, signal) => work.run('backup.hash', { path }, { signal }),
    async upload({ storageLocationId, objectKey }, { path, bytes, sha256 }, signal, onProgress) {
      const where = await place(storageLocationId, objectKey)
      await work.run('backup.upload', { ...where, path, bytes, sha256 }, { signal, onProgress })
    },
    async verify({ storageLocationId }, { objectKey, bytes, sha256 }, signal) {
      const where = await place(storageLocationId, objectKey)
      const wanted = { bytes, sha256: Buffer.from(sha256).toString('hex') }
      return await work.run('backup.verify', { ...where, ...wanted }, { signal })
    },
    async read({ storageLocationId, location }, { objectKey, bytes, sha256 }, piece, signal) {
      const where = await place(storageLocationId, objectKey)
      const wanted = { bytes, sha256: Buffer.from(sha256).toString('hex') }
      return await work.run('backup.read', { ...where, ...wanted, ...piece, location }, { signal })
    },
    async fetch({ storageLocationId, location }, { objectKey, bytes, sha256 }, path, signal) {
      const where = await place(storageLocationId, objectKey)
      const wanted = { bytes, sha256: Buffer.from(sha256).toString('hex') }
      await work.run('backup.fetch', { ...where, ...wanted, location, path }, { signal })
    },
    async remove(storageLocationId, objectKey, signal) {
      await work.run('backup.remove', await place(storageLocationId, objectKey), { signal })
    },
    async sweep(storageLocationId, signal) {
      const { key: _, ...where } = await place(storageLocationId, '')
      return await work.run('backup.sweep', where, { signal })
    },
  }
}
