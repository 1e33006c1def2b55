import type { Telemetry } from '@holdfast/telemetry'
import type { Metadata } from './metadata.ts'
import type { TlsIdentity } from './tls.ts'

export interface ChannelOptions {
  readonly address: { readonly host: string; readonly port: number }
  /** Common name the other end must have, for example `network`. */
  readonly service: string
  readonly tls: TlsIdentity
  readonly telemetry: Telemetry
  /** `unary` is for tools and comparisons; services talk over the mux. */
  readonly transport?: 'mux' | 'unary'
}

/** A call as a transport carries it. */
export interface Sending {
  readonly path: string
  readonly request: Uint8Array
  readonly metadata: Metadata & Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

export interface Received {
  readonly response: Uint8Array
  readonly metadata: Metadata
}

export interface Transport {
  /** Rejects with a DomainError, or with the signal's reason. */
  send(sending: Sending): Promise<Received>
  isConnected(): boolean
  close(graceMs: number): Promise<void>
}
