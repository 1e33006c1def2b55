import { randomBytes } from 'node:crypto'
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Secret } from '@holdfast/config'
import { type PostgresBinaries, stageBinaries } from './postgres-binaries.ts'
import { defaultPort, postgresConfig, postgresHba } from './postgres-config.ts'
import { type AdminAccess, ensureDatabase, withAdmin } from './postgres-database.ts'
import { PostgresInUse, PostgresNotStarted, PostgresVersionDiffers } from './postgres-errors.ts'
import { type PostgresHome, preparePostgresHome } from './postgres-home.ts'
import {
  isAlive,
  postmasterOf,
  type Running,
  run,
  startOf,
  stopPostmaster,
} from './postgres-process.ts'
import { type RunAs, unprivilegedUser } from './postgres-user.ts'

export interface StartPostgresOptions {
  /** Files are in `postgres` below it. */
  readonly dataDir: string
  /** Also listens on this loopback port. Default: only on a socket in a private directory. */
  readonly port?: number
  /** What Postgres writes, line by line. */
  readonly onLine?: (line: string) => void
  /** How long start and crash recovery may take. Default 60 s. */
  readonly readyTimeoutMs?: number
}

export interface PostgresServer {
  readonly pid: number
  readonly admin: AdminAccess
  /** See `ensureDatabase`: connection URLs by service. */
  ensureDatabase(options: {
    readonly services: readonly string[]
    readonly database?: string
  }): Promise<Readonly<Record<string, Secret>>>
  /** Settles when the server has ended, by `stop` or by itself. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** Fast shutdown: open transactions are rolled back. */
  stop(): Promise<void>
}

const adminUser = 'holdfast_admin'

/**
 * Starts the packaged Postgres on its data, making it at the first start, and waits until it answers.
 *
 * After a crash of Postgres or of whoever started it: a server left running without its owner is stopped
 * first, a stale lock file is removed, and recovery is waited for. A second start beside a living owner
 * throws `embedded.postgres_in_use`. As root the server runs as an unprivileged user.
 */
export async function startPostgres(options: StartPostgresOptions): Promise<PostgresServer> {
  const runAs = await unprivilegedUser()
  const home = await preparePostgresHome(options.dataDir, runAs)
  await claim(home)
  try {
    const binaries = await stageBinaries(home.root)
    const password = await ensureCluster(home, binaries, runAs)
    await refuseOtherVersion(home, binaries)
    await configure(home, options.port, runAs)

    const admin: AdminAccess = {
      host: options.port === undefined ? home.socketDir : '127.0.0.1',
      port: options.port ?? defaultPort,
      user: adminUser,
      password,
    }
    const running = await launch(home, binaries, runAs, admin, options)
    const pid = running.child.pid ?? 0
    let isGone = false
    const exited = running.exited.then(async (end) => {
      isGone = true
      await unclaim(home)
      return end
    })
    return {
      pid,
      admin,
      exited,
      ensureDatabase: (what) => ensureDatabase(admin, what),
      async stop() {
        await stopPostmaster(pid, () => isGone, 30_000)
        await exited
      },
    }
  } catch (error) {
    await unclaim(home)
    throw error
  }
}

const ownerFile = (home: PostgresHome) => join(home.root, 'owner.pid')

