/**
 * For a small machine that also runs everything else: little memory, no helpers we do not need, fsync on.
 * `wal_level = minimal` because nobody replicates from here (backups are logical), and a rebuild's COPY into
 * fresh tables then writes no WAL. Statements and their values never reach the log.
 */
export const postgresConfig = (options: {
  readonly socketDir: string
  readonly port: number | undefined
}): string =>
  Object.entries({
    unix_socket_directories: options.socketDir,
    unix_socket_permissions: '0700',
    listen_addresses: options.port === undefined ? '' : '127.0.0.1',
    port: options.port ?? defaultPort,
    max_connections: 80,
    shared_buffers: '64MB',
    work_mem: '8MB',
    maintenance_work_mem: '64MB',
    effective_cache_size: '512MB',
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_wal_size: '1GB',
    min_wal_size: '80MB',
    wal_recycle: 'on',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    io_method: 'sync',
    max_worker_processes: 2,
    max_logical_replication_workers: 0,
    max_parallel_workers: 0,
    max_parallel_workers_per_gather: 0,
    max_parallel_maintenance_workers: 0,
    autovacuum_max_workers: 2,
    // Not /dev/shm: a bare chroot has none, and we run no parallel plans.
    dynamic_shared_memory_type: 'mmap',
    huge_pages: 'off',
    jit: 'off',
    password_encryption: 'scram-sha-256',
    log_statement: 'none',
    log_min_error_statement: 'panic',
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
    log_checkpoints: 'off',
    log_autovacuum_min_duration: -1,
    log_line_prefix: '',
    lc_messages: 'C',
    timezone: 'UTC',
    log_timezone: 'UTC',
  })
    .map(([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`)
    .join('')

/** Part of the socket's name; nothing listens on it unless a port was asked for. */
export const defaultPort = 5432

/** A password for everybody, on the socket too: whoever may open it is not yet who they say. */
export const postgresHba = `local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
`
