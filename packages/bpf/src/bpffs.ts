/**
 * A folder for pins. Pins live in a bpffs, and as long as it: in one that goes with our process, programs would go
 * too. Usually that is the system's; where there is none, one of our own is mounted on a folder we are given.
 *
 * A process may see other mounts than the rest of the machine (`ip netns exec`, a service with a private /tmp); what
 * it mounts ends with it. So the mounts that count are those of process 1.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readlinkSync, rmdirSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BpfUnavailable } from './errors.ts'
import { errno, errnoName, libc } from './native.ts'
import { unpin } from './pin.ts'

const bpffsMagic = 0xcafe_4a11
const systemMount = '/sys/fs/bpf'
const init = '/proc/1/root'

export interface PinFolder {
  readonly path: string
  /** Whether pins there outlive our process; undefined when that cannot be known here. */
  readonly isLasting: boolean | undefined
  /** The bpffs we mounted, here or at an earlier start. */
  readonly ownMount?: string
}

export interface PinFolderOptions {
  /** Letters, digits, `-` and `_`: the folder's name in the bpffs, one for each agent of a machine. */
  readonly name: string
  /** Where to mount when the system has no bpffs; made when it is not there. Best in a folder of ours. */
  readonly mountPoint: string
}

/** Finds or makes the folder. Throws bpf.unavailable. The same answer every time while nobody mounts or unmounts. */
export function openPinFolder({ name, mountPoint }: PinFolderOptions): PinFolder {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) throw new TypeError(`no name for a folder of pins: ${name}`)
  const isPrivate = hasPrivateMounts()
  const isLasting = isPrivate === undefined ? undefined : !isPrivate
  if (isBpffs(mountPoint)) {
    // Mounted by an earlier start of ours, or for us by whoever started us in a view of their own.
    return {
      path: folderIn(mountPoint, name),
      isLasting: isPrivate === true ? isSeenByInit(mountPoint) : isLasting,
      ...(mountPoint === systemMount ? {} : { ownMount: mountPoint }),
    }
  }
  if (isPrivate === true) {
    const theirs = join(init, systemMount)
    if (isBpffs(theirs)) return { path: folderIn(theirs, name), isLasting: true }
    const own = join(init, mountPoint)
    if (isBpffs(own) || mountForInit(mountPoint))
      return { path: folderIn(own, name), isLasting: true, ownMount: own }
  }
  if (isBpffs(systemMount)) return { path: folderIn(systemMount, name), isLasting }
  mountHere(mountPoint)
  if (mountPoint === systemMount) return { path: folderIn(mountPoint, name), isLasting }
  return { path: folderIn(mountPoint, name), isLasting, ownMount: mountPoint }
}

/** Removes every pin in the folder, the folder, and the bpffs when it is ours: nothing of us is left. */
export function removePinFolder({ path, ownMount }: PinFolder): void {
  empty(path)
  rmdirSync(path)
  // A bpffs comes with two files of its own; with more in it, somebody else has come to use it.
  if (ownMount === undefined || readdirSync(ownMount).some((file) => !file.endsWith('.debug')))
    return
  const inInit = ownMount.startsWith(`${init}/`) ? ownMount.slice(init.length) : undefined
  if (inInit !== undefined) asInit('umount', inInit)
  else if (libc().umount2(ownMount, 0) < 0) {
    throw BpfUnavailable({ reason: `${ownMount} cannot be unmounted: ${errnoName(errno())}` })
  }
  rmdirSync(ownMount)
}

function empty(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      empty(path)
      rmdirSync(path)
    } else unpin(path)
  }
}

function isBpffs(path: string): boolean {
  try {
    return statfsSync(path).type >>> 0 === bpffsMagic
  } catch {
    return false
  }
}

/** Whether it is the same file system that process 1 sees there. */
function isSeenByInit(path: string): boolean {
  try {
    return statSync(join(init, path)).dev === statSync(path).dev
  } catch {
    return false
  }
}

/** Undefined when process 1 may not be looked at: in a sandbox, or without the rights. */
function hasPrivateMounts(): boolean | undefined {
  try {
    return readlinkSync('/proc/1/ns/mnt') !== readlinkSync('/proc/self/ns/mnt')
  } catch {
    return undefined
  }
}

function folderIn(bpffs: string, name: string): string {
  const path = join(bpffs, name)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  return path
}

const mountFlags = 2 /* nosuid */ | 4 /* nodev */ | 8 /* noexec */

function mountHere(mountPoint: string): void {
  mkdirSync(mountPoint, { recursive: true, mode: 0o700 })
  if (libc().mount('bpffs', mountPoint, 'bpf', mountFlags, 'mode=0700') < 0) {
    throw BpfUnavailable({
      reason: `there is no bpffs on ${systemMount}, and none can be mounted on ${mountPoint}: ${errnoName(errno())}`,
    })
  }
}

/** Whether it could; then it is mounted for the whole machine. */
function mountForInit(mountPoint: string): boolean {
  try {
    mkdirSync(join(init, mountPoint), { recursive: true, mode: 0o700 })
    asInit('mount', '-t', 'bpf', '-o', 'nosuid,nodev,noexec,mode=0700', 'bpffs', mountPoint)
    return true
  } catch {
    return false
  }
}

const asInit = (...words: readonly string[]): void => {
  execFileSync('nsenter', ['-t', '1', '-m', '-r', '--', ...words], {
    stdio: 'ignore',
    timeout: 10_000,
  })
}
