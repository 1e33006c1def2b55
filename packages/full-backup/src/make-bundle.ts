import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { ArchiveIdentity } from '@holdfast/archive'
import { type AgeRecipients, encryptTo } from '@holdfast/crypto'
import {
  type ArchiveFile,
  type ArchiveTree,
  accessTrees,
  hasMoved,
  logTree,
} from './archive-source.ts'
import { type BundleManifest, type BundleTable, encodeManifest } from './bundle-manifest.ts'
import { bundleName } from './bundle-name.ts'
import { type ConfigFile, configTar } from './config-tar.ts'
import { compareMembers, manifestName, names, parseMember } from './member.ts'
import { type PlannedMember, type WrittenBundle, writeBundle } from './write-bundle.ts'

/** Pages of one table follow each other; `missing` names a service that could not be asked. */
export type TablePage =
  | { readonly table: string; readonly migration: number; readonly rows: readonly string[] }
  | { readonly missing: string; readonly reason: string }

export interface BundleInput {
  /** Empty, of this bundle alone: parts are made in it, and the bundle stays in it. */
  readonly directory: string
  /** `HOLDFAST_ARCHIVE_DIR` */
  readonly archive: string
  readonly identity: ArchiveIdentity
  /** Durable in the archive. */
  readonly lastSequence: bigint
  readonly createdAtUnixMs: number
  readonly version: string
  /** Derived one first; every sealed part is sealed to all of them. */
  readonly recipients: readonly string[]
  readonly keyset: {
    /** Sealed by auth. */
    readonly file: Uint8Array
    readonly sha256: Uint8Array
    readonly destroyedSequence: bigint
    readonly keys: number
  }
  /** Sealed by auth to the operator's recipients; empty without any. */
  readonly rootKey: Uint8Array
  /** An age identity under a passphrase, when one is to open everything. */
  readonly passphrase: Uint8Array
  config(): AsyncIterable<ConfigFile>
  tables(): AsyncIterable<TablePage>
  /** A dump of Postgres to take along, SQL; an optional extra. */
  extra?(): AsyncIterable<Uint8Array>
  /** Told of an extra that was wanted and is not there. */
  readonly extraMissing?: string
  readonly signal: AbortSignal
  /** Between the parts. */
  reached(step: 'collected' | 'bundled'): Promise<void>
}

export interface MadeBundle extends WrittenBundle {
  readonly path: string
  readonly manifest: BundleManifest
}

/** Soon over rather than as small as can be: what takes room, ids and sealed fields, no level makes smaller. */
const level = 1
const attempts = 5

/** Makes a bundle out of the archive and what is given, and judges every commit on the way. Throws ArchiveUnfit. */
export async function makeBundle(input: BundleInput): Promise<MadeBundle> {
  const { directory, createdAtUnixMs, signal, reached } = input
  const createdAtUnixSeconds = Math.floor(createdAtUnixMs / 1000)
  const parts = await collect(input)
  await reached('collected')
  const path = join(directory, bundleName(createdAtUnixMs))
  for (let attempt = 1; ; attempt += 1) {
    try {
      const log = await logTree({
        directory: input.archive,
        identity: input.identity,
        last: input.lastSequence,
        level,
      })
      const access = await accessTrees({
        directory: input.archive,
        identity: input.identity,
        level,
      })
      const manifest = (): BundleManifest => ({
        ...manifestOf(input, parts, log, access),
        createdAtUnixSeconds,
      })
      const size = encodeManifest(manifest()).length
      const planned = plan(parts, log, access)
      const late = { name: manifestName, size, content: () => encodeManifest(manifest()) }
      const written = await writeBundle(path, createdAtUnixSeconds, late, planned, signal)
      await Promise.all(parts.spooled.map((file) => rm(file, { force: true })))
      await reached('bundled')
      return { ...written, path, manifest: manifest() }
    } catch (error) {
      await rm(path, { force: true })
      if (!hasMoved(error) || attempt === attempts) throw error
    }
  }
}

/** Everything that is not the archive, as members; large ones lie in the directory. */
interface Parts {
  readonly members: readonly PlannedMember[]
  readonly tables: readonly BundleTable[]
  readonly missing: BundleManifest['missing']
  readonly spooled: readonly string[]
}

