import { createHash } from 'node:crypto'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { KeysetInvalid } from './errors.ts'

/**
 * The key store as one document (docs/formats/keyset.md): wrapped data keys, the internal authority, seeds of NATS
 * identities, signing keys. It is secret as a whole: it leaves the machine inside age only.
 */
export interface Keyset {
  /** Of the root key that wraps the data keys; empty when the store has never been opened. */
  readonly rootKeyFingerprint: string
  /** `<owner>.<kind>` of every data key that was destroyed; a restore destroys them too. Sorted. */
  readonly destroyed: readonly string[]
  /** Sorted by path. */
  readonly files: readonly KeysetFile[]
}

export interface KeysetFile {
  /** A name, or one of the store's folders and a name: `data/<owner>.<kind>.1.json`. */
  readonly path: string
  readonly contents: Uint8Array
}

/** Folders of the store; files in others are not ours. */
const folders = ['', 'data', 'signing', 'nats', 'log-signing'] as const
/** Identities of a start with HOLDFAST_EFFECTS=off: good for nothing but the next such start on this machine. */
const scratchFolder = 'nats-scratch'
// The id of a signing key is base64url: one in 64 begins with a hyphen.
const namePattern = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}$/
// Left behind by a crash while something was written: never read, so never kept.
const isTemporary = (name: string): boolean => name.startsWith('.tmp-') || name.endsWith('.next')
const dataKeyPattern = /^data\/([a-z0-9-]+\.[a-z0-9-]+)\.(\d+|destroyed)\.json$/
const maxFileBytes = 1024 * 1024
/** Of the document before it is compressed. */
export const maxKeysetBytes = 256 * 1024 * 1024

const format = 'holdfast-keyset/v1'

/** What the directory holds now. Keys that are destroyed meanwhile are left out. Throws KeysetInvalid, naming the file. */
export async function readKeyset(directory: string): Promise<Keyset> {
  const paths = await pathsIn(directory)
  const files: KeysetFile[] = []
  let bytes = 0
  for (let at = 0; at < paths.length; at += 32) {
    const some = await Promise.all(paths.slice(at, at + 32).map((path) => readOne(directory, path)))
    for (const file of some) {
      if (!file) continue
      files.push(file)
      bytes += file.contents.length
    }
    if (bytes > maxKeysetBytes / 2) throw KeysetInvalid({ reason: 'the key store is too large' })
  }
  // Asked again at the end: a tombstone goes in before the keys it is about go.
  const destroyed = destroyedIn(await pathsIn(directory))
  const gone = new Set(destroyed)
  const isGone = (path: string): boolean => {
    const [, key = '', number] = dataKeyPattern.exec(path) ?? []
    return number !== 'destroyed' && gone.has(key)
  }
  return {
    rootKeyFingerprint: fingerprintIn(files),
    destroyed,
    files: files.filter(({ path }) => !isGone(path)).sort(byPath),
  }
}

/** Equal content is equal bytes: nothing in it says when or where it was read. */
export function keysetDocument({ rootKeyFingerprint, destroyed, files }: Keyset): Uint8Array {
  const document = {
    format,
    root_key_fingerprint: rootKeyFingerprint,
    destroyed,
    files: files.map(({ path, contents }) => ({
      path,
      contents: Buffer.from(contents).toString('base64'),
    })),
  }
  return new Uint8Array(Buffer.from(`${JSON.stringify(document)}\n`))
}

/** What is put inside age. */
export const packKeyset = (document: Uint8Array): Uint8Array => new Uint8Array(gzipSync(document))

/** Changes whenever a key comes or goes. */
export const keysetHash = (document: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(document).digest())

