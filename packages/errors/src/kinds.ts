/** What went wrong, as far as a caller's next step depends on it. The only translation table there is. */
export const kinds = {
  invalid: { grpc: 3, http: 400, title: 'Invalid request' },
  unauthenticated: { grpc: 16, http: 401, title: 'Not signed in' },
  /** The caller may know that it exists. */
  forbidden: { grpc: 7, http: 403, title: 'Not allowed' },
  /** Or the caller may not know. */
  not_found: { grpc: 5, http: 404, title: 'Not found' },
  conflict: { grpc: 6, http: 409, title: 'Conflict' },
  illegal_state: { grpc: 9, http: 409, title: 'Not possible in this state' },
  /** The revision moved on. Retry after reading again. */
  stale: { grpc: 10, http: 412, title: 'Changed meanwhile' },
  /** One idempotency key, two bodies. */
  key_reused: { grpc: 9, http: 422, title: 'Idempotency key used before' },
  too_large: { grpc: 11, http: 413, title: 'Too large' },
  /** Retry later. */
  exhausted: { grpc: 8, http: 429, title: 'Limit reached' },
  /** Retry with back-off. */
  unavailable: { grpc: 14, http: 503, title: 'Unavailable' },
  /** The message is hidden from callers. */
  internal: { grpc: 13, http: 500, title: 'Internal error' },
} as const

export type Kind = keyof typeof kinds
