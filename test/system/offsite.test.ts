import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { ageOpen, loadRootKey, recoveryIdentity } from '@holdfast/crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Api } from './api.ts'
import { type Cli, signedInCli } from './cli.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'

// The off-site copy by the whole product: real keys of auth, manifests signed by audit, the log of NATS.

interface Status {
  readonly items: readonly {
    readonly name: string
    readonly pushed_sequence: string
    readonly manifests: string
    readonly damaged_objects: string
    readonly verified_at: string | null
    readonly failure_code: string | null
  }[]
}

let suite: Suite
let api: Api
let cli: Cli
let place: string
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'holdfast-far-'))
  suite = await startSuite({
    env: { HOLDFAST_BACKUP_LOCAL_ROOTS: place, HOLDFAST_BACKUP_OFFSITE_EVERY: '1s' },
  })
  api = await suite.admin()
  cli = await signedInCli(suite)
})
afterAll(async () => {
  await suite?.stop()
  await suite?.remove()
  rmSync(place, { recursive: true, force: true })
})

test('what a continuous location is given opens by the root key alone, and is signed by the log', async () => {
  await api.post('/backups/storage-locations', {
    ...{ name: 'far', kind: 'local', config: { path: place }, is_continuous: true },
  })
  const status = async () => (await cli.json<Status>('backup', 'offsite', 'status')).items[0]
  await until('all is there and was read back', async () => {
    const far = await status()
    return (far?.manifests ?? '0') !== '0' && far?.verified_at !== null
  })
  const before = BigInt((await status())?.pushed_sequence ?? 0)
  await api.post('/organizations', { name: 'another one' })
  await until(
    'what came later is there',
    async () => BigInt((await status())?.pushed_sequence ?? 0) > before,
  )
  expect(await status()).toMatchObject({ damaged_objects: '0', failure_code: null })

  const root = readFileSync(join(suite.data, 'root.key'), 'utf8').trim()
  const { identity } = recoveryIdentity(loadRootKey({ reveal: () => root }))
  const files = readdirSync(place, { recursive: true, encoding: 'utf8' })
  const opened = async (part: string): Promise<Buffer> => {
    const name = files.find((each) => each.includes(part) && each.endsWith('.age'))
    if (name === undefined) throw new Error(`there is no ${part}`)
    return Buffer.from(await ageOpen([identity], readFileSync(join(place, name))))
  }
  const lines = (await opened('/manifests/')).toString().trimEnd().split('\n')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ format: 'holdfast-offsite/v1', missing: [] })
  expect(JSON.parse(lines.at(-1) ?? '').signature).toMatch(/^holdfast-manifest\/v1\nholdfast\//)
  expect(gunzipSync(await opened('/tables/')).toString()).toContain('"table":"auth.')
  expect(JSON.parse(gunzipSync(await opened('/keyset-')).toString())).toMatchObject({
    format: 'holdfast-keyset/v1',
  })
  expect(gunzipSync(await opened('/tail/')).length).toBeGreaterThan(100)

  await cli.text('backup', 'offsite', 'verify', 'far')
  expect(await cli.text('backup', 'offsite', 'status')).toContain('far')
})
