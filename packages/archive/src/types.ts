/** One commit as the log stores it, and as the archive keeps it. */
export interface ArchivedCommit {
  /** Position in the stream, from 1. */
  readonly sequence: bigint
  /** As stored, for example `evt.network.interface.<node>.<id>`; at most 65,535 bytes. */
  readonly subject: string
  /** The value of `Nats-Msg-Id` in `headers`, empty when there is none. */
  readonly messageId: string
  /** The raw NATS header block as stored; may be empty. */
  readonly headers: Uint8Array
  readonly payload: Uint8Array
  /** The server's clock when it stored the message. */
  readonly storedAtUnixNs: bigint
}

/** Whose log it is. Every segment states it; another one's files are refused. */
export interface ArchiveIdentity {
  /** UUID, lower case. */
  readonly lineageId: string
  /** From 1. */
  readonly generation: number
  /** Of the instance's root key; 1..128 characters of `[A-Za-z0-9:+/=_.-]`. */
  readonly rootKeyFingerprint: string
  /** Of the root keys before it: segments may be of those too. Stands in no header. */
  readonly formerRootKeys?: readonly string[] | undefined
  /** `access/<epoch>` for records of ACCESS; undefined for the log. */
  readonly log?: string | undefined
}

/** A commit of the archive by position and leaf hash. */
export interface ArchivePosition {
  /** 0 for an empty archive. */
  readonly sequence: bigint
  /** Its leaf hash, 32 bytes; empty for sequence 0, and where damage keeps it from being known. */
  readonly hash: Uint8Array
}

export const damageKinds = [
  // The open segment ended inside a frame, as a crash while appending leaves it. Cut to the last whole frame.
  'torn_tail',
  // A frame that cannot be read, or does not belong where it stands.
  'frame',
  'header',
  'footer',
  // Contents agree with themselves and not with the SHA-256, tree hash or counts of the footer.
  'digest',
  // The leaf hash of the commit before, as a header states it, is not that of the commit before.
  'chain',
  // Sequences that no segment holds.
  'missing',
  // A segment that holds sequences another one holds already.
  'overlap',
  // A segment that holds other sequences than its name says. What is lost by it is told as `missing`.
  'misnamed',
  // A segment of another lineage, generation or root key.
  'foreign',
  // The disk does not give the file.
  'unreadable',
  // A replacement that was decided and not carried out yet; opening does (scan only).
  'unfinished',
  // A checkpoint that does not agree with the commits (scan only).
  'checkpoint',
] as const
export type DamageKind = (typeof damageKinds)[number]

/** What is wrong with an archive. */
export interface Damage {
  readonly kind: DamageKind
  /** The file's name in its directory. */
  readonly file: string
  /** The first sequence that cannot be relied on; 0 where no sequence is concerned. */
  readonly firstBadSequence: bigint
  /**
   * The last one this damage takes away, as far as names and neighbours tell. Less than
   * `firstBadSequence` where no commit is lost, as with a damaged footer.
   */
  readonly lastBadSequence: bigint
  /** For people. */
  readonly detail: string
  /** Opening has repaired it (a torn tail); nothing but telling is left to do. */
  readonly isRepaired: boolean
}

export interface ArchiveStats {
  /** Sealed segments and the open one. */
  readonly segments: number
  /** Of all of them. */
  readonly bytes: number
  /** The first sequence held, 0 when empty. */
  readonly firstSequence: bigint
  readonly lastSequence: bigint
  /** The last sequence in a sealed segment, 0 before the first seal. */
  readonly sealedSequence: bigint
  /** In the open segment. */
  readonly openBytes: number
}

export interface ReplaceOptions {
  /**
   * What becomes of sequences beyond `to`: `keep` (default) leaves them, `drop` sets their
   * files aside, so that the archive ends at `to`.
   */
  readonly tail?: 'keep' | 'drop'
  /**
   * `same` (default): a footer that is whole vouches for its commits, and what is put in their place must have its
   * tree hash. `other`: a human has decided that these commits are the right ones.
   */
  readonly content?: 'same' | 'other'
}

export interface Progress {
  readonly sequence: bigint
  readonly lastSequence: bigint
}

/**
 * The archive of one generation of a log. One process, one archive object; calls that change
 * it run one after another in the order they were made, reads beside them.
 */
