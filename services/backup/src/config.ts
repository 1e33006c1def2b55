import { defineConfig, durationMs, flag, integer, list, oneOf, path, text } from '@holdfast/config'
import { commonSettings, egressSettings } from '@holdfast/service'

export const settings = defineConfig({
  ...commonSettings('backup'),
  archiveDir: path('HOLDFAST_ARCHIVE_DIR', {
    doc: 'Where the archive lies; another disk than that of the log is best.',
  }),
  durability: oneOf('HOLDFAST_DURABILITY', ['log+archive', 'log'], {
    default: 'log+archive',
    doc: 'What an answer waits for: both copies of the log on disk, or the log alone.',
  }),
  reserveBytes: integer('HOLDFAST_DISK_RESERVE', {
    optional: true,
    min: 0,
    max: 999_999_999_999_999,
    doc: 'Bytes kept free on each disk: with less, nothing is changed. A tenth of the disk, at most 1 GiB, when not set.',
  }),
  logDir: path('HOLDFAST_LOG_DIR', {
    optional: true,
    doc: 'Where NATS keeps the log, when that is on this machine: its free space is watched.',
  }),
  databaseDir: path('HOLDFAST_DATABASE_DIR', {
    optional: true,
    doc: 'Where Postgres keeps its files, when that is on this machine: its free space is watched.',
  }),
  retentionMs: durationMs('HOLDFAST_AUDIT_RETENTION', {
    default: '90d',
    doc: 'How far back the audit trail is shown by default, and how long records of ACCESS are kept; 0 is without end. The log itself is never cut.',
  }),
  accessSealMs: durationMs('HOLDFAST_BACKUP_ACCESS_SEAL_AFTER', {
    default: '10m',
    doc: 'How long a record of ACCESS may stand in NATS alone before it is archived; sooner when there are many.',
  }),
  accessRetireMs: durationMs('HOLDFAST_BACKUP_ACCESS_RETIRE_EVERY', {
    default: '1d',
    doc: 'How often archived records of ACCESS that are older than HOLDFAST_AUDIT_RETENTION are given up.',
  }),
  ...egressSettings,
  localDir: path('HOLDFAST_BACKUP_LOCAL_DIR', {
    doc: 'Where the built-in storage location `local` is; $HOLDFAST_DATA/backups unless told otherwise.',
  }),
  localRoots: list('HOLDFAST_BACKUP_LOCAL_ROOTS', {
    optional: true,
    doc: 'Directories storage locations of kind local and nfs may lie in; none besides the built-in one when not set.',
  }),
  storageKeysDir: path('HOLDFAST_BACKUP_KEYS_DIR', {
    optional: true,
    doc: 'Directory the private key files of SFTP locations must lie in; without it none can be named.',
  }),
  slotGraceMs: durationMs('HOLDFAST_BACKUP_SLOT_GRACE', {
    default: '15m',
    doc: 'How late a slot of a schedule may be before it counts as missed.',
  }),
  spoolDir: path('HOLDFAST_BACKUP_SPOOL_DIR', {
    optional: true,
    doc: 'Where backups are made before they go to their location, in files nobody else may read; `.spool` in HOLDFAST_BACKUP_LOCAL_DIR when not set.',
  }),
  maxImportMib: integer('HOLDFAST_BACKUP_MAX_IMPORT_MIB', {
    default: '200',
    min: 1,
    max: 4_096,
    doc: 'How large a portable snapshot that is imported may be, and what is in it, in MiB.',
  }),
  parallelBackups: integer('HOLDFAST_BACKUP_PARALLEL', {
    default: '2',
    min: 1,
    max: 16,
    doc: 'Backups made at once, of all instances of the service together.',
  }),
  softLimitMs: durationMs('HOLDFAST_BACKUP_SOFT_LIMIT', {
    default: '600s',
    doc: 'A backup that takes longer stops at its next step and fails.',
  }),
  hardLimitMs: durationMs('HOLDFAST_BACKUP_HARD_LIMIT', {
    default: '720s',
    doc: 'A backup that takes longer is stopped where it is and fails; so is reading one back.',
  }),
  validationSchedule: text('HOLDFAST_BACKUP_VALIDATION_SCHEDULE', {
    default: '17 4 1 * *',
    pattern: /off|[0-9A-Za-z*,/-]+( [0-9A-Za-z*,/-]+){4}/,
    doc: 'When it is tried, without writing, whether the newest snapshot of each organization could be restored: five fields of cron, UTC; `off`: never by itself.',
  }),
  allowsUnencrypted: flag('HOLDFAST_BACKUP_ALLOW_UNENCRYPTED', {
    default: 'false',
    doc: 'Backups that are not encrypted may go to locations on other machines.',
  }),
  offsiteEveryMs: durationMs('HOLDFAST_BACKUP_OFFSITE_EVERY', {
    default: '15s',
    doc: 'How often what is new is pushed to continuous storage locations; at least every 30s, whatever is set.',
  }),
  offsiteManifestMs: durationMs('HOLDFAST_BACKUP_OFFSITE_MANIFEST_EVERY', {
    default: '1h',
    doc: 'How often a manifest of all that stands at continuous storage locations is written, with configuration and operational tables.',
  }),
  offsiteVerifyMs: durationMs('HOLDFAST_BACKUP_OFFSITE_VERIFY_EVERY', {
    default: '1d',
    doc: 'How often everything at continuous storage locations is read back.',
  }),
  configDir: path('HOLDFAST_BACKUP_CONFIG_DIR', {
    optional: true,
    doc: 'The data directory of the suite: environment, certificates and identities in it are part of full backups, sealed. The supervisor sets it.',
  }),
  configFiles: list('HOLDFAST_BACKUP_CONFIG_FILES', {
    optional: true,
    doc: 'Further files that are needed to build the instance again, /etc/holdfast/env for example: part of full backups, sealed. At most 4 MiB each.',
  }),
  guardDir: path('HOLDFAST_GUARD_DIR', {
    doc: 'Of the position file, the third witness: outside of the log and of the archive.',
  }),
  guardCredentialsFile: path('HOLDFAST_GUARD_CREDENTIALS_FILE', {
    optional: true,
    doc: 'The .creds file of the guard, which may write every context.',
  }),
  ingestSeedFile: path('HOLDFAST_INGEST_SEED_FILE', {
    doc: 'The seed the subjects of the log follow from.',
  }),
  instanceFile: path('HOLDFAST_INSTANCE_FILE', {
    doc: 'Lineage, generation and bound of the log, JSON.',
  }),
  rootKeyFingerprint: text('HOLDFAST_ROOT_KEY_FINGERPRINT', {
    pattern: /[0-9a-f]{32}/,
    doc: 'Of the root key: stands in every segment, so that an archive is never taken for that of another instance. One of the former ones will do: auth tells the present one.',
  }),
  formerRootKeys: list('HOLDFAST_ROOT_KEY_FORMER', {
    optional: true,
    doc: 'Fingerprints of the root keys before it, which segments may be of too.',
  }),
})
export type BackupSettings = ReturnType<typeof settings.load>
