import { accessSync, constants } from 'node:fs'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { fetchPackages, hasFetched, type WantedPackages } from '@holdfast/embedded'

/** A program tests run that no installation of ours needs. */
export interface TestTool {
  /** Absolute. */
  readonly path: string
  /** Where its package was unpacked, for the files it brings (`<root>/usr/lib/…`); empty when it is the system's own. */
  readonly root: string
  /** What it must be given besides; empty for most. */
  readonly env: Readonly<Record<string, string>>
}

/** The Debian package, or packages, a program comes with. */
const packages = {
  age: ['age'],
  'age-keygen': ['age'],
  apache2: ['apache2-bin'],
  gpg: ['gpg'],
  rclone: ['rclone'],
  rsync: ['rsync'],
  sshd: ['openssh-server'],
  'ssh-keygen': ['openssh-client'],
  sshfs: ['sshfs'],
  vsftpd: ['vsftpd'],
} as const satisfies Record<string, readonly string[]>
export type TestToolName = keyof typeof packages

const cache = fileURLToPath(new URL('../../../.holdfast/test-tools', import.meta.url))
const fetchMs = 240_000

/**
 * A program of this machine, or of Debian's package, unpacked where the system does not see it and kept for the next run.
 * A string says why there is none: `skipped: …`, for the test that cannot be run without it.
 */
export async function testTool(name: TestToolName): Promise<TestTool | string> {
  const tools = await testTools([name])
  return typeof tools === 'string' ? tools : tools[name]
}

/** Several of them: all or none. */
export async function testTools<N extends TestToolName>(
  names: readonly N[],
): Promise<Readonly<Record<N, TestTool>> | string> {
  const tools: Partial<Record<N, TestTool>> = {}
  for (const name of names) {
    const path = onPath(name)
    const tool = path === undefined ? await fetched(name) : { path, root: '', env: {} }
    if (typeof tool === 'string') return tool
    tools[name] = tool
  }
  return tools as Readonly<Record<N, TestTool>> // every name was gone through
}

async function fetched(name: TestToolName): Promise<TestTool | string> {
  const unpacked = await testPackages(packages[name][0], packages[name], [name])
  if (typeof unpacked === 'string') return unpacked
  return { path: join(unpacked.bin, name), root: unpacked.root, env: {} }
}

export interface UnpackedPackages {
  /** The file system of the packages, and of what of theirs the machine does not have. */
  readonly root: string
  /** Folder of the programs. */
  readonly bin: string
}

const underWay = new Map<string, Promise<UnpackedPackages | string>>()

/** Debian packages as files, under a name of their own. */
export function testPackages(
  name: string,
  wanted: readonly string[],
  programs: readonly string[],
): Promise<UnpackedPackages | string> {
  const directory = join(cache, [name, ...programs.filter((one) => one !== name)].join('+'))
  const before = underWay.get(directory)
  if (before) return before
  const unpacking = unpack(directory, { packages: wanted, programs, libraries: [] }).catch(
    (error: unknown) =>
      `skipped: no ${name} here and none to be had (${error instanceof Error ? error.message : error})`,
  )
  underWay.set(directory, unpacking)
  return unpacking
}

async function unpack(directory: string, wanted: WantedPackages): Promise<UnpackedPackages> {
  const signal = AbortSignal.timeout(fetchMs)
  // Test files run beside each other: one of them fetches.
  const release = hasFetched(directory, wanted) ? undefined : await lock(directory, signal)
  try {
    const { bin } = await fetchPackages(directory, wanted, signal)
    return { bin, root: join(directory, 'root') }
  } finally {
    await release?.()
  }
}

async function lock(directory: string, signal: AbortSignal): Promise<() => Promise<void>> {
  await mkdir(cache, { recursive: true })
  const file = `${directory}.lock`
  for (;;) {
    try {
      const handle = await open(file, 'wx')
      await handle.writeFile(String(process.pid))
      await handle.close()
      return () => rm(file, { force: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''))
    // Empty: it is being written at this moment.
    if (holder > 0 && !isAlive(holder)) await rm(file, { force: true })
    await delay(100, undefined, { signal })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function onPath(name: string): string | undefined {
  return [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin']
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
