export {
  type AgentsOptions,
  type ConnectOptions,
  type Connector,
  type ConnectorOptions,
  type EgressAgents,
  hostRefusal,
  openConnector,
  type TlsOptions,
} from './connect.ts'
export {
  type Egress,
  type EgressAnswer,
  type EgressOptions,
  type EgressRequest,
  openEgress,
} from './egress.ts'
export { EgressFailed, type EgressFailure, EgressRefused, egressFailures } from './errors.ts'
export { type EgressPolicy, egressPolicy } from './policy.ts'
export { type Resolver, resolveHost, systemResolver } from './resolve.ts'
export { type EgressTarget, parseTarget } from './target.ts'
