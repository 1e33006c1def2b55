import { join } from 'node:path'
import { onDisk } from './disk-error.ts'
import { frameBytes } from './frame.ts'
import { stagingName } from './manifest.ts'
import { prepare, SegmentBuilder } from './segment-builder.ts'
import { sealedName } from './segment-name.ts'
import type { ArchivedCommit, ArchiveIdentity, ArchivePosition, Files, OpenFile } from './types.ts'

interface Start {
  readonly files: Files
  readonly directory: string
  readonly identity: ArchiveIdentity
  readonly sealAtBytes: number
  readonly firstSequence: bigint
  readonly previousHash: Uint8Array
  readonly runningMaxTimeUs: number
}

interface Part {
  readonly name: string
  readonly file: OpenFile
  readonly builder: SegmentBuilder
}

/** Writes sealed segments into staging. */
export class Stager {
  readonly #start: Start
  readonly #leaves: { add(sequence: bigint, leaf: Uint8Array): void }
  readonly #parts: (readonly [string, string])[] = []
  #part: Part | undefined
  #last: ArchivePosition
  #runningMaxTimeUs: number

  constructor(start: Start, leaves: { add(sequence: bigint, leaf: Uint8Array): void }) {
    this.#start = start
    this.#leaves = leaves
    this.#last = { sequence: start.firstSequence - 1n, hash: start.previousHash }
    this.#runningMaxTimeUs = start.runningMaxTimeUs
  }

  get last(): ArchivePosition {
    return this.#last
  }
  /** Names in staging and as segments. */
  get parts(): readonly (readonly [string, string])[] {
    return this.#parts
  }

  /** They follow `last`; the caller has looked. */
  async add(commits: readonly ArchivedCommit[]): Promise<void> {
    let from = 0
    let bytes = this.#part?.builder.size ?? 0
    for (let i = 0; i < commits.length; i++) {
      const commit = commits[i]
      if (commit === undefined) continue
      bytes += frameBytes(commit)
      if (bytes < this.#start.sealAtBytes && i + 1 < commits.length) continue
      await this.#write(commits.slice(from, i + 1))
      from = i + 1
      if (bytes >= this.#start.sealAtBytes) await this.finish()
      bytes = this.#part?.builder.size ?? 0
    }
  }

  async #write(commits: readonly ArchivedCommit[]): Promise<void> {
    const frames = prepare(commits)
    frames.commits.forEach(({ sequence }, i) => {
      const leaf = frames.leaves[i]
      if (leaf !== undefined) this.#leaves.add(sequence, leaf)
    })
    const { name, file, builder } = this.#part ?? (await this.#begin())
    await onDisk('writing', name, () => file.write(frames.bytes, builder.size))
    builder.add(frames)
    this.#last = builder.last
  }

  async #begin(): Promise<Part> {
    const { files, directory, identity } = this.#start
    const name = `part-${this.#parts.length}`
    const builder = new SegmentBuilder({
      identity,
      firstSequence: this.#last.sequence + 1n,
      previousHash: this.#last.hash,
      runningMaxTimeUs: this.#runningMaxTimeUs,
    })
    const path = join(directory, stagingName, name)
    const file = await onDisk('creating', path, () => files.open(path, 'create'))
    const part = { name, file, builder }
    this.#part = part
    await onDisk('writing', path, () => file.write(builder.header, 0))
    return part
  }

  /** Seals what has been begun; it is durable then, but for its name. */
  async finish(): Promise<void> {
    if (this.#part === undefined) return
    const { name, file, builder } = this.#part
    await onDisk('sealing', name, async () => {
      await file.write(builder.footer(), builder.size)
      await file.dataSync()
      await file.close()
    })
    this.#part = undefined
    this.#runningMaxTimeUs = builder.runningMaxTimeUs
    this.#parts.push([name, sealedName(builder.firstSequence, builder.last.sequence)])
  }

  /** Lets go of a part that was not finished. */
  async close(): Promise<void> {
    const part = this.#part
    this.#part = undefined
    await part?.file.close().catch(() => {})
  }
}
