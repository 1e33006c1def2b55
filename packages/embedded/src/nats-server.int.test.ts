import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAdmin } from '@holdfast/event-log/admin'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findNats, freePort, NatsNotFound } from './nats-binary.ts'
import { prepareNatsIdentities } from './nats-identities.ts'
import { NatsNotStarted, type NatsServer, type StartNatsOptions, startNats } from './nats-server.ts'

let binary: string
let directory: string
let options: StartNatsOptions
const started: NatsServer[] = []

const start = async (): Promise<NatsServer> => {
  const server = await startNats(options)
  started.push(server)
  return server
}

beforeAll(async () => {
  const dataDir = join(tmpdir(), `holdfast-test-nats-${process.getuid?.() ?? 0}`)
  binary = (await findNats({ dataDir, env: process.env })).path
})
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-nats-server-'))
  options = {
    binary,
    runDir: join(directory, 'run'),
    config: {
      host: '127.0.0.1',
      port: await freePort(),
      storeDir: join(directory, 'store'),
      maxStoreBytes: 64 * 1024 * 1024,
      identities: { type: 'open' },
    },
  }
})
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop()
  await rm(directory, { recursive: true })
})

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a server', () => {
  test('is ready when it is said to be, and gone when it was stopped', async () => {
    const server = await start()
    const admin = await connectAdmin({ url: server.url, name: 'test', timeoutMs: 1 })
    expect(admin.serverId()).toBe(server.serverId)
    await admin.close()
    await server.stop()
    await server.stop()
    expect(isAlive(server.pid)).toBe(false)
  })

  test('says when it died', async () => {
    const server = await start()
    process.kill(server.pid, 'SIGKILL')
    expect(await server.exited).toEqual({ code: null, signal: 'SIGKILL' })
  })

  test('takes the place of one its dead parent left behind', async () => {
    const orphan = await startNats(options)
    const server = await start()
    expect(await orphan.exited).toBeDefined()
    expect(isAlive(server.pid)).toBe(true)
  })

  test('never stops a stranger who has the old process id', async () => {
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' })
    try {
      const first = await start()
      await first.stop()
      await writeFile(join(options.runDir, 'nats.pid'), `${stranger.pid}\n`)
      await start()
      expect(stranger.exitCode).toBeNull()
      expect(isAlive(stranger.pid ?? 0)).toBe(true)
    } finally {
      stranger.kill()
    }
  })

  test('is refused a taken port by name', async () => {
    await start()
    const other = { ...options, runDir: join(directory, 'other') }
    const second = startNats({
      ...other,
      config: { ...other.config, storeDir: join(directory, 'other-store') },
    })
    await expect(second).rejects.toMatchObject({
      code: NatsNotStarted.code,
      message: expect.stringContaining('is taken by another NATS server'),
    })
  })
})

test('identities are made once, and are nobody else’s to read', async () => {
  const dir = join(directory, 'identities')
  const first = await prepareNatsIdentities({ dir, stream: 'EVT_1' })
  const credentials = await readFile(first.credentialsFile('network'), 'utf8')
  const second = await prepareNatsIdentities({ dir, stream: 'EVT_1' })
  expect(second.authority).toEqual(first.authority)
  expect(second.ingest.token('auth')).toBe(first.ingest.token('auth'))
  expect(await readFile(second.credentialsFile('network'), 'utf8')).toBe(credentials)
  for (const file of await readdir(dir))
    expect([file, (await stat(join(dir, file))).mode & 0o777]).toEqual([file, 0o600])
  expect((await stat(dir)).mode & 0o777).toBe(0o700)
  // The next generation needs other permissions.
  const third = await prepareNatsIdentities({ dir, stream: 'EVT_2' })
  expect(await readFile(third.credentialsFile('network'), 'utf8')).not.toBe(credentials)
})

describe('finding a binary', () => {
  test('the named one is judged by what it does', async () => {
    const found = await findNats({ dataDir: directory, env: { HOLDFAST_NATS_SERVER: binary } })
    expect(found).toMatchObject({ path: binary, source: 'setting' })
  })

  test('a named one that is none ends the search with the next step', async () => {
    const env = { HOLDFAST_NATS_SERVER: '/bin/true' }
    await expect(findNats({ dataDir: directory, env })).rejects.toMatchObject({
      code: NatsNotFound.code,
      message: expect.stringMatching(/\/bin\/true.*Next step: .*HOLDFAST_NATS_SERVER=/),
    })
  })
})
