export type { Approval } from '../approval.ts'
export type { ConnectOptions } from '../connection.ts'
export { type Ingest, ingestFrom, ingestSubject } from '../ingest.ts'
export type { ConfigDrift, LogIdentity } from '../stream-config.ts'
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
export { type FlowStreamSpec, flowStream, provisionFlows } from './flow-stream.ts'
export { approveServer, type GuardOptions, GuardRefused, vouch } from './guard.ts'
export { type GuardState, keepGuard } from './keep-guard.ts'
export {
  adminPermissions,
  nodeFeeds,
  nodePermissions,
  type Permissions,
  servicePermissions,
} from './permissions.ts'
export { probeServer, type ServerReport } from './probe.ts'
export {
  expectedConfig,
  findDrift,
  type LogSpec,
  type Provisioned,
  provisionLog,
} from './provision.ts'
export { watchDrift } from './watch-drift.ts'
