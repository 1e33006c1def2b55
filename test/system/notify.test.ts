import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestSmtp, testSmtp } from '../../services/notify/src/testing/smtp.ts'
import { type Api, Refused } from './api.ts'
import { type Cli, signedInCli } from './cli.ts'
import { dropReadModels } from './read-models.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'

// Alerts, mail and webhooks of the running product: mail goes to a real SMTP server, webhooks to endpoints that verify
// what they get by the library their authors would use.

interface Alert {
  readonly id: string
  readonly organization_id: string | null
  readonly rule_id: string | null
  readonly code: string
  readonly severity: string
  readonly title: string
  readonly count: string
  readonly state: string
  readonly note: string
  readonly acknowledged_at: string | null
  readonly revision: string
}

interface Rule {
  readonly id: string
  readonly name: string
  readonly mail_to: readonly string[]
}

interface Delivery {
  readonly id: string
  readonly type: string
  readonly state: string
  readonly attempts: number
}

let suite: Suite
let api: Api
let cli: Cli
let smtp: TestSmtp
let receiver: Receiver
let acme: string

beforeAll(async () => {
  smtp = await testSmtp()
  receiver = await startReceiver()
  suite = await startSuite({
    env: {
      HOLDFAST_NOTIFY_SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
      HOLDFAST_NOTIFY_SMTP_TLS: 'off',
      HOLDFAST_NOTIFY_SMTP_FROM: 'holdfast@example.org',
      HOLDFAST_EGRESS_ALLOW: '127.0.0.0/8',
      // Sign-ins that fail are many and all from one address.
      HOLDFAST_HTTP_RATE_LIMIT_SIGN_IN: '0',
      HOLDFAST_AUTH_LOGIN_BURST: '1000',
    },
  })
  api = await suite.admin()
  cli = await signedInCli(suite)
  acme = (await api.post<{ id: string }>('/organizations', { name: 'Acme' })).id
  await api.post('/organizations', { name: 'Other' })
})
afterAll(async () => {
  await suite?.remove()
  await Promise.all([receiver?.close(), smtp?.close()])
})

/** A webhook of Acme made by the CLI, whose endpoint verifies by the secret that was shown. */
async function hook(name: string, ...options: readonly string[]): Promise<void> {
  const endpoint = receiver.url(`/${name}`)
  const words = ['--name', name, '--org', 'Acme', '--endpoint', endpoint, ...options]
  const made = await cli.json<{ secret: string }>('webhook', 'create', ...words)
  receiver.expect(`/${name}`, made.secret)
}

const addSite = (name: string, organization = 'Acme') =>
  api.post<{ id: string }>('/sites', { name, organization })
const namesAt = (path: string) => receiver.at(path).map(({ data }) => data.fields?.name)
const alerts = async (code: string): Promise<readonly Alert[]> =>
  (await api.all<Alert>('/alerts')).filter((alert) => alert.code === code)
const openAlerts = async (): Promise<number> =>
  (await api.get<{ open: number }>('/alerts?limit=1')).open
const mailsTo = (address: string) => smtp.mails.filter(({ to }) => to.includes(address))
const deliveriesOf = async (name: string): Promise<readonly Delivery[]> =>
  (await cli.json<{ items: Delivery[] }>('webhook', 'deliveries', name)).items

test("an organization's webhook hears its own events only, signed and in order", async () => {
  await hook('siem', '--action', 'auth.site')
  const names = Array.from({ length: 12 }, (_, i) => `site-${i}`)
  for (const name of names) {
    await addSite(`other ${name}`, 'Other')
    await addSite(name)
    // Of Acme, and not what it asked for.
    await api.post('/nodes/enroll-tokens', { node_name: name, organization: 'Acme' })
  }
  await until('all of them', () => receiver.at('/siem').length >= names.length)
  expect(namesAt('/siem')).toEqual(names)
  const told = receiver.at('/siem')
  expect(new Set(told.map(({ type }) => type))).toEqual(new Set(['auth.site.created']))
  expect(new Set(told.map(({ data }) => data.organization_id))).toEqual(new Set([acme]))
  const sequences = told.map(({ data }) => Number(data.sequence))
  expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
  expect(new Set(told.map(({ id }) => id)).size).toBe(names.length)

  const deliveries = await until('their deliveries are settled', async () => {
    const found = await deliveriesOf('siem')
    return found.every(({ state }) => state === 'delivered') && found
  })
  expect(deliveries.map(({ id }) => id)).toEqual(told.map(({ id }) => id).toReversed())
  expect(deliveries.every(({ attempts }) => attempts === 1)).toBe(true)
  expect(await cli.text('webhook', 'deliveries', 'siem')).toMatch(/auth\.site\.created.*delivered/)

  const attempt = await cli.json<{ status: number; failure: string }>('webhook', 'test', 'siem')
  expect(attempt).toMatchObject({ status: 204, failure: '' })
  expect(receiver.at('/siem').at(-1)?.type).toBe('webhook.test')
  expect(receiver.forged).toEqual([])
})

