import { privilegedFields } from '@holdfast/snapshot'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { severities } from '../domain/severity.ts'
import { type WebhookSettings, webhookFormats } from '../domain/webhook.ts'
import {
  alertRuleFields,
  alertRuleRecord,
  readAlertRule,
  readWebhook,
  webhookFields,
  webhookRecord,
} from './records.ts'

const known = {
  name: 'one',
  severity: 'error',
  actions: ['network.peer'],
  window_ms: 60_000,
  is_enabled: true,
  origin: 'https://hooks.example.org',
}

test.each([
  ['alert rule', readAlertRule, alertRuleFields],
  ['webhook', readWebhook, webhookFields],
] as const)(
  'any values of a record of an %s make a wish or say what is wrong',
  (_, read, fields) => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(...Object.values(known)))
    const record = fc.record(Object.fromEntries(fields.map((field) => [field, value])), {
      requiredKeys: [],
    })
    fc.assert(
      fc.property(record, (given) => {
        const made = read(given as never)
        if ('wish' in made) expect(made.name.length).toBeGreaterThan(0)
        else expect(made.outcome.outcome).toBe('refused')
      }),
      { numRuns: 500 },
    )
    expect(fields.filter((field) => privilegedFields.includes(field))).toEqual([])
  },
)

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,30}[A-Za-z0-9]$/)

test('an alert rule is read as it was written, without whom it mails to', () => {
  const settings = fc.record({
    name,
    severity: fc.constantFrom(...severities),
    actions: fc.constant(['network.peer', 'rules.rule.created']),
    alarms: fc.constant([] as string[]),
    filter: fc.constantFrom('', 'data.fields.name == "x"'),
    threshold: fc.integer({ min: 2, max: 1000 }),
    windowMs: fc.integer({ min: 1000, max: 30 * 86_400_000 }),
    isEnabled: fc.boolean(),
    description: fc.constantFrom('', 'two\nlines'),
  })
  const sealed = { keyId: 'k', nonce: new Uint8Array([1]), ciphertext: new Uint8Array([2]) }
  fc.assert(
    fc.property(settings, fc.nat({ max: 3 }), (said, recipients) => {
      const mailTo = Array.from({ length: recipients }, () => sealed)
      const record = alertRuleRecord({ ...said, mailTo })
      expect(JSON.stringify(record)).not.toContain('ciphertext')
      const read = readAlertRule(JSON.parse(JSON.stringify(record)) as never)
      expect(read).toMatchObject({ name: said.name, wish: { settings: said } })
      expect('wish' in read && read.wish.notes.length).toBe(recipients > 0 ? 1 : 0)
    }),
  )
})

test('of a webhook’s address only scheme and host are written', () => {
  const settings: fc.Arbitrary<WebhookSettings> = fc.record({
    name,
    url: fc
      .tuple(
        fc.constantFrom('https://', 'https://me:pass@'),
        fc.stringMatching(/^(\/[a-zA-Z0-9%._~-]{1,20}){0,3}$/),
        fc.stringMatching(/^[a-z0-9]{0,20}$/),
      )
      .map(([start, path, query]) => `${start}hooks.example.org:8443${path}?token=${query}`),
    actions: fc.constant(['network.peer']),
    filter: fc.constantFrom('', 'data.fields.name == "x"'),
    isEnabled: fc.boolean(),
    description: fc.constantFrom('', 'two\nlines'),
    alertsFrom: fc.option(fc.constantFrom(...severities), { nil: undefined }),
    format: fc.constantFrom(...webhookFormats),
  })
  fc.assert(
    fc.property(settings, (said) => {
      const record = webhookRecord(said)
      expect(record['origin']).toBe('https://hooks.example.org:8443')
      expect(JSON.stringify(record)).not.toMatch(/pass|token/)
      const read = readWebhook(JSON.parse(JSON.stringify(record)) as never)
      const url = 'https://hooks.example.org:8443/'
      expect(read).toEqual({ name: said.name, wish: { settings: { ...said, url } } })
    }),
  )
})

test.each([
  'https://hooks.example.org/secret',
  'https://me:pass@hooks.example.org',
  'https://hooks.example.org/?a',
  'javascript:alert(1)',
  'file:///etc/passwd',
  'hooks.example.org',
  '',
])('%s is no origin', (origin) => {
  expect(readWebhook({ ...known, origin })).toMatchObject({
    outcome: { outcome: 'refused', code: 'backup.record_invalid' },
  })
})
