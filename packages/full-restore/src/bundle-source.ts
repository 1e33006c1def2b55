import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import {
  AgeDamaged,
  type AgeIdentities,
  AgeNotForUs,
  AgePassphraseWrong,
  decryptWith,
  loadRootKey,
  type RootKey,
  recipientOf,
  recoveryIdentity,
  rootKeyFingerprint,
  rootKeyNamedIn,
} from '@holdfast/crypto'
import {
  BundleInvalid,
  type BundleManifest,
  type BundleVisitor,
  type Keyset,
  KeysetInvalid,
  verifyBundle,
} from '@holdfast/full-backup'
import { KeyMissing, SourceInvalid, TargetUnfit, WrongKey } from './errors.ts'
import type { RestoreKey } from './key.ts'
import type { BackupSource, OpenedSource, ReadOptions, SourceVisitor } from './source.ts'

/** A full backup in one file, `.hfbak` or `.hfbak.age`. It is read from its beginning each time. */
export function openBundleSource(path: string): BackupSource {
  return { label: path, open: (key, signal) => openBundle(path, key, signal) }
}

async function openBundle(
  path: string,
  key: RestoreKey,
  signal: AbortSignal | undefined,
): Promise<OpenedSource> {
  const start = await startOf(path)
  const isWrapped = start.subarray(0, 19).toString('latin1') === 'age-encryption.org/'
  if (isWrapped) requireNamed(rootKeyNamedIn(start), key)
  const { manifest, keyset, rootKeyText } = await readKeys(path, isWrapped, key, signal)
  const rootKey = key.rootKey ?? rootKeyOf(rootKeyText, manifest)
  return {
    header: {
      name: basename(path),
      lineageId: manifest.lineageId,
      generation: manifest.generation,
      latestGeneration: manifest.generation,
      rootKeyFingerprint: manifest.rootKeyFingerprint,
      createdAtUnixMs: manifest.createdAtUnixSeconds * 1000,
      version: manifest.version,
      lastSequence: manifest.lastSequence,
      recipients: manifest.recipients,
      missing: manifest.missing,
    },
    ...{ rootKey, keyset, signature: undefined },
    totalBytes: (await stat(path)).size,
    async read(visit, options) {
      const using = [recoveryIdentity(rootKey).identity, ...key.identities]
      await judged(() => readAll(path, isWrapped, { ...key, identities: using }, visit, options))
    },
  }
}

/** The key store and the root key stand at the beginning: what follows is not read yet. */
async function readKeys(
  path: string,
  isWrapped: boolean,
  key: RestoreKey,
  signal: AbortSignal | undefined,
) {
  let manifest: BundleManifest | undefined
  let keyset: Keyset | undefined
  let rootKeyText: string | undefined
  const enough = new Error('the keys were read')
  const stop = (): never => {
    throw enough
  }
  const visit: BundleVisitor = {
    manifest(found) {
      requireNamed(found.rootKeyFingerprint, key)
      requireRecipient(found, key)
      manifest = found
    },
    keyset(found) {
      keyset = found
    },
    rootKey(text) {
      rootKeyText = text
    },
    // One of them follows in every backup.
    ...{ config: stop, table: stop, note: stop, commits: stop, accessNote: stop },
  }
  const using: AgeIdentities =
    key.identities.length === 0 && key.passphrase !== undefined
      ? { passphrase: key.passphrase }
      : key.identities
  await judged(async () => {
    try {
      await verifyBundle(piecesOf(path, isWrapped, key), {
        ...{ using, visit },
        ...(signal ? { signal } : {}),
      })
    } catch (error) {
      if (error !== enough) throw error
    }
  })
  if (!manifest) throw SourceInvalid({ part: '', reason: 'it says nothing of itself' })
  if (!keyset)
    throw KeyMissing({
      needs: needsOf(manifest),
      reason: 'what was given opens no key store in this backup.',
    })
  return { manifest, keyset, rootKeyText }
}

