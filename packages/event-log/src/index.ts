export type { AccessAttempt } from './access/access-limits.ts'
export { accessLimits, maxFailureRecords } from './access/access-limits.ts'
export { type AccessRecorder, accessRecorder } from './access/access-recorder.ts'
export {
  accessKeyKind,
  accessSourceKeyId,
  accessSources,
  type KeysOfPerson,
  openAccessSource,
} from './access/access-sources.ts'
export { accessStore } from './access/access-store.ts'
export { accessStream } from './access/access-subjects.ts'
export { decodeCommit, encodeCommit, maxCommitBytes } from './commit-codec.ts'
export { commitHash } from './commit-hash.ts'
export {
  CommitTooLarge,
  CommitUnreadable,
  Contended,
  IdempotencyKeyReused,
  LogExhausted,
  LogForked,
  LogFull,
  LogGap,
  LogMismatch,
  LogUnavailable,
  OutcomeUnknown,
  Stale,
  UnknownEvent,
} from './errors.ts'
export { type EventFormat, type EventFormats, eventCodec } from './event-codec.ts'
export { openLog } from './event-log.ts'
export {
  type EventPublisher,
  eventPublisher,
  type PublishedEvent,
} from './events/event-publisher.ts'
export {
  eventSubject,
  eventsStream,
  subscribedSubjects,
  subscriberConsumer,
} from './events/events-subjects.ts'
export { createNatsKey, formatCredentials, isNatsUserKey, type NatsKey } from './nats-key.ts'
export {
  commonCommits,
  lineageSubject,
  makeRestored,
  type PlacedCommit,
  type RestoredContent,
  type RestoredLink,
  type RestoreFacts,
  readRestored,
  type VerifiedRestored,
  verifyRestored,
} from './restored.ts'
export { parseSubject, type SubjectParts, subjectOf } from './subject.ts'
export type * from './types.ts'
export { actorKinds, authenticationMethods } from './types.ts'
