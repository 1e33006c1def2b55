import { RootKeyInvalid } from './errors.ts'
import { RootKey, rootKeyFingerprint, unwrapKey, wrapKey } from './root-key.ts'

/**
 * `root-key.json` of a key store: the fingerprint of the root key that wraps the rest, and the root keys before it, each
 * wrapped by the present one. So the present root key alone opens whatever was ever sealed to a recipient that follows
 * from a former one (docs/formats/keyset.md).
 */
export interface RootKeyFile {
  readonly fingerprint: string
  /** The last one first. */
  readonly former: readonly WrappedRootKey[]
}

export interface WrappedRootKey {
  readonly fingerprint: string
  readonly wrapped: Uint8Array
}

const format = 1
const nameOf = (fingerprint: string): string => `root-key/former/${fingerprint}`

export function printRootKeyFile(rootKey: RootKey, former: readonly RootKey[]): string {
  const entries = former.map((key) => {
    const fingerprint = rootKeyFingerprint(key)
    return { fingerprint, wrapped: wrapRootKey(rootKey, nameOf(fingerprint), key) }
  })
  return `${JSON.stringify({
    format,
    fingerprint: rootKeyFingerprint(rootKey),
    ...(entries.length > 0 ? { former: entries } : {}),
  })}\n`
}

/** Undefined when it is no such file. */
export function readRootKeyFile(text: string): RootKeyFile | undefined {
  const value = objectIn(text)
  const fingerprint = value?.['fingerprint']
  const former = value?.['former'] ?? []
  if (typeof fingerprint !== 'string' || !Array.isArray(former)) return undefined
  const read = former.map(entryIn)
  const known = read.filter((entry) => entry !== undefined)
  return known.length === read.length ? { fingerprint, former: known } : undefined
}

/** The former root keys, the last one first. Throws SealBroken when `rootKey` is not the one of the file. */
export const formerRootKeys = (rootKey: RootKey, file: RootKeyFile): readonly RootKey[] =>
  file.former.map(({ fingerprint, wrapped }) =>
    unwrapRootKey(rootKey, nameOf(fingerprint), wrapped),
  )

/**
 * A rotation that has been decided, `root-key.next`: each of the two keys wrapped by the other, so that a store that is
 * half wrapped anew opens with either of them. It goes when the store is done.
 */
export interface RootKeyRotation {
  readonly from: string
  readonly to: string
  readonly both: (rootKey: RootKey) => { readonly from: RootKey; readonly to: RootKey } | undefined
}

export function printRotation(from: RootKey, to: RootKey): string {
  const names = { from: rootKeyFingerprint(from), to: rootKeyFingerprint(to) }
  return `${JSON.stringify({
    format,
    ...names,
    to_by_from: wrapRootKey(from, `root-key/next/${names.to}`, to),
    from_by_to: wrapRootKey(to, nameOf(names.from), from),
  })}\n`
}

/** Undefined when it is no such file. `both` answers undefined for a key that is neither of the two. */
export function readRotation(text: string): RootKeyRotation | undefined {
  const value = objectIn(text)
  const { from, to, to_by_from: toByFrom, from_by_to: fromByTo } = value ?? {}
  if (typeof from !== 'string' || typeof to !== 'string') return undefined
  if (typeof toByFrom !== 'string' || typeof fromByTo !== 'string') return undefined
  return {
    from,
    to,
    both(rootKey) {
      const fingerprint = rootKeyFingerprint(rootKey)
      if (fingerprint === from)
        return {
          from: rootKey,
          to: unwrapRootKey(rootKey, `root-key/next/${to}`, bytesOf(toByFrom)),
        }
      if (fingerprint === to)
        return { from: unwrapRootKey(rootKey, nameOf(from), bytesOf(fromByTo)), to: rootKey }
      return undefined
    },
  }
}

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

const wrapRootKey = (by: RootKey, name: string, key: RootKey): string =>
  Buffer.from(wrapKey(by, name, bytesOf(key.reveal()))).toString('base64')

function unwrapRootKey(by: RootKey, name: string, wrapped: Uint8Array): RootKey {
  const key = new RootKey(unwrapKey(by, name, wrapped))
  if (!name.endsWith(rootKeyFingerprint(key))) throw RootKeyInvalid({})
  return key
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const found: Record<string, unknown> = { ...value }
  return found['format'] === format ? found : undefined
}

function entryIn(value: unknown): WrappedRootKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { fingerprint, wrapped } = value as Record<string, unknown> // checked below
  if (typeof fingerprint !== 'string' || typeof wrapped !== 'string') return undefined
  return { fingerprint, wrapped: bytesOf(wrapped) }
}
