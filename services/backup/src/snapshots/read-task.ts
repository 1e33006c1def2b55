import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import {
  openSnapshot,
  type SnapshotHeader,
  type SnapshotKey,
  type SnapshotLimits,
  type Source,
  snapshotContent,
} from '@holdfast/snapshot'
import type { Task } from '../work/task.ts'

export interface SnapshotFile {
  readonly path: string
  readonly limits: SnapshotLimits
}

export interface Inspected {
  readonly header: SnapshotHeader
  /** As it stands in the file. */
  readonly headerJson: string
  readonly bytes: number
  /** Hex, of the file. */
  readonly sha256: string
}

export interface Page {
  /** Of the manifest. */
  readonly section: number
  /** Index of the first record in its section. */
  readonly first: number
  /** How many records of the file come before. */
  readonly place: number
  /** JSON. */
  readonly records: readonly string[]
}

export interface ReadWish extends SnapshotFile {
  readonly key: SnapshotKey | undefined
  /** Sections that are handed out, by their index; undefined: nothing is, only checked. */
  readonly wanted?: readonly boolean[]
  /** Records before that one have been handed out earlier. */
  readonly from?: number
}

const pageRecords = 200
const pageBytes = 1024 * 1024

async function withFile<T>(path: string, use: (source: Source) => Promise<T>): Promise<T> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    return await use({ size, read: (offset, length) => readExactly(file, offset, length) })
  } finally {
    await file.close()
  }
}

async function readExactly(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
    if (bytesRead === 0) throw new Error('the file became shorter while it was read')
    done += bytesRead
  }
  return bytes
}

/** Checks lengths and checksums, and reads the header. Opens nothing. */
export const inspectTask: Task<SnapshotFile, Inspected> = ({ path, limits }, { signal }) =>
  withFile(path, async (source) => {
    const { header } = await openSnapshot(source, limits)
    const length = Buffer.from(await source.read(0, 4)).readUInt32BE(0)
    const hash = createHash('sha256')
    for (let at = 0; at < source.size; at += pageBytes) {
      signal.throwIfAborted()
      hash.update(await source.read(at, Math.min(pageBytes, source.size - at)))
    }
    return {
      header,
      headerJson: Buffer.from(await source.read(4, length)).toString(),
      bytes: source.size,
      sha256: hash.digest('hex'),
    }
  })

/** Reads all of it; with `wanted`, hands it out page by page. Whatever is wrong is thrown, `backup.snapshot_damaged` mostly. */
export const readTask: Task<
  ReadWish,
  { readonly records: number },
  never,
  { page(page: Page): Promise<void> }
> = ({ path, limits, key, wanted, from = 0 }, { signal, ask }) =>
  withFile(path, async (source) => {
    const opened = await openSnapshot(source, limits)
    let section = -1
    let first = 0
    let place = 0
    let held: string[] = []
    let heldBytes = 0

    async function handOut(): Promise<void> {
      if (held.length === 0) return
      const records = held
      held = []
      heldBytes = 0
      await ask('page', {
        section,
        first: first - records.length,
        place: place - records.length,
        records,
      })
    }

    for await (const item of snapshotContent(source, opened, key, limits)) {
      signal.throwIfAborted()
      if (item.type === 'section') {
        await handOut()
        section = item.index
        first = 0
        continue
      }
      const isAsked = wanted?.[section] === true && place >= from
      first += 1
      place += 1
      if (!isAsked) continue
      held.push(item.json)
      heldBytes += item.json.length
      if (held.length === pageRecords || heldBytes >= pageBytes) await handOut()
    }
    await handOut()
    return { records: place }
  })
