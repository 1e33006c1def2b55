import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sealedSegments } from '@holdfast/archive'

/** What lies in the archive besides the open segment, by names alone. */
export interface ArchiveStock {
  /** Of the generation. */
  readonly directory: string
  readonly segments: readonly {
    readonly name: string
    readonly first: bigint
    readonly last: bigint
  }[]
  /** Files of ACCESS. */
  readonly access: readonly {
    readonly epoch: string
    readonly directory: string
    readonly file: string
  }[]
  /** The newest note of each tree; the log's has no epoch. */
  readonly notes: readonly {
    readonly epoch: string
    readonly size: bigint
    readonly path: string
  }[]
}

export async function archiveStock(
  archiveDir: string,
  lineageId: string,
  generation: number,
): Promise<ArchiveStock> {
  const root = join(archiveDir, lineageId)
  const directory = join(root, String(generation))
  const epochs = (await names(join(root, 'access'))).filter((name) => /^\d+-\d+$/.test(name))
  const access: ArchiveStock['access'][number][] = []
  const notes: ArchiveStock['notes'][number][] = []
  const note = async (epoch: string, folder: string): Promise<void> => {
    const newest = await newestNote(folder)
    if (newest) notes.push({ epoch, ...newest })
  }
  await note('', join(root, 'checkpoints'))
  for (const epoch of epochs) {
    const at = join(root, 'access', epoch)
    for (const file of await names(at))
      if (/^(seg|gone)-\d{20}-\d{20}\.hf[st]$/.test(file))
        access.push({ epoch, directory: at, file })
    await note(epoch, join(at, 'checkpoints'))
  }
  const segments = (await names(directory)).length === 0 ? [] : await sealedSegments(directory)
  return { directory, segments, access, notes }
}

async function newestNote(
  folder: string,
): Promise<{ readonly size: bigint; readonly path: string } | undefined> {
  let newest: { size: bigint; path: string } | undefined
  for (const name of await names(folder)) {
    const size = /^(\d{1,19})\.note$/.exec(name)?.[1]
    if (size === undefined || (newest && BigInt(size) <= newest.size)) continue
    newest = { size: BigInt(size), path: join(folder, name) }
  }
  return newest
}

/** None where there is no such directory. */
async function names(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
