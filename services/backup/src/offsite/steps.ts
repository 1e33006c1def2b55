import type { ObjectName } from '@holdfast/full-backup'
import type { SurroundingsData } from '@holdfast/storage'
import type { LocationAccess } from '../storage/locations.ts'

/** Where objects go, for a thread of its own. Holds secrets. */
export interface Destination {
  readonly access: LocationAccess
  readonly surroundings: SurroundingsData
}

/** What else an object can be made of; asked for in pieces. */
export const streams = ['config', 'tables', 'manifest', 'writer'] as const
export type StreamName = (typeof streams)[number]

/** One thing to do at a destination. Plain data. */
export type Step =
  /** A sealed segment, of the log or of ACCESS. */
  | {
      readonly do: 'segment'
      readonly name: ObjectName
      readonly directory: string
      readonly file: string
    }
  /** What follows in the archive, as tails of about `maxBytes` each. */
  | {
      readonly do: 'tail'
      readonly lineageId: string
      readonly generation: number
      readonly directory: string
      readonly from: bigint
      readonly to: bigint
      readonly maxBytes: number
    }
  /** A small file as it is. */
  | {
      readonly do: 'file'
      readonly name: ObjectName
      readonly path: string
      readonly isCompressed: boolean
    }
  /** An age file as it is. */
  | { readonly do: 'sealed'; readonly name: ObjectName; readonly bytes: Uint8Array }
  | {
      readonly do: 'stream'
      readonly name: ObjectName
      readonly stream: StreamName
      readonly isCompressed: boolean
    }
  | { readonly do: 'delete'; readonly key: string }

/** What came of a step; asked to be noted before the next one begins. */
export type Done =
  | {
      readonly did: 'put'
      readonly name: ObjectName
      readonly bytes: number
      readonly sha256: string
      /** Of segments and tails: leaf hashes, hex; empty of all else. */
      readonly previousHash: string
      readonly lastHash: string
      readonly tookMs: number
    }
  | { readonly did: 'delete'; readonly key: string }

export interface PieceWish {
  readonly stream: StreamName
  /** Counts from 0 at every reading. */
  readonly piece: number
}

export type StepQuestions = {
  readonly done: (done: Done) => Promise<void>
  /** Undefined: that was the last. */
  readonly piece: (wish: PieceWish) => Promise<Uint8Array | undefined>
}
