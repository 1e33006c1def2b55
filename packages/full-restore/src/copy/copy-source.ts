import { type ArchiveIdentity, readSegmentBytes } from '@holdfast/archive'
import {
  formerRootKeys,
  loadRootKey,
  type RootKey,
  readRootKeyFile,
  recoveryIdentity,
  rootKeyFingerprint,
  SealBroken,
} from '@holdfast/crypto'
import {
  differenceOf,
  type Keyset,
  KeysetInvalid,
  type ObjectName,
  readConfigTar,
  unpackKeyset,
} from '@holdfast/full-backup'
import { TreeHead } from '@holdfast/merkle'
import { retrying, type Storage } from '@holdfast/storage'
import { KeyMissing, SourceInvalid, WrongKey } from '../errors.ts'
import type { RestoreKey } from '../key.ts'
import type { BackupSource, OpenedSource, ReadOptions, SourceVisitor } from '../source.ts'
import { readAccess } from './copy-access.ts'
import { type CopyManifest, readCopyManifest } from './copy-manifest.ts'
import { readTables } from './copy-tables.ts'
import { type Listing, listCopy, piecesOfLog } from './listing.ts'
import { ahead, CopyObjects } from './objects.ts'
import { statedIn } from './stated.ts'

export interface CopySourceOptions {
  /** Where several instances share a location. */
  readonly lineage?: string
  /** Of the log; the newest unless told otherwise. */
  readonly generation?: number
  /** For people: where it is. */
  readonly label: string
}

/** Objects that are fetched and opened side by side. */
const sideBySide = 4
// A manifest that was damaged is passed over for the one before; not for ever.
const maxManifests = 5

/** An off-site copy (docs/formats/offsite.md). The storage is the caller's to close. */
export function openCopySource(storage: Storage, options: CopySourceOptions): BackupSource {
  const patient = retrying(storage)
  return {
    label: options.label,
    open: (key, signal) => openCopy(patient, options, key, signal),
  }
}

async function openCopy(
  storage: Storage,
  options: CopySourceOptions,
  key: RestoreKey,
  signal: AbortSignal | undefined,
): Promise<OpenedSource> {
  if (key.identities.length === 0)
    throw KeyMissing({
      needs: 'the root key or a recovery key',
      reason: 'a passphrase opens nothing of an off-site copy.',
    })
  const listing = await listCopy(storage, options.lineage, signal)
  const { keyset, rootKey, former } = await openKeys(storage, listing, key, signal)
  // What was put there before a rotation is sealed to what follows from the root key of then.
  const derived = [rootKey, ...former].map((one) => recoveryIdentity(one).identity)
  const all = { ...key, identities: [...new Set([...derived, ...key.identities])] }
  const { manifest, name } = await chooseManifest(storage, listing, options, all, signal)
  const identity: ArchiveIdentity = {
    ...{ lineageId: manifest.lineageId, generation: manifest.generation },
    rootKeyFingerprint: keyset.rootKeyFingerprint,
    formerRootKeys: former.map(rootKeyFingerprint),
  }
  return {
    header: {
      name: name.key.split('/').at(-1) ?? name.key,
      lineageId: manifest.lineageId,
      generation: manifest.generation,
      latestGeneration: listing.latestGeneration,
      rootKeyFingerprint: keyset.rootKeyFingerprint,
      createdAtUnixMs: manifest.createdAtUnixMs,
      version: manifest.release,
      lastSequence: manifest.lastSequence,
      recipients: manifest.recipients,
      missing: manifest.missing.map((part) => ({ part, reason: 'it could not be had' })),
    },
    ...{ rootKey, keyset, totalBytes: listing.totalBytes },
    signature: { part: name.key, note: manifest.signature },
    read: (visit, read) =>
      new CopyReading(storage, listing, manifest, identity, all, read).all(visit),
  }
}

async function chooseManifest(
  storage: Storage,
  { manifests, lineageId, keys }: Listing,
  { generation }: CopySourceOptions,
  key: RestoreKey,
  signal: AbortSignal | undefined,
): Promise<{ readonly manifest: CopyManifest; readonly name: ObjectName }> {
  const objects = new CopyObjects(storage, key, signal)
  let failure: Error | undefined
  let failures = 0
  for (const name of manifests) {
    try {
      const manifest = readCopyManifest(name.key, await objects.open(name))
      if (manifest.lineageId !== lineageId)
        throw SourceInvalid({ part: name.key, reason: `it is of lineage ${manifest.lineageId}` })
      if (generation === undefined || manifest.generation === generation) return { manifest, name }
    } catch (error) {
      if (!SourceInvalid.is(error)) throw error
      failure ??= error
      failures += 1
      if (failures === maxManifests) break
    }
  }
  throw (
    failure ??
    SourceInvalid({ part: keys.root, reason: `no manifest is of generation ${generation ?? 0}` })
  )
}

interface CopyKeys {
  readonly keyset: Keyset
  readonly rootKey: RootKey
  /** Those before it, the last one first. */
  readonly former: readonly RootKey[]
}

