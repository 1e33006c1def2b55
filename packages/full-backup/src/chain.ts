import {
  type ArchivedCommit,
  type ArchiveIdentity,
  decodeGone,
  eachLeaf,
  parseGoneName,
  parseSegmentName,
  readSegmentBytes,
} from '@holdfast/archive'
import { TreeHead } from '@holdfast/merkle'

/** What a file of the archive holds, in its own words; everything in it has been looked at. */
export interface ReadPart {
  readonly first: bigint
  readonly last: bigint
  readonly leaves: Iterable<Uint8Array>
  /** Undefined where only their leaves are left. */
  readonly commits: readonly ArchivedCommit[] | undefined
}

/**
 * One tree of the archive, part by part: each has to follow the one before it and to be of the same log. Whoever writes
 * a backup and whoever reads one go the same way.
 */
export class Chain {
  readonly #identity: ArchiveIdentity
  readonly #first: bigint
  readonly #tree = TreeHead.empty()
  readonly #onSize: ((tree: TreeHead) => void) | undefined
  #lastHash: Uint8Array = new Uint8Array()

  /** `log` in the identity: of ACCESS, whose generations may be earlier ones. */
  constructor(identity: ArchiveIdentity, first: bigint, onSize?: (tree: TreeHead) => void) {
    this.#identity = identity
    this.#first = first
    this.#onSize = onSize
    onSize?.(this.#tree)
  }

  get size(): bigint {
    return this.#tree.size
  }
  get next(): bigint {
    return this.#first + this.#tree.size
  }
  root(): Uint8Array {
    return this.#tree.root()
  }

  /** Reads a file whole and adds it. Throws `Broken` with what is wrong, and archive.damaged. */
  async add(name: string, bytes: Buffer): Promise<ReadPart> {
    const part = parseGoneName(name) ? this.#gone(name, bytes) : await this.#segment(name, bytes)
    if (part.first !== this.next)
      throw new Broken(
        part.first > this.next
          ? `sequences ${this.next} to ${part.first - 1n} are missing before it`
          : `sequence ${part.first} is in another one already`,
      )
    for (const leaf of part.leaves) {
      this.#tree.append(leaf)
      this.#lastHash = leaf
      this.#onSize?.(this.#tree)
    }
    return part
  }

  async #segment(name: string, bytes: Buffer): Promise<ReadPart> {
    const named = parseSegmentName(name)
    const { facts, commits, leaves } = await readSegmentBytes(name, bytes)
    const { firstSequence: first, lastSequence: last } = facts.footer
    if (named?.first !== first || named.last !== last)
      throw new Broken(`it holds sequences ${first} to ${last}, which is not what its name says`)
    const other = differenceOf(this.#identity, facts.identity)
    if (other !== undefined) throw new Broken(other)
    // A gap is told as one by `add`.
    if (first === this.next && Buffer.compare(facts.previousHash, this.#lastHash) !== 0)
      throw new Broken('it does not follow what is before it')
    return { first, last, leaves, commits }
  }

  #gone(name: string, bytes: Buffer): ReadPart {
    const named = parseGoneName(name)
    const file = decodeGone(bytes)
    if (typeof file === 'string') throw new Broken(file)
    const { first, last, origin } = file.tombstone
    if (named?.first !== first || named.last !== last)
      throw new Broken('its tombstone is of other records than its name says')
    if (!origin.startsWith(`holdfast/${this.#identity.lineageId}/`))
      throw new Broken('its tombstone is of another lineage')
    return { first, last, leaves: eachLeaf(file.leaves), commits: undefined }
  }
}

/** Why a segment is not of this log, in words; undefined when it is. */
export function differenceOf(
  { lineageId, generation, rootKeyFingerprint, formerRootKeys = [], log }: ArchiveIdentity,
  found: ArchiveIdentity,
): string | undefined {
  if (found.lineageId !== lineageId) return `it is of lineage ${found.lineageId}, not ${lineageId}`
  if (found.log !== log) return `it is of ${found.log ?? 'the log'}, not ${log ?? 'the log'}`
  if (log === undefined && found.generation !== generation)
    return `it is of generation ${found.generation}, not ${generation}`
  if (found.generation > generation)
    return `it is of generation ${found.generation}, later than ${generation}`
  const rootKeys = [rootKeyFingerprint, ...formerRootKeys]
  return log === undefined && !rootKeys.includes(found.rootKeyFingerprint)
    ? 'it was written under another root key'
    : undefined
}

/** Says of a file what is wrong with it; whoever knows its place tells that as well. */
export class Broken extends Error {
  override readonly name = 'Broken'
}
