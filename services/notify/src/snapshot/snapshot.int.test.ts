import { newId } from '@holdfast/domain'
import type { Caller } from '@holdfast/service'
import type { JsonObject } from '@holdfast/snapshot'
import { collectAll, contributeTo, counted, type Way } from '@holdfast/snapshot/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtinRules } from '../domain/alert-builtin.ts'
import { type InboxSuite, person, startInboxSuite } from '../testing/inbox-suite.ts'

/** Imports are one person's: a command that comes again from somebody else is another one. */
const importer = person('SUPER_ADMIN', '*')

let suite: InboxSuite
beforeAll(async () => {
  suite = await startInboxSuite()
  // What watches would write alerts of its own while the machine is busy, and here commits are counted.
  await suite.stop()
}, 120_000)
afterAll(async () => await suite?.close())

const collect = async (contributor: string, organizationId: string, more = {}) =>
  (await collectAll(suite.contributors, contributor, organizationId, more)).records

const contribute = (
  contributor: string,
  organizationId: string,
  records: readonly unknown[],
  way: Way = {},
  caller: Caller = importer,
) => contributeTo(suite.contributors, contributor, organizationId, records, way, caller)

const alertRule = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  severity: 'warning',
  actions: ['network.peer'],
  ...more,
})
const webhook = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  origin: 'http://127.0.0.1:9',
  ...more,
})

test('alert rules: collected, contributed and collected again they are the same; twice changes nothing', async () => {
  const [from, to] = [newId<string>(), newId<string>()]
  for (let i = 0; i < 5; i++) {
    await suite.alerts.createAlertRule({
      organizationId: from,
      settings: {
        name: `Rule ${i}`,
        severity: 1 + (i % 4),
        actions: i === 4 ? [] : ['network.peer.created', 'rules'],
        alarms: i === 4 ? ['backup.validation'] : [],
        filter: i === 1 ? 'data.fields.peer_id == "x"' : '',
        threshold: i === 2 ? 20 : 0,
        windowMs: i === 2 ? 60_000 : 0,
        isEnabled: i !== 3,
        description: 'two\nlines',
      },
      mailTo: i === 0 ? ['ops@example.org', 'ada@example.org'] : [],
    })
  }
  const all = await collectAll(suite.contributors, 'notify.alert_rules', from, { pageSize: 2 })
  expect(all.sequences.size).toBe(1)
  const { records } = all
  expect(records).toHaveLength(5)
  // Whom it mails to, and the product's own rules, are not in it.
  expect(JSON.stringify(records)).not.toMatch(/example\.org|ciphertext|"(\w+_)?id"/)
  expect(JSON.stringify(records)).not.toContain(builtinRules[0]?.settings.name)

  const importId = newId<string>()
  const head = await suite.log.head()
  const dry = await contribute('notify.alert_rules', to, records, { importId, isDryRun: true })
  expect(await suite.log.head()).toBe(head)
  const real = await contribute('notify.alert_rules', to, records, { importId })
  expect(real).toEqual(dry)
  expect(counted(real)).toEqual({ created: 5 })
  expect(real[0]).toMatchObject({ code: 'notify.recipients_not_in_snapshot' })
  const again = await collect('notify.alert_rules', to)
  expect(again).toEqual(records.map((one) => ({ ...one, recipients: 0 })))

  const after = await suite.log.head()
  expect(await contribute('notify.alert_rules', to, records, { importId })).toEqual(real)
  const over = { overwritesExisting: true }
  const unchanged = await contribute('notify.alert_rules', to, records, over)
  expect(new Set(unchanged.map(({ code }) => code))).toEqual(new Set(['backup.unchanged']))
  const kept = await contribute('notify.alert_rules', to, records)
  expect(new Set(kept.map(({ code }) => code))).toEqual(new Set(['backup.exists']))
  expect(await suite.log.head()).toBe(after)

  // Overwriting leaves alone whom a rule mails to.
  const more = records.map((one) => ({
    ...one,
    name: String(one['name']).toUpperCase(),
    severity: 'critical',
  }))
  const changed = await contribute('notify.alert_rules', from, more, over)
  expect(counted(changed)).toEqual({ updated: 4, skipped: 1 })
  const found = await collect('notify.alert_rules', from)
  expect(found.map(({ recipients, severity, name }) => [recipients, severity, name])).toEqual(
    records.map(({ recipients, name }) => [recipients, 'critical', name]),
  )
})

