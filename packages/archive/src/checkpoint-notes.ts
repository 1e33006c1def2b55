import { join } from 'node:path'
import { makeDurably, writeWhole } from './directory.ts'
import { onDisk } from './disk-error.ts'
import { disk, readRange, withFile } from './files.ts'
import { isLineageId } from './header.ts'
import { maxSequence } from './limits.ts'
import type { Files, ReadFiles } from './types.ts'

/** A note has a few lines and a few signatures. */
export const maxNoteBytes = 64 * 1024

/**
 * Keeps a checkpoint as `<directory>/<lineage>/checkpoints/<size>.note`; it is on the disk when this resolves.
 * A note of the same size is replaced (more cosignatures). Fails with archive.full and archive.unavailable.
 */
export async function writeCheckpointNote(
  directory: string,
  lineageId: string,
  size: bigint,
  note: string,
  files: Files = disk,
): Promise<void> {
  if (!isLineageId(lineageId)) throw new RangeError('archive: the lineage is no lower-case UUID')
  await writeNoteIn(join(directory, lineageId), size, note, files)
}

/** The same as `<tree>/checkpoints/<size>.note`. */
export async function writeNoteIn(
  tree: string,
  size: bigint,
  note: string,
  files: Files = disk,
): Promise<void> {
  const bytes = Buffer.from(note, 'utf8')
  if (size < 0n || size > maxSequence) throw new RangeError('archive: size is out of range')
  if (bytes.length > maxNoteBytes) throw new RangeError('archive: a note is longer than 64 KiB')
  const folder = join(tree, 'checkpoints')
  const path = join(folder, `${size}.note`)
  await onDisk('writing', path, async () => {
    await makeDurably(files, folder, 2)
    await writeWhole(files, path, bytes)
    await files.syncDirectory(folder)
  })
}

/** What a note states. Nothing of it is verified. */
export interface StatedCheckpoint {
  readonly file: string
  readonly origin: string
  readonly size: bigint
  readonly root: Uint8Array
  readonly note: string
}

/** All notes that can be read as checkpoints, by size; `unreadable` names the others. */
export async function readCheckpointNotes(
  files: ReadFiles,
  lineageDirectory: string,
): Promise<{ checkpoints: readonly StatedCheckpoint[]; unreadable: readonly string[] }> {
  const folder = join(lineageDirectory, 'checkpoints')
  const checkpoints: StatedCheckpoint[] = []
  const unreadable: string[] = []
  for (const file of await files.list(folder)) {
    const match = /^(0|[1-9]\d{0,18})\.note$/.exec(file)
    if (match === null) continue
    const stated = await withFile(files, join(folder, file), async (opened, bytes) =>
      parse(file, (await readRange(opened, 0, Math.min(bytes, maxNoteBytes))).toString('utf8')),
    )
    if (stated === undefined || stated.size !== BigInt(match[1] ?? -1)) unreadable.push(file)
    else checkpoints.push(stated)
  }
  checkpoints.sort((a, b) => (a.size < b.size ? -1 : 1))
  return { checkpoints, unreadable: unreadable.sort() }
}

/** C2SP tlog-checkpoint: origin, size and root are the first lines. */
function parse(file: string, note: string): StatedCheckpoint | undefined {
  const [origin = '', size = '', root64 = ''] = note.split('\n', 3)
  const root = Buffer.from(root64, 'base64')
  if (!/^(0|[1-9]\d{0,18})$/.test(size) || root.length !== 32) return undefined
  if (root.toString('base64') !== root64) return undefined
  return { file, origin, size: BigInt(size), root: new Uint8Array(root), note }
}
