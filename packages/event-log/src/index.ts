export { maxCommitBytes } from './commit-codec.ts'
export { commitHash } from './commit-hash.ts'
export {
  CommitTooLarge,
  CommitUnreadable,
  Contended,
  IdempotencyKeyReused,
  LogForked,
  LogFull,
  LogGap,
  LogMismatch,
  LogUnavailable,
  OutcomeUnknown,
  Stale,
  UnknownEvent,
} from './errors.ts'
export { openLog } from './event-log.ts'
export { createNatsKey, formatCredentials, isNatsUserKey, type NatsKey } from './nats-key.ts'
export { parseSubject, type SubjectParts, subjectOf } from './subject.ts'
export type * from './types.ts'
export { actorKinds, authenticationMethods } from './types.ts'
