import { createHash } from 'node:crypto'
import { type BundleHeader, type BundleLine, formatBundleLine } from './bundle-lines.ts'
import { parseCheckpoint } from './checkpoint.ts'
import { FormatError } from './format-error.ts'
import { type Leaf, leafHash } from './hash.ts'
import { parseNote } from './note.ts'

/** What goes into a bundle; nothing of it is kept in memory. */
export interface BundleSource {
  /** `left` is `(await TileBuilder.restore(first - 1n, tiles)).head().state().hashes`. */
  readonly header: BundleHeader
  /** `first` to `last`, in order. */
  readonly entries: AsyncIterable<Leaf> | Iterable<Leaf>
  /**
   * Signed notes, sizes rising. One of `last` or later should be among them: what no checkpoint covers is not proven.
   */
  readonly checkpoints: AsyncIterable<string> | Iterable<string>
  /** The consistency proof between two sizes of the log. */
  readonly consistency: (fromSize: bigint, toSize: bigint) => Promise<readonly Uint8Array[]>
}

/**
 * The lines of a bundle, each with its newline. Throws FormatError when entries are not those of the range or checkpoints
 * are out of order; what was written until then is not a bundle.
 */
export async function* writeBundle(source: BundleSource): AsyncGenerator<string, void, undefined> {
  const { header, consistency } = source
  const digest = createHash('sha256')
  const write = (line: BundleLine): string => {
    const text = `${formatBundleLine(line)}\n`
    digest.update(text)
    return text
  }
  yield write({ type: 'header', header })

  const notes = iterate(source.checkpoints)
  let count = 0n
  let written = -1n
  let next = await notes.next()
  /** Checkpoints of sizes up to this one, in place behind the entry of it. */
  async function* checkpointsUpTo(size: bigint | undefined): AsyncGenerator<string> {
    while (next.done !== true) {
      const note = next.value
      const checkpoint = parseCheckpoint(parseNote(note).text)
      if (size !== undefined && checkpoint.size > size) return
      if (checkpoint.size <= written)
        throw new FormatError('bundle', 'checkpoints are out of order')
      written = checkpoint.size
      count += 1n
      const before = header.first - 1n
      const path =
        checkpoint.size < before
          ? await consistency(checkpoint.size, before)
          : checkpoint.size > header.last
            ? await consistency(header.last, checkpoint.size)
            : []
      yield write({ type: 'checkpoint', note, path })
      next = await notes.next()
    }
  }

  yield* checkpointsUpTo(header.first - 1n)
  let sequence = header.first - 1n
  let nextSize = sizeOf(next)
  for await (const entry of source.entries) {
    sequence += 1n
    if (entry.sequence !== sequence || sequence > header.last)
      throw new FormatError('bundle', `entry ${entry.sequence} is out of order`)
    yield write({ type: 'entry', entry, leafHash: leafHash(entry) })
    if (nextSize === undefined || nextSize > sequence) continue
    yield* checkpointsUpTo(sequence)
    nextSize = sizeOf(next)
  }
  if (sequence !== header.last) throw new FormatError('bundle', `entries end at ${sequence}`)
  yield* checkpointsUpTo(undefined)
  const entries = header.last - header.first + 1n
  const end = { entries, checkpoints: count, digest: new Uint8Array(digest.digest()) }
  yield `${formatBundleLine({ type: 'end', ...end })}\n`
}

const sizeOf = (next: IteratorResult<string>): bigint | undefined =>
  next.done === true ? undefined : parseCheckpoint(parseNote(next.value).text).size

async function* iterate(from: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  yield* from
}
