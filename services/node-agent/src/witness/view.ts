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

interface ViewFile {
  readonly log_verifier_key: string
  readonly pinned_by: WitnessView['pinnedBy']
  readonly size: string
  readonly root: string
  readonly note: string
  readonly refusal: string
}

const fileOf = (dataFolder: string): string => join(dataFolder, 'witness.json')

/** Throws when the file is there and cannot be read: to begin anew would be to forget what was seen. */
export async function loadView(dataFolder: string, pinnedKey: string): Promise<WitnessView> {
  const content = await readIfThere(fileOf(dataFolder))
  if (!content) {
    return {
      logKey: pinnedKey,
      pinnedBy: pinnedKey === '' ? 'first_sight' : 'enrolment',
      size: 0n,
      root: new Uint8Array(),
      note: '',
      refusal: '',
    }
  }
  const file = JSON.parse(content.toString()) as ViewFile // as: we wrote it
  return {
    logKey: file.log_verifier_key,
    pinnedBy: file.pinned_by,
    size: BigInt(file.size),
    root: new Uint8Array(Buffer.from(file.root, 'base64')),
    note: file.note,
    refusal: file.refusal,
  }
}

export async function saveView(dataFolder: string, view: WitnessView): Promise<void> {
  const file: ViewFile = {
    log_verifier_key: view.logKey,
    pinned_by: view.pinnedBy,
    size: String(view.size),
    root: Buffer.from(view.root).toString('base64'),
    note: view.note,
    refusal: view.refusal,
  }
  await writeDurably(fileOf(dataFolder), `${JSON.stringify(file, undefined, 2)}\n`)
}
