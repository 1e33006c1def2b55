import { once } from 'node:events'
import { createGunzip } from 'node:zlib'
import {
  AgeDamaged,
  type AgeIdentities,
  AgeNotForUs,
  AgePassphraseWrong,
  decryptWith,
  loadRootKey,
  parseIdentities,
  rootKeyFingerprint,
} from '@holdfast/crypto'
import { DomainError } from '@holdfast/errors'
import type { BundleManifest } from '../bundle-manifest.ts'
import { maxConfigBytes, readConfigTar } from '../config-tar.ts'
import { BundleInvalid, KeysetInvalid } from '../errors.ts'
import { type Keyset, keysetDocument, keysetHash, unpackKeyset } from '../keyset.ts'
import type { Member } from '../member.ts'
import type { BundleVisitor } from './visitor.ts'

const ageStart = Buffer.from('age-encryption.org/v1\n-> ')
const maxLineBytes = 64 * 1024 * 1024

/** Every age file begins so; what it holds shows only to who can open it. */
export function requireAge(member: string, start: Buffer): void {
  if (!start.subarray(0, ageStart.length).equals(ageStart))
    throw BundleInvalid({ member, reason: 'it is no age file' })
}

/** Opens a sealed part and looks at everything in it. Throws BundleInvalid; AgeNotForUs when it is not for these. */
export async function checkSealed(
  { name, kind }: Member,
  sealed: AsyncIterable<Uint8Array>,
  using: AgeIdentities,
  manifest: BundleManifest,
  visit: BundleVisitor = {},
): Promise<void> {
  const bad = (reason: string, cause?: unknown) => BundleInvalid({ member: name, reason }, cause)
  try {
    const opened = decryptWith(using, sealed)
    switch (kind) {
      case 'keyset': {
        const keyset = checkKeyset(await whole(opened, 257 * 1024 ** 2), manifest, bad)
        return await visit.keyset?.(keyset)
      }
      case 'root_key': {
        const text = (await whole(opened, 1024)).toString('latin1').trim()
        if (rootKeyFingerprint(loadRootKey({ reveal: () => text })) !== manifest.rootKeyFingerprint)
          throw bad('it holds another root key than the one of this backup')
        return await visit.rootKey?.(text)
      }
      case 'config': {
        const files = readConfigTar(await whole(gunzipped(opened), maxConfigBytes))
        return await visit.config?.(files)
      }
      case 'table': {
        const said = manifest.tables.find((table) => name === `tables/${table.name}.jsonl.gz.age`)
        const pieces = heard(gunzipped(opened), (piece) => visit.table?.(said?.name ?? '', piece))
        const rows = await countRows(pieces)
        if (rows !== said?.rows) throw bad(`it holds ${rows} rows, not ${said?.rows ?? 0}`)
        return
      }
      default:
        for await (const _piece of gunzipped(opened)) {
          // Read to its end, which says that it is whole.
        }
    }
  } catch (error) {
    if (error instanceof Refused) throw bad(error.message)
    if (AgeDamaged.is(error) || KeysetInvalid.is(error)) throw bad(error.message, error)
    if (error instanceof DomainError) throw error
    if (isZlib(error)) throw bad('it cannot be opened by gzip', error)
    throw error
  }
}

/** The identity under a passphrase that a bundle brings along. */
export async function identityUnder(
  member: string,
  sealed: Buffer,
  passphrase: string,
): Promise<readonly string[]> {
  try {
    const opened = await whole(decryptWith({ passphrase }, [sealed]), 1024)
    return parseIdentities(opened.toString('latin1'))
  } catch (error) {
    if (AgePassphraseWrong.is(error)) throw error
    if (!(error instanceof DomainError || error instanceof Refused)) throw error
    throw BundleInvalid({ member, reason: 'it holds no identity' }, error)
  }
}

/** Not ours to open: another identity would. */
export const isForOthers = (error: unknown): boolean => AgeNotForUs.is(error)

type Bad = (reason: string, cause?: unknown) => Error

function checkKeyset(
  packed: Buffer,
  { keyset, rootKeyFingerprint }: BundleManifest,
  bad: Bad,
): Keyset {
  const read = unpackKeyset(packed)
  if (read.rootKeyFingerprint !== rootKeyFingerprint)
    throw bad('its keys are wrapped by another root key than the one of this backup')
  if (Buffer.compare(keysetHash(keysetDocument(read)), keyset.sha256) !== 0)
    throw bad('its keys are not those the manifest tells of')
  if (read.files.length !== keyset.keys) throw bad('it has not as many keys as the manifest says')
  return read
}

async function* heard(
  pieces: AsyncIterable<Buffer>,
  tell: (piece: Buffer) => void | Promise<void>,
): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    await tell(piece)
    yield piece
  }
}

/** What is read is refused; the message says why. */
class Refused extends Error {}

async function whole(parts: AsyncIterable<Uint8Array>, most: number): Promise<Buffer> {
  const held: Uint8Array[] = []
  let bytes = 0
  for await (const part of parts) {
    bytes += part.length
    if (bytes > most) throw new Refused('there is more in it than it may hold')
    held.push(part)
  }
  return Buffer.concat(held)
}

/** Nobody reads `parts` any more when this has ended, however it did: what follows them is read by others. */
export async function* gunzipped(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const unpacker = createGunzip()
  const ended = new AbortController()
  const feed = async (): Promise<void> => {
    for await (const part of parts)
      if (!unpacker.write(part)) await once(unpacker, 'drain', { signal: ended.signal })
    unpacker.end()
  }
  const feeding = feed().catch((error: unknown) => {
    unpacker.destroy(error instanceof Error ? error : new Error(String(error)))
  })
  try {
    for await (const piece of unpacker) yield piece as Buffer // as: no encoding is set
  } finally {
    ended.abort()
    unpacker.destroy()
    await feeding
  }
}

const isZlib = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  (error.code.startsWith('Z_') || error.code === 'ERR_STREAM_PREMATURE_CLOSE')

/** Lines of JSON objects. Holds one line. */
async function countRows(pieces: AsyncIterable<Buffer>): Promise<number> {
  let rows = 0
  let held: Buffer[] = []
  let heldBytes = 0
  for await (const piece of pieces) {
    let from = 0
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
      requireRow(Buffer.concat([...held, piece.subarray(from, end)]))
      rows += 1
      held = []
      heldBytes = 0
      from = end + 1
    }
    if (from === piece.length) continue
    held.push(piece.subarray(from))
    heldBytes += piece.length - from
    if (heldBytes > maxLineBytes) throw new Refused('a line of it has no end')
  }
  if (heldBytes > 0) throw new Refused('its last line has no end')
  return rows
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function requireRow(line: Buffer): void {
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(line))
  } catch {
    throw new Refused('a line of it is no JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refused('a line of it is no row')
}