test('a rule puts an alert in the inbox, in a mailbox and at an endpoint; people take it on', async () => {
  await hook('pager', '--action', 'network.interface', '--alerts-from', 'warning')
  const words = ['--action', 'auth.site.deleted', '--severity', 'error', '--org', 'Acme']
  const mailing = ['--mail-to', 'ops@example.org']
  const create = ['alert', 'rule', 'create', '--name', 'Sites go', ...words, ...mailing]
  const rule = await cli.json<Rule>(...create)
  expect(rule).toMatchObject({ name: 'Sites go', mail_to: ['ops@example.org'] })
  const before = await openAlerts()
  const foreign = await addSite('not of Acme', 'Other')
  await api.remove(`/sites/${foreign.id}`)
  const { id: site } = await addSite('short-lived')
  await api.remove(`/sites/${site}`)

  const alert = await until('the alert', async () => (await alerts('auth.site.deleted'))[0])
  expect(alert).toMatchObject({
    rule_id: rule.id,
    organization_id: acme,
    severity: 'error',
    title: 'Sites go',
    state: 'open',
    count: '1',
  })
  expect(await alerts('auth.site.deleted')).toHaveLength(1)
  expect(await openAlerts()).toBe(before + 1)

  const mail = await until('the mail', () => mailsTo('ops@example.org')[0])
  expect(mail.subject).toBe('[Holdfast] ERROR: Sites go')
  const told = await until('the endpoint is told', () => receiver.at('/pager')[0])
  expect(told).toMatchObject({ type: 'alert.raised', data: { alert_id: alert.id } })

  expect(await cli.text('alert', 'list', '--org', 'Acme')).toContain('Sites go')
  await until('the log knows it', async () => {
    const [found] = await alerts('auth.site.deleted')
    return found?.revision !== '0'
  })
  const taken = await cli.json<Alert>('alert', 'ack', alert.id, '--note', 'on it')
  expect(taken).toMatchObject({ id: alert.id, state: 'acknowledged', note: 'on it' })
  expect(taken.acknowledged_at).not.toBeNull()
  expect(await openAlerts()).toBe(before)
  expect(await cli.text('alert', 'list', '--state', 'acknowledged')).toContain(alert.id)
  const over = await cli.json<Alert>('alert', 'resolve', alert.id)
  expect(over).toMatchObject({ id: alert.id, state: 'resolved' })
  const listed = await cli.json<{ items: Alert[] }>('alert', 'list', '--org', 'Acme')
  expect(listed.items).toEqual([])
  expect(mailsTo('ops@example.org')).toHaveLength(1)
  expect(receiver.at('/pager')).toHaveLength(1)
})

test('a burst of failed sign-ins raises the alert of the product', async () => {
  const name = 'Burst of failed sign-ins'
  await cli.text('alert', 'rule', 'update', name, '--mail-to', 'security@example.org')
  for (let n = 0; n < 25; n += 1) {
    const guess = { username: `nobody-${n}`, password: 'a guess that is long enough' }
    const refused = await api.post('/auth/login', guess).catch((error: unknown) => error)
    expect((refused as Refused).status).toBe(401)
  }
  // Beyond the first ones failures are summed up once a minute.
  const slow = { timeoutMs: 120_000, everyMs: 250 }
  const alert = await until('the alert', async () => (await alerts('access.login'))[0], slow)
  expect(alert).toMatchObject({ title: name, severity: 'warning', organization_id: null })
  await until('the mail', () => mailsTo('security@example.org').length > 0)
  expect(await alerts('access.login')).toHaveLength(1)
  // It is the instance's: an organization's endpoint does not hear of it.
  expect(receiver.at('/pager')).toHaveLength(1)
})

