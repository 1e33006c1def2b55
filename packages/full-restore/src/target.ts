import type { Stats } from 'node:fs'
import { lstat, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { type Keyset, KeysetInvalid, readKeyset } from '@holdfast/full-backup'
import { NewerKeys, TargetNotEmpty, TargetUnfit } from './errors.ts'
import { swap } from './libc.ts'
import { syncDirectory } from './write-file.ts'

export interface Target {
  /** The data directory. */
  readonly data: string
  /** `HOLDFAST_ARCHIVE_DIR`, where it is not in the data directory. */
  readonly archive?: string | undefined
}

/** What stands at the target. */
export interface Standing {
  readonly data: string
  /** Something that is not only programs that were fetched. */
  readonly isTaken: boolean
  readonly isThere: boolean
  /** Of an instance that stands there. */
  readonly instance:
    | {
        readonly lineageId: string
        readonly generation: number
        /** Or why it cannot be had. */
        readonly keyset: Keyset | string
      }
    | undefined
}

/** Programs a start fetches, and what it leaves in a directory that never held an instance. */
const carried = ['packages', 'nats/bin', 'test-tools'] as const
const harmless = new Set(['packages', 'test-tools', 'logs', 'run'])

/** Looks, and changes nothing. Throws full_restore.target_unfit. */
export async function examineTarget({ data }: Target, force: boolean): Promise<Standing> {
  const directory = resolve(data)
  const unfit = (reason: string, cause?: unknown) => TargetUnfit({ directory, reason }, cause)
  const parent = await stat(dirname(directory)).catch((cause: unknown) => {
    throw unfit('there is no directory it could be made in', cause)
  })
  const there = await statOf(directory)
  if (there && !there.isDirectory()) throw unfit('it is no directory')
  if (there && there.dev !== parent.dev)
    throw unfit(
      'it is a mount point, which nothing can be put in the place of at once: name a directory in it',
    )
  const isTaken = there !== undefined && !(await holdsProgramsOnly(directory))
  if (isTaken && !force) throw TargetNotEmpty({ directory })
  const instance = isTaken ? await instanceIn(directory) : undefined
  return { data: directory, isTaken, isThere: there !== undefined, instance }
}

async function holdsProgramsOnly(directory: string): Promise<boolean> {
  for (const name of await readdir(directory)) {
    if (harmless.has(name)) continue
    const inNats = name === 'nats' ? await readdir(join(directory, name)) : undefined
    if (!inNats || inNats.some((one) => one !== 'bin')) return false
  }
  return true
}

async function instanceIn(directory: string): Promise<Standing['instance']> {
  let instance: { readonly lineageId?: unknown; readonly generation?: unknown }
  try {
    instance = JSON.parse(await readFile(join(directory, 'keys/instance.json'), 'utf8')) as object
  } catch {
    return undefined // no instance, or one nobody can go on with
  }
  const { lineageId, generation } = instance
  if (typeof lineageId !== 'string' || typeof generation !== 'number') return undefined
  const keyset = (await statOf(join(directory, 'keys/root-key.next')))
    ? 'its root key is being rotated, which its next start completes'
    : await readKeyset(join(directory, 'keys')).catch((error: unknown) => {
        if (!KeysetInvalid.is(error)) throw error
        return `its key store cannot be read: ${error.details['reason']}`
      })
  return { lineageId, generation, keyset }
}

export interface MergedKeyset {
  readonly keyset: Keyset
  /** Paths of keys the target had and the backup did not. */
  readonly kept: readonly string[]
}

/**
 * Keys of the instance that stands there are never lost by going back: those made since the backup go along, those
 * destroyed since stay destroyed. Throws full_restore.newer_keys when they are under another root key, or when nobody can
 * tell which they are.
 */
export function mergeKeys(theirs: Keyset, lineageId: string, standing: Standing): MergedKeyset {
  const mine = standing.instance?.lineageId === lineageId ? standing.instance.keyset : undefined
  if (mine === undefined) return { keyset: theirs, kept: [] }
  if (typeof mine === 'string') throw NewerKeys({ directory: standing.data, reason: mine })
  const known = new Set(theirs.files.map(({ path }) => path))
  const isKey = (path: string): boolean => /^(data|log-signing)\//.test(path)
  const more = mine.files.filter(({ path }) => isKey(path) && !known.has(path))
  if (more.length === 0) return { keyset: theirs, kept: [] }
  if (mine.rootKeyFingerprint !== theirs.rootKeyFingerprint)
    throw NewerKeys({
      directory: standing.data,
      reason: `${more.length} of them, wrapped by the root key ${mine.rootKeyFingerprint}, not by ${theirs.rootKeyFingerprint}`,
    })
  const destroyed = new Set([...theirs.destroyed, ...mine.destroyed])
  const isGone = (path: string): boolean => {
    const [, key = '', n] = /^data\/(.+)\.(\d+|destroyed)\.json$/.exec(path) ?? []
    return n !== undefined && n !== 'destroyed' && destroyed.has(key)
  }
  const files = [...theirs.files, ...more].filter(({ path }) => !isGone(path))
  return {
    keyset: {
      ...theirs,
      destroyed: [...destroyed].sort(),
      files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    },
    kept: more.map(({ path }) => path),
  }
}

/** Beside the target, so that a rename puts it in place. */
export const stageOf = (data: string, restoreId: string): string => `${data}.restoring-${restoreId}`

/**
 * What attempts that were cut short have left beside the target: stages go. Under the name of one there may be what stood
 * at the target before, when the cut was between the renames: whatever shows no sign of being a stage is kept. Answers
 * what was removed.
 */
export async function clearStages(data: string): Promise<readonly string[]> {
  const prefix = `${basename(data)}.restoring-`
  const removed: string[] = []
  for (const name of await readdir(dirname(data))) {
    if (!name.startsWith(prefix)) continue
    const path = join(dirname(data), name)
    const id = name.slice(prefix.length)
    if (await isHeld(path)) continue
    if (await isStage(path, id)) {
      await rm(path, { recursive: true, force: true })
      removed.push(path)
    } else await rename(path, `${data}.before-${id}`)
  }
  return removed
}

/** Nothing yet, or nothing but what that restore wrote. */
async function isStage(path: string, id: string): Promise<boolean> {
  const madeBy = await restoreIn(path)
  if (madeBy !== undefined) return madeBy === id
  const names = await readdir(path)
  return names.length === 0 || names.includes(heldName)
}

/** Which restore made what stands there. */
async function restoreIn(directory: string): Promise<unknown> {
  try {
    const text = await readFile(join(directory, 'restored.json'), 'utf8')
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'restore_id' in value
      ? value.restore_id
      : undefined
  } catch {
    return undefined // nothing that a restore made
  }
}

/** Holds the process id of whoever stages there. */
export const heldName = 'restoring.pid'

async function isHeld(stage: string): Promise<boolean> {
  const text = await readFile(join(stage, heldName), 'utf8').catch(() => '')
  const pid = Number(text.trim())
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Programs that were fetched go along: the machine may not reach where they came from. */
export async function carryPrograms(
  standing: Standing,
  copy: (from: string, to: string) => Promise<void>,
  stage: string,
): Promise<void> {
  if (!standing.isThere) return
  for (const name of carried) {
    const from = join(standing.data, name)
    if (await statOf(from)) await copy(from, join(stage, name))
  }
}

/** The last step: the stage is the data directory now, and what was there is `aside`. */
export async function placeStage(
  standing: Standing,
  stage: string,
  aside: string | undefined,
): Promise<void> {
  const { data, isThere } = standing
  const parent = dirname(data)
  try {
    if (!isThere) await rename(stage, data)
    else {
      await swap(data, stage)
      if (aside === undefined) await rm(stage, { recursive: true, force: true })
      else await rename(stage, aside)
    }
    await rm(join(data, heldName), { force: true })
  } finally {
    await syncDirectory(parent)
  }
}

const statOf = (path: string): Promise<Stats | undefined> =>
  lstat(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
