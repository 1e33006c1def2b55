import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import {
  type ArchiveIdentity,
  accessDirectory,
  cutSegment,
  disk,
  parseGoneName,
  parseSegmentName,
  readCheckpointNotes,
  sealedName,
  sealedSegments,
} from '@holdfast/archive'
import { DomainError } from '@holdfast/errors'
import { FormatError, formatOrigin, parseEpoch } from '@holdfast/merkle'
import { Broken, Chain } from './chain.ts'
import { ArchiveUnfit } from './errors.ts'
import { maxSegmentBytes } from './member.ts'

/** A file of the archive that a bundle takes along. */
export interface ArchiveFile {
  /** As the archive names it. */
  readonly name: string
  /** Compressed, and judged: the chain has grown by it when this resolves. Ask in order, once each. */
  packed(): Promise<Uint8Array>
}

export interface ArchiveTree {
  readonly files: readonly ArchiveFile[]
  /** Notes of its newest checkpoints, by size: later ones prove what earlier ones do. */
  readonly notes: readonly { readonly size: bigint; readonly note: string }[]
  /** What is in `files`. */
  readonly size: bigint
  /** Known when the last file is packed. */
  root(): Uint8Array
}

const maxNotes = 16
/** A tail is cut into pieces of about this. */
const tailBytes = 16 * 1024 * 1024
// Read one further than is waited for: while one is compressed by a thread, the next is read and judged.
const ahead = 2

/** The log of a generation up to `last`, read beside its writer. What is not sealed yet becomes a segment of its own. */
export async function logTree(options: {
  readonly directory: string
  readonly identity: ArchiveIdentity
  readonly last: bigint
  readonly level: number
}): Promise<ArchiveTree> {
  const { directory, identity, last, level } = options
  const { lineageId, generation } = identity
  const folder = join(directory, lineageId, String(generation))
  const whole = (await sealedSegments(folder)).filter((segment) => segment.last <= last)
  const chain = new Chain(identity, 1n)
  const files: Source[] = whole.map(({ name }) => ({ name, read: () => readSegment(folder, name) }))
  let held = 0
  for (let from = (whole.at(-1)?.last ?? 0n) + 1n; from <= last; ) {
    const cut = await cutSegment({ directory: folder, from, to: last, maxBytes: tailBytes })
    const name = sealedName(cut.first, cut.last)
    held += cut.bytes.length
    // An open segment is sealed at 8 MiB: so much of one is not ours to hold.
    if (held > 8 * maxSegmentBytes)
      throw ArchiveUnfit({ file: name, reason: 'too much of it is not sealed' })
    files.push({ name, read: async () => cut.bytes })
    from = cut.last + 1n
  }
  const { checkpoints } = await readCheckpointNotes(disk, join(directory, lineageId))
  const origin = formatOrigin({ lineageId, generation })
  return {
    files: packing(files, chain, level),
    notes: newest(checkpoints.filter((one) => one.origin === origin && one.size <= last)),
    size: last,
    root: () => chain.root(),
  }
}

/** Every epoch of ACCESS there is, oldest first. */
export async function accessTrees(options: {
  readonly directory: string
  readonly identity: ArchiveIdentity
  readonly level: number
}): Promise<readonly (ArchiveTree & { readonly epoch: string })[]> {
  const { directory, identity, level } = options
  const folder = join(directory, identity.lineageId, 'access')
  const epochs = (await readdir(folder).catch(orNone)).filter(isEpoch).sort()
  const trees: (ArchiveTree & { epoch: string })[] = []
  for (const epoch of epochs) {
    const path = accessDirectory(directory, identity.lineageId, epoch)
    const parts = await accessParts(path)
    // Begun a moment ago.
    if (parts.length === 0) continue
    const { first } = parseEpoch(epoch)
    const chain = new Chain({ ...identity, log: `access/${epoch}` }, first)
    const files = parts.map(({ name }) => ({ name, read: () => readSegment(path, name) }))
    const size = (parts.at(-1)?.last ?? first - 1n) - first + 1n
    const { checkpoints } = await readCheckpointNotes(disk, path)
    trees.push({
      epoch,
      files: packing(files, chain, level),
      notes: newest(checkpoints.filter((one) => one.size <= size)),
      size,
      root: () => chain.root(),
    })
  }
  return trees
}

interface Source {
  readonly name: string
  read(): Promise<Buffer>
}

const newest = <T extends { readonly size: bigint }>(notes: readonly T[]): readonly T[] =>
  notes.slice(-maxNotes)

/** Segments and tombstones in order. A tombstone stands for the segments it covers, which a crash may have left. */
async function accessParts(path: string) {
  const all = await readdir(path)
  const gone = all.map(parseGoneName).filter((one) => one !== undefined)
  const sealed = all.map(parseSegmentName).flatMap((one) => {
    if (one?.last === undefined) return []
    const { name, first, last } = one
    return gone.some((each) => each.first <= first && last <= each.last)
      ? []
      : [{ name, first, last }]
  })
  return [...gone, ...sealed].sort((a, b) => (a.first < b.first ? -1 : 1))
}

async function readSegment(folder: string, name: string): Promise<Buffer> {
  const path = join(folder, name)
  const { size } = await stat(path)
  if (size > maxSegmentBytes) throw new Broken('it is too large to be backed up')
  return await readFile(path)
}

const compress = promisify<Buffer, { level: number }, Buffer>(gzip)

/** Reads and judges one file after the other, compresses side by side. */
function packing(sources: readonly Source[], chain: Chain, level: number): ArchiveFile[] {
  const begun: (Promise<Uint8Array> | undefined)[] = []
  let judged: Promise<unknown> = Promise.resolve()
  const begin = (source: Source): Promise<Uint8Array> => {
    const read = judged.then(() => judge(source, chain))
    judged = read
    const packed = read.then((bytes) => compress(bytes, { level }))
    // Told to whoever waits for it, or to nobody when one before it failed.
    packed.catch(() => {})
    return packed
  }
  return sources.map((source, at) => ({
    name: source.name,
    async packed() {
      for (let next = begun.length; next < Math.min(at + ahead, sources.length); next += 1) {
        const one = sources[next]
        if (one) begun.push(begin(one))
      }
      const packed = begun[at]
      if (!packed) throw new Error('files of the archive are asked for in order, once each')
      begun[at] = undefined // given out: not ours to hold any more
      return await packed
    },
  }))
}

async function judge({ name, read }: Source, chain: Chain): Promise<Buffer> {
  try {
    const bytes = await read()
    await chain.add(name, bytes)
    return bytes
  } catch (error) {
    if (error instanceof Broken) throw ArchiveUnfit({ file: name, reason: error.message })
    if (error instanceof DomainError)
      throw ArchiveUnfit({ file: name, reason: error.message }, error)
    throw error
  }
}

/** It was moved while we read: sealed, healed or given up. The next attempt finds it under its new name. */
export const hasMoved = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

function isEpoch(name: string): boolean {
  try {
    parseEpoch(name)
    return true
  } catch (error) {
    if (error instanceof FormatError) return false
    throw error
  }
}

function orNone(error: unknown): never[] {
  if (hasMoved(error)) return []
  throw error
}
