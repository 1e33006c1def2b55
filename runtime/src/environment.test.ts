import { expect, test } from 'vitest'
import { environmentOf, processNames, type Surroundings } from './environment.ts'

const around: Surroundings = {
  effects: 'on',
  ports: {
    http: 8080,
    agent_edge: 7422,
    auth_grpc: 1,
    network_grpc: 2,
    auth_health: 3,
    network_health: 4,
    gateway_health: 5,
    node_agent_health: 6,
    rules_grpc: 7,
    rules_health: 8,
    audit_grpc: 9,
    audit_health: 10,
    backup_grpc: 11,
    backup_health: 12,
    notify_grpc: 13,
    notify_health: 14,
  },
  mode: 'evaluation',
  logLevel: 'info',
  drainMs: 10_000,
  httpHost: '0.0.0.0',
  natsUrl: 'tls://127.0.0.1:7422',
  natsCaFile: '/d/ca.crt',
  logStream: 'EVT_1',
  authorityFile: '/d/ca.crt',
  identity: (name) => ({
    certificate: `/d/${name}.crt`,
    key: `/d/${name}.key`,
    credentials: `/d/${name}.creds`,
    postgresUrl: `/d/${name}.url`,
  }),
  agentServers: ['tls://192.0.2.1:7422'],
  rootKey: { HOLDFAST_ROOT_KEY_FILE: '/d/root.key' },
  keysDir: '/d/keys',
  backupsDir: '/d/backups',
  dataDir: '/d',
  natsSigningSeedFile: '/d/signing.seed',
  natsAccount: 'A1',
  guard: {
    instanceFile: '/d/instance.json',
    credentialsFile: '/d/guard.creds',
    ingestSeedFile: '/d/ingest.seed',
    rootKeyFingerprint: 'f1',
    formerRootKeys: [],
    durability: 'log+archive',
    diskReserve: undefined,
    archiveDir: '/a',
    dir: '/d/guard',
    logDir: '/d/nats',
    databaseDir: '/d/postgres',
  },
  agentData: '/d/agent',
  localAgentServer: 'tls://127.0.0.1:7422',
}

const outside = {
  PATH: '/bin',
  HOLDFAST_ROOT_KEY: 'secret',
  HOLDFAST_ADMIN_PASSWORD: 'secret',
  HOLDFAST_AUTH_LOCKOUT: '5',
  HOLDFAST_HTTP_RATE_LIMIT: '9',
  HOLDFAST_MODE: 'wrong',
  npm_config_registry: 'elsewhere',
  AWS_SECRET_ACCESS_KEY: 'secret',
}

test('nobody is given a secret that is not theirs', () => {
  for (const name of processNames) {
    const env = environmentOf(name, around, outside)
    expect(Object.values(env)).not.toContain('secret')
    expect(env['HOLDFAST_ROOT_KEY_FILE']).toBe(name === 'auth' ? '/d/root.key' : undefined)
    expect(env['HOLDFAST_NATS_SIGNING_SEED_FILE']).toBe(
      name === 'auth' ? '/d/signing.seed' : undefined,
    )
    expect(env['npm_config_registry']).toBeUndefined()
  }
})

test("an operator's setting reaches the process it is for, and ours win", () => {
  expect(environmentOf('auth', around, outside)['HOLDFAST_AUTH_LOCKOUT']).toBe('5')
  expect(environmentOf('network', around, outside)['HOLDFAST_AUTH_LOCKOUT']).toBeUndefined()
  expect(environmentOf('gateway', around, outside)['HOLDFAST_HTTP_RATE_LIMIT']).toBe('9')
  expect(environmentOf('gateway', around, outside)['HOLDFAST_MODE']).toBe('evaluation')
})

test('each has its own identity and finds its peers', () => {
  const env = environmentOf('network', around, outside)
  expect(env['HOLDFAST_TLS_CERT_FILE']).toBe('/d/network.crt')
  expect(env['HOLDFAST_NATS_CREDENTIALS_FILE']).toBe('/d/network.creds')
  expect(env['HOLDFAST_NETWORK_POSTGRES_URL_FILE']).toBe('/d/network.url')
  expect(env['HOLDFAST_NETWORK_GRPC_LISTEN']).toBe('127.0.0.1:2')
  expect(env['HOLDFAST_AUTH_GRPC_ADDRESS']).toBe('127.0.0.1:1')
  expect(env['HOLDFAST_AGENT_NATS_SERVERS']).toBe('tls://192.0.2.1:7422')
})

test('whoever calls a service is told where it listens', () => {
  for (const name of ['gateway', 'rules', 'audit'] as const) {
    const env = environmentOf(name, around, outside)
    expect(env['HOLDFAST_RULES_GRPC_ADDRESS']).toBe('127.0.0.1:7')
    expect(env['HOLDFAST_AUDIT_GRPC_ADDRESS']).toBe('127.0.0.1:9')
  }
  const audit = environmentOf('audit', around, outside)
  expect(audit['HOLDFAST_AUDIT_GRPC_LISTEN']).toBe('127.0.0.1:9')
  expect(audit['HOLDFAST_AUDIT_HTTP_LISTEN']).toBe('127.0.0.1:10')
  expect(environmentOf('gateway', around, outside)['HOLDFAST_METRICS_TARGETS']).toBe(
    'auth=127.0.0.1:3,network=127.0.0.1:4,rules=127.0.0.1:8,audit=127.0.0.1:10,backup=127.0.0.1:12,notify=127.0.0.1:14,node-agent=127.0.0.1:6',
  )
})

test('only backup is given what guards the log', () => {
  for (const name of processNames) {
    const env = environmentOf(name, around, outside)
    const isBackup = name === 'backup'
    expect(env['HOLDFAST_GUARD_CREDENTIALS_FILE']).toBe(isBackup ? '/d/guard.creds' : undefined)
    expect(env['HOLDFAST_INGEST_SEED_FILE']).toBe(isBackup ? '/d/ingest.seed' : undefined)
    expect(env['HOLDFAST_ARCHIVE_DIR']).toBe(isBackup || name === 'audit' ? '/a' : undefined)
    expect(env['HOLDFAST_DURABILITY']).toBe(isBackup ? 'log+archive' : undefined)
    expect(env['UV_THREADPOOL_SIZE']).toBe(isBackup ? '16' : undefined)
  }
  const backup = environmentOf('backup', around, outside)
  expect(backup['HOLDFAST_BACKUP_GRPC_LISTEN']).toBe('127.0.0.1:11')
})

test('the built-in storage location lies in the data directory unless told otherwise', () => {
  const directory = (env: Record<string, string>) =>
    environmentOf('backup', around, env)['HOLDFAST_BACKUP_LOCAL_DIR']
  expect(directory({})).toBe('/d/backups')
  expect(directory({ HOLDFAST_BACKUP_LOCAL_DIR: '/mnt/b' })).toBe('/mnt/b')
  expect(environmentOf('notify', around, outside)['HOLDFAST_BACKUP_LOCAL_DIR']).toBeUndefined()
})

test("the agent gets no service's identity", () => {
  const env = environmentOf('node-agent', around, outside)
  expect(env['HOLDFAST_AGENT_HTTP_LISTEN']).toBe('127.0.0.1:6')
  expect(env['HOLDFAST_AGENT_DATA']).toBe('/d/agent')
  expect(Object.keys(env).filter((key) => /TLS|CREDENTIALS|POSTGRES/.test(key))).toEqual([])
})
