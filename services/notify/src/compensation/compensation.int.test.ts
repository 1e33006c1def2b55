import { compensationHandlers } from '@holdfast/compensation'
import { planned, restore, undo } from '@holdfast/compensation/testing'
import { type CommandId, newId } from '@holdfast/domain'
import { relation, sql } from '@holdfast/postgres'
import { CompensationService } from '@holdfast/proto'
import { dataKeys, secrets } from '@holdfast/service'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { webhooks as webhookAggregate } from '../commands/aggregates.ts'
import { ruleChanges } from '../commands/alert-rule-changes.ts'
import {
  createWebhook,
  deleteWebhook,
  rotateSecret,
  updateWebhook,
} from '../commands/change-webhooks.ts'
import { builtinRules } from '../domain/alert-builtin.ts'
import { noSettings, type WebhookSettings } from '../domain/webhook.ts'
import { listRules } from '../queries/alert-rules.ts'
import { listWebhooks, webhookToCall } from '../queries/webhooks.ts'
import {
  organizationA,
  organizationB,
  requests,
  type Suite,
  startReceiver,
  startSuite,
  testKeyService,
  until,
} from '../testing/webhook-suite.ts'
import { notifyCompensables } from './compensables.ts'

const actor = {
  kind: 'user',
  id: '0f0f0f0f-0000-7000-8000-000000000003',
  method: 'password',
} as const
const actorId = actor.id
const deedCount = 120
const backs = 8
const undoes = 12

let suite: Suite
let tools: ReturnType<typeof toolsOf>
let compensation: ReturnType<typeof serve>

const toolsOf = ({ log }: Suite) => ({
  log,
  secrets: secrets(dataKeys(testKeyService, 'notify'), log.lineageId),
  now: Date.now,
})
const serve = ({ log }: Suite) =>
  requests(
    compensationHandlers({ log, now: Date.now, compensables: notifyCompensables(tools) }),
    CompensationService,
  )

beforeAll(async () => {
  suite = await startSuite()
  tools = toolsOf(suite)
  compensation = serve(suite)
}, 60_000)
afterAll(() => suite.close())

/** Mulberry32: the same history for the same seed. */
function dice(state: number): () => number {
  let a = state
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const command = (organizationId: string) => {
  const commandId = newId<CommandId>()
  return {
    commandId,
    isKeyed: false,
    actor,
    correlationId: commandId,
    ...(organizationId === '' ? {} : { organizationId }),
  }
}
const webhookNow = async (id: string) => ({
  ...(await suite.log.fold(webhookAggregate, id)).state,
})
async function webhookMade(organizationId: string, more: Partial<WebhookSettings>) {
  const settings = { ...noSettings, url: 'https://x.example/token', ...more }
  return (await createWebhook(tools, organizationId, settings, undefined, command(organizationId)))
    .id
}
async function change(id: string, changes: Partial<WebhookSettings>) {
  const before = await webhookNow(id)
  if (!before.exists || before.isDeleted) return // as the handler finds out first
  await updateWebhook(tools, id, before, changes, command(before.organizationId))
}
async function remove(id: string) {
  const before = await webhookNow(id)
  await deleteWebhook(tools, id, before, command(before.organizationId))
}
const everywhere = (at: bigint | undefined) =>
  ({ organizations: '*', ...(at === undefined ? {} : { at }) }) as const

/** Everything that is shown, by id, without revisions and times; who is suspended apart from the rest. */
async function look(at?: bigint) {
  const { log, postgres, projections } = suite
  await projections.reached(await log.safeHead())
  const page = { limit: 500, after: undefined }
  const { rows } = await listWebhooks(postgres, everywhere(at), '', page)
  const sealed = await postgres.query<{ webhook_id: string; secret: Buffer }>(
    sql`select webhook_id, secret from ${relation('notify', 'webhooks', at)} w`,
  )
  const secretOf = new Map(sealed.map((row) => [row.webhook_id, row.secret.toString('base64')]))
  const rules = await listRules(postgres, everywhere(at), '')
  return {
    webhooks: Object.fromEntries(
      rows.map(({ id, organizationId, settings }) => [
        id,
        { organizationId, settings, secret: secretOf.get(id) },
      ]),
    ),
    rules: Object.fromEntries(
      rules.map(({ id, organizationId, settings }) => [id, { organizationId, settings }]),
    ),
    suspended: rows.flatMap(({ id, suspendedBecause }) => (suspendedBecause ? [id] : [])).sort(),
  }
}

/** Without who is suspended. */
async function settings() {
  const { suspended: _, ...rest } = await look()
  return rest
}

const back = async (to: bigint, more: { id?: string } = {}) =>
  await restore(compensation, { to, head: await suite.log.safeHead(), actorId, ...more })

const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => {
  try {
    await work
    return undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code)
    throw error
  }
}