export interface Archive {
  readonly identity: ArchiveIdentity
  /** `<directory>/<lineage>/<generation>`. */
  readonly directory: string
  /**
   * The last durable commit. With damage: the last one that a frame, or the name of a sealed segment that
   * cannot be read, shows to have been there.
   */
  readonly last: ArchivePosition
  /** What opening found, less what `replace` has healed since. Unrepaired damage refuses appends. */
  readonly damage: readonly Damage[]
  readonly stats: ArchiveStats
  /**
   * Appends commits that follow `last` without a gap, with one write and one fdatasync; they are
   * durable when it resolves. When it rejects, nothing counts as stored, `last` is as before and the same
   * commits may be appended again: the next call first restores and checks the end of the segment.
   * Fails with archive.gap, archive.commit_invalid, archive.damaged, archive.full (no room),
   * archive.unavailable (the disk failed), archive.closed.
   */
  append(commits: readonly ArchivedCommit[]): Promise<void>
  /**
   * The commits `from`..`to`, both included and cut to what is there, in batches of about 1 MiB.
   * Every CRC is checked. Throws archive.damaged, naming file and first bad sequence, after all that comes before it.
   */
  read(from: bigint, to: bigint): AsyncIterable<readonly ArchivedCommit[]>
  /** One commit, by the index of its segment. Undefined beyond the archive; throws archive.damaged. */
  at(sequence: bigint): Promise<ArchivedCommit | undefined>
  /**
   * The greatest sequence whose running-maximum commit time is ≤ `unixMicros`, 0 when there is none.
   * Commit times stand in the payloads (docs/formats/segment.md); a commit without one has that of its predecessors.
   */
  sequenceAt(unixMicros: bigint): Promise<bigint>
  /** Reads every byte: CRCs, contiguity, chain, digests. Damage comes in order of sequence. */
  verify(onProgress?: (progress: Progress) => void): Promise<readonly Damage[]>
  /**
   * Heals: rewrites the segments that hold `from`..`to` with these commits, which must be exactly those, in
   * order (any batch sizes; none at all to drop a tail). What the files hold beside the range is taken over.
   * Old files stay as `<name>.damaged-<unix ms>`. All or nothing, whenever a crash comes.
   * Fails with archive.gap, archive.commit_invalid, archive.full, archive.unavailable, and with archive.damaged
   * when what has to be taken over cannot be read or the sequence after `to` does not follow the new commits.
   */
  replace(
    from: bigint,
    to: bigint,
    commits: AsyncIterable<readonly ArchivedCommit[]>,
    options?: ReplaceOptions,
  ): Promise<void>
  /** Closes the open segment with its footer; nothing happens when it is empty. */
  seal(): Promise<void>
  /** The same, when it is as large or as old as it may get. Appending looks after size itself; call this now and then for age. */
  sealIfDue(): Promise<void>
  /** Waits for what is under way. Nothing works afterwards. */
  close(): Promise<void>
}

export interface OpenArchiveOptions {
  /** Of all archives, `HOLDFAST_ARCHIVE_DIR`; made when absent. */
  readonly directory: string
  readonly identity: ArchiveIdentity
  /** Default 8 MiB, 4 KiB..1 GiB. */
  readonly sealAtBytes?: number
  /** Since the open segment was begun or opened. Default 10 minutes. */
  readonly sealAfterMs?: number
  /** Unix milliseconds; for ages and the names of set-aside files. */
  readonly now?: () => number
  /** The disk; tests put one that fails in its place. */
  readonly files?: Files
}

/** What reading needs of `Files`. */
export type ReadFiles = Pick<Files, 'open' | 'list'>

/** The little of a file system an archive needs. Errors are those of node:fs. */
export interface Files {
  /** `read` needs the file, `write` keeps its content, `create` refuses an existing one. */
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<OpenFile>
  /** Names in a directory; empty when it is absent. */
  list(directory: string): Promise<readonly string[]>
  /** And those above it. Whether it was not there. */
  makeDirectory(path: string): Promise<boolean>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  removeDirectory(path: string): Promise<void>
  /** Makes names in it durable. */
  syncDirectory(path: string): Promise<void>
}

export interface OpenFile {
  size(): Promise<number>
  /** Fills `into` from `position` on; fewer bytes only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>
  /** Writes all of it or rejects; some of it may be written then. */
  write(bytes: Uint8Array, position: number): Promise<void>
  truncate(size: number): Promise<void>
  dataSync(): Promise<void>
  close(): Promise<void>
}
