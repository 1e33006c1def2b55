import type { BackupKind, Contents } from '../domain/contents.ts'

export interface MakeOrder {
  readonly backupId: string
  /** Empty: every organization. */
  readonly organizationId: string
  readonly name: string
  readonly kind: BackupKind
  readonly contents: Contents
  readonly isEncrypted: boolean
  /** Empty: the instance key, or the recovery recipients. */
  readonly passphrase: string
  readonly createdAtUnixMs: number
}

export interface MakeSurroundings {
  /** Empty, of this job alone; removed when it ends. */
  readonly directory: string
  readonly signal: AbortSignal
  /** Collected, compressed or bundled, encrypted: each once, in order. Rejects when the job is not to go on. */
  reached(step: 30 | 50 | 60): Promise<void>
}

export interface Made {
  /** One file, mode 0600, in the directory. */
  readonly path: string
  /** It holds everything up to this one. */
  readonly sequence: bigint
  /** The clear manifest, JSON. */
  readonly manifest: string
  /** age recipients that open it. */
  readonly recipients: readonly string[]
}

/** Makes one kind of backup. May begin again at any time, in an empty directory. */
export interface Maker {
  make(order: MakeOrder, surroundings: MakeSurroundings): Promise<Made>
}
