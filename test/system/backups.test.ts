import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, Refused } from './api.ts'
import { type Cli, signedInCli } from './cli.ts'
import { type Suite, startSuite } from './suite.ts'
import { createTwoOrganizations, type Tenant } from './two-organizations.ts'
import { until } from './until.ts'

// Backups of the whole product, through REST and the command line: a portable snapshot, and a full backup.

interface Backup {
  readonly id: string
  readonly status: string
  readonly progress: number
  readonly steps: readonly { readonly progress: number }[]
  readonly size_bytes: string
  readonly sha256: string
  readonly object_key: string
  readonly file_name: string
  readonly verified_at: string | null
  readonly verify_failure: string | null
  readonly failure_code: string | null
  readonly failure_detail: string | null
  readonly recipients: readonly string[]
}

const everyStep = [5, 30, 50, 60, 70, 90, 100]

let suite: Suite
let api: Api
let cli: Cli
let a: Tenant
let b: Tenant
beforeAll(async () => {
  suite = await startSuite({
    env: { HOLDFAST_HTTP_RATE_LIMIT_SIGN_IN: '0', HOLDFAST_AUTH_LOGIN_BURST: '1000' },
  })
  api = await suite.admin()
  const both = await createTwoOrganizations(suite, api)
  a = both.a
  b = both.b
  cli = await signedInCli(suite)
})
afterAll(async () => {
  await suite?.stop()
  await suite?.remove()
})

async function verified(id: string): Promise<Backup> {
  let backup: Backup | undefined
  await until(`backup ${id} is made and read back`, async () => {
    backup = await api.get<Backup>(`/backups/${id}`)
    return backup.verified_at !== null || backup.status === 'failed'
  })
  if (!backup) throw new Error('never')
  return backup
}

const make = async (by: Api, body: object): Promise<string> =>
  (await by.post<{ backup: { id: string } }>('/backups', body)).backup.id

const refusal = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call
    return 'taken'
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return `${error.status} ${error.problem.code ?? ''}`
  }
}

async function download(by: Api, id: string, range?: string): Promise<Response> {
  return await fetch(`${by.url}/api/v1/backups/${id}/download`, {
    headers: { authorization: `Bearer ${by.token}`, ...(range ? { range } : {}) },
  })
}

test('an organization makes, lists, fetches and deletes a snapshot of its own', async () => {
  const admin = a.as.org_admin
  const made = await admin.call<{ backup: Backup; warnings: readonly string[] }>(
    'POST',
    '/backups',
    {
      name: 'before the move',
      organization_id: a.organization,
      include_vlans: true,
      include_ssids: false,
      passphrase: 'correct horse battery',
    },
  )
  expect(made.status).toBe(202)
  expect(made.body.warnings.join()).toMatch(/include_vlans.*include_ssids/)
  const { id } = made.body.backup
  const backup = await verified(id)
  expect(backup).toMatchObject({ status: 'completed', progress: 100, verify_failure: null })
  expect(backup.steps.map(({ progress }) => progress)).toEqual(everyStep)
  expect(backup.file_name).toMatch(/^holdfast-\d{8}T\d{6}Z-.*\.hfsnap$/)

  const listed = await admin.get<{ items: readonly Backup[] }>(
    `/backups?search=MOVE&backup_type=snapshot&status=completed&storage_type=local&site_id=aa-site`,
  )
  expect(listed.items.map((one) => one.id)).toEqual([id])
  expect((await b.as.org_admin.get<{ items: readonly Backup[] }>('/backups')).items).toEqual([])

  const answer = await download(admin, id)
  const file = Buffer.from(await answer.arrayBuffer())
  expect(answer.status).toBe(200)
  expect(file.length).toBe(Number(backup.size_bytes))
  expect(createHash('sha256').update(file).digest('hex')).toBe(backup.sha256)
  expect(answer.headers.get('content-disposition')).toContain(backup.file_name)
  const part = await download(admin, id, 'bytes=100-199')
  expect(part.status).toBe(206)
  expect(Buffer.from(await part.arrayBuffer()).equals(file.subarray(100, 200))).toBe(true)
  expect((await download(admin, id, 'bytes=999999999-')).status).toBe(400)
  const object = join(suite.data, 'backups', backup.object_key)
  expect(statSync(object).mode & 0o077).toBe(0)
  execFileSync('sha256sum', ['-c', `${basename(object)}.sha256`], { cwd: dirname(object) })
  expect(file.includes('correct horse')).toBe(false)

  for (const role of ['operator', 'auditor', 'viewer'] as const) {
    expect((await a.as[role].get<Backup>(`/backups/${id}`)).id).toBe(id)
    expect((await download(a.as[role], id)).status, role).toBe(403)
    expect(await refusal(a.as[role].remove(`/backups/${id}`)), role).toBe('403 access.denied')
    expect(await refusal(make(a.as[role], { name: 'x', organization_id: a.organization }))).toBe(
      '403 access.denied',
    )
  }
  expect((await download(b.as.org_admin, id)).status).toBe(404)
  expect(await refusal(b.as.org_admin.remove(`/backups/${id}`))).toBe('404 backup.not_found')
  expect(await refusal(admin.get(`/backups/${id}/manifest`))).toMatch(/^403/)
  const manifest = await api.get<{ sections: readonly { name: string; status: string }[] }>(
    `/backups/${id}/manifest`,
  )
  expect(manifest.sections.map(({ name }) => name)).toContain('network.peers')
  expect(new Set(manifest.sections.map(({ status }) => status))).toEqual(new Set(['restorable']))

  await admin.remove(`/backups/${id}`)
  await until(
    'it is gone',
    async () => (await refusal(admin.get(`/backups/${id}`))) === '404 backup.not_found',
  )
  expect(readdirSync(dirname(object)).filter((name) => name.includes(id))).toEqual([])
})

