import { FormatError, type RestoredStatement, TrustError } from '@holdfast/merkle'
import { readEvents } from './commit.ts'
import type { Findings } from './findings.ts'
import type { LogKeys } from './log-keys.ts'
import { WireError, WireReader } from './wire.ts'

/** A restore as a log tells it. */
interface Told {
  readonly sequence: bigint
  /** Of the commit. */
  readonly generation: number
  /** Root of the tree over everything before it, as far as it was read; undefined where the beginning is not shown. */
  readonly root: Uint8Array | undefined
  readonly note: string
  readonly earlier: readonly string[]
}

/**
 * How a log came into its generation: the first commit of each is `Restored`, signed by the log's key
 * (docs/formats/restored.md). Fed while the log is read, judged when all its keys are known.
 */
export class Restorations {
  readonly #findings: Findings
  readonly #keys: LogKeys
  #told: Told[] = []
  #statements: readonly RestoredStatement[] = []

  constructor(findings: Findings, keys: LogKeys) {
    this.#findings = findings
    this.#keys = keys
  }

  /** The first commit of a generation other than the one before it. `root` is of the tree before it. */
  begins(
    generation: number,
    commit: { readonly sequence: bigint; readonly subject: string; readonly payload: Uint8Array },
    root: Uint8Array | undefined,
  ): void {
    const { sequence, subject, payload } = commit
    try {
      const [event, ...more] = readEvents(payload)
      const isOne = subject.startsWith('evt.backup.lineage.') && more.length === 0
      if (!isOne || event?.type !== 'Restored')
        throw new WireError(`generation ${generation} begins with something else than Restored`)
      const { note, earlier } = readNotes(event.data)
      this.#told.push({ sequence, generation, root, note, earlier })
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.#refuse(error.message, sequence)
    }
  }

  /** Once, when everything was read. */
  judge(): void {
    for (const told of this.#told) {
      try {
        this.#statements = this.#open(told)
      } catch (error) {
        if (error instanceof TrustError && error.code === 'key_unknown')
          this.#findings.add('key_unknown', 'no known key signed the restore', told.sequence)
        else if (
          error instanceof TrustError ||
          error instanceof FormatError ||
          error instanceof WireError
        )
          this.#refuse(error.message, told.sequence)
        else throw error
      }
    }
    this.#told = []
  }

  /** How many commits a log of an earlier generation has in common with this one; 0 where nothing tells. */
  common(generation: number): bigint {
    const from = this.#statements.findIndex(({ oldGeneration }) => oldGeneration === generation)
    if (from < 0) return 0n
    const sizes = this.#statements.slice(from).map(({ size }) => size)
    return sizes.reduce((least, size) => (size < least ? size : least))
  }

  #open({ sequence, generation, root, note, earlier }: Told): readonly RestoredStatement[] {
    const own = this.#keys.openRestored(note)
    if (own.newGeneration !== generation)
      throw new WireError(`it speaks of generation ${own.newGeneration}`)
    if (own.size !== sequence - 1n)
      throw new WireError(`it takes over ${own.size} commits, and stands at ${sequence}`)
    if (root && Buffer.compare(root, own.root) !== 0)
      throw new WireError('what is before it is not what it takes over')
    const before = earlier.map((each) => this.#keys.openRestored(each))
    const all = [...before, own]
    for (const [at, { oldGeneration }] of all.entries())
      if (at > 0 && all[at - 1]?.newGeneration !== oldGeneration)
        throw new WireError('a restore before it does not lead to it')
    return all
  }

  #refuse(why: string, sequence: bigint): void {
    this.#findings.add(
      'restore_invalid',
      `the restore before it is not vouched for: ${why}`,
      sequence,
    )
  }
}

const noteTag = 7 * 8 + 2
const earlierTag = 8 * 8 + 2

function readNotes(data: Uint8Array): {
  readonly note: string
  readonly earlier: readonly string[]
} {
  const reader = new WireReader(data)
  let note = ''
  const earlier: string[] = []
  while (reader.hasMore) {
    const tag = reader.tag()
    if (tag === noteTag) note = Buffer.from(reader.bytes()).toString('utf8')
    else if (tag === earlierTag) earlier.push(Buffer.from(reader.bytes()).toString('utf8'))
    else reader.skip(tag)
  }
  return { note, earlier }
}
