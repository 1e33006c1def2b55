import { join } from 'node:path'
import {
  type Commit,
  commitHash,
  commonCommits,
  type EventLog,
  lineageSubject,
  verifyRestored,
} from '@holdfast/event-log'
import { readIfThere, writeDurably } from '../state/durable-file.ts'
import type { Pin } from '../state/saved-fold.ts'
import type { WitnessView } from '../witness/view.ts'
import type { Identity } from './identity.ts'

/** What the agent obeys since a restore: the pin of its enrolment, moved on by a signed `Restored` commit. */
export interface Generation {
  readonly lineageId: string
  readonly generation: number
  /** Commits taken over by the restore; the next one is `Restored`. */
  readonly size: bigint
  /** Of the tree over them. */
  readonly root: Uint8Array
  /** `commitHash` of the `Restored` commit: another one of this generation is another log. */
  readonly restored: Uint8Array
  /** Present key of the log. */
  readonly logKey: string
  /** By earlier generation: commits it is sure to share with this one. */
  readonly common: ReadonlyMap<number, bigint>
}

const fileOf = (dataFolder: string): string => join(dataFolder, 'generation.json')

interface GenerationFile {
  readonly lineage_id: string
  readonly generation: number
  readonly size: string
  readonly root: string
  readonly restored: string
  readonly log_verifier_key: string
  readonly common: Readonly<Record<string, string>>
}

/** Undefined while the enrolment's generation counts, also after a later enrolment. Throws when it cannot be read. */
export async function loadGeneration(
  dataFolder: string,
  { lineageId, generation }: Pick<Identity, 'lineageId' | 'generation'>,
): Promise<Generation | undefined> {
  const content = await readIfThere(fileOf(dataFolder))
  if (!content) return undefined
  const file = JSON.parse(content.toString()) as GenerationFile // as: we wrote it
  if (file.lineage_id !== lineageId || file.generation <= generation) return undefined
  const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))
  return {
    lineageId,
    generation: file.generation,
    size: BigInt(file.size),
    root: bytes(file.root),
    restored: bytes(file.restored),
    logKey: file.log_verifier_key,
    common: new Map(
      Object.entries(file.common).map(([each, size]) => [Number(each), BigInt(size)]),
    ),
  }
}

/** One rename: a crash leaves the old pin or the new one. Whatever else follows from it is made at the next start. */
export async function saveGeneration(dataFolder: string, pinned: Generation): Promise<void> {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  const file: GenerationFile = {
    lineage_id: pinned.lineageId,
    generation: pinned.generation,
    size: String(pinned.size),
    root: base64(pinned.root),
    restored: base64(pinned.restored),
    log_verifier_key: pinned.logKey,
    common: Object.fromEntries([...pinned.common].map(([each, size]) => [each, String(size)])),
  }
  await writeDurably(fileOf(dataFolder), `${JSON.stringify(file, undefined, 2)}\n`)
}

/** The pin as feeds and journals know it. */
export const pinOf = (identity: Identity, pinned: Generation | undefined): Pin =>
  pinned
    ? {
        lineageId: pinned.lineageId,
        generation: pinned.generation,
        size: pinned.size,
        common: pinned.common,
      }
    : { lineageId: identity.lineageId, generation: identity.generation }

/** The same commit, or another log that calls itself by the same number. */
export const isSameRestore = (pinned: Generation, commit: Commit | undefined): boolean =>
  commit !== undefined && Buffer.from(commitHash(commit)).equals(pinned.restored)

/**
 * What to pin when a later generation comes up. `commit` is its last commit of the lineage. Throws an Error that says why
 * it is not obeyed: no such commit, not signed by the log's key, not following from what this node saw itself.
 */
export function successor(options: {
  readonly commit: Commit | undefined
  /** As the guard there names it. */
  readonly generation: number
  readonly pin: Pin
  /** The newest key of the log this node was led to; empty when it never saw one. */
  readonly logKey: string
  readonly view: Pick<WitnessView, 'size' | 'root'>
}): Generation {
  const { commit, generation, pin, logKey, view } = options
  const refuse = (why: string, cause?: unknown) =>
    new Error(
      `the log shows itself in generation ${generation}, this node obeys ${pin.generation}: ${why}`,
      { cause },
    )
  if (!commit) throw refuse('nothing says how it began')
  if (logKey === '') throw refuse('this node knows no key of the log; enrol it again')
  let verified: ReturnType<typeof verifyRestored>
  try {
    verified = verifyRestored(commit, { lineageId: pin.lineageId, logKey })
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error), error)
  }
  if (verified.generation !== generation)
    throw refuse(`what it began with is of generation ${verified.generation}`)
  if (verified.generation <= pin.generation) throw refuse('it is not a later one')
  const { links, size, root } = verified
  const common = commonCommits(links, pin.generation)
  // Of a smaller tree the next checkpoint has to prove it; of a larger one this node keeps the note.
  if (view.size === size && common >= size && !Buffer.from(view.root).equals(root))
    throw refuse(`it begins with other commits than the ${size} this node saw`)
  const earlier = [...new Set([pin.generation, ...links.map((link) => link.oldGeneration)])]
  return {
    lineageId: verified.lineageId,
    generation,
    size,
    root,
    restored: commitHash(commit),
    logKey: verified.logKey,
    common: new Map(earlier.map((each) => [each, commonCommits(links, each)])),
  }
}

/** Pins the generation a log is in, durably; see `successor`. */
export async function pinSuccessor(
  dataFolder: string,
  log: Pick<EventLog, 'last' | 'generation'>,
  pin: Pin,
  seen: Pick<WitnessView, 'logKey' | 'size' | 'root'>,
): Promise<Generation> {
  const { logKey, ...view } = seen
  const commit = await log.last(lineageSubject(pin.lineageId))
  const next = successor({ commit, generation: log.generation, pin, logKey, view })
  await saveGeneration(dataFolder, next)
  return next
}

/** Whether a log of the pinned generation is the one that was pinned. */
export async function isPinned(
  log: Pick<EventLog, 'last' | 'lineageId'>,
  pinned: Generation | undefined,
): Promise<boolean> {
  return !pinned || isSameRestore(pinned, await log.last(lineageSubject(log.lineageId)))
}
