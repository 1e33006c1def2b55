import { address, durationMs, integer, list, oneOf, path, secret, text } from '@holdfast/config'
import { logLevels } from '@holdfast/telemetry'
import { effectChoices } from './effects.ts'

/** Loopback ports by convention; everything but the gateway's public port is for this host only. */
const ports = {
  gateway: { grpc: undefined, http: 9100 },
  auth: { grpc: 7001, http: 9101 },
  network: { grpc: 7002, http: 9102 },
  rules: { grpc: 7003, http: 9103 },
  audit: { grpc: 7004, http: 9104 },
  backup: { grpc: 7005, http: 9105 },
  notify: { grpc: 7006, http: 9106 },
} as const

export type ServiceName = keyof typeof ports
export type GrpcServiceName = Exclude<ServiceName, 'gateway'>

const prefix = (name: string): string => `HOLDFAST_${name.toUpperCase()}`

/** Settings of every process of the control plane. */
export const edgeSettings = (name: ServiceName) =>
  ({
    httpListen: address(`${prefix(name)}_HTTP_LISTEN`, {
      default: `127.0.0.1:${ports[name].http}`,
      doc: 'Health (/healthz, /readyz) and /metrics.',
    }),
    drainMs: durationMs(`${prefix(name)}_DRAIN`, {
      default: '10s',
      doc: 'How long calls may take to finish after SIGTERM.',
    }),
    natsUrl: list('HOLDFAST_NATS_URL', {
      default: 'nats://127.0.0.1:4222',
      doc: 'NATS servers.',
    }),
    natsCredentialsFile: path('HOLDFAST_NATS_CREDENTIALS_FILE', {
      optional: true,
      doc: 'The .creds file of this process.',
    }),
    natsCaFile: path('HOLDFAST_NATS_CA_FILE', {
      optional: true,
      doc: 'CA of the NATS servers, PEM.',
    }),
    logStream: text('HOLDFAST_LOG_STREAM', {
      default: 'EVT_1',
      pattern: /EVT_[1-9]\d{0,5}/,
      doc: 'The stream that is the log.',
    }),
    tlsCaFile: path('HOLDFAST_TLS_CA_FILE', { doc: 'CA of all service certificates, PEM.' }),
    tlsCertFile: path('HOLDFAST_TLS_CERT_FILE', {
      doc: 'Certificate of this process; its common name is the service.',
    }),
    tlsKeyFile: path('HOLDFAST_TLS_KEY_FILE', { doc: 'Its private key, PEM.' }),
    authAddress: address('HOLDFAST_AUTH_GRPC_ADDRESS', {
      default: `127.0.0.1:${ports.auth.grpc}`,
      doc: 'Where auth listens.',
    }),
    networkAddress: address('HOLDFAST_NETWORK_GRPC_ADDRESS', {
      default: `127.0.0.1:${ports.network.grpc}`,
      doc: 'Where network listens.',
    }),
    rulesAddress: address('HOLDFAST_RULES_GRPC_ADDRESS', {
      default: `127.0.0.1:${ports.rules.grpc}`,
      doc: 'Where rules listens.',
    }),
    auditAddress: address('HOLDFAST_AUDIT_GRPC_ADDRESS', {
      default: `127.0.0.1:${ports.audit.grpc}`,
      doc: 'Where audit listens.',
    }),
    backupAddress: address('HOLDFAST_BACKUP_GRPC_ADDRESS', {
      default: `127.0.0.1:${ports.backup.grpc}`,
      doc: 'Where backup listens.',
    }),
    notifyAddress: address('HOLDFAST_NOTIFY_GRPC_ADDRESS', {
      default: `127.0.0.1:${ports.notify.grpc}`,
      doc: 'Where notify listens.',
    }),
    mode: oneOf('HOLDFAST_MODE', ['production', 'evaluation'], {
      default: 'evaluation',
      doc: 'Production refuses what is only good enough to try Holdfast.',
    }),
    effects: oneOf('HOLDFAST_EFFECTS', effectChoices, {
      default: 'on',
      doc: 'Off: a scratch instance, which sends nothing, pushes nothing, fires no schedule and admits no node.',
    }),
    logLevel: oneOf('HOLDFAST_LOG_LEVEL', logLevels, {
      default: 'info',
      doc: 'Least severe lines printed.',
    }),
  }) as const

/** Settings of a service with methods. */
const servingSettings = (name: GrpcServiceName) =>
  ({
    ...edgeSettings(name),
    grpcListen: address(`${prefix(name)}_GRPC_LISTEN`, {
      default: `127.0.0.1:${ports[name].grpc}`,
      doc: 'gRPC, mutual TLS.',
    }),
  }) as const

/** Settings of a service with methods and a database of its own. */
export const commonSettings = (name: GrpcServiceName) =>
  ({
    ...servingSettings(name),
    postgresUrl: secret(`${prefix(name)}_POSTGRES_URL`, { doc: 'Database of the read models.' }),
    postgresConnections: integer(`${prefix(name)}_POSTGRES_CONNECTIONS`, {
      default: '10',
      min: 2,
      max: 200,
      doc: 'Most connections open at once.',
    }),
    restoredDir: path('HOLDFAST_RESTORED_DIR', {
      optional: true,
      doc: 'Where a restore into an empty instance left operational tables: loaded once, at the first start, and removed.',
    }),
    readModelCheck: text('HOLDFAST_READ_MODEL_CHECK', {
      default: '03:30',
      pattern: /off|([01]\d|2[0-3]):[0-5]\d/,
      doc: 'When read models are compared with a replay of the log, daily: HH:MM in UTC, or off. Services follow each other at ten minutes.',
    }),
  }) as const

/** Of those who connect to where others say (packages/egress). */
export const egressSettings = {
  egressAllow: list('HOLDFAST_EGRESS_ALLOW', {
    optional: true,
    doc: 'Networks (CIDRs) webhooks and backups may reach besides the public internet; http:// is taken there too.',
  }),
} as const

/** What a settings table needs so that `runEdge`, or `run`, can start from it. */
export type EdgeSpec = ReturnType<typeof edgeSettings>
export type ServiceSpec = ReturnType<typeof commonSettings>

/** Where those connect who come from outside: agents, and programs that follow events. */
export const agentDoorSettings = {
  agentNatsServers: list('HOLDFAST_AGENT_NATS_SERVERS', {
    default: 'tls://127.0.0.1:4222',
    doc: 'NATS servers as agents and external subscribers reach them; they are told when they are enrolled.',
  }),
  agentCaFile: path('HOLDFAST_AGENT_CA_FILE', {
    optional: true,
    doc: 'CA of those servers, PEM; handed out along with their addresses.',
  }),
} as const
