/** What `holdfast restore instance` asks of dist/restore.mjs, over the channel between the two: nothing of it is in argv. */
export interface RestoreRequest {
  /** A full backup (`.hfbak`, `.hfbak.age`), or a place by its kind. */
  readonly source:
    | { readonly file: string }
    | {
        readonly kind: string
        /** Texts, as typed. */
        readonly config: Readonly<Record<string, string>>
        readonly credentials: Readonly<Record<string, unknown>>
        readonly lineage?: string
        readonly generation?: number
      }
  readonly key: {
    /** Text of a key file. */
    readonly file?: string
    readonly shards?: readonly string[]
    readonly passphrase?: string
  }
  /** `verify` and `plan` write nothing. */
  readonly mode: 'restore' | 'verify'
  readonly toSequence?: string
  /** RFC 3339. */
  readonly toTime?: string
  readonly data: string
  readonly archive?: string
  readonly force: boolean
  readonly isSealed: boolean
  /** To begin. */
  readonly generation?: number
  readonly reason?: string
  /** Of the command. */
  readonly version: string
}

export type RestoreAnswer =
  | {
      readonly type: 'progress'
      readonly step: string
      readonly bytes: number
      readonly totalBytes?: number | undefined
      readonly commits: string
      readonly estimatedMsLeft?: number | undefined
    }
  | { readonly type: 'result'; readonly result: object }
  | {
      readonly type: 'refused'
      readonly code: string | undefined
      readonly message: string
      readonly fields: readonly { readonly field: string; readonly detail: string }[]
    }