test('for random moments of a random history: what was shown then is shown again', async () => {
  const roll = dice(20_261_123)
  const below = (n: number): number => Math.floor(roll() * n)
  const pick = <T>(items: readonly [T, ...T[]]): T => items[below(items.length)] ?? items[0]
  const changing = ruleChanges({ ...tools, count: () => Promise.resolve(0) })
  const places = [organizationA, organizationB, ''] as const
  const names = ['siem', 'soc', 'chat', 'pager'] as const
  const builtins = builtinRules.map(({ id }) => id)
  const [hooks, rules]: [string[], string[]] = [[], []]
  const any = (ids: readonly string[]): string => ids[below(ids.length)] ?? newId<string>()
  const rule = () => ({
    ...{
      name: pick(names),
      severity: pick(['warning', 'error'] as const),
      actions: ['network.peer'],
    },
    ...{ filter: '', threshold: below(3), windowMs: 60_000, alarms: [], description: '' },
    isEnabled: roll() < 0.5,
  })
  const mail = () => (roll() < 0.5 ? [] : [pick(['a@example.org', 'b@example.org'])])
  const signal = new AbortController().signal
  const deeds: readonly (() => Promise<unknown>)[] = [
    async () => void hooks.push(await webhookMade(pick(places), { name: pick(names) })),
    () => change(any(hooks), { name: pick(names) }),
    () => change(any(hooks), { url: `https://${pick(names)}.example/`, isEnabled: roll() < 0.7 }),
    async () => {
      const id = any(hooks)
      const wish = { secret: undefined, overlapMs: 1 }
      await rotateSecret(tools, id, await webhookNow(id), wish, command(organizationA))
    },
    () => {
      const id = any(hooks)
      const suspend = { type: 'Suspend', id, cause: 'it was gone' } as const
      return suite.log.execute(webhookAggregate, id, suspend, command(''))
    },
    () => remove(any(hooks)),
    async () => {
      const place = pick(places)
      const made = changing.create(place || undefined, rule(), mail(), command(place))
      rules.push((await made).id)
    },
    async () => {
      const place = await changing.place(any(rules), signal)
      await changing.update(place, rule(), mail(), command(place.organizationId ?? ''))
    },
    async () => {
      const place = await changing.place(any(builtins), signal)
      await changing.update(place, { isEnabled: roll() < 0.5 }, undefined, command(''))
    },
    async () => {
      const place = await changing.place(any(rules), signal)
      await changing.delete(place, command(place.organizationId ?? ''))
    },
  ]
  const first = await suite.log.head()
  for (let n = 0; n < deedCount; n++)
    await codeOf(deeds[below(deeds.length)]?.() ?? Promise.resolve())
  const end = await suite.log.head()
  const last = await look()

  for (let n = 0; n < backs; n++) {
    const to = first + BigInt(below(Number(end - first)))
    const now = await look()
    const plan = await planned(compensation, { to, head: await suite.log.safeHead(), actorId })
    const outcomes = await back(to)
    expect(new Set(outcomes.keys())).toEqual(new Set(plan.keys()))
    const then = await look(to)
    // An endpoint that takes nothing is still one; what comes back is given another chance.
    const suspended = now.suspended.filter((id) => id in then.webhooks)
    expect(await look()).toEqual({ ...then, suspended })
    expect(
      (await planned(compensation, { to, head: await suite.log.safeHead(), actorId })).size,
    ).toBe(0)
  }
  await back(end)
  expect(await settings()).toEqual({ webhooks: last.webhooks, rules: last.rules })

  for (let n = 0; n < undoes; n++) {
    const sequence = first + 1n + BigInt(below(Number(end - first)))
    const before = await settings()
    const done = await undo(compensation, sequence, actorId).catch((error: { code?: string }) => {
      expect([
        'restore.undo_conflict',
        'restore.not_compensable',
        'notify.webhook_name_taken',
        'notify.alert_rule_name_taken',
      ]).toContain(error.code)
      return 0n
    })
    if (done === 0n) expect(await settings()).toEqual(before)
    else {
      expect(await settings()).not.toEqual(before)
      await undo(compensation, done, actorId)
      expect(await settings()).toEqual(before)
    }
  }
}, 120_000)

