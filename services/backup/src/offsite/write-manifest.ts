import { createHash } from 'node:crypto'
import { configTar } from '@holdfast/full-backup'
import { manifestPieces } from './manifest.ts'
import type { Keyset } from './offsite.ts'
import { carry, type Place, readBackRows, remove, type Streams } from './place.ts'
import { pushedSequence } from './plan.ts'
import type { Step } from './steps.ts'
import type { StoredRow } from './store.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const same = (a: readonly string[] | undefined, b: readonly string[]): boolean =>
  a !== undefined && a.length === b.length && b.every((each) => a.includes(each))

const nextCount = (rows: readonly StoredRow[]): bigint =>
  rows.reduce((most, { first }) => (first > most ? first : most), 0n) + 1n

/**
 * Keeps the newest keyset there, and no other: it holds all keys there are, and none that was destroyed. The others go
 * once it has been read back. Answers whether it was written anew.
 */
export async function keepKeyset(
  place: Place,
  keyset: Keyset,
  isOutdated: boolean,
): Promise<boolean> {
  const { inventory, tools, location } = place
  // What cannot be removed would keep keys for ever that are to be destroyed.
  if (location.isImmutable) return false
  const { operators } = await tools.recipients()
  const newest = inventory.newest('keyset')
  const isFresh =
    !isOutdated &&
    newest?.damage === '' &&
    newest.contentSha256 === hex(keyset.contentSha256) &&
    same(newest.recipients, operators)
  const before = inventory.of('keyset', 'root_key')
  const rootKeys = before.filter(({ kind }) => kind === 'root_key')
  const isWhole =
    isFresh &&
    rootKeys.length === (keyset.rootKey.length > 0 ? 1 : 0) &&
    before.every(({ first, damage }) => first === newest.first && damage === '')
  if (isWhole) return false
  const count = nextCount(before)
  const names = {
    keyset: tools.keys.numbered('keyset', count),
    rootKey: tools.keys.numbered('root_key', count),
  }
  const steps: Step[] = [{ do: 'sealed', name: names.keyset, bytes: keyset.keyset }]
  if (keyset.rootKey.length > 0)
    steps.push({ do: 'sealed', name: names.rootKey, bytes: keyset.rootKey })
  await carry(place, steps, {
    contentSha256: ({ kind }) => (kind === 'keyset' ? hex(keyset.contentSha256) : ''),
  })
  const made = inventory.of('keyset', 'root_key').filter(({ first }) => first === count)
  const bad = await readBackRows(place, made)
  if (bad.length > 0) throw new Error('a keyset came back otherwise than it was put there')
  await remove(place, before)
  return true
}

/** What else is copied, then the manifest that names everything there is. */
export async function writeManifest(place: Place, keyset: Keyset | undefined): Promise<void> {
  const { inventory, tools, location, signal } = place
  const { keys, pace: _ } = tools
  const { derived, operators } = await tools.recipients()
  const missing: string[] = []
  if (!keyset || location.isImmutable) missing.push('keyset')
  const config = await configOf(place)
  if (!config) missing.push('config')

  const steps: Step[] = []
  const streams: Streams = {
    tables: () => tableLines(place),
    ...(config ? { config: () => yieldAll(config.pieces) } : {}),
  }
  const newestConfig = inventory.newest('config')
  const isConfigFresh =
    config !== undefined &&
    newestConfig?.damage === '' &&
    newestConfig.contentSha256 === config.sha256 &&
    same(newestConfig.recipients, operators)
  if (config && !isConfigFresh) {
    const name = keys.numbered('config', nextCount(inventory.of('config')))
    steps.push({ do: 'stream', name, stream: 'config', isCompressed: true })
  }
  const tables = keys.numbered('tables', nextCount(inventory.of('tables')))
  steps.push({ do: 'stream', name: tables, stream: 'tables', isCompressed: true })
  await carry(place, steps, {
    streams,
    contentSha256: ({ kind }) => (kind === 'config' ? (config?.sha256 ?? '') : ''),
  })
  for (const kind of ['config', 'tables'] as const) {
    const newest = inventory.newest(kind)
    const older = inventory.of(kind).filter(({ key }) => key !== newest?.key)
    await inventory.retire(older.map(({ key }) => key))
  }
  // Those of manifests that came to nothing: without end while nobody signs.
  if (!location.isImmutable) await remove(place, inventory.unnamed())

  const name = keys.manifest(Math.max(tools.now(), inventory.newestManifestUnixMs + 1_000))
  const rows = [...inventory.rows()]
    .filter(({ kind, namedTo }) => kind !== 'manifest' && namedTo === undefined)
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const lastSequence = pushedSequence(inventory.rows(), tools.generation)
  const last = rows.find((row) => row.last === lastSequence && row.lastHash !== '')
  const head = {
    lineageId: tools.lineageId,
    generation: tools.generation,
    rootKeyFingerprint: tools.rootKeys.present,
    formerRootKeys: tools.rootKeys.former,
    createdAtUnixMs: Number(name.first),
    lastSequence,
    lastHash: last?.lastHash ?? '',
    recipients: [derived, ...operators],
    destroyedSequence: keyset?.destroyedSequence ?? 0n,
    missing,
    release: tools.release,
  }
  signal.throwIfAborted()
  await carry(place, [{ do: 'stream', name, stream: 'manifest', isCompressed: false }], {
    streams: { manifest: () => manifestPieces(head, keys.root, rows, tools.sign) },
  })
}

async function configOf(
  place: Place,
): Promise<{ readonly pieces: readonly Uint8Array[]; readonly sha256: string } | undefined> {
  const { tools, signal } = place
  const hash = createHash('sha256')
  const pieces: Uint8Array[] = []
  try {
    // Of no time: equal files are equal bytes, and are not copied again.
    for await (const piece of configTar(tools.sources().config(signal), 0)) {
      hash.update(piece)
      pieces.push(piece)
    }
  } catch (error) {
    tools.logger.warn({ err: error }, 'the configuration is not copied')
    return undefined
  }
  return { pieces, sha256: hash.digest('hex') }
}

async function* yieldAll(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}

const pieceBytes = 512 * 1024

/** `{table, migration}` where a table begins, `{table, row}` of each row. */
async function* tableLines({ tools, signal }: Place): AsyncGenerator<Uint8Array> {
  let table = ''
  let lines: string[] = []
  let bytes = 0
  const line = (text: string): void => {
    lines.push(text)
    bytes += text.length
  }
  for await (const some of tools.sources().tables(signal)) {
    const named = JSON.stringify(some.table)
    if (some.table !== table) line(`{"table":${named},"migration":${some.migration}}\n`)
    table = some.table
    for (const row of some.rows) {
      line(`{"table":${named},"row":${row}}\n`)
      if (bytes < pieceBytes) continue
      yield Buffer.from(lines.join(''))
      lines = []
      bytes = 0
    }
  }
  // At least one piece: an empty stream is an empty object.
  yield Buffer.from(lines.join(''))
}
