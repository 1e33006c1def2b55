import type { FileHandle } from 'node:fs/promises'
import {
  type Archive,
  type ArchivedCommit,
  type ArchiveIdentity,
  type Files,
  openArchive,
} from '@holdfast/archive'
import { openPositionFile, type PositionFile } from './position-file.ts'
import { neverVerified, readVerified, type Verified, writeVerified } from './verified-file.ts'

/** The disk; tests put one that fails in its place. */
export interface Disk {
  readonly files?: Files
  readonly datasync?: (file: FileHandle) => Promise<void>
  /** Of the archive's segments. */
  readonly sealAtBytes?: number
}

export interface WitnessOptions {
  readonly archiveDirectory: string
  readonly positionFile: string
  readonly identity: ArchiveIdentity
  readonly disk?: Disk | undefined
}

const noHash = new Uint8Array(32)

/** Archive and position file, opened together and, after trouble with a disk, anew. */
export class Witnesses {
  readonly #options: WitnessOptions
  #open: { readonly archive: Archive; readonly position: PositionFile } | undefined
  #verified: Verified | undefined
  /** After a failed sync what a file shows need not be on the disk, even if it can be read. */
  #isSuspect = false

  constructor(options: WitnessOptions) {
    this.#options = options
  }

  get archive(): Archive | undefined {
    return this.#open?.archive
  }

  get verified(): Verified {
    return this.#verified ?? neverVerified
  }

  /** Throws what the archive and the file system throw; may be tried again. */
  async open(): Promise<{ readonly archive: Archive; readonly position: PositionFile }> {
    if (this.#open) return this.#open
    const { archiveDirectory, positionFile, identity, disk } = this.#options
    const archive = await openArchive({
      directory: archiveDirectory,
      identity,
      ...(disk?.files ? { files: disk.files } : {}),
      ...(disk?.sealAtBytes ? { sealAtBytes: disk.sealAtBytes } : {}),
    })
    try {
      if (this.#isSuspect) await rewriteEnd(archive)
      const position = await openPositionFile(positionFile, disk?.datasync)
      this.#verified ??= await readVerified(`${positionFile}.verified`, identity.lineageId)
      this.#isSuspect = false
      this.#open = { archive, position }
      return this.#open
    } catch (error) {
      await archive.close().catch(() => undefined)
      throw error
    }
  }

  /** Makes the position file say what the archive has. */
  async mark(): Promise<void> {
    const { archive, position } = await this.open()
    const { lineageId, generation } = this.#options.identity
    const { sequence, hash } = archive.last
    await position.write({
      lineageId,
      generation,
      sequence,
      hash: hash.length === noHash.length ? hash : noHash,
    })
  }

  /** Log and archive were seen equal from 1 to this sequence. */
  async noteVerified(sequence: bigint): Promise<void> {
    this.#verified = { sequence, atUnixMs: Date.now() }
    const { positionFile, identity } = this.#options
    await writeVerified(`${positionFile}.verified`, identity.lineageId, this.#verified).catch(
      () => undefined,
    )
  }

  /** Everything is opened again before the next use. `isSuspect`: a disk did not do as it was told. */
  async drop(isSuspect: boolean): Promise<void> {
    this.#isSuspect ||= isSuspect
    const open = this.#open
    this.#open = undefined
    if (!open) return
    await Promise.allSettled([open.archive.close(), open.position.close()])
  }
}

/** Writes the open segment into a new file: what a failed sync left behind counts for nothing. */
async function rewriteEnd(archive: Archive): Promise<void> {
  const from = archive.stats.sealedSequence + 1n
  const to = archive.last.sequence
  if (to < from) return
  const commits: ArchivedCommit[] = []
  for await (const batch of archive.read(from, to)) commits.push(...batch)
  await archive.replace(from, to, once(commits))
}

async function* once(commits: readonly ArchivedCommit[]) {
  yield commits
}
