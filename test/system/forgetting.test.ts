import { execFile } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, signIn } from './api.ts'
import { logKeyOf } from './log-key.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'

// Retention and erasure on a log and an ACCESS with proofs taken before: the proofs verify, the person is unreadable.

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const username = 'xanthippe-of-athens'
const email = 'xanthippe@agora.example.org'
const displayName = 'Xanthippe Sokratous'

interface Entry {
  readonly sequence: string
  readonly source: string | null
  readonly actor: { readonly id: string }
}
interface Checkpoint {
  readonly size: string
  readonly note: string
}

let suite: Suite
let api: Api
let desk: string
let key: readonly string[]

beforeAll(async () => {
  suite = await startSuite({
    env: {
      HOLDFAST_AUDIT_RETENTION: '15s',
      HOLDFAST_BACKUP_ACCESS_SEAL_AFTER: '1s',
      HOLDFAST_BACKUP_ACCESS_RETIRE_EVERY: '2s',
    },
  })
  api = await suite.admin()
  desk = mkdtempSync(join(tmpdir(), 'holdfast-forgetting-'))
  copyFileSync(join(root, 'dist/holdfast-verify.mjs'), join(desk, 'holdfast-verify.mjs'))
  key = ['--key', await logKeyOf(api)]
})
afterAll(async () => {
  await suite?.remove()
  if (desk) rmSync(desk, { recursive: true })
})

const saved = (name: string, content: string): string => {
  writeFileSync(join(desk, name), content)
  return name
}
const verify = (...words: readonly string[]): Promise<number> =>
  new Promise((done, fail) => {
    const options = { cwd: desk, env: {}, timeout: 60_000, maxBuffer: 1 << 26 }
    execFile(process.execPath, ['holdfast-verify.mjs', ...words, ...key], options, (error) => {
      const code = error ? error.code : 0
      if (typeof code === 'number') done(code)
      else fail(error ?? new Error('no exit code'))
    })
  })

/** A proof of an entry once a checkpoint covers it. */
const proofOf = async (name: string, path: string): Promise<string> => {
  const body = await until(
    `a proof of ${path}`,
    async () => (await api.call<unknown>('GET', path).catch(() => undefined))?.body,
    { timeoutMs: 60_000, everyMs: 500 },
  )
  return saved(name, JSON.stringify(body))
}

/** Every regular file below, but Postgres' own: its rows are asked for, its write-ahead log is overwritten in its turn. */
function* filesIn(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !path.includes('/postgres/')) yield path
  }
}

test('proofs taken before retention and erasure verify after them, and nobody reads the person', async () => {
  const wish = { username, email, display_name: displayName }
  const { id, generated_password: password } = await api.post<{
    id: string
    generated_password: string
  }>('/users', wish)
  await signIn(suite.url, username, password)
  const changes = await until('the change is in the trail', async () => {
    const { items } = await api.get<{ items: Entry[] }>(`/audit?log=log&target=${id}`)
    return items.length > 0 && items
  })
  const logins = await until('the sign-in is in the trail', async () => {
    const { items } = await api.get<{ items: Entry[] }>(`/audit?log=access&actor=${id}`)
    return items.some(({ source }) => source !== null) && items
  })
  expect(logins[0]?.source).toBe('127.0.0.1')

  // What an auditor keeps.
  const ofLog = await proofOf('change.json', `/audit/log/${changes[0]?.sequence}/proof`)
  const ofAccess = await proofOf('login.json', `/audit/access/${logins[0]?.sequence}/proof`)
  const { note: logNote, size } = await api.post<Checkpoint>('/audit/checkpoints')
  const held = saved('held.note', logNote)
  const access = await api.get<Checkpoint>('/audit/checkpoint?log=access')
  for (const file of [ofLog, ofAccess]) expect(await verify('entry', file)).toBe(0)

  await api.post(`/users/${id}/erase`, { confirm_username: username })
  const directory = join(suite.data, 'archive')
  await until(
    'records of ACCESS are given up',
    () => [...filesIn(directory)].some((path) => path.endsWith('.hft')),
    { timeoutMs: 150_000, everyMs: 500 },
  )
  // NATS keeps its own copy ten minutes at least, for repeated records; the trail shows it no more.
  await until('the sign-in is not shown any more', async () => {
    const { items } = await api.get<{ items: Entry[] }>(`/audit?log=access&actor=${id}`)
    return items.length === 0
  })

  // The proofs of then, and growth since.
  for (const file of [ofLog, ofAccess]) expect(await verify('entry', file)).toBe(0)
  await api.post('/sites', { name: 'afterwards' })
  const { size: now } = await api.post<Checkpoint>('/audit/checkpoints')
  const grown = await api.call<{ from: string; to: string }>(
    'GET',
    `/audit/consistency/document?from=${size}&to=${now}`,
  )
  const [from, to] = [saved('from.note', grown.body.from), saved('to.note', grown.body.to)]
  const document = saved('grown.json', JSON.stringify(grown.body))
  expect(await verify('consistency', from, to, document)).toBe(0)
  const bundle = saved('log.hfbundle', await api.text('/audit/bundle'))
  expect(await verify('bundle', bundle, '--checkpoint', held)).toBe(0)
  const latest = await api.get<Checkpoint>('/audit/checkpoint?log=access')
  if (latest.size !== access.size) {
    const path = `/audit/consistency/document?log=access&from=${access.size}&to=${latest.size}`
    const { body } = await api.call<{ from: string; to: string }>('GET', path)
    const notes = [saved('a.note', body.from), saved('b.note', body.to)]
    expect(await verify('consistency', ...notes, saved('a.json', JSON.stringify(body)))).toBe(0)
  }
  await until(
    'the archive of the log verifies',
    async () => (await verify('archive', directory)) === 0,
  )
  const [lineage = ''] = readdirSync(directory).filter((name) =>
    existsSync(join(directory, name, 'access')),
  )
  const epochs = readdirSync(join(directory, lineage, 'access'), { withFileTypes: true })
  for (const { name: epoch } of epochs.filter((entry) => entry.isDirectory())) {
    expect(await verify('archive', join(directory, lineage, 'access', epoch)), epoch).toBe(0)
  }

  // Nowhere by name, address or mail; of the past neither.
  const secrets = [username, email, displayName]
  const past = changes[0]?.sequence ?? ''
  const exports = await Promise.all([
    api.text('/audit/export?format=jsonl&from=2020-01-01T00:00:00Z'),
    api.text('/audit/export?format=csv&from=2020-01-01T00:00:00Z'),
    api.text('/audit/bundle'),
    api.text(`/users?at=${past}`),
    api.text(`/users/${id}?at=${past}`),
    api.text(`/blame/${id}?kind=user`),
    api.text(`/history/${id}?kind=user`),
    api.text(`/diff?from=1`),
  ])
  for (const secret of secrets) {
    for (const [at, text] of exports.entries()) expect(text, `answer ${at}`).not.toContain(secret)
    for (const path of filesIn(suite.data)) {
      expect(readFileSync(path).includes(secret), path).toBe(false)
    }
  }
  expect(exports[0]).toContain(id)
  const named = await api.post<{ items: { username: string }[] }>('/users/names', {
    user_ids: [id],
  })
  expect(named.items).toMatchObject([{ username: '[erased]' }])
}, 290_000)