async function readAll(
  path: string,
  isWrapped: boolean,
  key: RestoreKey,
  visit: SourceVisitor,
  { onBytes, signal }: ReadOptions,
): Promise<void> {
  let migrations = new Map<string, number>()
  const tableOf = (name: string) => ({ name, migration: migrations.get(name) ?? 0 })
  const heard: BundleVisitor = {
    async manifest({ tables }) {
      migrations = new Map(tables.map(({ name, migration }) => [name, migration]))
      for (const { name } of tables) await visit.table?.(tableOf(name), new Uint8Array())
    },
    config: (files) => visit.config?.(files),
    table: (name, piece) => visit.table?.(tableOf(name), piece),
    note: (size, note) => visit.note?.(size, note),
    commits: (commits, leaves) => visit.commits?.(commits, leaves),
    accessNote: (epoch, size, note) => visit.accessNote?.(epoch, size, note),
    accessPart: (epoch, file, bytes) => visit.accessPart?.(epoch, file, bytes),
  }
  const { unopened } = await verifyBundle(piecesOf(path, isWrapped, key), {
    ...{ using: key.identities, visit: heard },
    ...(onBytes ? { onProgress: onBytes } : {}),
    ...(signal ? { signal } : {}),
  })
  // The root key alone is sealed to others on purpose, and nobody needs a dump.
  const closed = unopened.find((name) => name.startsWith('tables/') || name.startsWith('config/'))
  if (closed !== undefined)
    throw SourceInvalid({ part: closed, reason: 'it is sealed to another key than the rest' })
}

const chunkBytes = 1024 * 1024

async function* piecesOf(
  path: string,
  isWrapped: boolean,
  { identities, passphrase }: RestoreKey,
): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: chunkBytes })
  try {
    if (!isWrapped) yield* file
    else yield* decryptWith(passphrase === undefined ? identities : { passphrase }, file)
  } catch (error) {
    if (AgeNotForUs.is(error))
      throw WrongKey({
        needs: 'one of those it was encrypted to, which it does not name',
        given: given(identities, passphrase),
      })
    throw error
  } finally {
    file.destroy()
  }
}

const given = (identities: readonly string[], passphrase: string | undefined): string =>
  passphrase === undefined ? identities.map(recipientOf).join(', ') : 'a passphrase'

async function startOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no reason'
    throw TargetUnfit({ directory: path, reason: `it cannot be read (${code})` }, cause)
  })
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** A root key that is not the one named is refused here or never. */
function requireNamed(named: string | undefined, { rootKey }: RestoreKey): void {
  if (!rootKey || named === undefined) return
  const mine = rootKeyFingerprint(rootKey)
  if (mine !== named)
    throw WrongKey({ needs: `the root key ${named}`, given: `the root key ${mine}` })
}

function requireRecipient(manifest: BundleManifest, { rootKey, identities }: RestoreKey): void {
  if (rootKey || identities.length === 0) return
  const mine = identities.map(recipientOf)
  if (mine.some((one) => manifest.recipients.includes(one))) return
  throw WrongKey({ needs: needsOf(manifest), given: mine.join(', ') })
}

const needsOf = ({ rootKeyFingerprint: named, recipients }: BundleManifest): string =>
  `the root key ${named}${recipients.length > 1 ? ` or the key of ${recipients.slice(1).join(', ')}` : ''}`

function rootKeyOf(text: string | undefined, manifest: BundleManifest): RootKey {
  if (text === undefined)
    throw KeyMissing({
      needs: `the root key ${manifest.rootKeyFingerprint}`,
      reason: 'this backup does not bring the root key along for what was given.',
    })
  // Compared with the manifest when it was read.
  return loadRootKey({ reveal: () => text })
}

/** Errors of the formats in the words of a restore. */
async function judged<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (BundleInvalid.is(error)) {
      const { member = '', reason = '' } = error.details
      throw SourceInvalid({ part: member, reason }, error)
    }
    if (AgeDamaged.is(error) || KeysetInvalid.is(error) || AgePassphraseWrong.is(error))
      throw SourceInvalid({ part: '', reason: error.message.replace(/\.$/, '') }, error)
    throw error
  }
}
