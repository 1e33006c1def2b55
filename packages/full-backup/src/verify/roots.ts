import { FormatError, parseCheckpoint, parseNote, type TreeHead } from '@holdfast/merkle'
import { BundleInvalid } from '../errors.ts'

interface Stated {
  readonly member: string
  readonly size: bigint
  readonly root: Uint8Array
}

/** Roots that notes of checkpoints state, compared with the tree while it grows. */
export class StatedRoots {
  readonly #waiting: Stated[] = []

  /** Answers the size it states. Throws BundleInvalid. Sizes come in ascending order. */
  add(member: string, note: Buffer, belongs: (origin: string) => boolean): bigint {
    const { origin, size, root } = read(member, note)
    if (!belongs(origin)) throw BundleInvalid({ member, reason: `it is of ${origin}` })
    if (!member.endsWith(`/${size.toString().padStart(20, '0')}.note`))
      throw BundleInvalid({ member, reason: `it states size ${size}, which is not its name` })
    this.#waiting.push({ member, size, root })
    return size
  }

  at(tree: TreeHead): void {
    const [next] = this.#waiting
    if (!next || next.size !== tree.size) return
    this.#waiting.shift()
    if (Buffer.compare(next.root, tree.root()) !== 0)
      throw BundleInvalid({
        member: next.member,
        reason: 'it states another root than what is in this backup has',
      })
  }

  /** What is left is about more than there is. */
  end(): void {
    const [next] = this.#waiting
    if (next)
      throw BundleInvalid({
        member: next.member,
        reason: `it states a tree of ${next.size}, and there is less in this backup`,
      })
  }
}

function read(member: string, note: Buffer) {
  try {
    return parseCheckpoint(parseNote(note.toString('utf8')).text)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw BundleInvalid({ member, reason: `it is no checkpoint: ${error.message}` }, error)
  }
}