test('notify killed while an endpoint holds a delivery: each arrives, in order, with its id', async () => {
  await hook('slow', '--action', 'auth.site')
  const names = Array.from({ length: 10 }, (_, i) => `held-${i}`)
  const held = receiver.hold('/slow')
  for (const name of names) await addSite(name)
  await until('the first is under way', () => receiver.at('/slow').length === 1)
  const pid = suite.pid('notify')
  if (pid === undefined) throw new Error('notify is not running')
  process.kill(pid, 'SIGKILL')
  await until('it runs again', () => (suite.pid('notify') ?? pid) !== pid)
  held.release()
  await until('all of them', () => namesAt('/slow').includes(names.at(-1)), { timeoutMs: 60_000 })
  expect(namesAt('/slow')).toEqual(['held-0', ...names])
  const [first, again, ...others] = receiver.at('/slow').map(({ id }) => id)
  expect(again).toBe(first)
  expect(new Set([first, ...others]).size).toBe(names.length)
  expect(receiver.forged).toEqual([])
})

test('a database that was lost tells nobody anything again', async () => {
  // What these speak of happens only after the loss.
  const marks = ['A marker', 'A marker at the door']
  const rule = { severity: 'info', mail_to: ['marker@example.org'] }
  await api.post('/alert-rules', {
    ...rule,
    name: marks[0],
    organization: 'Acme',
    actions: ['auth.site.created'],
    filter: 'data.fields.name.startsWith("marker")',
  })
  await api.post('/alert-rules', {
    ...rule,
    name: marks[1],
    actions: ['access.login'],
    filter: 'data.result == "failure"',
  })
  for (const name of ['siem', 'slow'])
    await until(`${name} has everything`, async () => {
      const found = await api.get<{ pending: string }>(`/webhooks/${name}`)
      return found.pending === '0'
    })
  const paths = ['/siem', '/slow', '/pager']
  const standing = async () =>
    (await api.all<Alert>('/alerts'))
      .filter(({ title }) => !marks.includes(title))
      .map(({ id, state, title }) => ({ id, state, title }))
  const before = {
    told: paths.map((path) => receiver.at(path).length),
    mails: smtp.mails.length,
    alerts: await standing(),
  }
  await suite.stop()
  dropReadModels(suite)
  await suite.start()
  api = await suite.admin()

  // Queues keep the order: when something new has come through, what is older would have come before it.
  let added = 0
  const isMarked = (path: string) =>
    namesAt(path).some((name) => name?.startsWith('marker') === true)
  await until(
    'something new is told',
    async () => {
      if (isMarked('/siem') && isMarked('/slow')) return true
      added += 1
      await addSite(`marker-${added}`)
      return false
    },
    { timeoutMs: 60_000, everyMs: 500 },
  )
  await until('and mailed', () => mailsTo('marker@example.org').length > 0)
  const guess = { username: 'nobody', password: 'a guess that is long enough' }
  await expect(api.post('/auth/login', guess)).rejects.toThrow(Refused)
  const atTheDoor = await until('and at the door', async () =>
    (await alerts('access.login')).find(({ title }) => title === marks[1]),
  )
  expect(atTheDoor.count).toBe('1')
  const since = paths.map((path, i) => receiver.at(path).slice(before.told[i]))
  const [siem = [], slow = [], pager = []] = since
  for (const told of [siem, slow])
    expect(told.filter(({ data }) => !data.fields?.name?.startsWith('marker'))).toEqual([])
  expect(pager).toEqual([])
  const mailed = smtp.mails.slice(before.mails)
  expect(mailed.filter(({ to }) => !to.includes('marker@example.org'))).toEqual([])
  expect(await standing()).toEqual(before.alerts)
  expect(receiver.forged).toEqual([])
})

test('a log that takes nothing is mailed of, while nothing can be written', async () => {
  const codes = ['log.frozen', 'backup.archive_behind']
  for (const name of ['The log takes no changes', 'The archive does not follow the log'])
    await cli.text('alert', 'rule', 'update', name, '--mail-to', 'night@example.org')
  const pid = suite.pid('backup')
  if (pid === undefined) throw new Error('backup is not running')
  process.kill(pid, 'SIGSTOP')
  try {
    const writing = addSite('late').then(
      () => undefined,
      (error: unknown) => error,
    )
    const mail = await until('the mail', () => mailsTo('night@example.org')[0], {
      timeoutMs: 120_000,
    })
    expect(mail.subject).toMatch(/^\[Holdfast\] CRITICAL: The (log|archive)/)
    expect(await writing).toBeInstanceOf(Refused)
    const found = (await api.all<Alert>('/alerts')).filter(({ code }) => codes.includes(code))
    expect(found.length).toBeGreaterThan(0)
    expect(found).toEqual(
      found.map((alert) => ({ ...alert, state: 'open', severity: 'critical', revision: '0' })),
    )
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await until('the log is told', async () => {
    const found = (await api.all<Alert>('/alerts')).filter(({ code }) => codes.includes(code))
    return found.every(({ revision }) => revision !== '0')
  })
  await addSite('after')
})