test('names that changed places change them back, and are held again', async () => {
  const [one, other] = [
    await webhookMade(organizationA, { name: 'left' }),
    await webhookMade(organizationA, { name: 'right' }),
  ]
  const to = await suite.log.head()
  await change(one, { name: 'middle' })
  await change(other, { name: 'left' })
  await change(one, { name: 'right' })
  const outcomes = await back(to)
  expect([outcomes.get(one), outcomes.get(other)]).toEqual(['webhook updated', 'webhook updated'])
  const { webhooks: shown } = await look()
  expect([shown[one]?.settings.name, shown[other]?.settings.name]).toEqual(['left', 'right'])
  expect(await codeOf(webhookMade(organizationA, { name: 'left' }))).toBe(
    'notify.webhook_name_taken',
  )
  expect(await codeOf(webhookMade(organizationA, { name: 'middle' }))).toBeUndefined()
})

test('a name somebody else has is named; the secret of then opens; its path is not shown', async () => {
  const id = await webhookMade(organizationA, { name: 'vault' })
  const secretNow = async () => {
    await look()
    const stored = await webhookToCall(suite.postgres, id)
    return stored && (await tools.secrets.open(organizationA, id, 'secret', [stored.secret]))[0]
  }
  const then = await secretNow()
  const to = await suite.log.head()
  const wish = { secret: undefined, overlapMs: 1 }
  await rotateSecret(tools, id, await webhookNow(id), wish, command(organizationA))
  await remove(id)
  const deletedBy = await deletionOf(id)
  const heir = await webhookMade(organizationA, { name: 'Vault' })

  const undoing = await compensation.planUndo({ sequence: Number(deletedBy) })
  expect(undoing).toMatchObject({ code: 'notify.webhook_name_taken' })
  expect(undoing.detail).toContain(heir)
  const url = undoing.changes?.[0]?.fields?.find(({ field }) => field === 'url')
  expect(url?.after).toMatch(/^"https:\/\/x\.example\/… \[/)
  expect(await codeOf(undo(compensation, deletedBy, actorId))).toBe('notify.webhook_name_taken')

  const outcomes = await back(to)
  expect([outcomes.get(heir), outcomes.get(id)]).toEqual(['webhook deleted', 'webhook created'])
  expect(await secretNow()).toBe(then)
  // What is read is what can be changed.
  const update = {
    type: 'UpdateWebhook',
    id,
    changes: { description: 'x' },
    expectedRevision: 1n,
  } as const
  await suite.log.execute(webhookAggregate, id, update, command(organizationA))
})

test('what waited for a webhook is not sent when it comes back, however late it is looked at', async () => {
  const receiver = await startReceiver()
  const id = await webhookMade(organizationA, {
    ...{ name: 'told', url: receiver.url, actions: ['network.peer'] },
  })
  const to = await suite.log.head()
  receiver.answer = () => ({ status: 503 })
  const early = suite.instance({ schedule: [60_000] })
  early.start()
  await until(isFollowing, 'the log is followed')
  await suite.addPeers(['waits'], organizationA)
  await until(() => receiver.requests.length > 0, 'it is tried')
  await early.stop()
  receiver.answer = () => ({ status: 204 })

  // All of it is one batch for who looks at it now.
  await suite.addPeers(['before'], organizationA)
  await remove(id)
  await suite.addPeers(['between'], organizationA)
  await back(to)
  await suite.addPeers(['after'], organizationA)
  const late = suite.instance()
  late.start()
  await until(() => receiver.taken.length > 0, 'it is told of what comes after')
  await suite.addPeers(['later'], organizationA)
  await until(() => receiver.taken.length > 1, 'and of the next')
  expect(receiver.taken.map(({ name }) => name)).toEqual(['after', 'later'])
  await late.stop()
  await receiver.close()
})

/** What is added now, webhooks hear of. */
const isFollowing = async (): Promise<boolean> =>
  (await suite.postgres.query(sql`select 1 from notify.webhook_position`)).length > 0

/** The commit that deleted a webhook. */
async function deletionOf(id: string): Promise<bigint> {
  let last = 0n
  for await (const { sequence } of suite.log.history(`evt.notify.webhook.${id}`)) last = sequence
  return last
}
