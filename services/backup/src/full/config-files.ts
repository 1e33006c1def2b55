import { lstat, readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { type ConfigFile, isConfigName, maxConfigFileBytes } from '@holdfast/full-backup'

/** Where the instance is described outside of log, archive, key store and database. Plain data: given to the work thread. */
export interface ConfigPlaces {
  /** `HOLDFAST_BACKUP_CONFIG_DIR`, the data directory of the suite; undefined where somebody else runs the services. */
  readonly directory: string | undefined
  /** `HOLDFAST_BACKUP_CONFIG_FILES`, absolute. */
  readonly files: readonly string[]
}

/**
 * What of the data directory is taken along. Left out: the root key (sealed apart), the key store (the keyset), archive,
 * log and database, logs, sockets, programs, and the position of the guard, which is about this machine's disks.
 */
const taken = [
  'environment.env',
  'run.json',
  'identities',
  'agent',
  'nats/nats.conf',
  'nats/accounts',
  'guard/revocations.sequence',
] as const

const maxDepth = 6

/** Environment, certificates and identities, below `data/` and `files/`. What could not be taken is named in `left-out.txt`. */
export async function* configFiles(
  { directory, files }: ConfigPlaces,
  signal: AbortSignal,
): AsyncGenerator<ConfigFile, void, undefined> {
  const leftOut: string[] = []
  const wanted: { readonly path: string; readonly name: string }[] = []
  for (const part of directory === undefined ? [] : taken) {
    const root = join(directory ?? '', part)
    for await (const path of filesBelow(root, maxDepth))
      wanted.push({ path, name: `data/${relative(directory ?? '', path)}` })
  }
  for (const path of files) wanted.push({ path, name: `files${path}` })
  for (const { path, name } of wanted) {
    signal.throwIfAborted()
    const file = isConfigName(name) ? await readOne(path, name) : undefined
    if (file) yield file
    else leftOut.push(JSON.stringify(name))
  }
  if (leftOut.length > 0)
    yield {
      name: 'left-out.txt',
      mode: 0o600,
      content: Buffer.from(
        `Not there, not to be read, too large, or under a name that is not taken:\n${leftOut.join('\n')}\n`,
      ),
    }
}

/** Plain files, in the order of their names; links are not followed. */
async function* filesBelow(path: string, depth: number): AsyncGenerator<string> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isFile()) yield path
  if (!found?.isDirectory() || depth === 0) return
  for (const name of (await readdir(path)).sort()) yield* filesBelow(join(path, name), depth - 1)
}

async function readOne(path: string, name: string): Promise<ConfigFile | undefined> {
  try {
    const { mode, size } = await lstat(path)
    if (size > maxConfigFileBytes) return undefined
    return { name, mode: mode & 0o700, content: new Uint8Array(await readFile(path)) }
  } catch {
    return undefined // gone since it was listed, or not ours to read: it is named in left-out.txt
  }
}
