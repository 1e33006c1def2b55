import { existsSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  formerRootKeys,
  printRootKeyFile,
  printRotation,
  type RootKey,
  readRootKeyFile,
  readRotation,
  rootKeyFingerprint,
  SealBroken,
  unwrapKey,
  wrapKey,
} from '@holdfast/crypto'
import { createDurably, makeDirectory, replaceDurably, syncDirectory } from '@holdfast/service'
import { KeyStoreDamaged, RootKeyMismatch, RotationUnderWay } from '../domain/errors.ts'
import {
  dataName,
  foldersOf,
  keyFile,
  namesIn,
  parseDataFile,
  readKeyFile,
  signingName,
} from './key-files.ts'

/** The root keys of a store. */
export interface StoreRootKeys {
  /** Wraps what is new. */
  readonly present: RootKey
  /** The last one first. */
  readonly former: readonly RootKey[]
}

/** Where the root key is kept outside of the store; told before a rotation is over. May run twice. */
export type AdoptRootKey = (rootKey: RootKey) => Promise<void>

/**
 * A rotation, in order; whatever a crash leaves, the next start goes on from `decided`:
 *
 *   decided   root-key.next has both keys, each wrapped by the other: the store opens with either
 *   wrapped   every key of the store is wrapped by the new one
 *   owned     root-key.json says so, and has the former one wrapped by the new one
 *   adopted   the place outside of the store has the new one
 *   done      root-key.next is gone: the former key opens nothing here any more
 */
export const rotationSteps = ['decided', 'wrapped', 'owned', 'adopted', 'done'] as const
export type RotationStep = (typeof rotationSteps)[number]
export type OnStep = (step: RotationStep) => void

const ownerPath = (directory: string): string => join(directory, 'root-key.json')
// Backups leave out names with this end.
const rotationPath = (directory: string): string => join(directory, 'root-key.next')

/**
 * Which of the root keys given is the store's; undefined when it is nobody's yet. Writes nothing. During a rotation
 * either of its two keys will do. Throws `auth.root_key_mismatch` or `auth.key_store_damaged`.
 */
export async function findRootKeys(
  directory: string,
  given: readonly RootKey[],
): Promise<(StoreRootKeys & { readonly replaces: RootKey | undefined }) | undefined> {
  const path = ownerPath(directory)
  if (!existsSync(path)) {
    const { data, signing } = foldersOf(directory)
    const keys = [...(await namesIn(data)), ...(await namesIn(signing))]
    // Keys without the file that says whose they are: somebody has to look at that.
    if (keys.length > 0) throw KeyStoreDamaged({ file: path })
    return undefined
  }
  const owner = readRootKeyFile(readFileSync(path, 'utf8'))
  if (!owner) throw KeyStoreDamaged({ file: path })
  const rotation = rotationOf(directory)
  const mismatch = () =>
    RootKeyMismatch({
      expected: owner.fingerprint,
      given: given.map(rootKeyFingerprint).join(', '),
    })
  try {
    if (rotation) {
      const both = given.map((key) => rotation.both(key)).find((found) => found !== undefined)
      if (!both) throw mismatch()
      const { from, to } = both
      const former =
        owner.fingerprint === rotation.to
          ? formerRootKeys(to, owner)
          : [from, ...formerRootKeys(from, owner)]
      return { present: to, former, replaces: from }
    }
    const present = given.find((key) => rootKeyFingerprint(key) === owner.fingerprint)
    if (!present) throw mismatch()
    return { present, former: formerRootKeys(present, owner), replaces: undefined }
  } catch (error) {
    if (!SealBroken.is(error)) throw error
    throw KeyStoreDamaged({ file: path }, error)
  }
}

/** Of the root keys that open the store: one, or two during a rotation. Throws where there is no store yet. */
export function storeFingerprints(directory: string): readonly string[] {
  const path = ownerPath(directory)
  if (!existsSync(path))
    throw new Error(
      'HOLDFAST_SEAL=shamir is for an instance that has a root key: start without it first, and make shards with `holdfast operator recover`',
    )
  const owner = readRootKeyFile(readFileSync(path, 'utf8'))
  if (!owner) throw KeyStoreDamaged({ file: path })
  const rotation = rotationOf(directory)
  const others = rotation ? [rotation.from, rotation.to] : []
  return [...new Set([owner.fingerprint, ...others])]
}

