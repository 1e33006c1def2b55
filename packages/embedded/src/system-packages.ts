import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The package cannot be had here; the message says why, in one line. */
export class NotFetched extends Error {}

export interface WantedPackages {
  readonly packages: readonly string[]
  /** What of them is to be run. */
  readonly programs: readonly string[]
  /** What of them is to be loaded: file names, for example `libbpf.so.1`. */
  readonly libraries: readonly string[]
}

export interface Fetched {
  /** The folder of the programs. */
  readonly bin: string
  /** Paths by file name. The libraries they need themselves lie beside them, or are the system's. */
  readonly libraries: ReadonlyMap<string, string>
}

/** Whether an earlier call left all of it there. */
export const hasFetched = (directory: string, wanted: WantedPackages): boolean =>
  fetchedIn(directory, wanted) !== undefined

/**
 * Fetches Debian packages with what they need into `directory`. Nothing of the system is touched: apt works on
 * lists and caches of its own, from the machine's configured sources and verified by its keyrings; only what the
 * machine does not already have is downloaded. Needs no root.
 *
 * Whole or not at all; a second call finds what the first one left. Throws NotFetched.
 */
export async function fetchPackages(
  directory: string,
  wanted: WantedPackages,
  signal: AbortSignal,
): Promise<Fetched> {
  const before = fetchedIn(directory, wanted)
  if (before) return before
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) {
    throw new NotFetched('this machine has no apt to fetch packages with')
  }
  const fresh = `${directory}.${process.pid}`
  await rm(fresh, { recursive: true, force: true })
  try {
    await download(fresh, wanted.packages, signal)
    await unpack(fresh, signal)
    // Wrappers hold absolute paths: they are written for the place the directory moves to.
    await writeWrappers(fresh, directory, wanted.programs)
    await rm(join(fresh, 'apt'), { recursive: true, force: true })
    const missing = wanted.libraries.find((name) => !libraryIn(fresh, name))
    if (missing) throw new NotFetched(`the package has no library ${missing}`)
    await rm(directory, { recursive: true, force: true })
    await rename(fresh, directory)
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    throw error
  }
  const fetched = fetchedIn(directory, wanted)
  if (!fetched) throw new NotFetched(`${directory} was changed by somebody else meanwhile`)
  return fetched
}

function fetchedIn(
  directory: string,
  { programs, libraries }: WantedPackages,
): Fetched | undefined {
  const bin = join(directory, 'bin')
  if (!programs.every((name) => existsSync(join(bin, name)))) return undefined
  const found = libraries.map((name) => [name, libraryIn(directory, name)] as const)
  const paths = new Map(found.flatMap(([name, path]) => (path ? [[name, path] as const] : [])))
  return paths.size === libraries.length ? { bin, libraries: paths } : undefined
}

const libraryIn = (directory: string, name: string): string | undefined =>
  libraryFoldersIn(join(directory, 'root'))
    .map((folder) => join(directory, 'root', folder, name))
    .find((path) => existsSync(path))

async function download(
  root: string,
  packages: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const apt = join(root, 'apt')
  await mkdir(join(apt, 'state/lists/partial'), { recursive: true })
  await mkdir(join(apt, 'cache/archives/partial'), { recursive: true })
  const options = [
    `Dir::State=${join(apt, 'state')}`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${join(apt, 'cache')}`,
    'Debug::NoLocking=1',
    // As root apt would drop to a user that cannot enter our directory.
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
  ].flatMap((option) => ['-o', option])
  await tool('apt-get', [...options, '-qq', 'update'], signal)
  await tool(
    'apt-get',
    [...options, '-qq', '-y', '--no-install-recommends', '--download-only', 'install', ...packages],
    signal,
  )
}

async function unpack(root: string, signal: AbortSignal): Promise<void> {
  const archives = join(root, 'apt/cache/archives')
  await mkdir(join(root, 'root'), { recursive: true })
  for (const name of await readdir(archives)) {
    if (name.endsWith('.deb')) {
      await tool('dpkg-deb', ['-x', join(archives, name), join(root, 'root')], signal)
    }
  }
}

const programFolders = ['usr/local/sbin', 'usr/sbin', 'usr/bin', 'sbin', 'bin']

/** Relative: `usr/lib/x86_64-linux-gnu` and its like. */
const libraryFoldersIn = (root: string): readonly string[] =>
  ['lib', 'usr/lib'].flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder))
          .filter((name) => name.includes('-linux-gnu'))
          .map((name) => join(folder, name))
      : [],
  )

/** A program outside the system finds its libraries by a variable, and only it should see that. */
async function writeWrappers(from: string, to: string, programs: readonly string[]): Promise<void> {
  const libraries = libraryFoldersIn(join(from, 'root')).map((folder) => join(to, 'root', folder))
  await mkdir(join(from, 'bin'))
  for (const program of programs) {
    const folder = programFolders.find((one) => existsSync(join(from, 'root', one, program)))
    if (folder === undefined) throw new NotFetched(`the package has no program ${program}`)
    const path = join(from, 'bin', program)
    const target = join(to, 'root', folder, program)
    await writeFile(
      path,
      `#!/bin/sh\nLD_LIBRARY_PATH=${quote(libraries.join(':'))} exec ${quote(target)} "$@"\n`,
    )
    await chmod(path, 0o755)
  }
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** Runs it for its effect; what it says last is the reason when it fails. */
async function tool(name: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    await run(name, args, {
      signal,
      env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
      maxBuffer: 10 * 1024 * 1024,
    })
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
    const last = said.trim().split('\n').at(-1) || (error instanceof Error ? error.message : '')
    throw new NotFetched(`${name} failed: ${last.slice(0, 300)}`)
  }
}
