export {
  type FindNatsOptions,
  findNats,
  freePort,
  type NatsBinary,
  NatsNotFound,
} from './nats-binary.ts'
export { type NatsConfig, type NatsIdentitiesConfig, renderNatsConfig } from './nats-config.ts'
export {
  type NatsIdentities,
  type NatsUser,
  natsUsers,
  prepareNatsIdentities,
} from './nats-identities.ts'
export {
  type NatsExit,
  NatsNotReady,
  NatsNotStarted,
  type NatsServer,
  type StartNatsOptions,
  startNats,
} from './nats-server.ts'
export { type AdminAccess, postgresUrl } from './postgres-database.ts'
export {
  PostgresInUse,
  PostgresNotPackaged,
  PostgresNotStarted,
  PostgresVersionDiffers,
} from './postgres-errors.ts'
export { removePostgresHome } from './postgres-home.ts'
export {
  type PostgresServer,
  type StartPostgresOptions,
  startPostgres,
} from './postgres-server.ts'
export { type FetchAttempt, type FetchPackageOptions, fetchPackage } from './private-apt.ts'
export {
  type Fetched,
  fetchPackages,
  hasFetched,
  NotFetched,
  type WantedPackages,
} from './system-packages.ts'
