import { join } from 'node:path'
import { readIfThere, writeDurably } from '../state/durable-file.ts'

/** What this node saw of the log last. It is on disk before anybody hears of it: a witness never goes back. */
export interface WitnessView {
  /** The log's key as it was pinned; later ones follow from it. Empty before the first checkpoint. */
  readonly logKey: string
  /** Whether the key was told at enrolment, or is the first this node saw. */
  readonly pinnedBy: 'enrolment' | 'first_sight'
  /** 0 before anything. */
  readonly size: bigint
  readonly root: Uint8Array
  /** The checkpoint of that size as a note: the log's signature and ours. */
  readonly note: string
  /** Why the last thing shown was refused; empty once the log is consistent again. */
  readonly refusal: string
}

/** Where the log of a later generation begins, for a witness that saw an earlier one. */
export interface Succession {
  readonly generation: number
  readonly logKey: string
  /** Of the commits taken over, as the log's key signed it. */
  readonly size: bigint
  readonly root: Uint8Array
  /** By earlier generation: commits it is sure to share with this one. */
  readonly common: ReadonlyMap<number, bigint>
}

interface ViewFile {
  /** Absent in files of releases before generations could change. */
  readonly generation?: number
  readonly log_verifier_key: string
  readonly pinned_by: WitnessView['pinnedBy']
  readonly size: string
  readonly root: string
  readonly note: string
  readonly refusal: string
}

const fileOf = (dataFolder: string): string => join(dataFolder, 'witness.json')

/**
 * Throws when the file is there and cannot be read: to begin anew would be to forget what was seen. What was seen of an
 * earlier generation is kept beside it, and goes on as far as the new one has it: what lies behind a cut is told by that
 * file alone.
 */
export async function loadView(
  dataFolder: string,
  pinned: {
    readonly logKey: string
    readonly generation: number
    readonly since?: Succession | undefined
  },
): Promise<WitnessView> {
  const { logKey, generation, since } = pinned
  const content = await readIfThere(fileOf(dataFolder))
  if (!content) {
    return {
      logKey: since?.logKey ?? logKey,
      pinnedBy: logKey === '' ? 'first_sight' : 'enrolment',
      size: since?.size ?? 0n,
      root: since?.root ?? new Uint8Array(),
      note: '',
      refusal: '',
    }
  }
  const file = JSON.parse(content.toString()) as ViewFile // as: we wrote it
  const view: WitnessView = {
    logKey: file.log_verifier_key,
    pinnedBy: file.pinned_by,
    size: BigInt(file.size),
    root: new Uint8Array(Buffer.from(file.root, 'base64')),
    note: file.note,
    refusal: file.refusal,
  }
  // Without the field it is of the first generation this node ever saw.
  const of = file.generation ?? Math.min(generation, ...(since?.common.keys() ?? []))
  if (of === generation || !since) return view
  await writeDurably(join(dataFolder, `witness-generation-${of}.json`), content)
  const isWhole = view.size <= (since.common.get(of) ?? 0n)
  const { size, root } = isWhole && view.size > 0n ? view : since
  const next = { ...view, logKey: since.logKey, size, root, note: '', refusal: '' }
  await saveView(dataFolder, next, generation)
  return next
}

export async function saveView(
  dataFolder: string,
  view: WitnessView,
  generation: number,
): Promise<void> {
  const file: ViewFile = {
    generation,
    log_verifier_key: view.logKey,
    pinned_by: view.pinnedBy,
    size: String(view.size),
    root: Buffer.from(view.root).toString('base64'),
    note: view.note,
    refusal: view.refusal,
  }
  await writeDurably(fileOf(dataFolder), `${JSON.stringify(file, undefined, 2)}\n`)
}
