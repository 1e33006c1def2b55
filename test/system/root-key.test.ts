import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiFor } from './api.ts'
import { type Cli, signedInCli } from './cli.ts'
import { type Suite, startSuite } from './suite.ts'
import { Final, until } from './until.ts'

// The root key of the whole product: split, taken off the disk, given back by any two shards, rotated.

interface Seal {
  readonly is_sealed: boolean
  readonly given: number
}
interface RootKey {
  readonly fingerprint: string
  readonly former_fingerprints: readonly string[]
  readonly kept_as: string
}

let suite: Suite
let cli: Cli
beforeAll(async () => {
  suite = await startSuite()
  cli = await signedInCli(suite)
})
afterAll(() => suite?.remove())

const shard = (folder: string, n: number): string =>
  join(suite.data, folder, `holdfast.recovery.${n}.txt`)
const warnings = async () =>
  (await cli.json<{ items: readonly { warning: string }[] }>('operator', 'warnings')).items.map(
    ({ warning }) => warning,
  )
const rootKey = async () => await cli.json<RootKey>('operator', 'root-key')

/** Restarts without a root key on the disk; resolves while it waits for shards. */
async function restartSealed(): Promise<{ opened: Promise<void> }> {
  await suite.stop()
  const opened = suite.start({ HOLDFAST_SEAL: 'shamir' })
  let refused: Error | undefined
  opened.catch((error: unknown) => {
    refused = error instanceof Error ? error : new Error(String(error))
  })
  const said = suite.said().length
  await until(
    'it says that it is sealed',
    async () => {
      if (refused) throw new Final(refused)
      const seal = await apiFor(suite.url, '').get<Seal>('/operator/seal')
      return seal.is_sealed && suite.said().slice(said).includes('holdfast operator unseal')
    },
    { timeoutMs: 110_000 },
  )
  return { opened }
}

test('recover, seal, unseal with any two, rotate, and old shards are of no use', {
  timeout: 240_000,
}, async () => {
  expect(await warnings()).toContain('shards_missing')
  await cli.text('operator', 'recover', '--out', join(suite.data, 'old'))
  expect(statSync(shard('old', 3)).mode & 0o777).toBe(0o600)
  await cli.text('operator', 'prove', shard('old', 1), shard('old', 3))
  expect(await warnings()).not.toContain('shards_missing')
  const { fingerprint: first } = await rootKey()

  rmSync(join(suite.data, 'root.key'))
  const sealed = await restartSealed()
  const ready = await fetch(`${suite.url}/api/v1/ready`)
  expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('sealed')])
  await cli.text('operator', 'unseal', shard('old', 2), shard('old', 3))
  await sealed.opened
  expect(existsSync(join(suite.data, 'root.key'))).toBe(false)
  await cli.text('auth', 'login', '--username', 'admin')
  expect(await rootKey()).toMatchObject({ fingerprint: first, kept_as: 'shards' })

  await cli.text('org', 'create', '--name', 'before the rotation')
  const out = join(suite.data, 'new')
  await cli.text('operator', 'rotate-root-key', '--yes', '--out', out)
  const { fingerprint: second, former_fingerprints: former } = await rootKey()
  expect(second).not.toBe(first)
  expect(former).toEqual([first])
  expect(await warnings()).not.toContain('shards_missing')
  const old = cli.text('operator', 'prove', shard('old', 1), shard('old', 2))
  await expect(old).rejects.toThrow(`Shard 1 is of root key ${first}; the one needed is ${second}`)

  const again = await restartSealed()
  const refused = cli.text('operator', 'unseal', shard('old', 2))
  await expect(refused).rejects.toThrow(`Shard 2 is of root key ${first}`)
  await cli.text('operator', 'unseal', shard('new', 3), shard('new', 1))
  await again.opened
  await cli.text('auth', 'login', '--username', 'admin')
  expect(await cli.text('org', 'list')).toContain('before the rotation')
  await until('the trail says who opened it', async () =>
    (await cli.text('audit', 'list')).includes('root_key.unsealed'),
  )
})
