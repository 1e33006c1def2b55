export { accessStream } from '../access/access-subjects.ts'
export { type Approval, type Durability, durabilities, type Refusal } from '../approval.ts'
export type { ConnectOptions } from '../connection.ts'
export { MessageUnreadable, RestoreRefused } from '../errors.ts'
export { eventsStream, subscribedSubjects } from '../events/events-subjects.ts'
export { type Ingest, ingestFrom, ingestSubject } from '../ingest.ts'
export type { StreamConfig, StreamInfo, StreamState } from '../jetstream-api.ts'
export {
  type SafeAudience,
  type SafeSignal,
  safeSubject,
  safeSubjectIn,
  type WriteState,
  writeStates,
} from '../safe-signal.ts'
export { type ConfigDrift, identityOf, type LogIdentity } from '../stream-config.ts'
export {
  type AccessReader,
  type AccessState,
  type AccessStored,
  accessReader,
} from './access-reader.ts'
export {
  type AccessStreamSpec,
  accessDefaults,
  provisionAccess,
  recordingAccess,
} from './access-stream.ts'
export { publishApproval, publishSafe } from './announce.ts'
export {
  type Authority,
  type AuthoritySeeds,
  createAuthoritySeeds,
  revokeUser,
  signAuthority,
} from './authority.ts'
export { type AdminConnection, connectAdmin } from './connection.ts'
export {
  type IssuedUser,
  issueNodeCredentials,
  issueSystemUser,
  issueUser,
  permitsNode,
  type UserIssuer,
} from './credentials.ts'
export {
  type EventsStreamSpec,
  provisionEvents,
  publishingEvents,
  subscriberPermissions,
} from './events-stream.ts'
export { type FlowStreamSpec, flowStream, provisionFlows } from './flow-stream.ts'
export {
  adminPermissions,
  guardPermissions,
  nodeFeeds,
  nodePermissions,
  type Permissions,
  servicePermissions,
} from './permissions.ts'
export { probeServer, type ServerReport } from './probe.ts'
export {
  expectedConfig,
  findDrift,
  infoOf,
  type LogSpec,
  type Provisioned,
  provisionLog,
} from './provision.ts'
export {
  type FollowRawOptions,
  followRaw,
  type RawMessage,
  readRaw,
} from './raw-reader.ts'
export { type ArchivedCommit, type RepublishOptions, republish } from './republish.ts'
