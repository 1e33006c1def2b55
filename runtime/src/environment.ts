import { join } from 'node:path'

/** Who runs, as far as their surroundings go. */
export const serviceNames = ['auth', 'network', 'rules', 'audit', 'backup', 'notify'] as const
export type ServiceName = (typeof serviceNames)[number]
export const processNames = [...serviceNames, 'gateway', 'node-agent'] as const
export type ProcessName = (typeof processNames)[number]

/** Names in `ports`. */
export const portNames = {
  http: 'http',
  agentEdge: 'agent_edge',
  grpc: (name: ServiceName) => `${name}_grpc`,
  health: (name: ProcessName) => `${name.replace('-', '_')}_health`,
} as const

/** What every environment is made of. */
export interface Surroundings {
  readonly ports: Readonly<Record<string, number>>
  readonly mode: string
  readonly effects: string
  readonly logLevel: string
  readonly drainMs: number
  readonly httpHost: string
  /** Of the log, for services: `nats://` or `tls://`, comma-separated. */
  readonly natsUrl: string
  readonly natsCaFile: string | undefined
  readonly logStream: string
  readonly authorityFile: string
  /** Certificate, key and credentials of a process. */
  identity(name: string): {
    readonly certificate: string
    readonly key: string
    readonly credentials: string
    readonly postgresUrl: string
  }
  /** `host:port` list agents are told, and the authority they pin. */
  readonly agentServers: readonly string[]
  readonly rootKey: Readonly<Record<string, string>>
  readonly keysDir: string
  /** Of the built-in storage location. */
  readonly backupsDir: string
  /** Of all of it: what describes the instance in there is part of full backups. */
  readonly dataDir: string
  readonly natsSigningSeedFile: string
  readonly natsAccount: string
  /** What backup guards and with what. */
  readonly guard: {
    /** Lineage, generation and bound of the log. */
    readonly instanceFile: string
    /** Of a user that may do everything in the account of the log. */
    readonly credentialsFile: string
    readonly ingestSeedFile: string
    readonly rootKeyFingerprint: string
    readonly formerRootKeys: readonly string[]
    readonly durability: string
    /** Bytes; undefined leaves it to backup. */
    readonly diskReserve: number | undefined
    readonly archiveDir: string
    /** For the position file: outside of the log and the archive. */
    readonly dir: string
    /** Where the log and the database lie. */
    readonly logDir: string
    readonly databaseDir: string
  }
  readonly agentData: string
  /** The log as this machine's own agent reaches it. */
  readonly localAgentServer: string
}

const passed =
  /^(PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|OTEL_\w+|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|https?_proxy|no_proxy)$/i

/** Settings of a process that the operator may make in the environment of the whole. */
const meantFor: Readonly<Record<ProcessName, RegExp>> = {
  auth: /^HOLDFAST_AUTH_/,
  network: /^HOLDFAST_NETWORK_/,
  rules: /^HOLDFAST_RULES_/,
  audit: /^HOLDFAST_AUDIT_/,
  // How long ACCESS is kept is one setting for whoever shows it, archives it and ages the stream.
  backup: /^HOLDFAST_(BACKUP_|EGRESS_|AUDIT_RETENTION$)/,
  notify: /^HOLDFAST_(NOTIFY_|EGRESS_)/,
  gateway: /^HOLDFAST_(GATEWAY|HTTP|METRICS)_/,
  'node-agent': /^HOLDFAST_(AGENT_|LIBBPF$)/,
}

/**
 * The whole environment of one of our processes: what the machine gives everybody, settings the operator made for
 * just this process, and ours, which win. Secrets are in files; nobody is given somebody else's.
 */
export function environmentOf(
  name: ProcessName,
  around: Surroundings,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const inherited = Object.entries(env).filter(
    ([key, value]) => value !== undefined && (passed.test(key) || meantFor[name].test(key)),
  )
  const given = Object.fromEntries(inherited) as Record<string, string> // undefined was filtered out
  return { ...unlessToldOtherwise(name, around), ...given, ...ours(name, around) }
}

/** Ours, where the operator says nothing else. */
const unlessToldOtherwise = (name: ProcessName, around: Surroundings) =>
  name === 'backup' ? { HOLDFAST_BACKUP_LOCAL_DIR: around.backupsDir } : {}

