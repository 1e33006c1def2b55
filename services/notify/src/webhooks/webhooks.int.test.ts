import { newId } from '@holdfast/domain'
import { sql } from '@holdfast/postgres'
import { dropReadModels } from '@holdfast/projections'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  type Instance,
  organizationA,
  organizationB,
  person,
  type Receiver,
  type Suite,
  startReceiver,
  startSuite,
  until,
} from '../testing/webhook-suite.ts'
import { firstInLine, insertDeliveries, leaseDue } from './delivery-store.ts'

let suite: Suite
let receiver: Receiver
let notify: Instance
const stops: (() => Promise<void>)[] = []

beforeAll(async () => {
  suite = await startSuite()
})
afterAll(() => suite.close())

beforeEach(async () => {
  receiver = await startReceiver()
  notify = await started()
})
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
  await receiver.close()
  const { webhooks } = notify
  for (const { id } of (await webhooks.listWebhooks()).webhooks ?? [])
    await webhooks.deleteWebhook({ id: id ?? '' })
  await suite.projections.reached(await suite.log.head())
  await suite.postgres.execute(sql`delete from notify.webhook_position`)
  await suite.postgres.execute(sql`delete from notify.webhook_deliveries`)
  await suite.postgres.execute(sql`delete from notify.webhook_queues`)
})

async function started(limits: Parameters<Suite['instance']>[0] = {}): Promise<Instance> {
  const instance = suite.instance(limits)
  instance.start()
  stops.push(instance.stop)
  // Follows from here on.
  await until(async () => {
    const rows = await suite.postgres.query(sql`select from notify.webhook_position`)
    return rows.length === 1
  }, 'a position')
  return instance
}

interface Wish {
  readonly name?: string
  readonly url?: string
  readonly organizationId?: string
  readonly actions?: readonly string[]
  readonly filter?: string
  readonly format?: number
  readonly alertsFrom?: number
}

async function create(wish: Wish = {}): Promise<{ id: string; secret: string }> {
  const { organizationId = organizationA, ...rest } = wish
  const settings = {
    name: 'hook',
    url: receiver.url,
    actions: ['network.peer'],
    isEnabled: true,
    ...rest,
  }
  const made = await notify.webhooks.createWebhook({
    organizationId,
    settings: { ...settings, actions: [...settings.actions] },
  })
  return { id: made.webhook?.id ?? '', secret: made.secret ?? '' }
}

