import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ingestSubject } from '@holdfast/event-log/admin'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestNats, testNats } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { BackupSettings } from '../config.ts'
import { type Guard, startGuard } from './start-guard.ts'

let nats: TestNats
let directory: string
beforeAll(async () => {
  nats = await testNats({ isGuarded: false })
  directory = mkdtempSync(join(tmpdir(), 'holdfast-backup-'))
})
afterAll(async () => {
  await nats?.close()
  rmSync(directory, { recursive: true, force: true })
})

const instanceFile = () => join(directory, 'instance.json')

function begin(): { guard: Guard; metrics: () => Promise<string> } {
  const telemetry = createTelemetry('backup', { level: 'silent' })
  const settings = {
    natsUrl: [nats.url],
    guardCredentialsFile: nats.identities.credentialsFile('log-guard'),
    ingestSeedFile: nats.identities.ingestSeedFile,
    logStream: nats.stream,
    archiveDir: join(directory, 'archive'),
    guardDir: join(directory, 'guard'),
    instanceFile: instanceFile(),
    durability: 'log+archive',
    rootKeyFingerprint: 'ab'.repeat(16),
    // No limits of its own: a test machine may be nearly full.
    reserveBytes: 0,
  } as unknown as BackupSettings // what the guard looks at
  const guard = startGuard(settings, telemetry)
  onTestFinished(() => guard.stop())
  return { guard, metrics: () => telemetry.registry.metrics() }
}

const append = async (id: string): Promise<void> => {
  const { ingest } = nats.spec
  const subject = ingestSubject(ingest.token('auth'), `evt.auth.test.${id}`)
  expect(await nats.admin.request(subject, id)).toContain('"seq"')
}

test('it waits for what it needs, then opens the log for everybody and archives what comes', async () => {
  const { guard, metrics } = begin()
  expect(guard.state()).toBeUndefined()
  const { lineageId, generation, maxBytes } = nats.spec
  writeFileSync(instanceFile(), JSON.stringify({ lineageId, generation, maxBytes }))
  const keeper = await guard.keeper(AbortSignal.timeout(20_000))
  await vi.waitFor(() => expect(keeper.state().writes).toBe('open'), 20_000)
  const log = await nats.open('auth')
  await vi.waitFor(() => expect(log.status().isWritable).toBe(true), 10_000)

  await append('a')
  await append('b')
  await vi.waitFor(() => expect(keeper.state().archivedSequence).toBe(2n), 10_000)
  expect(readdirSync(join(directory, 'archive', lineageId, '1'))).toHaveLength(1)
  expect(await keeper.verify()).toMatchObject({ isEqual: true, compared: 2n })
  expect(await metrics()).toMatch(/^holdfast_archive_lag_commits 0$/m)
})

test('it goes on where it ended, until it is stopped', async () => {
  const { guard } = begin()
  const keeper = await guard.keeper(AbortSignal.timeout(20_000))
  await vi.waitFor(() => expect(keeper.state().writes).toBe('open'), 20_000)
  expect(keeper.state().archivedSequence).toBe(2n)
  await append('c')
  await vi.waitFor(() => expect(keeper.state().archivedSequence).toBe(3n), 10_000)
  await guard.stop()
  await expect(guard.keeper(AbortSignal.abort(new Error('nobody waits')))).rejects.toThrow('nobody')
})