async function collect(input: BundleInput): Promise<Parts> {
  const { directory, recipients, keyset, rootKey, passphrase, signal } = input
  const members: PlannedMember[] = [bytesMember(names.keyset, keyset.file)]
  const missing: { part: string; reason: string }[] = []
  const spooled: string[] = []
  const spool = async (name: string, plain: AsyncIterable<Uint8Array>): Promise<void> => {
    const file = join(directory, `part-${spooled.length}`)
    spooled.push(file)
    await sealInto(file, recipients, plain, signal)
    members.push({ name, content: () => createReadStream(file) })
  }
  if (rootKey.length > 0) members.push(bytesMember(names.rootKey, rootKey))
  else
    missing.push({
      part: names.rootKey,
      reason: 'no recovery recipient is set: the root key itself is needed to open this backup',
    })
  if (passphrase.length > 0) members.push(bytesMember(names.passphrase, passphrase))

  let configFiles = 0
  const counted = async function* () {
    for await (const file of input.config()) {
      configFiles += 1
      yield file
    }
  }
  await spool(names.config, configTar(counted(), Math.floor(input.createdAtUnixMs / 1000)))
  if (configFiles === 0) {
    members.pop()
    missing.push({ part: names.config, reason: 'this service is told of no configuration' })
  }

  const tables: BundleTable[] = []
  const pages = input.tables()[Symbol.asyncIterator]()
  let page = await pages.next()
  while (!page.done) {
    const first = page.value
    if ('missing' in first) {
      missing.push({ part: `tables/${first.missing}`, reason: printable(first.reason) })
      page = await pages.next()
      continue
    }
    const { table: name, migration } = first
    let rows = 0
    const lines = async function* (): AsyncGenerator<Uint8Array> {
      while (!page.done && 'rows' in page.value && page.value.table === name) {
        rows += page.value.rows.length
        if (page.value.rows.length > 0) yield Buffer.from(`${page.value.rows.join('\n')}\n`)
        page = await pages.next()
      }
    }
    await spool(names.table(name), lines())
    tables.push({ name, migration, rows })
  }
  if (input.extra) await spool(names.extra, input.extra())
  else if (input.extraMissing !== undefined)
    missing.push({ part: names.extra, reason: printable(input.extraMissing) })
  tables.sort((a, b) => (a.name < b.name ? -1 : 1))
  return { members, tables, missing, spooled }
}

const printable = (text: string): string =>
  text.replaceAll(/[^\x20-\x7e]/g, ' ').slice(0, 500) || 'not told'

const bytesMember = (name: string, bytes: Uint8Array): PlannedMember => ({
  name,
  content: () => [bytes],
})

/** Compressed, then sealed: a stock `age -d` and `gzip -d` give it back. */
async function sealInto(
  file: string,
  to: AgeRecipients,
  plain: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const packer = createGzip({ level })
  const out = createWriteStream(file, { flags: 'wx', mode: 0o600 })
  await once(out, 'open')
  await pipeline(plain, packer, (packed: AsyncIterable<Uint8Array>) => encryptTo(to, packed), out, {
    signal,
  })
}

function manifestOf(
  input: BundleInput,
  { tables, missing }: Parts,
  log: ArchiveTree,
  access: readonly (ArchiveTree & { readonly epoch: string })[],
): Omit<BundleManifest, 'createdAtUnixSeconds'> {
  const { identity, version, lastSequence, recipients, keyset } = input
  const { sha256, destroyedSequence, keys } = keyset
  return {
    version,
    lineageId: identity.lineageId,
    generation: identity.generation,
    lastSequence,
    root: log.root(),
    rootKeyFingerprint: identity.rootKeyFingerprint,
    formerRootKeys: identity.formerRootKeys ?? [],
    recipients,
    keyset: { sha256, destroyedSequence, keys },
    tables,
    checkpoints: log.notes.length,
    access: access.map((tree) => ({
      epoch: tree.epoch,
      size: tree.size,
      root: tree.root(),
      checkpoints: tree.notes.length,
    })),
    missing: allMissing(missing, log, access),
  }
}

const allMissing = (
  missing: BundleManifest['missing'],
  log: ArchiveTree,
  access: readonly ArchiveTree[],
): BundleManifest['missing'] =>
  [
    ...missing,
    ...(log.notes.length === 0
      ? [{ part: 'checkpoints', reason: 'nothing of this log has been signed yet' }]
      : []),
    ...(access.length === 0
      ? [{ part: 'access', reason: 'no record of access has been archived yet' }]
      : []),
  ].sort((a, b) => (a.part < b.part ? -1 : 1))

const packedMember = (name: string, file: ArchiveFile): PlannedMember => ({
  name,
  async *content() {
    yield await file.packed()
  },
})

function plan(
  parts: Parts,
  log: ArchiveTree,
  access: readonly (ArchiveTree & { readonly epoch: string })[],
): readonly PlannedMember[] {
  const text = (name: string, note: string): PlannedMember => bytesMember(name, Buffer.from(note))
  const missing = allMissing(parts.missing, log, access)
  const all: PlannedMember[] = [
    ...parts.members,
    ...missing.map(({ part, reason }) => text(names.skip(part), `${reason}\n`)),
    ...log.notes.map(({ size, note }) => text(names.checkpoint(size), note)),
    ...log.files.map((file) => packedMember(names.segment(file.name), file)),
    ...access.flatMap(({ epoch, notes, files }) => [
      ...notes.map(({ size, note }) => text(names.accessCheckpoint(epoch, size), note)),
      ...files.map((file) => packedMember(names.access(epoch, file.name), file)),
    ]),
  ]
  const placed = all.map((planned) => {
    const member = parseMember(planned.name)
    if (!member) throw new Error(`no member of a bundle is called ${planned.name}`)
    return { planned, member }
  })
  return placed.sort((a, b) => compareMembers(a.member, b.member)).map(({ planned }) => planned)
}
