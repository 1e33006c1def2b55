import type { AccessAttempt, AccessRecorder } from '@holdfast/event-log'
import type { Logger } from '@holdfast/telemetry'

/** Something somebody did, or tried, at the door. Never holds a password, a token or a name that was typed. */
export interface AccessEntry extends Omit<AccessAttempt, 'target' | 'organizationId'> {
  readonly action: 'login' | 'refresh' | 'logout' | 'change_password'
  readonly userAgent?: string
}

/** Where sign-ins, sign-outs and failures are written. Not the log: see ARCHITECTURE §2, the stream ACCESS. */
export interface AccessLog {
  /** Never throws and never waits. */
  record(entry: AccessEntry): void
}

/** Each entry becomes a line, `event: "access"`, and goes to ACCESS, which decides how much of it is kept. */
export const accessLog = (recorder: Pick<AccessRecorder, 'record'>, log: Logger): AccessLog => ({
  record({ userAgent, account, ...attempt }) {
    log.info({ event: 'access', ...attempt, userAgent }, 'access')
    recorder.record({ ...attempt, ...(account === undefined ? {} : { account }) })
  },
})
