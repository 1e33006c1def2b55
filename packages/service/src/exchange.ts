import type { GrpcStatus } from '@holdfast/errors'
import { keys, type Metadata } from './metadata.ts'

/** One call as a transport hands it over. */
export interface Incoming {
  /** For example `/holdfast.network.v1.PeerService/CreatePeer`. */
  readonly path: string
  readonly request: Uint8Array
  readonly metadata: Metadata
  /** Common name of the certificate at the other end. */
  readonly peer: string
  readonly timeoutMs: number
}

export type Outgoing =
  | { readonly ok: true; readonly response: Uint8Array; readonly sequence: bigint | undefined }
  | { readonly ok: false; readonly status: GrpcStatus }

/** Reply metadata, the same on both transports. */
export const replyMetadata = (sequence: bigint | undefined): Record<string, string> =>
  sequence === undefined ? {} : { [keys.sequence]: sequence.toString() }
