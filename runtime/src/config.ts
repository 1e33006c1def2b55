import { defineConfig, durationMs, integer, oneOf, path, secret, text } from '@holdfast/config'

export const localNodeChoices = ['auto', 'off'] as const

export const settings = defineConfig({
  data: path('HOLDFAST_DATA', { default: '.holdfast', doc: 'Everything the suite keeps.' }),
  archive: path('HOLDFAST_ARCHIVE_DIR', {
    optional: true,
    doc: 'The second copy of the log; `archive` in the data directory when not set. Another disk is best.',
  }),
  durability: oneOf('HOLDFAST_DURABILITY', ['log+archive', 'log'], {
    default: 'log+archive',
    doc: 'What an answer waits for: both copies of the log on disk, or the log alone.',
  }),
  diskReserve: integer('HOLDFAST_DISK_RESERVE', {
    optional: true,
    min: 0,
    max: 999_999_999_999_999,
    doc: 'Bytes kept free on the disks of log, archive and database: with less, nothing is changed. A tenth of the disk, at most 1 GiB, when not set.',
  }),
  mode: oneOf('HOLDFAST_MODE', ['evaluation', 'production'], {
    default: 'evaluation',
    doc: 'Evaluation starts with what there is and says what is weaker; production refuses it.',
  }),
  effects: oneOf('HOLDFAST_EFFECTS', ['on', 'off'], {
    default: 'on',
    doc: 'Off: a scratch instance, which sends nothing, pushes nothing, fires no schedule and admits no node.',
  }),
  httpHost: text('HOLDFAST_HTTP_HOST', {
    default: '0.0.0.0',
    doc: 'Address the gateway listens on.',
  }),
  httpPort: integer('HOLDFAST_HTTP_PORT', {
    optional: true,
    min: 1,
    max: 65_535,
    doc: 'Public port: 8080, or the next free one when it is not set and taken.',
  }),
  agentPort: integer('HOLDFAST_AGENT_PORT', {
    optional: true,
    min: 1,
    max: 65_535,
    doc: 'Where agents connect (TLS): chosen at the first start when not set, and kept.',
  }),
  agentHost: text('HOLDFAST_AGENT_HOST', {
    optional: true,
    pattern: /[A-Za-z0-9.:_-]{1,253}/,
    doc: "Name or address agents elsewhere reach this machine by; default: the machine's addresses.",
  }),
  localNode: oneOf('HOLDFAST_LOCAL_NODE', localNodeChoices, {
    default: 'auto',
    doc: 'Whether this machine is a node itself, where it can be.',
  }),
  rootKey: secret('HOLDFAST_ROOT_KEY', {
    optional: true,
    doc: '32 bytes in base64; created at the first start when absent.',
  }),
  rootKeyNextFile: path('HOLDFAST_ROOT_KEY_NEXT_FILE', {
    optional: true,
    doc: 'File of the root key a rotation takes, where HOLDFAST_ROOT_KEY gives the present one (docs/root-key.md).',
  }),
  seal: oneOf('HOLDFAST_SEAL', ['none', 'shamir'], {
    default: 'none',
    doc: 'shamir: the root key is on no disk, and every start waits for shards of it (docs/root-key.md).',
  }),
  flowsMaxMebibytes: integer('HOLDFAST_FLOWS_MAX_MIB', {
    default: '256',
    min: 16,
    max: 1_048_576,
    doc: 'Disk for flow records that audit has not read yet, at most a day old; the oldest make room.',
  }),
  accessMaxMebibytes: integer('HOLDFAST_ACCESS_MAX_MIB', {
    default: '512',
    min: 16,
    max: 1_048_576,
    doc: 'Disk for records of who came in and who was turned away; the oldest make room.',
  }),
  retentionMs: durationMs('HOLDFAST_AUDIT_RETENTION', {
    default: '90d',
    doc: 'How far back the audit trail is shown by default, and how long records of ACCESS are kept; 0 is without end. The log itself is never cut.',
  }),
  eventsMaxMebibytes: integer('HOLDFAST_EVENTS_MAX_MIB', {
    default: '256',
    min: 16,
    max: 1_048_576,
    doc: 'Disk for events that external subscribers have not fetched yet; the oldest make room.',
  }),
  eventsDays: integer('HOLDFAST_EVENTS_DAYS', {
    default: '7',
    min: 1,
    max: 365,
    doc: 'How long events wait for external subscribers, in days.',
  }),
  adminEmail: text('HOLDFAST_ADMIN_EMAIL', {
    default: 'admin@holdfast.local',
    doc: 'E-mail address of the first super-admin.',
  }),
  adminUsername: text('HOLDFAST_ADMIN_USERNAME', {
    default: 'admin',
    doc: 'User name of the first super-admin.',
  }),
  adminPassword: secret('HOLDFAST_ADMIN_PASSWORD', {
    optional: true,
    doc: 'Password of the first super-admin; generated and printed once when absent.',
  }),
  drainMs: durationMs('HOLDFAST_DRAIN', {
    default: '10s',
    doc: 'How long each process may finish its work when the suite stops.',
  }),
  logLevel: oneOf('HOLDFAST_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error'], {
    default: 'info',
    doc: 'Least severe lines written to the log files.',
  }),
})
export type RuntimeSettings = ReturnType<typeof settings.load>
