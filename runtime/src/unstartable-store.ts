import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What is on the disk of a stream. Several when accounts were changed; there is one account of ours. */
function foldersOf(storeDir: string, stream: string): string[] {
  const jetstream = join(storeDir, 'jetstream')
  if (!existsSync(jetstream)) return []
  return readdirSync(jetstream)
    .map((account) => join(jetstream, account, 'streams', stream))
    .filter((folder) => existsSync(folder))
}

const baseMs = 30_000
const bytesPerMs = 100_000

/**
 * How long a server may take to be ready: without its index it reads all of the log first, 100 MB/s at the least.
 */
export function startTimeoutMs(storeDir: string, stream: string): number {
  let bytes = 0
  for (const folder of foldersOf(storeDir, stream)) {
    for (const name of readdirSync(folder, { recursive: true }) as string[]) {
      if (name.endsWith('.blk')) {
        bytes += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0
      }
    }
  }
  return baseMs + Math.ceil(bytes / bytesPerMs)
}

/**
 * Takes a stream out of a store no server gets ready on, and keeps it beside. Seen: a flipped bit in the sequence of
 * a message has nats-server count up to it, hundreds of millions of times. The guard fills the stream from the
 * archive then. Answers where it is kept; undefined when there is no such stream.
 */
export function putAside(
  storeDir: string,
  stream: string,
  asideDir: string,
  unixMs: number,
): string | undefined {
  const [folder] = foldersOf(storeDir, stream)
  if (folder === undefined) return undefined
  mkdirSync(asideDir, { recursive: true, mode: 0o700 })
  const kept = join(asideDir, `${stream}-${unixMs}`)
  renameSync(folder, kept)
  return kept
}

/** Whether the archive of a log has anything to fill a stream from. */
export const hasSegments = (archiveDir: string, lineageId: string, generation: number): boolean => {
  const folder = join(archiveDir, lineageId, String(generation))
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.hfs'))
}