test('webhooks come without secret and path, and are made disabled', async () => {
  const [from, to] = [newId<string>(), newId<string>()]
  const seed = await contribute('notify.webhooks', from, [
    webhook('Chat', {
      actions: ['network.peer', 'rules.rule'],
      filter: 'data.fields.name == "x"',
      alerts_from: 'error',
      format: 'cloudevents',
      description: 'two\nlines',
    }),
    webhook('off', { is_enabled: false }),
  ])
  expect(counted(seed)).toEqual({ created: 2 })
  const collected = await collect('notify.webhooks', from, { pageSize: 1 })
  expect(JSON.stringify(collected)).not.toMatch(/whsec|secret|"url"|"(\w+_)?id"|ciphertext/)
  expect(collected).toMatchObject([
    { name: 'Chat', origin: 'http://127.0.0.1:9', is_enabled: false, alerts_from: 'error' },
    { name: 'off', is_enabled: false },
  ])
  const records = collected.map((one) => ({ ...one, is_enabled: true }))
  const importId = newId<string>()
  const head = await suite.log.head()
  const dry = await contribute('notify.webhooks', to, records, { importId, isDryRun: true })
  expect(await suite.log.head()).toBe(head)
  const real = await contribute('notify.webhooks', to, records, { importId })
  expect(real).toEqual(dry)
  expect(real).toMatchObject([
    { outcome: 'created', code: 'notify.webhook_made_disabled' },
    { outcome: 'created', code: 'notify.webhook_made_disabled' },
  ])
  expect(await collect('notify.webhooks', to)).toEqual(collected)
  const after = await suite.log.head()
  expect(await contribute('notify.webhooks', to, records, { importId })).toEqual(real)
  const over = { overwritesExisting: true }
  // Enabling is done by hand, once the address is whole.
  const same = await contribute('notify.webhooks', to, records, over)
  expect(new Set(same.map(({ code }) => code))).toEqual(new Set(['backup.unchanged']))
  expect(await suite.log.head()).toBe(after)
  // An import leads nothing that is here elsewhere.
  const [moved] = await contribute(
    'notify.webhooks',
    to,
    [webhook('CHAT', { origin: 'http://127.0.0.2:9', format: 'standard' })],
    over,
  )
  expect(moved).toMatchObject({ outcome: 'updated', code: 'notify.webhook_address_kept' })
  expect(await collect('notify.webhooks', to)).toMatchObject([
    { name: 'Chat', origin: 'http://127.0.0.1:9', format: 'standard', is_enabled: false },
    { name: 'off' },
  ])
})

test('nobody climbs by a record: refused addresses, foreign organizations, fields that are not theirs', async () => {
  const [a, b] = [newId<string>(), newId<string>()]
  for (const caller of [
    person('ORG_ADMIN', b),
    person('OPERATOR', '*'),
    person('SUPER_ADMIN', a),
  ]) {
    for (const section of ['notify.alert_rules', 'notify.webhooks']) {
      await expect(contribute(section, b, [webhook('x')], {}, caller)).rejects.toThrow(/access/)
    }
  }
  const hooks = await contribute('notify.webhooks', b, [
    webhook('metadata', { origin: 'http://169.254.169.254' }),
    webhook('private', { origin: 'https://10.0.0.1' }),
    webhook('path', { origin: 'http://127.0.0.1:9/hook?token=abc' }),
    webhook('userinfo', { origin: 'http://user:pass@127.0.0.1:9' }),
    webhook('foreign', { organization_id: a }),
    webhook('crafted', {
      secret: 'whsec_AAAA',
      url: 'http://127.0.0.1:9/steal',
      credentials: { token: 'x' },
      id: a,
      is_enabled: true,
    }),
    webhook('odd', { format: 'xml' }),
    webhook('filter', { filter: 'data.' }),
  ])
  expect(hooks.map(({ outcome }) => outcome)).toEqual([
    'refused',
    'refused',
    'refused',
    'refused',
    'refused',
    'created',
    'refused',
    'refused',
  ])
  expect(hooks.map(({ code }) => code)).toEqual([
    'invalid.address_refused',
    'invalid.address_refused',
    'backup.record_invalid',
    'backup.record_invalid',
    'backup.foreign_organization',
    'backup.fields_stripped',
    'backup.record_invalid',
    'invalid.filter_invalid',
  ])
  expect(hooks[5]?.detail).toMatch(/secret.*credentials.*id.*is disabled/)
  expect(await collect('notify.webhooks', b)).toMatchObject([
    { name: 'crafted', is_enabled: false },
  ])

  const rules = await contribute('notify.alert_rules', b, [
    alertRule('about alerts', { actions: ['notify.alert'] }),
    alertRule('unknown action', { actions: ['network.unicorn'] }),
    alertRule('neither', { actions: [] }),
    alertRule('no window', { threshold: 5 }),
    alertRule('severity', { severity: 'apocalyptic' }),
    alertRule('foreign', { organization_id: a }),
    alertRule('crafted', { mail_to: ['eve@example.org'], id: builtinRules[0]?.id ?? '' }),
  ])
  expect(counted(rules)).toEqual({ refused: 6, created: 1 })
  expect(rules[6]).toMatchObject({ code: 'backup.fields_stripped' })
  const { rules: mine } = await suite.alerts.listAlertRules({ organizationId: b })
  expect(
    mine?.map(({ settings, mailTo, id }) => [settings?.name, mailTo, id === builtinRules[0]?.id]),
  ).toEqual([['crafted', [], false]])
  // Of the instance: no snapshot of an organization makes one.
  await expect(contribute('notify.alert_rules', '', [alertRule('x')])).rejects.toThrow(
    /organization_id|invalid/,
  )
})

test('as many rules as an organization may have, and no more', async () => {
  const [to, also] = [newId<string>(), newId<string>()]
  const records = Array.from({ length: 205 }, (_, i) => alertRule(`rule ${i}`))
  const dry = await contribute('notify.alert_rules', to, records, { isDryRun: true })
  expect(counted(dry)).toEqual({ created: 200, refused: 5 })
  const started = performance.now()
  const real = await contribute('notify.alert_rules', to, records)
  expect(real.map(({ outcome }) => outcome)).toEqual(dry.map(({ outcome }) => outcome))
  const between = performance.now()
  const hooks = Array.from({ length: 50 }, (_, i) => webhook(`hook ${i}`))
  expect(counted(await contribute('notify.webhooks', also, hooks))).toEqual({ created: 50 })
  const ended = performance.now()
  process.stdout.write(
    `200 alert rules in ${Math.round(between - started)} ms, 50 webhooks in ${Math.round(ended - between)} ms\n`,
  )
})