/**
 * The newest keys, whatever the manifest names: they are replaced when one is added or destroyed, or the root key is
 * rotated. Who comes with another key is refused here, in the first second.
 */
async function openKeys(
  storage: Storage,
  listing: Listing,
  key: RestoreKey,
  signal: AbortSignal | undefined,
): Promise<CopyKeys> {
  const { objects: all, keys, manifests } = listing
  const objects = new CopyObjects(storage, key, signal)
  const named = manifests[0] && (await objects.namedKey(manifests[0].key))
  const newestOf = (kind: 'keyset' | 'root_key'): ObjectName | undefined =>
    all
      .filter((one) => one.kind === kind)
      .sort((a, b) => (a.first < b.first ? -1 : 1))
      .at(-1)
  const name = newestOf('keyset')
  if (!name)
    throw SourceInvalid({
      part: `${keys.root}/keys`,
      reason: 'no keys are there: an immutable location never has them, a full backup does',
    })
  const keyset = await keysetIn(objects, name, named)
  const rootKey = key.rootKey ?? (await rootKeyIn(objects, newestOf('root_key'), keyset))
  const mine = rootKeyFingerprint(rootKey)
  const needs = keyset.rootKeyFingerprint
  if (mine !== needs)
    throw WrongKey({ needs: `the root key ${needs}`, given: `the root key ${mine}` })
  return { keyset, rootKey, former: formerIn(keyset, rootKey, name.key) }
}

async function keysetIn(
  objects: CopyObjects,
  name: ObjectName,
  named: string | undefined,
): Promise<Keyset> {
  try {
    return unpackKeyset(await objects.open(name))
  } catch (error) {
    if (KeysetInvalid.is(error))
      throw SourceInvalid({ part: name.key, reason: error.message.replace(/\.$/, '') }, error)
    // Keysets are sealed by auth and name nobody; what stands beside them does.
    if (!WrongKey.is(error) || named === undefined) throw error
    throw WrongKey({ needs: `the root key ${named}`, given: error.details['given'] ?? '' }, error)
  }
}

async function rootKeyIn(
  objects: CopyObjects,
  sealed: ObjectName | undefined,
  { rootKeyFingerprint: needs }: Keyset,
): Promise<RootKey> {
  if (!sealed)
    throw KeyMissing({
      needs: `the root key ${needs}`,
      reason: 'no recovery recipient was set, so the root key is not in the copy.',
    })
  const text = (await objects.open(sealed)).toString('latin1').trim()
  const rootKey = loadRootKey({ reveal: () => text })
  if (rootKeyFingerprint(rootKey) !== needs)
    throw SourceInvalid({
      part: sealed.key,
      reason: `it holds another root key than the keys are wrapped by, ${needs}`,
    })
  return rootKey
}

function formerIn({ files }: Keyset, rootKey: RootKey, part: string): readonly RootKey[] {
  const contents = files.find(({ path }) => path === 'root-key.json')?.contents
  const file = contents && readRootKeyFile(Buffer.from(contents).toString())
  if (!file) return []
  try {
    return formerRootKeys(rootKey, file)
  } catch (error) {
    if (!SealBroken.is(error)) throw error
    throw SourceInvalid({ part, reason: 'a former root key in it does not open' }, error)
  }
}

/** One reading of everything. */
class CopyReading {
  readonly #listing: Listing
  readonly #manifest: CopyManifest
  readonly #identity: ArchiveIdentity
  readonly #objects: CopyObjects
  readonly #options: ReadOptions

  constructor(
    storage: Storage,
    listing: Listing,
    manifest: CopyManifest,
    identity: ArchiveIdentity,
    key: RestoreKey,
    options: ReadOptions,
  ) {
    this.#listing = listing
    this.#manifest = manifest
    this.#identity = identity
    this.#options = options
    this.#objects = new CopyObjects(storage, key, options.signal)
  }

  async all(visit: SourceVisitor): Promise<void> {
    const { objects, keys } = this.#listing
    this.#requireNamed()
    const notes = await this.#notes(objects.filter(({ kind }) => kind === 'checkpoint'))
    await this.#log(visit, notes)
    await readAccess({
      objects,
      identity: this.#identity,
      open: (name) => this.#open(name),
      isNamed: (name) => this.#named(name) !== undefined,
      visit,
    })
    const config = this.#newest('config')
    if (config) {
      const files = readConfigTar(await this.#open(config))
      await visit.config?.(files)
    } else this.#requireTold('config', `${keys.root}/config`)
    const tables = this.#newest('tables')
    if (tables) {
      await readTables(tables.key, this.#objects.stream(tables, this.#named(tables)), visit)
      this.#tell()
    } else this.#requireTold('tables', `${keys.root}/tables`)
  }

  #named(name: ObjectName) {
    return this.#manifest.objects.get(name.key.slice(this.#listing.keys.root.length + 1))
  }

  async #open(name: ObjectName): Promise<Buffer> {
    this.#options.signal?.throwIfAborted()
    const opened = await this.#objects.open(name, this.#named(name))
    this.#tell()
    return opened
  }

