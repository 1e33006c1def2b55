import { type ScannedGeneration, scanArchive } from '@holdfast/archive'
import { TreeHead } from '@holdfast/merkle'
import type { Task } from '../work/task.ts'

export interface ReadArchiveInput {
  /** Of the generation. */
  readonly directory: string
  /** What is concerned: commits up to here. */
  readonly upTo: bigint
}

/** The archive up to a sequence, as its files show it. */
export interface ReadArchive {
  /** Readable in a row from the first; not beyond what was asked. */
  readonly commits: bigint
  /** Over those, 32 bytes. */
  readonly root: Uint8Array
  readonly rootKeyFingerprint: string
  /** What is wrong up to there; empty: nothing. */
  readonly findings: readonly string[]
  /** The last signed note that is not beyond; empty: none. Its signature is not checked here. */
  readonly note: string
  readonly noteSize: bigint
}

/** Sealed, or cut from, while it was read. */
const attempts = 3

/** Reads every byte of the archive, beside its writer. What it appends meanwhile is beyond what is asked. */
export const readArchiveTask: Task<
  ReadArchiveInput,
  ReadArchive,
  { readonly sequence: bigint }
> = async ({ directory, upTo }, { progress, signal }) => {
  for (let attempt = 1; ; attempt++) {
    try {
      const found = await read(directory, upTo, signal, (sequence) => progress({ sequence }))
      if (found.findings.length === 0 || attempt === attempts) return found
    } catch (error) {
      signal.throwIfAborted()
      if (attempt === attempts) throw error
    }
  }
}

async function read(
  directory: string,
  upTo: bigint,
  signal: AbortSignal,
  onProgress: (sequence: bigint) => void,
): Promise<ReadArchive> {
  const tree = TreeHead.empty()
  const [scanned] = await scanArchive(directory, {
    onCommit: ({ sequence }, leaf) => {
      if (sequence <= upTo && sequence === tree.size + 1n) tree.append(leaf)
    },
    onProgress: ({ sequence }) => {
      signal.throwIfAborted()
      onProgress(sequence < upTo ? sequence : upTo)
    },
  })
  if (!scanned) return { ...nothing, findings: ['there is no archive'] }
  const note = scanned.checkpoints.findLast(
    ({ size, verdict }) => size <= upTo && verdict === 'same',
  )
  return {
    commits: tree.size,
    root: tree.root(),
    rootKeyFingerprint: scanned.rootKeyFingerprint ?? '',
    findings: findingsOf(scanned, upTo, tree.size),
    note: note?.note ?? '',
    noteSize: note?.size ?? 0n,
  }
}

const nothing: ReadArchive = {
  commits: 0n,
  root: new Uint8Array(32),
  rootKeyFingerprint: '',
  findings: [],
  note: '',
  noteSize: 0n,
}

function findingsOf(
  { damage, missing }: ScannedGeneration,
  upTo: bigint,
  readable: bigint,
): readonly string[] {
  const found = [
    // What is being appended at this moment looks torn, and is beyond what is durable.
    ...damage
      .filter(({ kind, firstBadSequence }) => kind !== 'torn_tail' && firstBadSequence <= upTo)
      .map(({ file, firstBadSequence, detail }) =>
        firstBadSequence > 0n
          ? `${file}, from ${firstBadSequence}: ${detail}`
          : `${file}: ${detail}`,
      ),
    ...missing
      .filter(({ first }) => first <= upTo)
      .map(({ first, last, shownBy }) => `${first} to ${last} are missing (${shownBy})`),
  ]
  if (readable < upTo && found.length === 0)
    found.push(`only ${readable} of ${upTo} commits can be read in a row`)
  return found
}
