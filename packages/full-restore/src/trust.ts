import { type DataKey, keyRing, open, type RootKey, type Sealed, unwrapKey } from '@holdfast/crypto'
import { uuidV5 } from '@holdfast/domain'
import type { Keyset } from '@holdfast/full-backup'
import {
  FormatError,
  followRotations,
  formatOrigin,
  type KeyChain,
  openCheckpoint,
  openManifestStatement,
  signer,
  TrustError,
  verifierKey,
} from '@holdfast/merkle'
import { SourceInvalid } from './errors.ts'
import type { LogFacts } from './log-facts.ts'

export interface TrustInput {
  readonly lineageId: string
  readonly generation: number
  readonly keyset: Keyset
  readonly rootKey: RootKey
  readonly facts: Pick<LogFacts, 'firstKey' | 'publicKeys' | 'rotations' | 'last'>
  readonly notes: readonly { readonly size: bigint; readonly note: string }[]
  readonly signature: { readonly part: string; readonly note: string } | undefined
}

export interface Trusted {
  /** The greatest size a checkpoint signed; 0 when there is none. */
  readonly signedUpTo: bigint
  /** Of the log's key in office at the end; undefined when the log never had one. */
  readonly privateKey: Uint8Array | undefined
  readonly warnings: readonly string[]
}

/**
 * Whose log it is. The key store, opened by the root key, has the private half of the log's first key: that is what
 * nobody else could have made. From there the log's own statements lead to the keys of later checkpoints. Throws
 * full_restore.source_invalid.
 */
export function judgeTrust(input: TrustInput): Trusted {
  const { lineageId, generation, keyset, rootKey, facts, notes, signature } = input
  const mine = signingKeysIn(lineageId, keyset, rootKey)
  const origin = formatOrigin({ lineageId, generation })
  const [anyOfMine] = mine.keys()
  const first =
    facts.firstKey ??
    (anyOfMine === undefined ? undefined : verifierKey(origin, Buffer.from(anyOfMine, 'hex')))
  if (!first) {
    const [note] = notes
    if (note || signature)
      throw SourceInvalid({
        part: signature?.part ?? `the checkpoint of ${note?.size}`,
        reason: 'it is signed, and no key of this log is known',
      })
    const warnings = ['nothing of this log was ever signed: that it is genuine, nothing says']
    return { signedUpTo: 0n, privateKey: undefined, warnings }
  }
  const chain = follow(first, facts)
  // A key vouches for the one that follows it, never for the one before: whoever knows the present public key can hand
  // over to it. So it is the first whose private half has to be there; audit removes none.
  if (!mine.has(hex(first.publicKey)))
    throw SourceInvalid({
      part: 'the key store',
      reason: chain.keys.some(({ publicKey }) => mine.has(hex(publicKey)))
        ? 'it does not have the first key of this log, and no later one vouches for that'
        : 'it has none of the keys this log was signed with: they are of different instances',
    })
  for (const { size, note } of notes)
    judged(`the checkpoint of ${size}`, () => openCheckpoint(note, chain))
  if (signature) judged(signature.part, () => openManifestStatement(signature.note, chain))

  const newest = facts.publicKeys.at(-1)
  const privateKey = newest ? mine.get(hex(newest)) : undefined
  if (newest && !privateKey)
    throw SourceInvalid({
      part: 'the key store',
      reason: 'the key that signs this log is not in it, so that no agent would follow',
    })
  const signedUpTo = notes.reduce((most, { size }) => (size > most ? size : most), 0n)
  const warnings: string[] = []
  const rest = facts.last - signedUpTo
  if (rest > 1000n && !signature)
    warnings.push(`the last ${rest} commits are behind the newest signed checkpoint`)
  return { signedUpTo, privateKey, warnings }
}

function follow(
  first: Parameters<typeof followRotations>[0],
  facts: TrustInput['facts'],
): KeyChain {
  return judged('the keys of the log', () => followRotations(first, facts.rotations))
}

function judged<T>(part: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof TrustError)) throw error
    throw SourceInvalid({ part, reason: error.message }, error)
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/**
 * Private halves by public ones: `log-signing/<public key>.json`, sealed with the data key of audit, which the root key
 * wraps. Throws full_restore.source_invalid when one does not open.
 */
function signingKeysIn(
  lineageId: string,
  { files }: Keyset,
  rootKey: RootKey,
): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  const wanted = files.filter(({ path }) => /^log-signing\/[0-9a-f]{64}\.json$/.test(path))
  if (wanted.length === 0) return found
  const keys = dataKeys(lineageId, 'audit', files, rootKey)
  if (keys.length === 0)
    throw SourceInvalid({
      part: 'the key store',
      reason: 'the key that seals the keys of this log is not in it: it is of another instance',
    })
  const ring = keyRing(keys)
  for (const { path, contents } of wanted) {
    const publicKey = path.slice('log-signing/'.length, -'.json'.length)
    const field = `log_signing_key.${publicKey}`
    const context = { ownerId: lineageId, objectId: uuidV5(lineageId, 'signing_key'), field }
    found.set(
      publicKey,
      opened(path, () => {
        const privateKey = open(ring, context, sealedIn(contents))
        const { key } = signer(formatOrigin({ lineageId, generation: 1 }), privateKey)
        if (hex(key.publicKey) !== publicKey) throw new Error('it is of another public key')
        return privateKey
      }),
    )
  }
  return found
}

function dataKeys(
  owner: string,
  kind: string,
  files: Keyset['files'],
  rootKey: RootKey,
): readonly DataKey[] {
  const numbered = files
    .flatMap(({ path, contents }) => {
      const [, of, n] = /^data\/(.+)\.(\d+)\.json$/.exec(path) ?? []
      return of === `${owner}.${kind}` ? [{ path, contents, n: Number(n) }] : []
    })
    .sort((a, b) => b.n - a.n)
  return numbered.map(({ path, contents }, at) => {
    const { id, wrapped } = json(path, contents)
    if (typeof id !== 'string' || typeof wrapped !== 'string') throw unreadable(path)
    const name = `data/${owner}/${kind}/${id}`
    const key = opened(path, () =>
      unwrapKey(rootKey, name, new Uint8Array(Buffer.from(wrapped, 'base64'))),
    )
    return { id, key, isActive: at === 0 }
  })
}

const unreadable = (path: string, cause?: unknown) =>
  SourceInvalid({ part: `the key store, ${path}`, reason: 'it cannot be opened' }, cause)

function opened<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function json(path: string, contents: Uint8Array): Readonly<Record<string, unknown>> {
  return opened(path, () => {
    const value: unknown = JSON.parse(Buffer.from(contents).toString())
    return { ...(value as object) } // fields are looked at one by one
  })
}

function sealedIn(contents: Uint8Array): Sealed {
  const { key_id: keyId, nonce, ciphertext } = json('log-signing', contents)
  if (typeof keyId !== 'string' || typeof nonce !== 'string' || typeof ciphertext !== 'string')
    throw new Error('a field of it is missing')
  return {
    keyId,
    nonce: new Uint8Array(Buffer.from(nonce, 'base64')),
    ciphertext: new Uint8Array(Buffer.from(ciphertext, 'base64')),
  }
}
