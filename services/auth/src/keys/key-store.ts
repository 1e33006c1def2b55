import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type DataKey,
  KeyDestroyed,
  type KeyRing,
  keyRing,
  type RootKey,
  wrapKey,
} from '@holdfast/crypto'
import { newId } from '@holdfast/domain'
import { createDurably, syncDirectory } from '@holdfast/service'
import { KeyStoreDamaged, RotationUnderWay } from '../domain/errors.ts'
import {
  dataName,
  foldersOf,
  keyFile,
  namesIn,
  parseDataFile,
  readKeyFile,
  signingName,
} from './key-files.ts'
import {
  type AdoptRootKey,
  claimStore,
  completeRotation,
  decideRotation,
  type OnStep,
  opens,
  type StoreRootKeys,
} from './store-root-keys.ts'

/**
 * Wrapped keys, one file each, in a directory this process owns (`HOLDFAST_KEYS_DIR`):
 *
 *   root-key.json                      fingerprint of the root key that wraps the rest, and the former ones wrapped by it
 *   root-key.next                      only while the root key is being rotated (store-root-keys.ts)
 *   data/<owner>.<kind>.<n>.json       data keys, n counted from 1; the highest n is the active one
 *   data/<owner>.<kind>.destroyed.json keys that were destroyed and are never made again
 *   signing/<key id>.json              private halves of signing keys
 *
 * A key is on disk, and its name too, before it is first handed out. Files are created once, and changed only by a
 * rotation of the root key, so two processes on one directory agree: whoever comes second reads what the first one made.
 * While the root key is rotated, one process has the directory to itself.
 */
export interface KeyStore {
  readonly directory: string
  /** The data keys of an owner, active first. Made and fsynced on first demand. */
  dataKeys(owner: string, kind: string): Promise<readonly DataKey[]>
  /** The same as a ring, made on first demand. */
  ring(owner: string, kind: string): Promise<KeyRing>
  /** The keys there are, from memory or disk, for code that may not wait; undefined when there are none. */
  ringIfAny(owner: string, kind: string): KeyRing | undefined
  /**
   * Destroys the keys of an owner for good: durably, here and in no copy of ours. What asks for them later is refused
   * with `crypto.key_destroyed`. May run twice, and after a crash in between.
   */
  destroy(owner: string, kind: string): Promise<void>
  isDestroyed(owner: string, kind: string): boolean
  /** Another version of a data key: the active one from here on; those before it stay, for reading. */
  renew(owner: string, kind: string): Promise<void>
  /** Of whom there are data keys, and of which kinds. */
  owners(): Promise<readonly { readonly owner: string; readonly kind: string }[]>
  rootKeys(): StoreRootKeys
  /**
   * Wraps everything by `next`, while the store goes on being used. Returns how many keys there were. Throws
   * `auth.rotation_under_way`.
   */
  rotateRootKey(next: RootKey, onStep?: OnStep): Promise<number>
  isRotating(): boolean
  /** Drops what is in memory: another instance has destroyed it. */
  forget(owner: string, kind: string): void
  /** Private key bytes; undefined when this store never had the key. */
  signingKey(keyId: string): Uint8Array | undefined
  addSigningKey(keyId: string, privateKey: Uint8Array): Promise<void>
  removeSigningKey(keyId: string): Promise<void>
  hasSigningKeys(): Promise<boolean>
}

// Parts of file names; nothing that could leave the directory.
const ownerPattern = /^[a-z0-9][a-z0-9-]{0,63}$/
const kindPattern = /^[a-z][a-z0-9-]{0,31}$/
const keyIdPattern = /^[A-Za-z0-9_-]{1,64}$/

const dataKeyBytes = 32

interface Held {
  /** The active one first. */
  readonly keys: readonly DataKey[]
  readonly ring: KeyRing
}

/**
 * Opens the store with the one of the root keys given that is its own, and completes a rotation that was cut off.
 * Throws `auth.root_key_mismatch` when it belongs to another root key and `auth.key_store_damaged` when it cannot be
 * read; nothing has been written then.
 */
