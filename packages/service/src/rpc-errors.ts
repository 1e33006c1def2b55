import { defineError } from '@holdfast/errors'

// What can befall a call between two services. Where it may have been carried out nevertheless, repeating
// it with the same command id is safe, and the message says so.

export const RpcTimeout = defineError(
  'rpc.timeout',
  'unavailable',
  (d: { timeoutMs: number }) =>
    `No answer within ${d.timeoutMs} ms. Whether it was done is unknown; repeating it with the same key is safe.`,
)

export const RpcDisconnected = defineError(
  'rpc.disconnected',
  'unavailable',
  (d: { service: string }) =>
    `The connection to ${d.service} broke. Whether it was done is unknown; repeating it with the same key is safe.`,
)

/** Nothing was sent. */
export const RpcUnreachable = defineError(
  'rpc.unreachable',
  'unavailable',
  (d: { service: string }) => `${d.service} cannot be reached; try again.`,
)

/** Nothing was done. */
export const RpcDraining = defineError(
  'rpc.draining',
  'unavailable',
  () => 'The service is about to stop; try again.',
)

export const RpcCancelled = defineError(
  'rpc.cancelled',
  'unavailable',
  () => 'Nobody waits any more.',
)

/** More open calls than we are willing to remember. */
export const RpcBusy = defineError(
  'rpc.busy',
  'unavailable',
  (d: { service: string }) => `Too many open calls to ${d.service}; try again.`,
)

export const RpcTooLarge = defineError(
  'rpc.too_large',
  'too_large',
  (d: { bytes: number; limit: number }) => `A message of ${d.bytes} bytes exceeds ${d.limit}.`,
)

export const RpcUnknownMethod = defineError(
  'rpc.unknown_method',
  'not_found',
  (d: { method: string }) => `There is no method ${d.method}.`,
)

export const RpcMalformed = defineError(
  'rpc.malformed',
  'invalid',
  () => 'The request cannot be decoded.',
)
