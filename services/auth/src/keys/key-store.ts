import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type DataKey,
  KeyDestroyed,
  type KeyRing,
  keyRing,
  type RootKey,
  rootKeyFingerprint,
  unwrapKey,
  wrapKey,
} from '@holdfast/crypto'
import { newId } from '@holdfast/domain'
import { createDurably, makeDirectory, syncDirectory } from '@holdfast/service'
import { KeyStoreDamaged, RootKeyMismatch } from '../domain/errors.ts'

/**
 * Wrapped keys, one file each, in a directory this process owns (`HOLDFAST_KEYS_DIR`):
 *
 *   root-key.json                      fingerprint of the root key that wraps the rest
 *   data/<owner>.<kind>.<n>.json       data keys, n counted from 1; the highest n is the active one
 *   data/<owner>.<kind>.destroyed.json keys that were destroyed and are never made again
 *   signing/<key id>.json              private halves of signing keys
 *
 * A key is on disk, and its name too, before it is first handed out. Files are created once and never
 * changed, so two processes on one directory agree: whoever comes second reads what the first one made.
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
 * Opens the store. Throws `auth.root_key_mismatch` when it belongs to another root key and
 * `auth.key_store_damaged` when it cannot be read; nothing has been written then.
 */
export async function openKeyStore(directory: string, rootKey: RootKey): Promise<KeyStore> {
  const { data, signing } = foldersOf(directory)
  await claim(directory, rootKey)

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
      const key = unwrap(rootKey, dataName(owner, kind, id), wrapped, path)
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

  async function make(owner: string, kind: string): Promise<Held> {
    if (isDestroyed(owner, kind)) throw KeyDestroyed({ keyId: `${owner}.${kind}` })
    const id = newId<string>()
    const key = new Uint8Array(randomBytes(dataKeyBytes))
    const path = pathOf(owner, kind, 1)
    await createDurably(path, keyFile(id, wrapKey(rootKey, dataName(owner, kind, id), key)))
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
    forget(owner, kind) {
      known.delete(`${owner}.${kind}`)
    },
    signingKey(keyId) {
      const path = signingPath(keyId)
      if (!existsSync(path)) return undefined
      return unwrap(rootKey, `signing/${keyId}`, readKeyFile(path).wrapped, path)
    },
    async addSigningKey(keyId, privateKey) {
      const wrapped = wrapKey(rootKey, `signing/${keyId}`, privateKey)
      await createDurably(signingPath(keyId), keyFile(keyId, wrapped))
    },
    async removeSigningKey(keyId) {
      await rm(signingPath(keyId), { force: true })
      await syncDirectory(signing)
    },
    hasSigningKeys: async () => (await namesIn(signing)).length > 0,
  }
}

const foldersOf = (directory: string) => ({
  data: join(directory, 'data'),
  signing: join(directory, 'signing'),
})

/**
 * Sees whose store it is, and writes nothing. True when it is this root key's, false when it is nobody's
 * yet. Throws `auth.root_key_mismatch` or `auth.key_store_damaged`.
 */
export async function checkKeyStore(directory: string, rootKey: RootKey): Promise<boolean> {
  const path = join(directory, 'root-key.json')
  if (existsSync(path)) {
    const expected = readFingerprint(path)
    const given = rootKeyFingerprint(rootKey)
    if (expected !== given) throw RootKeyMismatch({ expected, given })
    return true
  }
  const { data, signing } = foldersOf(directory)
  const keys = [...(await namesIn(data)), ...(await namesIn(signing))]
  // Keys without the file that says whose they are: somebody has to look at that.
  if (keys.length > 0) throw KeyStoreDamaged({ file: path })
  return false
}

/** Makes the store ours when it is nobody's. */
async function claim(directory: string, rootKey: RootKey): Promise<void> {
  const isOurs = await checkKeyStore(directory, rootKey)
  for (const folder of [directory, ...Object.values(foldersOf(directory))]) {
    await makeDirectory(folder)
    // What an earlier process made may have been seen and not yet been durable when it died.
    await syncDirectory(folder)
  }
  if (isOurs) return
  const fingerprint = rootKeyFingerprint(rootKey)
  const contents = `${JSON.stringify({ format: 1, fingerprint })}\n`
  // Another process may have been faster, with another key.
  if (!(await createDurably(join(directory, 'root-key.json'), contents))) {
    await checkKeyStore(directory, rootKey)
  }
}

const namesIn = async (folder: string): Promise<string[]> =>
  existsSync(folder) ? (await readdir(folder)).filter((name) => name.endsWith('.json')) : []

const dataName = (owner: string, kind: string, id: string): string => `data/${owner}/${kind}/${id}`

function check(part: string, pattern: RegExp, what: string): void {
  if (!pattern.test(part)) throw new RangeError(`not a ${what} of a key: ${JSON.stringify(part)}`)
}

const keyFile = (id: string, wrapped: Uint8Array): string =>
  `${JSON.stringify({ format: 1, id, wrapped: Buffer.from(wrapped).toString('base64') })}\n`

function readJson(path: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (
      parsed !== null &&
      typeof parsed === 'object' &&
      'format' in parsed &&
      parsed.format === 1
    ) {
      return { ...parsed }
    }
  } catch (cause) {
    throw KeyStoreDamaged({ file: path }, cause)
  }
  throw KeyStoreDamaged({ file: path })
}

function readKeyFile(path: string): { readonly id: string; readonly wrapped: Uint8Array } {
  const { id, wrapped } = readJson(path)
  if (typeof id !== 'string' || typeof wrapped !== 'string') throw KeyStoreDamaged({ file: path })
  return { id, wrapped: new Uint8Array(Buffer.from(wrapped, 'base64')) }
}

function readFingerprint(path: string): string {
  const { fingerprint } = readJson(path)
  if (typeof fingerprint !== 'string') throw KeyStoreDamaged({ file: path })
  return fingerprint
}

function unwrap(rootKey: RootKey, name: string, wrapped: Uint8Array, path: string): Uint8Array {
  try {
    return unwrapKey(rootKey, name, wrapped)
  } catch (cause) {
    throw KeyStoreDamaged({ file: path }, cause)
  }
}
