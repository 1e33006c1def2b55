import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { withAdmin } from './postgres-database.ts'
import { PostgresInUse, PostgresVersionDiffers } from './postgres-errors.ts'
import { removePostgresHome } from './postgres-home.ts'
import { isAlive } from './postgres-process.ts'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

const isRoot = process.getuid?.() === 0
const nobody = 65_534
const here = dirname(fileURLToPath(import.meta.url))
/** Another user can only run this checkout when they may enter it: not one below /root. */
const isOpenToOthers = here
  .split('/')
  .map((_, depth, parts) => parts.slice(0, depth + 1).join('/') || '/')
  .every((folder) => (statSync(folder).mode & 0o001) !== 0)
if (isRoot && !isOpenToOthers) {
  console.log('skipped: Postgres started by an ordinary user (nobody cannot enter this checkout)')
}

let base: string
let dataDir: string
/** For tests that only look. */
let shared: { readonly dir: string; readonly server: PostgresServer }
const started: PostgresServer[] = []
const children: ChildProcess[] = []
const elsewhere: string[] = []

beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-embedded-'))
  chmodSync(dir, 0o755)
  shared = { dir, server: await startPostgres({ dataDir: dir }) }
})
afterAll(async () => {
  await shared.server.stop()
  rmSync(shared.dir, { recursive: true, force: true })
})
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'holdfast-embedded-'))
  chmodSync(base, 0o755)
  dataDir = join(base, 'data')
  mkdirSync(dataDir, { mode: 0o755 })
})
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()))
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const directory of [base, ...elsewhere.splice(0)]) {
    rmSync(directory, { recursive: true, force: true })
  }
})

async function start(dir = dataDir): Promise<PostgresServer> {
  const server = await startPostgres({ dataDir: dir })
  started.push(server)
  return server
}

async function rows(server: PostgresServer, text: string): Promise<unknown[]> {
  return withAdmin(server.admin, 'postgres', async (client) => (await client.query(text)).rows)
}