/** Reads what `packKeyset` made, out of the age file. Throws KeysetInvalid; takes no name that could leave the store. */
export function unpackKeyset(packed: Uint8Array): Keyset {
  const value = parse(packed)
  const { root_key_fingerprint: fingerprint, destroyed, files } = value
  if (value['format'] !== format) throw bad('its format is not known here')
  if (typeof fingerprint !== 'string' || !/^([0-9a-f]{32})?$/.test(fingerprint)) {
    throw bad('it names no root key')
  }
  if (!Array.isArray(destroyed) || !Array.isArray(files)) throw bad('a part of it is missing')
  const read = files.map(fileIn)
  if (read.some(({ path }, at) => at > 0 && (read[at - 1]?.path ?? '') >= path)) {
    throw bad('a file is there twice, or out of order')
  }
  const found = destroyedIn(read.map(({ path }) => path))
  if (JSON.stringify(found) !== JSON.stringify(destroyed)) {
    throw bad('its list of destroyed keys is not that of its files')
  }
  for (const { path } of read) {
    const [, key = '', number] = dataKeyPattern.exec(path) ?? []
    if (number !== undefined && number !== 'destroyed' && found.includes(key)) {
      throw bad('it holds a key that was destroyed')
    }
  }
  if (fingerprintIn(read) !== fingerprint) throw bad('it is of another root key than it says')
  return { rootKeyFingerprint: fingerprint, destroyed: found, files: read }
}

const bad = (reason: string, cause?: unknown) => KeysetInvalid({ reason }, cause)

const byPath = (a: KeysetFile, b: KeysetFile): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : 0

const destroyedIn = (paths: readonly string[]): readonly string[] =>
  paths
    .flatMap((path) => {
      const [, key, number] = dataKeyPattern.exec(path) ?? []
      return number === 'destroyed' && key !== undefined ? [key] : []
    })
    .sort()

async function pathsIn(directory: string): Promise<readonly string[]> {
  const paths: string[] = []
  for (const folder of folders) {
    const names = await readdir(join(directory, folder), { withFileTypes: true }).catch(orNone)
    for (const entry of names) {
      if (entry.isDirectory() && folder === '') {
        if (entry.name === scratchFolder || folders.some((known) => known === entry.name)) continue
        throw bad(`the key store has a folder this release does not know: ${safe(entry.name)}`)
      }
      if (isTemporary(entry.name)) continue
      if (!entry.isFile() || !namePattern.test(entry.name)) {
        throw bad(`the key store holds something that is no key: ${safe(entry.name)}`)
      }
      paths.push(folder === '' ? entry.name : `${folder}/${entry.name}`)
    }
  }
  return paths.sort()
}

const safe = (name: string): string => JSON.stringify(name.slice(0, 100))

/** Undefined when it has gone since it was listed. */
async function readOne(directory: string, path: string): Promise<KeysetFile | undefined> {
  try {
    const { size } = await lstat(join(directory, path))
    if (size > maxFileBytes) throw bad(`the key store holds a file that is no key: ${safe(path)}`)
    return { path, contents: new Uint8Array(await readFile(join(directory, path))) }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

function orNone(error: unknown): never[] {
  if (codeOf(error) === 'ENOENT') return []
  throw error
}

function fingerprintIn(files: readonly KeysetFile[]): string {
  const store = files.find(({ path }) => path === 'root-key.json')
  if (!store) return ''
  try {
    const value: unknown = JSON.parse(Buffer.from(store.contents).toString())
    if (
      typeof value === 'object' &&
      value !== null &&
      'fingerprint' in value &&
      typeof value.fingerprint === 'string'
    ) {
      return value.fingerprint
    }
  } catch (cause) {
    throw bad('root-key.json cannot be read', cause)
  }
  throw bad('root-key.json names no root key')
}

function parse(packed: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(gunzipSync(packed, { maxOutputLength: maxKeysetBytes }).toString())
  } catch (cause) {
    throw bad('it cannot be read', cause)
  }
  if (typeof value !== 'object' || value === null) throw bad('it is no document')
  return { ...value }
}

function fileIn(value: unknown): KeysetFile {
  if (
    typeof value !== 'object' ||
    value === null ||
    !('path' in value && 'contents' in value) ||
    typeof value.path !== 'string' ||
    typeof value.contents !== 'string'
  ) {
    throw bad('an entry of it is no file')
  }
  const { path, contents } = value
  const [name = '', folder = ''] = path.split('/').reverse()
  const isOurs = folders.some((known) => known === folder) && namePattern.test(name)
  if (!isOurs || path !== (folder === '' ? name : `${folder}/${name}`)) {
    throw bad('an entry of it has a name no key has')
  }
  const bytes = Buffer.from(contents, 'base64')
  if (bytes.toString('base64') !== contents || bytes.length > maxFileBytes) {
    throw bad(`${path} cannot be read`)
  }
  return { path, contents: new Uint8Array(bytes) }
}
