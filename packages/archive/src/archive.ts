import { join } from 'node:path'
import { checkArchive } from './check.ts'
import { makeDurably, writeWhole } from './directory.ts'
import { onDisk } from './disk-error.ts'
import {
  ArchiveClosed,
  ArchiveCommitInvalid,
  ArchiveDamaged,
  ArchiveFull,
  ArchiveGap,
} from './errors.ts'
import { disk } from './files.ts'
import { identityFault } from './header.ts'
import { maxAppendBytes, maxSealAtBytes } from './limits.ts'
import { type Loaded, load, type Open } from './load.ts'
import { type Readable, readCommits, type Source, sequenceAtTime } from './reading.ts'
import { replaceSegments } from './replace.ts'
import { prepare, SegmentBuilder } from './segment-builder.ts'
import { openName, sealedName } from './segment-name.ts'
import type {
  Archive,
  ArchivedCommit,
  ArchiveIdentity,
  ArchivePosition,
  ArchiveStats,
  Damage,
  Files,
  OpenArchiveOptions,
  Progress,
  ReplaceOptions,
} from './types.ts'

const minSealAtBytes = 4096

/**
 * Opens the archive of a generation, or begins it. Finishes what a crash left half done (a torn tail
 * is cut, told in `damage`); reads headers and footers, and the open segment whole.
 * Fails with archive.foreign before anything is written, archive.unavailable and archive.full.
 */
export async function openArchive(options: OpenArchiveOptions): Promise<Archive> {
  const { identity, files = disk, now = Date.now } = options
  const sealAtBytes = options.sealAtBytes ?? 8 * 1024 * 1024
  const fault = identityFault(identity)
  if (fault !== undefined) throw new RangeError(`archive: ${fault}`)
  if (sealAtBytes < minSealAtBytes || sealAtBytes > maxSealAtBytes)
    throw new RangeError('archive: sealAtBytes is out of range')
  const directory = join(options.directory, identity.lineageId, String(identity.generation))
  const loaded = await onDisk('opening', directory, async () => {
    await makeDurably(files, directory, 2)
    return load(files, directory, identity)
  })
  const sealAfterMs = options.sealAfterMs ?? 600_000
  return new FileArchive({ directory, identity, files, now, sealAtBytes, sealAfterMs }, loaded)
}

interface Settings {
  readonly directory: string
  readonly identity: ArchiveIdentity
  readonly files: Files
  readonly now: () => number
  readonly sealAtBytes: number
  readonly sealAfterMs: number
}

class FileArchive implements Archive {
  readonly #settings: Settings
  #loaded: Loaded
  #last: ArchivePosition
  #begunAtMs: number
  /**
   * What nobody knows until the directory has been read again: the tail, after a write or sync has failed; all
   * of it, after a replacement.
   */
  #doubt: 'none' | 'tail' | 'all' = 'none'
  #isClosed = false
  #queue: Promise<unknown> = Promise.resolve()

  constructor(settings: Settings, loaded: Loaded) {
    this.#settings = settings
    this.#loaded = loaded
    this.#last = loaded.last
    this.#begunAtMs = settings.now()
  }

  get identity(): ArchiveIdentity {
    return this.#settings.identity
  }
  get directory(): string {
    return this.#settings.directory
  }
  get last(): ArchivePosition {
    return this.#last
  }
  get damage(): readonly Damage[] {
    return this.#loaded.damage
  }

  get stats(): ArchiveStats {
    const { sealed, open, readOnly } = this.#loaded
    const openBytes = open?.builder.size ?? readOnly?.size ?? 0
    return {
      segments: sealed.length + (openBytes > 0 ? 1 : 0),
      bytes: sealed.reduce((sum, { size }) => sum + size, openBytes),
      firstSequence: sealed[0]?.first ?? (this.#last.sequence > 0n ? 1n : 0n),
      lastSequence: this.#last.sequence,
      sealedSequence: sealed.at(-1)?.last ?? 0n,
      openBytes,
    }
  }

  append(commits: readonly ArchivedCommit[]): Promise<void> {
    return this.#inTurn(async () => {
      const first = commits[0]
      if (first === undefined) return
      await this.#makeSure()
      let expected = this.#last.sequence + 1n
      for (const { sequence } of commits) {
        if (sequence !== expected) throw ArchiveGap({ expected, found: sequence })
        expected += 1n
      }
      const frames = prepare(commits)
      if (frames.bytes.length > maxAppendBytes)
        throw ArchiveCommitInvalid({ sequence: first.sequence, reason: 'too many bytes at once' })
      const open = this.#loaded.open ?? (await this.#careful('creating', () => this.#begin()))
      await this.#write(open, frames.bytes)
      open.builder.add(frames)
      this.#last = open.builder.last
      // Nobody waits for this; a failure shows when the next append makes sure.
      if (open.builder.size >= this.#settings.sealAtBytes) void this.seal().catch(() => {})
    })
  }