export async function openKeyStore(
  directory: string,
  given: RootKey | readonly RootKey[],
  adopt: AdoptRootKey = async () => undefined,
): Promise<KeyStore> {
  const { data, signing } = foldersOf(directory)
  const claimed = await claimStore(directory, 'length' in given ? given : [given])
  let roots: StoreRootKeys = claimed
  /** While everything is wrapped anew: what some files still are wrapped by. */
  let replaced: RootKey | undefined
  if (claimed.replaces)
    await completeRotation(directory, claimed.replaces, claimed, adopt, () => undefined)

  /** What is written under one root key, so that a rotation can wait for it. */
  const writing = new Set<Promise<unknown>>()
  async function written<T>(work: Promise<T>): Promise<T> {
    writing.add(work)
    try {
      return await work
    } finally {
      writing.delete(work)
    }
  }

  function unwrap(name: string, wrapped: Uint8Array, path: string): Uint8Array {
    const key = opens(roots.present, name, wrapped) ?? (replaced && opens(replaced, name, wrapped))
    if (!key) throw KeyStoreDamaged({ file: path })
    return key
  }

  const known = new Map<string, Held>()
  const making = new Map<string, Promise<Held>>()

  const pathOf = (owner: string, kind: string, n: number) => {
    check(owner, ownerPattern, 'owner')
    check(kind, kindPattern, 'kind')
    return join(data, `${owner}.${kind}.${n}.json`)
  }

  const tombstoneOf = (owner: string, kind: string) =>
    pathOf(owner, kind, 1).replace(/1\.json$/, 'destroyed.json')
  const isDestroyed = (owner: string, kind: string): boolean => existsSync(tombstoneOf(owner, kind))

  function read(owner: string, kind: string): Held | undefined {
    const keys: DataKey[] = []
    for (let n = 1; existsSync(pathOf(owner, kind, n)); n++) {
      const path = pathOf(owner, kind, n)
      const { id, wrapped } = readKeyFile(path)
      const key = unwrap(dataName(owner, kind, id), wrapped, path)
      keys.unshift({ id, key, isActive: false })
    }
    const [newest, ...older] = keys
    if (!newest) return undefined
    const all = [{ ...newest, isActive: true }, ...older]
    return { keys: all, ring: keyRing(all) }
  }

  function ifAny(owner: string, kind: string): Held | undefined {
    const name = `${owner}.${kind}`
    // Asked every time: another instance may have destroyed them, and word of it may have been lost.
    const held = isDestroyed(owner, kind) ? undefined : (known.get(name) ?? read(owner, kind))
    if (held) known.set(name, held)
    else known.delete(name)
    return held
  }

  async function createVersion(owner: string, kind: string, n: number): Promise<string> {
    if (isDestroyed(owner, kind)) throw KeyDestroyed({ keyId: `${owner}.${kind}` })
    const id = newId<string>()
    const key = new Uint8Array(randomBytes(dataKeyBytes))
    const path = pathOf(owner, kind, n)
    const wrapped = wrapKey(roots.present, dataName(owner, kind, id), key)
    await written(createDurably(path, keyFile(id, wrapped)))
    return path
  }

  async function make(owner: string, kind: string): Promise<Held> {
    const path = await createVersion(owner, kind, 1)
    const held = ifAny(owner, kind) // ours, or that of the process that was faster
    if (!held) throw KeyStoreDamaged({ file: path })
    return held
  }

  async function hold(owner: string, kind: string): Promise<Held> {
    const held = ifAny(owner, kind)
    if (held) return held
    const name = `${owner}.${kind}`
    const waiting = making.get(name)
    if (waiting) return waiting
    const made = make(owner, kind).finally(() => making.delete(name))
    making.set(name, made)
    return made
  }

  const signingPath = (keyId: string) => {
    check(keyId, keyIdPattern, 'key id')
    return join(signing, `${keyId}.json`)
  }

  return {
    directory,
    dataKeys: async (owner, kind) => (await hold(owner, kind)).keys,
    ring: async (owner, kind) => (await hold(owner, kind)).ring,
    ringIfAny: (owner, kind) => ifAny(owner, kind)?.ring,
    async destroy(owner, kind) {
      // First that it is so: whatever a crash leaves of the files is not read again.
      await createDurably(tombstoneOf(owner, kind), keyFile('destroyed', new Uint8Array()))
      known.delete(`${owner}.${kind}`)
      for (let n = 1; existsSync(pathOf(owner, kind, n)); n++) {
        await rm(pathOf(owner, kind, n), { force: true })
      }
      await syncDirectory(data)
    },
    isDestroyed,
    async renew(owner, kind) {
      let next = 1
      while (existsSync(pathOf(owner, kind, next))) next += 1
      await createVersion(owner, kind, next)
      known.delete(`${owner}.${kind}`)
      // Forgotten meanwhile: the keys there were are gone, so this one has to go as well.
      if (isDestroyed(owner, kind)) await rm(pathOf(owner, kind, next), { force: true })
    },
    async owners() {
      const found = new Map<string, { owner: string; kind: string }>()
      const gone = new Set<string>()
      for (const name of await namesIn(data)) {
        const parsed = parseDataFile(name)
        if (!parsed) continue
        const { owner, kind, isTombstone } = parsed
        if (isTombstone) gone.add(`${owner}.${kind}`)
        else found.set(`${owner}.${kind}`, { owner, kind })
      }
      return [...found].filter(([key]) => !gone.has(key)).map(([, one]) => one)
    },
    rootKeys: () => roots,
    isRotating: () => replaced !== undefined,
    async rotateRootKey(next, onStep = () => undefined) {
      if (replaced) throw RotationUnderWay({})
      const from = roots.present
      replaced = from
      try {
        await decideRotation(directory, from, next, onStep)
        roots = { present: next, former: [from, ...roots.former] }
        // What was wrapped by the former key a moment ago has to be there when the files are listed.
        await Promise.allSettled([...writing])
        return await completeRotation(directory, from, roots, adopt, onStep)
      } finally {
        // One that fails goes on at the next start, and until then both keys are needed.
        if (!existsSync(join(directory, 'root-key.next'))) replaced = undefined
      }
    },
    forget(owner, kind) {
      known.delete(`${owner}.${kind}`)
    },
    signingKey(keyId) {
      const path = signingPath(keyId)
      if (!existsSync(path)) return undefined
      return unwrap(signingName(keyId), readKeyFile(path).wrapped, path)
    },
    async addSigningKey(keyId, privateKey) {
      const wrapped = wrapKey(roots.present, signingName(keyId), privateKey)
      await written(createDurably(signingPath(keyId), keyFile(keyId, wrapped)))
    },
    async removeSigningKey(keyId) {
      await rm(signingPath(keyId), { force: true })
      await syncDirectory(signing)
    },
    hasSigningKeys: async () => (await namesIn(signing)).length > 0,
  }
}

function check(part: string, pattern: RegExp, what: string): void {
  if (!pattern.test(part)) throw new RangeError(`not a ${what} of a key: ${JSON.stringify(part)}`)
}