const names = (count: number, prefix = 'p'): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`)
const takenNames = (): string[] => receiver.taken.map(({ name }) => name)

test('a receiver verifies what it is told with the public library', async () => {
  const { id, secret } = await create()
  await suite.addPeers(['alice'], organizationA)
  await until(() => receiver.taken.length === 1, 'a delivery')
  const [first] = receiver.taken
  const payload = new Webhook(secret).verify(first?.body ?? '', first?.headers ?? {})
  expect(payload).toMatchObject({
    type: 'network.peer.created',
    data: {
      actor: { kind: 'user', method: 'password' },
      organization_id: organizationA,
      target: { kind: 'peer' },
      reason: 'test',
      fields: { settings: { name: 'alice', addresses: ['10.10.0.2'] }, private_key: '[sealed]' },
    },
  })
  expect(first?.body).not.toContain(Buffer.from('private').toString('base64'))
  // A changed byte, and another secret, verify nothing.
  expect(() => new Webhook(secret).verify(`${first?.body} `, first?.headers ?? {})).toThrow()
  const other = new Webhook(`whsec_${Buffer.alloc(32, 9).toString('base64')}`)
  expect(() => other.verify(first?.body ?? '', first?.headers ?? {})).toThrow()
  const { deliveries } = await notify.webhooks.listDeliveries({ webhookId: id })
  expect(deliveries).toMatchObject([
    { id: first?.id, type: 'network.peer.created', state: 2, attempts: 1 },
  ])
})

test('actions, filter and organization choose; those of the instance hear everybody', async () => {
  const elsewhere = await startReceiver()
  await create({ filter: 'data.fields.settings.name.startsWith("a") && data.actor.kind == "user"' })
  await create({ name: 'all', organizationId: '', url: elsewhere.url })
  await create({ name: 'none', actions: ['rules'] })
  await suite.addPeers(['anna', 'bert', 'axel'], organizationA)
  await suite.addPeers(['anton'], organizationB)
  await until(() => elsewhere.taken.length === 4, 'all four')
  await until(() => receiver.taken.length === 2, 'two')
  expect(takenNames()).toEqual(['anna', 'axel'])
  await elsewhere.close()
})

test('several events of one commit are told apart, in order', async () => {
  await create()
  await suite.addPeers(names(6), organizationA, 3)
  await until(() => receiver.taken.length === 6, 'six')
  expect(takenNames()).toEqual(names(6))
  expect(new Set(receiver.taken.map(({ id }) => id)).size).toBe(6)
})

test('while a secret is changed both verify, then only the new one', async () => {
  const { id, secret: old } = await create()
  const rotated = await notify.webhooks.rotateWebhookSecret({ id, overlapMs: 60_000 })
  const secret = rotated.secret ?? ''
  expect(secret).not.toBe(old)
  await suite.addPeers(['during'], organizationA)
  await until(() => receiver.taken.length === 1, 'one')
  const during = receiver.taken[0]
  new Webhook(old).verify(during?.body ?? '', during?.headers ?? {})
  new Webhook(secret).verify(during?.body ?? '', during?.headers ?? {})

  const again = await notify.webhooks.rotateWebhookSecret({ id, overlapMs: 1 })
  await suite.addPeers(['after'], organizationA)
  await until(() => receiver.taken.length === 2, 'two')
  const after = receiver.taken[1]
  new Webhook(again.secret ?? '').verify(after?.body ?? '', after?.headers ?? {})
  expect(() => new Webhook(secret).verify(after?.body ?? '', after?.headers ?? {})).toThrow()
})

test('failures are repeated with the same id, and nothing overtakes them', async () => {
  const { id } = await create()
  let refusals = 2
  receiver.answer = ({ name }) =>
    name === 'p1' && refusals-- > 0
      ? { status: refusals === 0 ? 302 : 500, body: 'oops', headers: { location: receiver.url } }
      : { status: 200 }
  await suite.addPeers(names(4), organizationA)
  await until(() => receiver.taken.length === 4, 'four')
  expect(takenNames()).toEqual(names(4))
  expect(receiver.requests.map(({ name }) => name)).toEqual(['p0', 'p1', 'p1', 'p1', 'p2', 'p3'])
  expect(new Set(receiver.requests.map((one) => one.id)).size).toBe(4)
  expect(receiver.mostAtOnce()).toBe(1)
  const { deliveries } = await notify.webhooks.listDeliveries({ webhookId: id })
  const repeated = deliveries?.find(({ attempts }) => attempts === 3)
  expect(repeated?.recentAttempts).toMatchObject([
    { status: 500, failure: 'answered 500: oops' },
    { status: 302, failure: 'answered 302: redirects are not followed: oops' },
    { status: 200, failure: '' },
  ])
})

test('Retry-After is waited for', async () => {
  await create()
  receiver.answer = (_one, nth) =>
    nth === 1 ? { status: 429, headers: { 'retry-after': '1' } } : { status: 204 }
  await suite.addPeers(['slow'], organizationA)
  await until(() => receiver.taken.length === 1, 'one')
  const [first, second] = receiver.requests
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(950)
})

test('what a receiver will not have dies, the rest goes on, and a replay sends it with its id', async () => {
  const { id } = await create()
  receiver.answer = ({ name }) => ({ status: name === 'p1' ? 422 : 204 })
  await suite.addPeers(names(3), organizationA)
  await until(() => receiver.taken.length === 2, 'two')
  expect(takenNames()).toEqual(['p0', 'p2'])
  const dead = await notify.webhooks.listDeliveries({ webhookId: id, state: 3 })
  expect(dead.deliveries).toMatchObject([{ state: 3, attempts: 1 }])
  const { webhook } = await notify.webhooks.getWebhook({ webhook: 'hook' })
  expect(webhook).toMatchObject({ pending: 0, dead: 1, lastFailure: 'answered 422' })

  receiver.answer = () => ({ status: 204 })
  expect(await notify.webhooks.replayDeliveries({ webhookId: id })).toEqual({ count: 1 })
  await until(() => receiver.taken.length === 3, 'three')
  expect(receiver.taken[2]).toMatchObject({ name: 'p1', id: dead.deliveries?.[0]?.id })
  // Any one of them may be sent again, also what was taken.
  const again = receiver.taken[0]?.id ?? ''
  await notify.webhooks.replayDeliveries({ webhookId: id, deliveryId: again })
  await until(() => receiver.taken.length === 4, 'four')
  expect(receiver.taken[3]?.id).toBe(again)
  const after = await notify.webhooks.getWebhook({ webhook: id })
  expect(after.webhook).toMatchObject({ pending: 0, dead: 0 })
  await expect(
    notify.webhooks.replayDeliveries({ webhookId: id, deliveryId: organizationB }),
  ).rejects.toThrow('no delivery')
})

test('410 suspends, says so, and what waited is told after it is enabled again', async () => {
  const { id } = await create()
  receiver.answer = () => ({ status: 410 })
  await suite.addPeers(names(3), organizationA)
  const isSuspended = async (): Promise<boolean> => {
    const { webhook } = await notify.webhooks.getWebhook({ webhook: id })
    return webhook?.suspendedBecause === 'the endpoint answered 410 Gone'
  }
  await until(isSuspended, 'suspension')
  await until(() => notify.alarms.length === 1, 'an alarm')
  expect(notify.alarms[0]).toMatchObject({ code: 'notify.webhook.suspended', key: id })
  expect(receiver.requests).toHaveLength(1)
  // While it is suspended nothing is kept for it.
  await suite.addPeers(['lost'], organizationA)
  receiver.answer = () => ({ status: 204 })
  await notify.webhooks.updateWebhook({ id, isEnabled: true })
  await until(() => receiver.taken.length === 3, 'three')
  await suite.addPeers(['heard'], organizationA)
  await until(() => receiver.taken.length === 4, 'four')
  expect(takenNames()).toEqual([...names(3), 'heard'])
  await until(() => notify.alarms.some(({ isOver }) => isOver === true), 'the end of the alarm')
})

test('too many that die in a row suspend', async () => {
  const { id } = await create()
  receiver.answer = () => ({ status: 400, body: 'no\u0000thanks\n' })
  await suite.addPeers(names(8), organizationA)
  const cause = async () =>
    (await notify.webhooks.getWebhook({ webhook: id })).webhook?.suspendedBecause ?? ''
  await until(async () => (await cause()) !== '', 'suspension')
  expect(await cause()).toBe(
    '5 messages in a row could not be delivered; the last: answered 400: no thanks',
  )
  expect(receiver.requests).toHaveLength(5)
  const { webhook } = await notify.webhooks.getWebhook({ webhook: id })
  expect(webhook).toMatchObject({ pending: 3, dead: 5 })
})

test('replaying the whole log tells nobody anything', async () => {
  await create()
  await suite.addPeers(names(5), organizationA)
  await until(() => receiver.taken.length === 5, 'five')
  for (const stop of stops.splice(0)) await stop()
  await suite.reopen(async () => {
    await dropReadModels(suite.postgres, 'notify')
    await suite.postgres.execute(sql`delete from notify.webhook_position`)
  })
  notify = await started()
  await suite.addPeers(['marker'], organizationA)
  await until(() => receiver.taken.length >= 6, 'the marker')
  expect(takenNames()).toEqual([...names(5), 'marker'])
  expect(receiver.requests).toHaveLength(6)
})

test('what waited before a restore is given up, and can be replayed by hand', async () => {
  const { id } = await create()
  receiver.answer = () => ({ status: 500 })
  await suite.addPeers(names(2), organizationA)
  await until(() => receiver.requests.length > 0, 'an attempt')
  for (const stop of stops.splice(0)) await stop()
  await suite.postgres.execute(sql`
    update notify.webhook_position set generation = generation + 1`)
  receiver.answer = () => ({ status: 204 })
  const before = receiver.requests.length
  const waits = async (): Promise<boolean> => {
    const { webhook } = await notify.webhooks.getWebhook({ webhook: id })
    return webhook?.dead !== 2
  }
  notify = suite.instance()
  notify.start()
  stops.push(notify.stop)
  await until(async () => !(await waits()), 'dead letters')
  await suite.addPeers(['marker'], organizationA)
  await until(() => receiver.taken.length === 1, 'the marker')
  expect(receiver.requests.slice(before).map(({ name }) => name)).toEqual(['marker'])
})

test('too much that waits suspends; who was resumed may work it off while more comes', async () => {
  for (const stop of stops.splice(0)) await stop()
  notify = await started({ maxPending: 5, schedule: [600_000] })
  const { id } = await create()
  const cause = async () =>
    (await notify.webhooks.getWebhook({ webhook: id })).webhook?.suspendedBecause ?? ''
  receiver.answer = () => ({ status: 500 })
  await suite.addPeers(names(7), organizationA)
  await until(async () => (await cause()) === 'more than 5 messages wait for it', 'suspension')
  receiver.answer = () => ({ status: 204, afterMs: 100 })
  await notify.webhooks.updateWebhook({ id, isEnabled: true })
  await until(() => receiver.requests.length >= 2, 'an attempt')
  await suite.addPeers(['later'], organizationA)
  await until(() => receiver.taken.length === 8, 'all')
  expect(takenNames()).toEqual([...names(7), 'later'])
  expect(await cause()).toBe('')
})

test("what waits is nobody's to deliver after a restore, before it is given up", async () => {
  const { id } = await create()
  receiver.answer = () => ({ status: 500 })
  await suite.addPeers(['before'], organizationA)
  await until(() => receiver.requests.length > 0, 'an attempt')
  for (const stop of stops.splice(0)) await stop()
  await suite.postgres.execute(sql`
    update notify.webhook_queues set next_at = now(), leased_by = null, leased_until = null`)
  const { lineageId, generation } = suite.log
  const wish = { holder: newId<string>(), leaseMs: 1_000, limit: 10 }
  const restored = { lineageId, generation: generation + 1 }
  expect(await leaseDue(suite.postgres, { ...wish, log: restored })).toEqual([])
  expect(await leaseDue(suite.postgres, { ...wish, log: suite.log })).toEqual([id])
})

test('large messages wait in the database and not in memory', async () => {
  const { id } = await create()
  for (const stop of stops.splice(0)) await stop()
  const body = 'x'.repeat(250_000)
  const one = { webhookId: id, type: 'test', sequence: 0n, format: 0, body }
  const many = names(20).map(() => ({ ...one, deliveryId: newId<string>() }))
  await insertDeliveries(suite.postgres, many)
  const line = await firstInLine(suite.postgres, id, 50)
  expect(line.map(({ deliveryId }) => deliveryId)).toEqual(
    many.slice(0, 9).map(({ deliveryId }) => deliveryId),
  )
})

test('of two instances one delivers, each message once', async () => {
  await started()
  await create()
  receiver.answer = () => ({ status: 204, afterMs: 3 })
  await suite.addPeers(names(60), organizationA)
  await until(() => receiver.taken.length >= 60, 'all')
  expect(takenNames()).toEqual(names(60))
  expect(receiver.mostAtOnce()).toBe(1)
})

test('messages of alerts go the same way, to those who want them so severe', async () => {
  await create({ name: 'calm', alertsFrom: 4 })
  await create({ name: 'eager', alertsFrom: 2, format: 1 })
  const message = {
    id: 'alert 1',
    type: 'alert.raised',
    timestamp: 1_790_000_000_000,
    data: { code: 'backup.validation.failed' },
    organizationId: organizationA,
    severity: 'error' as const,
  }
  expect(await notify.queue.enqueue('all', message)).toBe(1)
  expect(await notify.queue.enqueue('all', message)).toBe(1)
  await until(() => receiver.taken.length === 1, 'one')
  const [only] = receiver.taken
  expect(only?.headers['content-type']).toBe('application/cloudevents+json')
  expect(JSON.parse(only?.body ?? '')).toEqual({
    specversion: '1.0',
    id: only?.id,
    source: `/holdfast/${suite.log.lineageId}`,
    type: 'io.holdfast.alert.raised',
    time: '2026-09-21T14:13:20.000Z',
    datacontenttype: 'application/json',
    data: { code: 'backup.validation.failed' },
  })
  expect(receiver.requests).toHaveLength(1)
})

test('a test goes past the queue and tells what came of it', async () => {
  const { id, secret } = await create()
  const { attempt } = await notify.webhooks.testWebhook({ id })
  expect(attempt).toMatchObject({ status: 204, failure: '' })
  const [first] = receiver.taken
  expect(new Webhook(secret).verify(first?.body ?? '', first?.headers ?? {})).toMatchObject({
    type: 'webhook.test',
    data: { webhook_id: id, name: 'hook' },
  })
  receiver.answer = () => ({ status: 503 })
  const failed = await notify.webhooks.testWebhook({ id })
  expect(failed.attempt).toMatchObject({ status: 503, failure: 'answered 503' })
})

test('names are unique in an organization regardless of case, also after renames and deletions', async () => {
  const { id } = await create({ name: 'Orders' })
  await expect(create({ name: 'orders' })).rejects.toThrow('has a webhook named orders already')
  await create({ name: 'orders', organizationId: organizationB })
  await notify.webhooks.updateWebhook({ id, name: 'invoices' })
  const { id: second } = await create({ name: 'orders' })
  await expect(notify.webhooks.updateWebhook({ id, name: 'ORDERS' })).rejects.toThrow('already')
  await notify.webhooks.deleteWebhook({ id: second })
  await notify.webhooks.deleteWebhook({ id: second })
  await create({ name: 'orders' })
  const races = await Promise.allSettled(
    Array.from({ length: 8 }, () => create({ name: 'one of us' })),
  )
  expect(races.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('bad requests name every field; what is not one may see is not there', async () => {
  const bad = notify.webhooks.createWebhook({
    organizationId: organizationA,
    settings: {
      name: '',
      url: 'https://169.254.169.254/latest',
      actions: ['Network.*'],
      filter: 'type = "x"',
      // as: a number no release knows
      format: 7 as never,
    },
    secret: 'whsec_c2hvcnQ=',
  })
  await expect(bad).rejects.toMatchObject({
    code: 'invalid',
    fields: [
      { field: 'name', code: 'required' },
      { field: 'actions[0]', code: 'action_invalid' },
      { field: 'filter', code: 'filter_invalid' },
      { field: 'format', code: 'unknown' },
      { field: 'secret', code: 'secret_invalid' },
      { field: 'url', code: 'address_refused' },
    ],
  })
  const { id } = await create()
  const other = { caller: person(organizationB) }
  await expect(notify.webhooks.getWebhook({ webhook: id }, other)).rejects.toThrow('there is no')
  await expect(notify.webhooks.deleteWebhook({ id }, other)).rejects.toThrow('there is no')
  await expect(notify.webhooks.listDeliveries({ webhookId: id }, other)).rejects.toThrow(
    'no webhook',
  )
  const instanceWide = notify.webhooks.createWebhook(
    { settings: { name: 'mine', url: receiver.url } },
    other,
  )
  await expect(instanceWide).rejects.toThrow('notify.webhooks.write')
  expect((await notify.webhooks.listWebhooks({}, other)).webhooks).toEqual([])
})

test('webhooks as they were at an earlier moment', async () => {
  const { id } = await create({ name: 'then' })
  const then = await suite.log.head()
  await notify.webhooks.updateWebhook({ id, name: 'now' })
  const past = await notify.webhooks.getWebhook({ webhook: 'then' }, { at: then })
  expect(past.webhook).toMatchObject({ id, settings: { name: 'then' }, revision: 1 })
  const list = await notify.webhooks.listWebhooks({}, { at: then - 1n })
  expect(list.webhooks?.some((one) => one.id === id)).toBe(false)
})

test('metrics say how it goes, without naming anybody', async () => {
  const { id } = await create()
  receiver.answer = (_one, nth) => ({ status: nth === 1 ? 500 : 204 })
  await suite.addPeers(['a'], organizationA)
  await until(() => receiver.taken.length === 1, 'one')
  await until(async () => (await notify.metrics()).includes('result="delivered"} 1'), 'the count')
  const text = await notify.metrics()
  expect(text).toContain('holdfast_webhook_attempts_total{result="later"} 1')
  expect(text).toContain('holdfast_webhook_pending_deliveries')
  expect(text).toContain('holdfast_webhook_lag_commits 0')
  expect(text).not.toContain(id)
})
