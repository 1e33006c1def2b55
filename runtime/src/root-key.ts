import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Secret } from '@holdfast/config'
import { generateRootKey, loadRootKey, rootKeyFingerprint } from '@holdfast/crypto'
import type { DataDirectory } from './data-directory.ts'
import { Refused } from './refused.ts'
import { writeWhole } from './write-whole.ts'

/** How auth is told the root key: by variable only when the operator gave it that way. */
export type RootKeySource =
  | { readonly HOLDFAST_ROOT_KEY: string }
  | { readonly HOLDFAST_ROOT_KEY_FILE: string }

export interface OpenedRootKey {
  readonly source: RootKeySource
  /** Tells it from others and gives nothing of it away. */
  readonly fingerprint: string
}

/**
 * Finds the root key, creating it at the very first start (mode 0600). Everything sealed on this data depends on
 * it, so another key than the one the data was made with, or none, is refused before anything is written.
 */
export function openRootKey(
  data: DataDirectory,
  given: Secret | undefined,
  givenFile: string | undefined,
): OpenedRootKey {
  const mark = join(data.keys, 'root-key.fingerprint')
  const known = existsSync(mark) ? readFileSync(mark, 'utf8').trim() : undefined
  if (!given && !existsSync(data.rootKey)) {
    if (known !== undefined) {
      throw new Refused(
        `the root key of this data is gone: put it back as ${data.rootKey} or give it as HOLDFAST_ROOT_KEY_FILE (fingerprint ${known})`,
      )
    }
    writeWhole(data.rootKey, `${generateRootKey()}\n`)
  }
  const key = loadRootKey(given ?? { reveal: () => readFileSync(data.rootKey, 'utf8') })
  const fingerprint = rootKeyFingerprint(key)
  if (known === undefined) writeWhole(mark, `${fingerprint}\n`)
  else if (known !== fingerprint) {
    throw new Refused(
      `this is not the root key the data was made with: its fingerprint is ${fingerprint}, the data's is ${known}`,
    )
  }
  return { source: sourceOf(data, given, givenFile), fingerprint }
}

function sourceOf(
  data: DataDirectory,
  given: Secret | undefined,
  givenFile: string | undefined,
): RootKeySource {
  if (!given) return { HOLDFAST_ROOT_KEY_FILE: data.rootKey }
  return givenFile
    ? { HOLDFAST_ROOT_KEY_FILE: resolve(givenFile) }
    : { HOLDFAST_ROOT_KEY: given.reveal() }
}
