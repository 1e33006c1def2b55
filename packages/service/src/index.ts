export { NotSignedIn, ServiceDenied } from './access.ts'
export { type Alarm, alarmSubject, decodeAlarm, encodeAlarm } from './alarm.ts'
export type { App, EarlyApp, EdgeApp } from './app.ts'
export { AccessDenied, type Binding, NotVisible, type UserIdentity } from './caller.ts'
export { type Channel, openChannel } from './channel.ts'
export { type DataKeys, dataKeys } from './data-keys.ts'
export { createDurably, makeDirectory, replaceDurably, syncDirectory } from './durable-file.ts'
export { type Effects, EffectsOff, effectChoices, effectsOffNotice } from './effects.ts'
export { Fields, parseDescription, parseId } from './fields.ts'
export { type HealthServer, type Readiness, startHealthServer } from './health-server.ts'
export { type Lifecycle, lifecycle } from './lifecycle.ts'
export { type NameBook, type NameClaim, type NameTools, nameBook, type UsesName } from './names.ts'
export { natsConnection } from './nats-connection.ts'
export type { OperationalTables } from './operational-tables.ts'
export {
  isPermission,
  type Permission,
  permissions,
  type Role,
  rolePermissions,
  roles,
} from './permissions.ts'
export { Polling } from './polling.ts'
export { createRpcServer, type RpcServer } from './rpc-server.ts'
export { type RunOptions, run, runEdge } from './run.ts'
export { type Secrets, secrets } from './secrets.ts'
export {
  agentDoorSettings,
  commonSettings,
  type EdgeSpec,
  edgeSettings,
  egressSettings,
  type GrpcServiceName,
  type ServiceName,
  type ServiceSpec,
} from './settings.ts'
export { type StandingAlarms, standingAlarms } from './standing-alarms.ts'
export { stepOf, withoutRevision } from './step-of.ts'
export { readTlsIdentity, type TlsFiles, type TlsIdentity } from './tls.ts'
export {
  accessTokenAudience,
  accessTokenIssuer,
  accessTokenType,
  type KeySource,
  parseKeySet,
  SessionRevoked,
  TokenExpired,
  TokenInvalid,
  TokensUnverifiable,
} from './tokens.ts'
export type { ChannelOptions } from './transport.ts'
export type { Answer, Call, Caller, CallOptions, Client, Handlers, Wish } from './types.ts'
