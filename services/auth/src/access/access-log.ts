/** Something somebody did, or tried, at the door. Never holds a password, a token or a name that was typed. */
export interface AccessEntry {
  readonly action: 'login' | 'refresh' | 'logout' | 'change_password'
  readonly result: 'success' | 'failure' | 'denied'
  /** Code of the problem when it did not succeed. */
  readonly reason?: string
  readonly userId?: string
  readonly sessionId?: string
  readonly source?: string
  readonly userAgent?: string
}

/** Where sign-ins, sign-outs and failures are written. Not the log: see ARCHITECTURE §2, the stream ACCESS. */
export interface AccessLog {
  record(entry: AccessEntry): void
}