  #tell(): void {
    this.#options.onBytes?.(this.#objects.bytes)
  }

  /** Everything the manifest names is there, but keys, which are replaced by later ones. */
  #requireNamed(): void {
    const there = new Set(this.#listing.objects.map(({ key }) => key))
    for (const key of this.#manifest.objects.keys()) {
      const full = `${this.#listing.keys.root}/${key}`
      if (!there.has(full) && !key.startsWith('keys/'))
        throw SourceInvalid({ part: full, reason: 'the manifest names it, and it is not there' })
    }
  }

  #requireTold(what: string, part: string): void {
    if (!this.#manifest.missing.includes(what))
      throw SourceInvalid({ part, reason: 'it is missing, and nothing says why' })
  }

  /** The one the manifest names: what is newer may be under way still. */
  #newest(kind: 'config' | 'tables'): ObjectName | undefined {
    return this.#listing.objects
      .filter((one) => one.kind === kind && this.#named(one) !== undefined)
      .sort((a, b) => (a.first < b.first ? -1 : 1))
      .at(-1)
  }

  /** Of this generation, by size. */
  async #notes(names: readonly ObjectName[]): Promise<readonly Note[]> {
    const notes: Note[] = []
    for await (const { name, bytes } of ahead(names, sideBySide, async (one) => ({
      name: one,
      bytes: await this.#open(one),
    }))) {
      const note = bytes.toString('utf8')
      const { size, root, origin } = statedIn(name.key, note)
      if (size !== name.first)
        throw SourceInvalid({ part: name.key, reason: `it states size ${size}` })
      if (origin === `holdfast/${this.#manifest.lineageId}/${this.#manifest.generation}`)
        notes.push({ part: name.key, size, root, note })
    }
    return notes.sort((a, b) => (a.size < b.size ? -1 : 1))
  }

  async #log(visit: SourceVisitor, notes: readonly Note[]): Promise<void> {
    const { lastSequence, lastHash, generation } = this.#manifest
    const tree = TreeHead.empty()
    const waiting = [...notes]
    let hash: Uint8Array = new Uint8Array()
    const compare = (): void => {
      for (let next = waiting[0]; next?.size === tree.size; next = waiting[0]) {
        waiting.shift()
        if (Buffer.compare(next.root, tree.root()) !== 0)
          throw SourceInvalid({
            part: next.part,
            reason: 'it states another root than what is in this copy has',
          })
      }
    }
    compare()
    const pieces = piecesOfLog(this.#listing.objects, generation)
    const read = ahead(pieces, sideBySide, async ({ name, from }) => ({
      ...{ name, from },
      ...(await this.#segment(name)),
    }))
    for await (const { name, from, facts, commits, leaves } of read) {
      const skip = Number(from - name.first)
      const before = skip > 0 ? leaves[skip - 1] : facts.previousHash
      if (!before || Buffer.compare(before, hash) !== 0)
        throw SourceInvalid({ part: name.key, reason: 'it does not follow what is before it' })
      const added = leaves.slice(skip)
      for (const leaf of added) {
        tree.append(leaf)
        hash = leaf
        compare()
        if (tree.size === lastSequence && lastHash !== '' && hex(leaf) !== lastHash)
          throw SourceInvalid({
            part: name.key,
            reason: 'its last commit is not the one the manifest states',
          })
      }
      await visit.commits?.(commits.slice(skip), added)
    }
    if (tree.size < lastSequence)
      throw SourceInvalid({
        part: this.#listing.keys.root,
        reason: `the manifest tells of ${lastSequence} commits, and there are ${tree.size}`,
      })
    const [beyond] = waiting
    if (beyond)
      throw SourceInvalid({
        part: beyond.part,
        reason: `it states a tree of ${beyond.size}, and ${tree.size} commits are there`,
      })
    for (const { size, note } of notes) await visit.note?.(size, note)
  }

  async #segment(name: ObjectName) {
    const bad = (reason: string, cause?: unknown) =>
      SourceInvalid({ part: name.key, reason }, cause)
    let read: Awaited<ReturnType<typeof readSegmentBytes>>
    const bytes = await this.#open(name)
    try {
      read = await readSegmentBytes(name.key, bytes)
    } catch (error) {
      throw error instanceof Error ? bad(error.message.replace(/\.$/, ''), error) : error
    }
    const { firstSequence, lastSequence } = read.facts.footer
    if (firstSequence !== name.first || lastSequence !== name.last)
      throw bad(`it holds commits ${firstSequence} to ${lastSequence}`)
    const other = differenceOf(this.#identity, read.facts.identity)
    if (other !== undefined) throw bad(other)
    return read
  }
}

interface Note {
  readonly part: string
  readonly size: bigint
  readonly root: Uint8Array
  readonly note: string
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
