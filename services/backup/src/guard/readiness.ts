import type { LogKeeperState } from '@holdfast/log-guard'
import type { Readiness } from '@holdfast/service'

/**
 * Ready once the guard has said for the first time whether anybody may write. What it says after that is for its
 * state to tell: a frozen log is read as ever, and who repairs it needs this process.
 */
export function readiness(state: () => LogKeeperState | undefined): () => Readiness {
  let hasJudged = false
  return () => {
    const now = state()
    hasJudged ||= now !== undefined && now.writes !== 'checking'
    if (!hasJudged) return { isReady: false, reason: now?.reason || 'waiting for NATS' }
    return now === undefined || now.writes === 'open'
      ? { isReady: true }
      : { isReady: true, reason: `no writes: ${now.reason}` }
  }
}