test("full backups and those of everybody are the super-admin's", async () => {
  const admin = a.as.org_admin
  const own = { organization_id: a.organization }
  expect(await refusal(make(admin, { name: 'x', backup_type: 'full', ...own }))).toBe(
    '403 backup.super_admin_only',
  )
  expect(await refusal(make(admin, { name: 'x' }))).toBe('403 backup.super_admin_only')
  expect(await refusal(make(admin, { name: 'x', organization_id: b.organization }))).toMatch(/^404/)

  const target = join(suite.data, 'fetched')
  const made = await cli.json<{ backup: Backup }>('backup', 'create', '--type', 'full')
  expect(made.backup).toMatchObject({ status: 'completed', failure_detail: null })
  const { id } = made.backup
  const backup = await verified(id)
  expect(backup.steps.map(({ progress }) => progress)).toEqual(everyStep)
  expect(backup.recipients[0]).toMatch(/^age1/)
  const saved = await cli.json<{ sha256: string }>('backup', 'download', id, '-o', target)
  expect(saved.sha256).toBe(backup.sha256)
  expect(readFileSync(target).subarray(0, 21).toString()).toBe('age-encryption.org/v1')
  expect(await refusal(admin.get(`/backups/${id}`))).toBe('404 backup.not_found')
  expect((await download(admin, id)).status).toBe(404)

  expect(await cli.text('backup', 'contents', id)).toMatch(/log +\d+ +restorable/)
  expect(await cli.text('backup', 'verify', id)).toContain('whole and as it was made')
  expect(await cli.text('backup', 'show', id)).toContain('age recipients')
  expect(await cli.text('backup', 'stats')).toMatch(/full +1 /)
  expect(await cli.text('backup', 'list', '--type', 'full')).toContain(id)
  expect(await cli.text('backup', 'delete', id, '--yes')).toContain('Deleted backup')
  await until(
    'the list is empty',
    async () => (await cli.text('backup', 'list', '--type', 'full')) === '',
  )
})

test('the service is killed while backups wait and are made: all of them are', async () => {
  const ids: string[] = []
  for (let at = 0; at < 4; at++) {
    ids.push(await make(api, { name: `killed ${at}`, organization_id: b.organization }))
  }
  const pid = suite.pid('backup')
  if (pid === undefined) throw new Error('backup is not running')
  process.kill(pid, 'SIGKILL')
  await until(
    'all of them are complete',
    async () => {
      const { items } = await api.get<{ items: readonly Backup[] }>('/backups?search=killed')
      return items.length === 4 && items.every(({ status }) => status === 'completed')
    },
    { timeoutMs: 90_000 },
  )
  for (const id of ids) {
    const { steps } = await verified(id)
    expect(steps.map(({ progress }) => progress)).toEqual(everyStep)
  }
})
