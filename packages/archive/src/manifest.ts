import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { writeWhole } from './directory.ts'
import { ArchiveDamaged } from './errors.ts'
import { readRange, withFile } from './files.ts'
import { parseSegmentName } from './segment-name.ts'
import type { Files } from './types.ts'

/** New segments lie here until all of them are whole. */
export const stagingName = 'replacing'
/** While it is there, a replacement has been decided and is to be carried out. */
export const manifestName = 'replace.json'
const maxManifestBytes = 64 * 1024 * 1024

/** What a replacement moves: old segments aside, new ones out of staging. */
export interface Manifest {
  /** Names before and after. */
  readonly aside: readonly (readonly [string, string])[]
  /** Names in staging and afterwards. */
  readonly into: readonly (readonly [string, string])[]
}

/** From here on the replacement happens, whatever comes. */
export async function decide(files: Files, directory: string, manifest: Manifest): Promise<void> {
  const json = JSON.stringify({ format: 1, ...manifest })
  const sum = createHash('sha256').update(json).digest('hex')
  await writeWhole(files, join(directory, manifestName), Buffer.from(`${json}\n${sum}\n`))
  await files.syncDirectory(directory)
}

/** Carries out what a manifest says. Whatever has been done already is left as it is. */
export async function carryOut(files: Files, directory: string): Promise<void> {
  const { aside, into } = await readManifest(files, directory)
  const staging = join(directory, stagingName)
  const names = new Set(await files.list(directory))
  const staged = new Set(await files.list(staging))
  if (into.some(([from, to]) => !staged.has(from) && !names.has(to)))
    throw ArchiveDamaged({
      file: manifestName,
      firstBadSequence: 0n,
      reason: 'a new segment of the replacement under way is gone; nothing was changed',
    })
  // All old ones go before a new one comes: while a target is not there yet, a segment by that name is the old one.
  for (const [from, to] of aside)
    if (names.has(from) && !names.has(to))
      await files.rename(join(directory, from), join(directory, to))
  await files.syncDirectory(directory)
  for (const [from, to] of into)
    if (staged.has(from)) await files.rename(join(staging, from), join(directory, to))
  await files.syncDirectory(staging)
  await files.syncDirectory(directory)
  await files.remove(join(directory, manifestName))
  await files.syncDirectory(directory)
  await clearStaging(files, directory)
}

/** Undoes a decision that may not be durable. New segments go only once it surely is undone. */
export async function takeBack(files: Files, directory: string): Promise<void> {
  if ((await files.list(directory)).includes(manifestName)) {
    await files.remove(join(directory, manifestName))
    await files.syncDirectory(directory)
  }
  await clearStaging(files, directory)
}

/** Removes staging and whatever lies in it. */
export async function clearStaging(files: Files, directory: string): Promise<void> {
  if (!(await files.list(directory)).includes(stagingName)) return
  const staging = join(directory, stagingName)
  for (const name of await files.list(staging)) await files.remove(join(staging, name))
  await files.removeDirectory(staging)
  await files.syncDirectory(directory)
}

async function readManifest(files: Files, directory: string): Promise<Manifest> {
  const text = await withFile(files, join(directory, manifestName), async (file, size) =>
    (await readRange(file, 0, Math.min(size, maxManifestBytes))).toString('utf8'),
  )
  const [json = '', sum] = text.split('\n')
  const damaged = (): Error =>
    ArchiveDamaged({
      file: manifestName,
      firstBadSequence: 0n,
      reason: 'the list of a replacement under way cannot be read; nothing was changed',
    })
  if (createHash('sha256').update(json).digest('hex') !== sum) throw damaged()
  const value = JSON.parse(json) as Manifest // its digest holds, so we wrote it
  const isFine =
    value.aside.every(([from, to]) => parseSegmentName(from) && /^[a-z0-9.-]+$/.test(to)) &&
    value.into.every(([from, to]) => /^part-\d+$/.test(from) && parseSegmentName(to))
  if (!isFine) throw damaged()
  return value
}
