/** Largest request or response: an import of 100,000 rules with names, tags and descriptions. */
export const maxMessageBytes = 32 * 1024 * 1024
/** Largest gRPC message: a frame of the mux may hold small calls beside a large one. */
export const maxFrameBytes = 40 * 1024 * 1024
/** A frame is sent on its own once it has this much, so that large calls do not pile up into one. */
export const frameBytes = 1024 * 1024
/** Calls of one stream served at a time; beyond that the server stops reading. */
export const maxServing = 1_024
/** Open calls a client remembers. */
export const maxPending = 16_384

export const defaultTimeoutMs = 30_000
export const maxTimeoutMs = 600_000

/** Both ends notice a dead connection within `keepaliveMs + keepaliveTimeoutMs`. */
export const connectionOptions = {
  'grpc.max_receive_message_length': maxFrameBytes,
  'grpc.max_send_message_length': maxFrameBytes,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
} as const
