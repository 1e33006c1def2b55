/** A configuration of nats-server. */
export interface NatsConfig {
  /** Told to clients; the process is recognized by it. */
  readonly serverName: string
  readonly host: string
  readonly port: number
  readonly storeDir: string
  /** Bytes JetStream may use on disk. */
  readonly maxStoreBytes: number
  /** TLS for everybody: nats-server has one listener for clients. PEM files. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
  readonly identities: NatsIdentitiesConfig
}

export type NatsIdentitiesConfig =
  | {
      readonly type: 'operator'
      readonly operatorJwt: string
      readonly systemAccount: { readonly publicKey: string; readonly jwt: string }
      readonly account: { readonly publicKey: string; readonly jwt: string }
      /** Where the server keeps account JWTs, revocations included. */
      readonly resolverDir: string
    }
  /** Everybody may do everything: throwaway servers on loopback only. */
  | { readonly type: 'open' }

// Quoted as JSON, which the server's parser reads; control characters never get that far.
const quoted = (text: string): string => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not pass
  if (/[\u0000-\u001f]/.test(text)) throw new RangeError('control character in a NATS setting')
  return JSON.stringify(text)
}

const mebibytes = (count: number): number => count * 1024 * 1024

function identityLines(identities: NatsIdentitiesConfig): readonly string[] {
  if (identities.type === 'open') return []
  const { operatorJwt, systemAccount, account, resolverDir } = identities
  return [
    `operator: ${quoted(operatorJwt)}`,
    `system_account: ${quoted(systemAccount.publicKey)}`,
    'resolver: {',
    '  type: full',
    `  dir: ${quoted(resolverDir)}`,
    '  allow_delete: false',
    '  interval: "2m"',
    '}',
    'resolver_preload: {',
    `  ${systemAccount.publicKey}: ${quoted(systemAccount.jwt)}`,
    `  ${account.publicKey}: ${quoted(account.jwt)}`,
    '}',
  ]
}

/** The text of the configuration file. `sync_interval: always` is not negotiable. */
export function renderNatsConfig(config: NatsConfig): string {
  const { tls } = config
  return [
    '# Written by holdfast at every start; changes are lost.',
    `server_name: ${quoted(config.serverName)}`,
    `host: ${quoted(config.host)}`,
    `port: ${config.port}`,
    `max_payload: ${mebibytes(8)}`,
    // Two pulls of 32 MiB may be on their way to one reader.
    `max_pending: ${mebibytes(256)}`,
    'write_deadline: "10s"',
    'ping_interval: "20s"',
    'logtime: true',
    'jetstream: {',
    `  store_dir: ${quoted(config.storeDir)}`,
    '  sync_interval: always',
    `  max_memory_store: ${mebibytes(64)}`,
    `  max_file_store: ${Math.floor(config.maxStoreBytes)}`,
    '}',
    ...(tls
      ? [
          'tls: {',
          `  cert_file: ${quoted(tls.certFile)}`,
          `  key_file: ${quoted(tls.keyFile)}`,
          '  min_version: "1.3"',
          '  timeout: 5',
          '}',
        ]
      : []),
    ...identityLines(config.identities),
    '',
  ].join('\n')
}
