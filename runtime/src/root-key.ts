import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Secret } from '@holdfast/config'
import {
  generateRootKey,
  loadRootKey,
  readRootKeyFile,
  readRotation,
  rootKeyFingerprint,
} from '@holdfast/crypto'
import type { DataDirectory } from './data-directory.ts'
import { Refused } from './refused.ts'
import { writeWhole } from './write-whole.ts'

/** How auth is told the root key: by variable only when the operator gave it that way. */
export type RootKeySource = Readonly<Record<string, string>>

export interface RootKeyWish {
  readonly given?: Secret | undefined
  /** `HOLDFAST_ROOT_KEY_FILE`. */
  readonly givenFile?: string | undefined
  /** `HOLDFAST_ROOT_KEY_NEXT_FILE`. */
  readonly nextFile?: string | undefined
  readonly isSealed?: boolean
}

export interface OpenedRootKey {
  readonly source: RootKeySource
  /** Tells it from others and gives nothing of it away. */
  readonly fingerprint: string
  /** Of the root keys before it, the last one first. */
  readonly former: readonly string[]
}

interface Known {
  readonly fingerprint: string
  readonly former: readonly string[]
  /** Any of them opens the key store: two during a rotation. */
  readonly opens: readonly string[]
}

/**
 * Finds the root key, creating it at the very first start (mode 0600). Everything sealed on this data depends on
 * it, so another key than the one the data was made with, or none, is refused before anything is written.
 */
export function openRootKey(data: DataDirectory, wish: RootKeyWish = {}): OpenedRootKey {
  const mark = join(data.keys, 'root-key.fingerprint')
  const known = knownRootKey(data.keys, mark)
  if (wish.isSealed) return sealed(data, wish, known)
  const { given } = wish
  if (!given && !existsSync(data.rootKey)) {
    if (known !== undefined) {
      throw new Refused(
        `the root key of this data is gone: put it back as ${data.rootKey} or give it as HOLDFAST_ROOT_KEY_FILE (fingerprint ${known.fingerprint}); shards of it restore it: holdfast operator restore`,
      )
    }
    writeWhole(data.rootKey, `${generateRootKey()}\n`)
  }
  const mine = fingerprintOf(given ?? fileText(data.rootKey))
  if (known === undefined) writeWhole(mark, `${mine}\n`)
  else {
    // The operator's own key may have been rotated to the next one and not been replaced yet.
    const { nextFile } = wish
    const next =
      given && nextFile !== undefined && existsSync(nextFile)
        ? [fingerprintOf(fileText(nextFile))]
        : []
    if (![mine, ...next].some((each) => known.opens.includes(each))) {
      throw new Refused(
        `this is not the root key the data was made with: its fingerprint is ${mine}, the data's is ${known.fingerprint}`,
      )
    }
    keepMark(mark, known.fingerprint)
  }
  return {
    source: sourceOf(data, wish),
    fingerprint: known?.fingerprint ?? mine,
    former: known?.former ?? [],
  }
}

/** The root key is on no disk: shards of it open auth, and what is known here is its fingerprint. */
function sealed(data: DataDirectory, wish: RootKeyWish, known: Known | undefined): OpenedRootKey {
  if (!known) {
    throw new Refused(
      'HOLDFAST_SEAL=shamir is for data that has a root key: start without it first, and make shards with `holdfast operator recover`',
    )
  }
  const where = wish.given ? 'HOLDFAST_ROOT_KEY' : data.rootKey
  if (wish.given || existsSync(data.rootKey)) {
    throw new Refused(
      `HOLDFAST_SEAL=shamir wants the root key on no disk, and it is in ${where}: prove the shards (\`holdfast operator prove FILE…\`), then take it away (\`shred -u ${data.rootKey}\`)`,
    )
  }
  keepMark(join(data.keys, 'root-key.fingerprint'), known.fingerprint)
  return {
    source: { HOLDFAST_SEAL: 'shamir' },
    fingerprint: known.fingerprint,
    former: known.former,
  }
}

/** What the key store says, or the mark where it has never been opened. A rotation under way goes on to its end. */
function knownRootKey(keys: string, mark: string): Known | undefined {
  const owner = readIfThere(join(keys, 'root-key.json'), readRootKeyFile)
  if (!owner) {
    if (!existsSync(mark)) return undefined
    const fingerprint = readFileSync(mark, 'utf8').trim()
    return { fingerprint, former: [], opens: [fingerprint] }
  }
  const former = owner.former.map(({ fingerprint }) => fingerprint)
  const rotation = readIfThere(join(keys, 'root-key.next'), readRotation)
  if (!rotation) return { fingerprint: owner.fingerprint, former, opens: [owner.fingerprint] }
  return {
    fingerprint: rotation.to,
    former: [...new Set([rotation.from, ...former])].filter((each) => each !== rotation.to),
    opens: [rotation.from, rotation.to],
  }
}

function readIfThere<T>(path: string, read: (text: string) => T | undefined): T | undefined {
  return existsSync(path) ? read(readFileSync(path, 'utf8')) : undefined
}

function keepMark(mark: string, fingerprint: string): void {
  const isSaid = existsSync(mark) && readFileSync(mark, 'utf8').trim() === fingerprint
  if (!isSaid) writeWhole(mark, `${fingerprint}\n`)
}

const fileText = (path: string) => ({ reveal: () => readFileSync(path, 'utf8') })
const fingerprintOf = (text: { reveal(): string }): string => rootKeyFingerprint(loadRootKey(text))

function sourceOf(data: DataDirectory, wish: RootKeyWish): RootKeySource {
  const { given, givenFile, nextFile } = wish
  // Ours: auth replaces it when the root key is rotated.
  if (!given)
    return { HOLDFAST_ROOT_KEY_FILE: data.rootKey, HOLDFAST_ROOT_KEY_REPLACE: data.rootKey }
  return {
    ...(givenFile
      ? { HOLDFAST_ROOT_KEY_FILE: resolve(givenFile) }
      : { HOLDFAST_ROOT_KEY: given.reveal() }),
    ...(nextFile === undefined ? {} : { HOLDFAST_ROOT_KEY_NEXT_FILE: resolve(nextFile) }),
  }
}