  async *read(from: bigint, to: bigint): AsyncGenerator<readonly ArchivedCommit[]> {
    this.#refuseClosed()
    yield* readCommits(this.#source, from, to)
  }

  async at(sequence: bigint): Promise<ArchivedCommit | undefined> {
    if (sequence < 1n) return undefined
    for await (const [commit] of this.read(sequence, sequence)) return commit
    return undefined
  }

  async sequenceAt(unixMicros: bigint): Promise<bigint> {
    this.#refuseClosed()
    return sequenceAtTime(this.#source, unixMicros)
  }

  async verify(onProgress?: (progress: Progress) => void): Promise<readonly Damage[]> {
    this.#refuseClosed()
    const { files, directory, identity } = this.#settings
    const lastSequence = this.#last.sequence
    // Listed while nothing is being renamed: a file between two names would look lost.
    const list = (path: string): Promise<readonly string[]> => this.#inTurn(() => files.list(path))
    const open: Files['open'] = (path, mode) => files.open(path, mode)
    const { damage } = await checkArchive({ list, open }, directory, {
      identity,
      lastSequence,
      openLimit: (first) => this.#durable(first),
      visit: ({ commits }) => {
        const sequence = commits.at(-1)?.sequence
        if (sequence !== undefined) onProgress?.({ sequence, lastSequence })
      },
    })
    return damage
  }

  replace(
    from: bigint,
    to: bigint,
    commits: AsyncIterable<readonly ArchivedCommit[]>,
    options: ReplaceOptions = {},
  ): Promise<void> {
    return this.#inTurn(async () => {
      if (from < 1n || to < from - 1n) throw new RangeError('archive: no such range')
      await this.#settle()
      const { files, directory, identity, sealAtBytes, now } = this.#settings
      const open = this.#loaded.open
      await replaceSegments({
        files,
        directory,
        identity,
        sealAtBytes,
        nowMs: now(),
        open: open && { name: open.name, size: open.builder.size },
        from,
        to,
        commits,
        options,
      }).finally(() => {
        // Decided or not: what is on the disk now is read again.
        this.#doubt = 'all'
      })
      await this.#settle()
    })
  }

  seal(): Promise<void> {
    return this.#inTurn(() => this.#seal())
  }