function rotationOf(directory: string) {
  const path = rotationPath(directory)
  if (!existsSync(path)) return undefined
  const rotation = readRotation(readFileSync(path, 'utf8'))
  if (!rotation) throw KeyStoreDamaged({ file: path })
  return rotation
}

/** Makes the store ours when it is nobody's. */
export async function claimStore(
  directory: string,
  given: readonly RootKey[],
): Promise<StoreRootKeys & { readonly replaces: RootKey | undefined }> {
  const found = await findRootKeys(directory, given)
  for (const folder of [directory, ...Object.values(foldersOf(directory))]) {
    await makeDirectory(folder)
    // What an earlier process made may have been seen and not yet been durable when it died.
    await syncDirectory(folder)
  }
  if (found) return found
  const [first] = given
  if (!first) throw new Error('a key store needs a root key')
  // Another process may have been faster, with another key.
  await createDurably(ownerPath(directory), printRootKeyFile(first, []))
  const ours = await findRootKeys(directory, given)
  if (!ours) throw KeyStoreDamaged({ file: ownerPath(directory) })
  return ours
}

/** From here on there is no way back but forward: the store opens with either key until it is done. */
export async function decideRotation(
  directory: string,
  from: RootKey,
  to: RootKey,
  onStep: OnStep,
): Promise<void> {
  // Taken: another process is at it, with another key.
  if (!(await createDurably(rotationPath(directory), printRotation(from, to))))
    throw RotationUnderWay({})
  onStep('decided')
}

/** Carries out what was decided. May be repeated from any step. Returns how many keys were wrapped anew. */
export async function completeRotation(
  directory: string,
  from: RootKey,
  { present, former }: StoreRootKeys,
  adopt: AdoptRootKey,
  onStep: OnStep,
): Promise<number> {
  const count = await wrapAnew(directory, from, present)
  onStep('wrapped')
  await replaceDurably(ownerPath(directory), printRootKeyFile(present, former), 0o600)
  onStep('owned')
  await adopt(present)
  onStep('adopted')
  await rm(rotationPath(directory), { force: true })
  await syncDirectory(directory)
  onStep('done')
  return count
}

const width = 16

async function wrapAnew(directory: string, from: RootKey, to: RootKey): Promise<number> {
  const { data, signing } = foldersOf(directory)
  const files = [
    ...(await namesIn(data)).map((name) => ({ folder: data, name })),
    ...(await namesIn(signing)).map((name) => ({ folder: signing, name })),
  ]
  let count = 0
  for (let at = 0; at < files.length; at += width) {
    const done = files.slice(at, at + width).map(async ({ folder, name }) => {
      const parsed = folder === data ? parseDataFile(name) : undefined
      if (parsed?.isTombstone === true) return
      const tombstone = parsed && join(data, `${parsed.owner}.${parsed.kind}.destroyed.json`)
      const nameOf = (id: string) =>
        parsed ? dataName(parsed.owner, parsed.kind, id) : signingName(id)
      if (await wrapOne(join(folder, name), nameOf, tombstone, from, to)) count += 1
    })
    await Promise.all(done)
  }
  return count
}

/** True when it was wrapped by the former key. */
async function wrapOne(
  path: string,
  nameOf: (id: string) => string,
  tombstone: string | undefined,
  from: RootKey,
  to: RootKey,
): Promise<boolean> {
  if (!existsSync(path)) return false // destroyed, or retired, since it was listed
  const isDestroyed = () => tombstone !== undefined && existsSync(tombstone)
  // A crash between destroying and removing leaves the file; nobody is to find it under the new key either.
  if (isDestroyed()) {
    await rm(path, { force: true })
    return false
  }
  const { id, wrapped } = readKeyFile(path)
  const name = nameOf(id)
  if (opens(to, name, wrapped)) return false
  const key = opens(from, name, wrapped)
  if (!key) throw KeyStoreDamaged({ file: path })
  await replaceDurably(path, keyFile(id, wrapKey(to, name, key)), 0o600)
  // Destroyed meanwhile: the tombstone went in first, so either it is seen here, or the file is removed after this.
  if (isDestroyed()) await rm(path, { force: true })
  return true
}

/** The key, or undefined when it is wrapped by another one. */
export function opens(rootKey: RootKey, name: string, wrapped: Uint8Array): Uint8Array | undefined {
  try {
    return unwrapKey(rootKey, name, wrapped)
  } catch (error) {
    if (SealBroken.is(error)) return undefined
    throw error
  }
}