/** Starts Postgres in a process of its own, which then can be killed. */
async function startElsewhere(dir: string, who: { uid?: number; gid?: number } = {}) {
  const module = join(here, 'postgres-server.ts')
  const script = `
    const { startPostgres } = await import(${JSON.stringify(module)})
    const server = await startPostgres({ dataDir: ${JSON.stringify(dir)} })
    console.log('pid', server.pid)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    ...who,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], HOME: base },
  })
  children.push(child)
  const pid = await new Promise<number>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk
      const match = /pid (\d+)/.exec(text)
      if (match) resolve(Number(match[1]))
    })
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)))
  })
  return { child, pid }
}

const ended = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve))

test('it starts from nothing, keeps its data, and starts again', async () => {
  const first = await start()
  await rows(first, 'create table kept as select 42 as n')
  await first.stop()
  expect(await first.exited).toEqual({ code: 0, signal: null })
  const second = await start()
  expect(await rows(second, 'select n from kept')).toEqual([{ n: 42 }])
  expect(await rows(second, 'show data_checksums')).toEqual([{ data_checksums: 'on' }])
  expect(await rows(second, 'show fsync')).toEqual([{ fsync: 'on' }])
  expect(
    await rows(
      second,
      `select datlocprovider, datlocale from pg_database where datname = 'postgres'`,
    ),
  ).toEqual([{ datlocprovider: 'b', datlocale: 'C.UTF-8' }])
  expect(await rows(second, 'show listen_addresses')).toEqual([{ listen_addresses: '' }])
})

test('it never runs as root', async () => {
  const { server } = shared
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8')
  expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).not.toBe('0')
  if (isRoot) expect(/^Groups:\s*$/m.test(status)).toBe(true)
})

test('one who does not know the password is not let in, on the socket neither', async () => {
  const { server } = shared
  const client = new pg.Client({ ...server.admin, password: 'guess', database: 'postgres' })
  await expect(client.connect()).rejects.toThrow('password authentication failed')
})

test('the password stands nowhere but in a file of ours', async () => {
  const { server } = shared
  const root = join(shared.dir, 'postgres')
  expect(statSync(join(root, 'admin.password')).mode & 0o777).toBe(0o600)
  expect(statSync(join(root, 'admin.password')).uid).toBe(process.getuid?.())
  expect(readFileSync(`/proc/${server.pid}/cmdline`, 'utf8')).not.toContain(
    server.admin.password.reveal(),
  )
  expect(existsSync(join(root, 'socket/initial.password'))).toBe(false)
})

test('a second start on the same data is refused while the first lives', async () => {
  await expect(startPostgres({ dataDir: shared.dir })).rejects.toSatisfy(PostgresInUse.is)
})

test('committed rows survive a SIGKILL of the server', async () => {
  const first = await start()
  await rows(first, 'create table kept as select 42 as n')
  process.kill(first.pid, 'SIGKILL')
  expect(await first.exited).toMatchObject({ signal: 'SIGKILL' })
  started.length = 0
  const second = await start()
  expect(await rows(second, 'select n from kept')).toEqual([{ n: 42 }])
})

test('a server whose owner was killed is stopped, and its data taken over', async () => {
  const { child, pid } = await startElsewhere(dataDir)
  const end = ended(child)
  child.kill('SIGKILL')
  await end
  expect(isAlive(pid)).toBe(true)
  const server = await start()
  expect(server.pid).not.toBe(pid)
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false)
})

test('a lock file whose number now belongs to another process does not keep it from starting', async () => {
  const first = await start()
  await first.stop()
  started.length = 0
  const file = join(dataDir, 'postgres/data/postmaster.pid')
  writeFileSync(file, `${process.pid}\n${dirname(file)}\n0\n5432\n\n\n`)
  if (isRoot) chownSync(file, nobody, nobody)
  const second = await start()
  expect(await rows(second, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a long path gets a short socket', async () => {
  const long = join(base, 'd'.repeat(120))
  mkdirSync(long, { mode: 0o755 })
  const server = await start(long)
  elsewhere.push(server.admin.host)
  expect(server.admin.host.length).toBeLessThan(90)
  expect(statSync(server.admin.host).mode & 0o777).toBe(0o700)
})

test('data of another major version are left alone', async () => {
  const first = await start()
  await first.stop()
  started.length = 0
  writeFileSync(join(dataDir, 'postgres/data/PG_VERSION'), '17\n')
  await expect(start()).rejects.toSatisfy(PostgresVersionDiffers.is)
})

test('a database, roles and schemas are made once and found again, with the same passwords', async () => {
  const { server } = shared
  const first = await server.ensureDatabase({ services: ['auth', 'network'] })
  const second = await server.ensureDatabase({ services: ['auth', 'network'] })
  expect(second['auth']?.reveal()).toBe(first['auth']?.reveal())
  expect(first['auth']?.reveal()).not.toBe(first['network']?.reveal())
  const client = new pg.Client({ connectionString: first['auth']?.reveal() })
  await client.connect()
  const { rows: found } = await client.query('select current_user, current_schema')
  await client.end()
  expect(found).toEqual([{ current_user: 'holdfast_auth', current_schema: 'auth' }])
})

test.runIf(isRoot)(
  'where nobody else may enter, the files are kept elsewhere and linked',
  async () => {
    chmodSync(dataDir, 0o700)
    const first = await start()
    const target = readlinkSync(join(dataDir, 'postgres'))
    elsewhere.push(target)
    expect(target).toMatch(/^\/var\/lib\/holdfast\/[0-9a-f]{16}$/)
    await rows(first, 'create table kept as select 42 as n')
    await first.stop()
    started.length = 0
    const second = await start()
    expect(await rows(second, 'select n from kept')).toEqual([{ n: 42 }])
    await second.stop()
    started.length = 0
    await removePostgresHome(dataDir)
    expect(existsSync(target)).toBe(false)
  },
)

test.runIf(isRoot)(
  'files of a deleted data directory are not taken for those of a new one',
  async () => {
    chmodSync(dataDir, 0o700)
    const first = await start()
    const target = readlinkSync(join(dataDir, 'postgres'))
    await rows(first, 'create table kept as select 42 as n')
    await first.stop()
    started.length = 0
    rmSync(dataDir, { recursive: true })
    mkdirSync(dataDir, { mode: 0o700 })
    const second = await start()
    const near = readdirSync(dirname(target)).filter((name) => name.startsWith(basename(target)))
    elsewhere.push(...near.map((name) => join(dirname(target), name)))
    expect(await rows(second, `select to_regclass('kept') as kept`)).toEqual([{ kept: null }])
  },
)

test.runIf(isRoot && isOpenToOthers)('an ordinary user runs it as themselves', async () => {
  chownSync(dataDir, nobody, nobody)
  const { child, pid } = await startElsewhere(dataDir, { uid: nobody, gid: nobody })
  const owner = statSync(join(dataDir, 'postgres/data')).uid
  expect(owner).toBe(nobody)
  expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Uid:\s+65534/m)
  child.kill('SIGKILL')
  process.kill(pid, 'SIGQUIT')
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false)
})