  sealIfDue(): Promise<void> {
    return this.#inTurn(async () => {
      const { now, sealAtBytes, sealAfterMs } = this.#settings
      const open = this.#loaded.open
      if (open === undefined || open.builder.isEmpty) return
      const isOld = now() - this.#begunAtMs >= sealAfterMs
      if (isOld || open.builder.size >= sealAtBytes) await this.#seal()
    })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#queue
    await this.#loaded.open?.file.close().catch(() => {})
  }

  get #source(): Source {
    const { files, directory } = this.#settings
    return { files, directory, now: () => this.#readable() }
  }

  #readable(): Readable {
    const { sealed, open, readOnly, damage } = this.#loaded
    const begun = open && {
      name: open.name,
      first: open.builder.firstSequence,
      size: open.builder.size,
      index: open.builder.index,
      runningMaxTimeUs: open.builder.runningMaxTimeUs,
    }
    const { runningMaxTimeUs } = this.#loaded
    return {
      sealed,
      open: begun ?? (readOnly && { ...readOnly, index: [], runningMaxTimeUs }),
      lastSequence: this.#last.sequence,
      damage,
    }
  }

  /** One after another, whatever becomes of the one before. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(ArchiveClosed({}))
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => {})
    return turn
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw ArchiveClosed({})
  }

  /** Before anything is added: after a failure the end is read again, and damage lets nobody append. */
  async #makeSure(): Promise<void> {
    await this.#settle()
    const damage = this.damage.find(({ isRepaired }) => !isRepaired)
    if (damage !== undefined)
      throw ArchiveDamaged({
        file: damage.file,
        firstBadSequence: damage.firstBadSequence,
        reason: damage.detail,
      })
  }

  /** A step after whose failure nobody knows what is on the disk. */
  async #careful<T>(step: string, work: () => Promise<T>): Promise<T> {
    try {
      return await onDisk(step, this.#settings.directory, work)
    } catch (error) {
      this.#doubt = 'tail'
      throw error
    }
  }

  async #write({ name, file, builder }: Open, bytes: Buffer): Promise<void> {
    try {
      await this.#careful('writing', async () => {
        await file.write(bytes, builder.size)
        await file.dataSync()
      })
    } catch (error) {
      // A half frame takes room on a full disk, and would have to be explained at the next opening.
      if (ArchiveFull.is(error))
        await onDisk('cutting', name, () => file.truncate(builder.size)).catch(() => {})
      throw error
    }
  }

  /** Begins an open segment. It gets its name when its header is durable. */
  async #begin(): Promise<Open> {
    const { files, directory, identity, now } = this.#settings
    const builder = new SegmentBuilder({
      identity,
      firstSequence: this.#last.sequence + 1n,
      previousHash: this.#last.hash,
      runningMaxTimeUs: this.#loaded.runningMaxTimeUs,
    })
    const name = openName(builder.firstSequence)
    await writeWhole(files, join(directory, name), builder.header)
    await files.syncDirectory(directory)
    const open = { name, file: await files.open(join(directory, name), 'write'), builder }
    this.#loaded = { ...this.#loaded, open }
    this.#begunAtMs = now()
    return open
  }

  async #seal(): Promise<void> {
    await this.#makeSure()
    const open = this.#loaded.open
    if (open === undefined || open.builder.isEmpty) return
    const { files, directory } = this.#settings
    const { file, builder } = open
    const footer = builder.footer()
    await this.#write(open, footer)
    const { firstSequence: first, last } = builder
    const name = sealedName(first, last.sequence)
    await this.#careful('sealing', async () => {
      await files.rename(join(directory, open.name), join(directory, name))
      await files.syncDirectory(directory)
    })
    const size = builder.size + footer.length
    const { runningMaxTimeUs } = builder
    const segment = { name, first, last: last.sequence, size, runningMaxTimeUs }
    this.#loaded = {
      ...this.#loaded,
      sealed: [...this.#loaded.sealed, segment],
      open: undefined,
      runningMaxTimeUs,
    }
    await file.close().catch(() => {})
  }

  /**
   * Reads the directory again. After a failed write or sync what was not durable is cut away first: its pages
   * may count as clean though they never reached the disk, and only new ones are certain to be written.
   * Then everything that was durable has to be there.
   */
  async #settle(): Promise<void> {
    if (this.#doubt === 'none') return
    const isSame = this.#doubt === 'tail'
    const { files, directory, identity } = this.#settings
    const open = this.#loaded.open
    const ought = this.#last
    await open?.file.close().catch(() => {})
    const loaded = await onDisk('reading again', directory, async () => {
      if (isSame && open !== undefined && (await files.list(directory)).includes(open.name))
        await cutTo(files, join(directory, open.name), open.builder.size)
      return load(files, directory, identity)
    })
    this.#loaded = loaded
    this.#begunAtMs = this.#settings.now()
    this.#last = loaded.last
    if (isSame && !isEqual(loaded.last, ought)) {
      this.#last = ought
      throw ArchiveDamaged({
        file: open?.name ?? directory,
        firstBadSequence: loaded.last.sequence + 1n,
        reason: 'what was durable is not there any more',
      })
    }
    this.#doubt = 'none'
  }

  /** Where the segment that began with `first` is now, and how much of it is durable. */
  #durable(first: bigint): { name: string; size: number } | undefined {
    const { open, sealed } = this.#loaded
    if (open?.builder.firstSequence === first) return { name: open.name, size: open.builder.size }
    const segment = sealed.findLast((s) => s.first === first)
    return segment && { name: segment.name, size: segment.size }
  }
}

async function cutTo(files: Files, path: string, size: number): Promise<void> {
  const file = await files.open(path, 'write')
  try {
    await file.truncate(size)
    await file.dataSync()
  } finally {
    await file.close()
  }
}

const isEqual = (a: ArchivePosition, b: ArchivePosition): boolean =>
  a.sequence === b.sequence && Buffer.compare(a.hash, b.hash) === 0
