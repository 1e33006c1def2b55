import type { EventLog } from '@holdfast/event-log'
import { AuthService, type MethodTable } from '@holdfast/proto'
import type { Logger } from '@holdfast/telemetry'
import { userCaller } from './caller.ts'
import type { Readiness } from './health-server.ts'
import { remoteKeys } from './remote-keys.ts'
import { parseRevocation, revocationList } from './revocations.ts'
import { accessTokenIssuer, type KeySource, type TokenVerifier, tokenVerifier } from './tokens.ts'
import type { Caller, Client } from './types.ts'

const revokedSubject = 'ctl.auth.session-revoked'

/** How a process tells who a token stands for. */
export interface Identity extends TokenVerifier {
  authenticate(accessToken: string): Promise<Caller>
  verifyWith(keys: KeySource): void
  revokeSession(sessionId: string, revokedAtUnixMs: number): void
  readiness(): Readiness
  /** Fetches keys from auth, unless it was given others. */
  start(): void
  stop(): void
}

export function identity(options: {
  readonly name: string
  readonly log: EventLog
  readonly logger: Logger
  readonly connect: <T extends MethodTable>(table: T) => Client<T>
}): Identity {
  const { name, log, logger, connect } = options
  const revocations = revocationList()
  let own: KeySource | undefined
  let remote: ReturnType<typeof remoteKeys> | undefined
  const verifier = tokenVerifier({
    issuer: accessTokenIssuer(log.lineageId),
    revocations,
    keys: { key: (keyId) => (own ?? remote)?.key(keyId) },
  })
  const unsubscribe = log.onSignal(revokedSubject, (data) => {
    const revoked = parseRevocation(data)
    if (revoked) revocations.revoke(revoked.sessionId, revoked.revokedAtUnixMs)
    else logger.warn({ subject: revokedSubject }, 'not understood')
  })

  return {
    verify: verifier.verify,
    async authenticate(accessToken) {
      return userCaller(await verifier.verify(accessToken), name)
    },
    verifyWith(keys) {
      own = keys
      // Whoever has the keys has the sessions too, and tells us of them.
      revocations.complete()
    },
    revokeSession: (sessionId, at) => revocations.revoke(sessionId, at),
    readiness() {
      if (own !== undefined || remote?.isLoaded) return { isReady: true }
      return { isReady: false, reason: 'keys and revoked sessions not yet heard from auth' }
    },
    start() {
      if (own === undefined) remote = remoteKeys(connect(AuthService), revocations, logger)
    },
    stop() {
      unsubscribe()
      remote?.stop()
    },
  }
}
