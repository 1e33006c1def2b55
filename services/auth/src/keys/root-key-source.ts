import { existsSync, readFileSync } from 'node:fs'
import { generateRootKey, loadRootKey, type RootKey } from '@holdfast/crypto'
import { replaceDurably } from '@holdfast/service'
import { NextRootKeyMissing } from '../domain/errors.ts'
import type { AdoptRootKey } from './store-root-keys.ts'

/** `file`: ours to replace; `given`: from the environment or a secret of somebody's; `shards`: kept nowhere. */
export type KeptAs = 'file' | 'given' | 'shards'

/** Where the root key comes from, and where the next one goes. */
export interface RootKeySource {
  readonly keptAs: KeptAs
  /** What there is at the start; several while the operator hands over from one to the next. */
  readonly keys: readonly RootKey[]
  /** The root key a rotation goes to. Throws `auth.next_root_key_missing`. */
  next(): RootKey
  readonly adopt: AdoptRootKey
}

interface Places {
  readonly rootKey: { reveal(): string } | undefined
  readonly rootKeyReplace: string | undefined
  readonly rootKeyNextFile: string | undefined
}

const keyIn = (path: string): RootKey => {
  const text = readFileSync(path, 'utf8')
  return loadRootKey({ reveal: () => text })
}
const made = (): RootKey => {
  const text = generateRootKey()
  return loadRootKey({ reveal: () => text })
}
const nothing: AdoptRootKey = async () => undefined

export function givenRootKey({ rootKey, rootKeyReplace, rootKeyNextFile }: Places): RootKeySource {
  if (rootKey === undefined)
    throw new Error('HOLDFAST_ROOT_KEY is not set: `openssl rand -base64 32` makes one')
  const present = loadRootKey(rootKey)
  if (rootKeyReplace !== undefined)
    return {
      keptAs: 'file',
      keys: [present],
      next: made,
      adopt: async (key) => await replaceDurably(rootKeyReplace, `${key.reveal()}\n`, 0o600),
    }
  const isThere = () => rootKeyNextFile !== undefined && existsSync(rootKeyNextFile)
  return {
    keptAs: 'given',
    // After a rotation, until whoever gives the key gives the new one.
    keys: [
      present,
      ...(rootKeyNextFile !== undefined && isThere() ? [keyIn(rootKeyNextFile)] : []),
    ],
    next() {
      if (rootKeyNextFile === undefined || !isThere()) throw NextRootKeyMissing({})
      return keyIn(rootKeyNextFile)
    },
    adopt: nothing,
  }
}

export const unsealedRootKey = (rootKey: RootKey): RootKeySource => ({
  keptAs: 'shards',
  keys: [rootKey],
  next: made,
  adopt: nothing,
})