function ours(name: ProcessName, around: Surroundings): Readonly<Record<string, string>> {
  const { ports } = around
  const loopback = (port: string) => `127.0.0.1:${ports[port]}`
  const identity = around.identity(name)
  const prefix = name === 'node-agent' ? 'HOLDFAST_AGENT' : `HOLDFAST_${name.toUpperCase()}`
  const everybody = {
    NODE_ENV: 'production',
    HOLDFAST_MODE: around.mode,
    HOLDFAST_LOG_LEVEL: around.logLevel,
    [`${prefix}_HTTP_LISTEN`]: loopback(portNames.health(name)),
    [`${prefix}_DRAIN`]: `${around.drainMs}ms`,
  }
  if (name === 'node-agent') {
    return {
      ...everybody,
      HOLDFAST_AGENT_DATA: around.agentData,
      HOLDFAST_NATS_URL: around.localAgentServer,
    }
  }
  const service = {
    ...everybody,
    HOLDFAST_EFFECTS: around.effects,
    HOLDFAST_NATS_URL: around.natsUrl,
    HOLDFAST_NATS_CREDENTIALS_FILE: identity.credentials,
    ...(around.natsCaFile ? { HOLDFAST_NATS_CA_FILE: around.natsCaFile } : {}),
    HOLDFAST_LOG_STREAM: around.logStream,
    HOLDFAST_TLS_CA_FILE: around.authorityFile,
    HOLDFAST_TLS_CERT_FILE: identity.certificate,
    HOLDFAST_TLS_KEY_FILE: identity.key,
    ...Object.fromEntries(
      serviceNames.map((peer) => [
        `HOLDFAST_${peer.toUpperCase()}_GRPC_ADDRESS`,
        loopback(portNames.grpc(peer)),
      ]),
    ),
  }
  switch (name) {
    case 'gateway':
      return {
        ...service,
        HOLDFAST_HTTP_PORT: String(ports[portNames.http]),
        HOLDFAST_HTTP_HOST: around.httpHost,
        HOLDFAST_METRICS_TARGETS: [...serviceNames, 'node-agent' as const]
          .map((target) => `${target}=${loopback(portNames.health(target))}`)
          .join(','),
      }
    case 'auth':
      return {
        ...service,
        ...ofService(name, loopback(portNames.grpc(name)), identity.postgresUrl, around.dataDir),
        ...around.rootKey,
        HOLDFAST_KEYS_DIR: around.keysDir,
        HOLDFAST_NATS_SIGNING_SEED_FILE: around.natsSigningSeedFile,
        HOLDFAST_NATS_ACCOUNT: around.natsAccount,
        HOLDFAST_AGENT_NATS_SERVERS: around.agentServers.join(','),
        HOLDFAST_AGENT_CA_FILE: around.authorityFile,
      }
    case 'network':
      return {
        ...service,
        ...ofService(name, loopback(portNames.grpc(name)), identity.postgresUrl, around.dataDir),
        HOLDFAST_AGENT_NATS_SERVERS: around.agentServers.join(','),
        HOLDFAST_AGENT_CA_FILE: around.authorityFile,
      }
    case 'audit':
      return {
        ...service,
        ...ofService(name, loopback(portNames.grpc(name)), identity.postgresUrl, around.dataDir),
        HOLDFAST_AUDIT_KEYS_DIR: join(around.keysDir, 'log-signing'),
        // Its checkpoints lie beside the segments they are about.
        HOLDFAST_ARCHIVE_DIR: around.guard.archiveDir,
      }
    case 'rules':
    case 'notify':
      return {
        ...service,
        ...ofService(name, loopback(portNames.grpc(name)), identity.postgresUrl, around.dataDir),
      }
    case 'backup':
      return {
        ...service,
        ...ofService(name, loopback(portNames.grpc(name)), identity.postgresUrl, around.dataDir),
        // Of four, shared by all threads, a mount that hangs and whatever is compressed would keep the guard from its disk.
        UV_THREADPOOL_SIZE: '16',
        HOLDFAST_ARCHIVE_DIR: around.guard.archiveDir,
        HOLDFAST_GUARD_DIR: around.guard.dir,
        HOLDFAST_GUARD_CREDENTIALS_FILE: around.guard.credentialsFile,
        HOLDFAST_INGEST_SEED_FILE: around.guard.ingestSeedFile,
        HOLDFAST_INSTANCE_FILE: around.guard.instanceFile,
        HOLDFAST_BACKUP_CONFIG_DIR: around.dataDir,
        HOLDFAST_ROOT_KEY_FINGERPRINT: around.guard.rootKeyFingerprint,
        ...(around.guard.formerRootKeys.length > 0
          ? { HOLDFAST_ROOT_KEY_FORMER: around.guard.formerRootKeys.join(',') }
          : {}),
        HOLDFAST_DURABILITY: around.guard.durability,
        ...(around.guard.diskReserve === undefined
          ? {}
          : { HOLDFAST_DISK_RESERVE: String(around.guard.diskReserve) }),
        HOLDFAST_LOG_DIR: around.guard.logDir,
        HOLDFAST_DATABASE_DIR: around.guard.databaseDir,
      }
  }
}

const ofService = (name: ServiceName, grpc: string, postgresUrl: string, dataDir: string) => ({
  // Only there after a restore into an empty directory.
  HOLDFAST_RESTORED_DIR: join(dataDir, 'restored'),
  [`HOLDFAST_${name.toUpperCase()}_GRPC_LISTEN`]: grpc,
  [`HOLDFAST_${name.toUpperCase()}_POSTGRES_URL_FILE`]: postgresUrl,
})
