import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { newId } from '@holdfast/domain'
import { ExportGone, ExportsBusy } from './snapshot-errors.ts'

/** Of a file that waits to be fetched. */
export interface Export {
  readonly id: string
  readonly path: string
  readonly bytes: number
}

/** Files made for somebody who is about to fetch them: a few, for minutes, and not across a restart. */
export interface Exports {
  /** Runs `make` with an empty directory and keeps the file it leaves. Rejects with `backup.exports_busy`. */
  add(
    owner: string,
    make: (directory: string) => Promise<{ readonly path: string; readonly bytes: number }>,
  ): Promise<Export>
  /** At most 1 MiB from there; with the last piece the file goes. */
  read(owner: string, id: string, offset: number): Promise<Uint8Array>
  /** Removes what earlier processes left. */
  start(): Promise<void>
  stop(): Promise<void>
}

const pieceBytes = 1024 * 1024
const maxExports = 16
/** So that nobody keeps the others out by not fetching. */
const maxOwnExports = 3

export function openExports(directory: string, keptForMs = 300_000): Exports {
  interface Kept {
    readonly owner: string
    file?: Export
    end: NodeJS.Timeout | undefined
  }
  const kept = new Map<string, Kept>()
  const of = (id: string): string => join(directory, id)

  async function remove(id: string): Promise<void> {
    clearTimeout(kept.get(id)?.end)
    kept.delete(id)
    await rm(of(id), { recursive: true, force: true })
  }

  /** From now on it waits that long again. */
  function wait(id: string, one: Kept): void {
    clearTimeout(one.end)
    one.end = setTimeout(() => void remove(id).catch(() => undefined), keptForMs)
    one.end.unref()
  }

  return {
    async add(owner, make) {
      const own = [...kept.values()].filter((one) => one.owner === owner).length
      if (kept.size >= maxExports || own >= maxOwnExports) throw ExportsBusy({})
      const id = newId<string>()
      const one: Kept = { owner, end: undefined }
      kept.set(id, one)
      try {
        await mkdir(of(id), { recursive: true, mode: 0o700 })
        one.file = { id, ...(await make(of(id))) }
        wait(id, one)
        return one.file
      } catch (error) {
        await remove(id)
        throw error
      }
    },

    async read(owner, id, offset) {
      const one = kept.get(id)
      if (!one?.file || one.owner !== owner) throw ExportGone({ export: id.slice(0, 40) })
      const { path, bytes } = one.file
      wait(id, one)
      const piece = Buffer.alloc(Math.max(0, Math.min(pieceBytes, bytes - offset)))
      const file = await open(path, 'r')
      try {
        let done = 0
        while (done < piece.length) {
          const { bytesRead } = await file.read(piece, done, piece.length - done, offset + done)
          if (bytesRead === 0) throw new Error('an export is shorter than it was')
          done += bytesRead
        }
      } finally {
        await file.close()
      }
      if (offset + piece.length >= bytes) await remove(id)
      return piece
    },

    async start() {
      await rm(directory, { recursive: true, force: true })
      await mkdir(directory, { recursive: true, mode: 0o700 })
    },

    async stop() {
      for (const id of [...kept.keys()]) await remove(id)
    },
  }
}
