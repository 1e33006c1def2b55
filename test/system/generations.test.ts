import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestSmtp, testSmtp } from '../../services/notify/src/testing/smtp.ts'
import { type Api, apiFor, Refused, signIn } from './api.ts'
import { type Cli, signedInCli } from './cli.ts'
import { logKeyOf } from './log-key.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'

// What a restore must not do: tell anybody anything, sign anybody in, give back what was taken away.

const root = resolve(import.meta.dirname, '../..')
const phrase = 'a fine long pass phrase'

let folder = ''
let suite: Suite
let api: Api
let cli: Cli
let smtp: TestSmtp
let receiver: Receiver

function run(file: string, ...args: readonly string[]) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((done) => {
    const words = [join(root, 'dist', file), ...args]
    const env = { PATH: process.env['PATH'] }
    execFile(process.execPath, words, { env, timeout: 60_000 }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    )
  })
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-generations-'))
  ;[smtp, receiver] = await Promise.all([testSmtp(), startReceiver()])
  suite = await startSuite({
    env: {
      HOLDFAST_EGRESS_ALLOW: '127.0.0.0/8',
      HOLDFAST_NOTIFY_SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
      HOLDFAST_NOTIFY_SMTP_TLS: 'off',
      HOLDFAST_NOTIFY_SMTP_FROM: 'holdfast@example.org',
      HOLDFAST_AUDIT_CHECKPOINT_EVERY: '1s',
    },
  })
  api = await suite.admin()
  cli = await signedInCli(suite)
})
afterAll(async () => {
  await suite?.stop()
  await suite?.remove()
  await Promise.all([receiver?.close(), smtp?.close()])
  if (folder) rmSync(folder, { recursive: true, force: true })
})

const refusedWith = (status: number) => (error: unknown) =>
  error instanceof Refused && error.status === status

test('after a restore nothing is sent, nobody is signed in, and what was taken away stays away', async () => {
  const organization = await api.post<{ id: string }>('/organizations', { name: 'Acme' })
  const site = (name: string) => api.post('/sites', { name, organization_id: organization.id })
  const hook = await api.post<{ secret: string }>('/webhooks', {
    ...{ name: 'siem', url: receiver.url('/siem'), actions: ['auth.site'] },
    organization_id: organization.id,
  })
  receiver.expect('/siem', hook.secret)
  await cli.json(
    'alert',
    'rule',
    'create',
    '--name',
    'Sites',
    '--action',
    'auth.site.created',
    ...['--severity', 'error', '--org', 'Acme', '--mail-to', 'ops@example.org'],
  )
  const people: Record<string, { id: string }> = {}
  for (const name of ['bob', 'carol', 'dave'])
    people[name] = await api.post('/users', {
      ...{ username: name, email: `${name}@example.org`, password: phrase },
      bindings: [{ role: 'org_admin', organization_id: organization.id }],
    })
  const { token: spent } = await api.post<{ token: string }>('/nodes/enroll-tokens', {
    ...{ node_name: 'gw-1', organization_id: organization.id },
  })
  await site('before')
  await until('told of it', () => receiver.at('/siem').length === 1 && smtp.mails.length === 1)
  const tokens = await apiFor(suite.url, '').post<{ access_token: string; refresh_token: string }>(
    '/auth/login',
    { username: 'carol', password: phrase },
  )
  const head = async () => (await api.get<{ last_sequence: string }>('/operator/log')).last_sequence
  const point = await head()

  // Behind the point: what is to vanish, and what is to stay.
  const held = receiver.hold('/siem')
  await site('waits')
  await until('a delivery under way', () => receiver.at('/siem').length === 2)
  await api.call('PATCH', `/users/${people['bob']?.id}`, { is_disabled: true })
  await api.post(`/users/${people['dave']?.id}/erase`, { confirm_username: 'dave' })
  const keys = {
    enrolment_key: Buffer.alloc(32, 9).toString('base64'),
    hostname: 'gw',
    platform: 'x',
  }
  await apiFor(suite.url, '').post('/nodes/enroll', {
    ...{
      token: spent,
      ...keys,
      nats_public_key: 'UDCQHM5LNK5ZXYPTOFFBZOGC4NBDVGCKB3CJIKBAT4VQNJUJ2MF527DO',
    },
  })
  const pinned = await logKeyOf(api)
  await cli.text('backup', 'bundle', folder)
  const file = readdirSync(folder).find((name) => name.endsWith('.hfbak')) ?? ''
  const rootKey = join(folder, 'root.key')
  copyFileSync(join(suite.data, 'root.key'), rootKey)

  await suite.stop()
  const postgres = join(suite.data, 'postgres')
  if (existsSync(postgres)) rmSync(realpathSync(postgres), { recursive: true, force: true })
  rmSync(suite.data, { recursive: true, force: true })
  const asked = ['restore', 'instance', '--from', join(folder, file), '--data', suite.data]
  const done = await run(
    'cli.mjs',
    ...asked,
    '--root-key-file',
    rootKey,
    '--to-seq',
    point,
    '--json',
  )
  expect(done.code, done.stderr).toBe(0)
  held.release()
  const toldBefore = receiver.at('/siem').length
  const mailsBefore = smtp.mails.length
  await suite.start()

  // Sessions and their tokens are gone, passwords are not.
  const anonymous = apiFor(suite.url, '')
  await expect(apiFor(suite.url, tokens.access_token).get('/auth/me')).rejects.toSatisfy(
    refusedWith(401),
  )
  await expect(
    anonymous.post('/auth/refresh', { refresh_token: tokens.refresh_token }),
  ).rejects.toSatisfy(refusedWith(401))
  await signIn(suite.url, 'carol', phrase)
  // What was taken away behind the point.
  await expect(signIn(suite.url, 'bob', phrase)).rejects.toSatisfy(refusedWith(403))
  await expect(signIn(suite.url, 'dave', phrase)).rejects.toSatisfy(refusedWith(401))
  await expect(
    anonymous.post('/nodes/enroll', {
      ...{
        token: spent,
        ...keys,
        nats_public_key: 'UDCQHM5LNK5ZXYPTOFFBZOGC4NBDVGCKB3CJIKBAT4VQNJUJ2MF527DO',
      },
    }),
  ).rejects.toBeInstanceOf(Refused)
  api = await suite.admin()
  expect((await api.all<{ name: string }>('/sites')).map(({ name }) => name)).toEqual(['before'])

  // An endpoint is told in order: with the next thing told, nothing before it was.
  const fresh = await api.post<{ id: string }>('/organizations', { name: 'Later' })
  expect(fresh.id).toBeDefined()
  await site('fresh')
  await until('the first thing told', () => receiver.at('/siem').length > toldBefore)
  await until('the first mail', () => smtp.mails.length > mailsBefore)
  expect(
    receiver
      .at('/siem')
      .slice(toldBefore)
      .map(({ data }) => data.fields?.name),
  ).toEqual(['fresh'])
  expect(smtp.mails).toHaveLength(mailsBefore + 1)
  expect(receiver.forged).toEqual([])

  // An auditor who pinned the key before takes the log for the one they know.
  const archive = join(suite.data, 'archive')
  await until('a checkpoint covers it', async () => {
    const words = ['archive', archive, '--key', pinned, '--json']
    const { code, stdout } = await run('holdfast-verify.mjs', ...words)
    if (code === 1) throw new Error(stdout)
    return code === 0
  })
}, 240_000)