/** One owner at a time. A living one is respected; of a dead one, its server is stopped. */
async function claim(home: PostgresHome): Promise<void> {
  const file = ownerFile(home)
  for (;;) {
    try {
      await writeFile(file, identity(process.pid), { flag: 'wx', mode: 0o600 })
      break
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    const text = await readFile(file, 'utf8').catch(() => '')
    const pid = Number.parseInt(text, 10)
    if (pid > 0 && isAlive(pid) && identity(pid) === text) {
      throw PostgresInUse({ directory: home.data, pid })
    }
    await rm(file, { force: true })
  }
  const orphan = await postmasterOf(home.data)
  if (orphan !== undefined) await stopPostmaster(orphan, () => !isAlive(orphan), 30_000)
}

const unclaim = (home: PostgresHome) => rm(ownerFile(home), { force: true })

/** A process id and when it began, because ids are used again. */
const identity = (pid: number): string => `${pid} ${startOf(pid)?.time ?? ''}`

/** Makes the cluster whole or not at all, and returns the administrator's password. */
async function ensureCluster(
  home: PostgresHome,
  binaries: PostgresBinaries,
  runAs: RunAs | undefined,
): Promise<Secret> {
  const passwordFile = join(home.root, 'admin.password')
  const isMade = await readFile(join(home.data, 'PG_VERSION')).then(
    () => true,
    () => false,
  )
  if (isMade) return new Secret((await readFile(passwordFile, 'utf8')).trim())

  const password = randomBytes(24).toString('base64url')
  const unfinished = `${home.data}.new`
  const handedOver = join(home.socketDir, 'initial.password') // only there may the other user read
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { mode: 0o700 })
  await writeFile(handedOver, password, { mode: 0o600 })
  if (runAs) {
    await chown(unfinished, runAs.uid, runAs.gid)
    await chown(handedOver, runAs.uid, runAs.gid)
  }
  const initdb = run(
    binaries.initdb,
    [
      ...['--pgdata', unfinished, '--username', adminUser, '--pwfile', handedOver],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--data-checksums'],
      // Built in, so that no locale has to be installed and none changes under the indexes.
      ...['--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--locale', 'C'],
      '--no-instructions',
    ],
    runAs,
  )
  const { code } = await initdb.exited
  await rm(handedOver, { force: true })
  if (code !== 0) throw PostgresNotStarted({ directory: home.data, output: initdb.output() })
  await writeFile(passwordFile, password, { mode: 0o600, flush: true })
  await rename(unfinished, home.data)
  return new Secret(password)
}

async function refuseOtherVersion(home: PostgresHome, binaries: PostgresBinaries): Promise<void> {
  const data = (await readFile(join(home.data, 'PG_VERSION'), 'utf8')).trim()
  const stage = basename(join(binaries.postgres, '../..'))
  const major = /^native-(\d+)\./.exec(stage)?.[1] ?? ''
  if (data !== major) throw PostgresVersionDiffers({ directory: home.data, data, binaries: major })
}

async function configure(
  home: PostgresHome,
  port: number | undefined,
  runAs: RunAs | undefined,
): Promise<void> {
  const files = {
    'postgresql.conf': postgresConfig({ socketDir: home.socketDir, port }),
    'pg_hba.conf': postgresHba,
  }
  for (const [name, text] of Object.entries(files)) {
    const path = join(home.data, name)
    await writeFile(path, text, { mode: 0o600 })
    if (runAs) await chown(path, runAs.uid, runAs.gid)
  }
}

/** Backends of a killed server need a moment to notice, and hold its shared memory until then. */
const worthAnotherTry = /pre-existing shared memory block|lock file .* already exists/

async function launch(
  home: PostgresHome,
  binaries: PostgresBinaries,
  runAs: RunAs | undefined,
  admin: AdminAccess,
  options: StartPostgresOptions,
): Promise<Running> {
  const deadline = Date.now() + (options.readyTimeoutMs ?? 60_000)
  for (;;) {
    const running = run(binaries.postgres, ['-D', home.data], runAs, options.onLine)
    if (await isReady(running, admin, deadline)) return running
    const output = running.output()
    if (Date.now() > deadline || !worthAnotherTry.test(output)) {
      throw PostgresNotStarted({ directory: home.data, output })
    }
    await delay(200)
  }
}

/** False when it ended, or was ended at the deadline, before it answered. */
async function isReady(running: Running, admin: AdminAccess, deadline: number): Promise<boolean> {
  let hasEnded = false
  void running.exited.then(() => {
    hasEnded = true
  })
  while (!hasEnded) {
    const answers = await withAdmin(admin, 'postgres', (client) => client.query('select 1')).then(
      () => true,
      () => false, // not yet listening, or still in recovery
    )
    if (answers && !hasEnded) return true
    if (Date.now() > deadline) {
      await stopPostmaster(running.child.pid ?? 0, () => hasEnded, 5_000)
      return false
    }
    await delay(20)
  }
  return false
}
