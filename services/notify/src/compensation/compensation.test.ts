import { compensable, isSame as isEqual } from '@holdfast/compensation'
import { stepsOf, type Traced, waysBack } from '@holdfast/compensation/testing'
import { KeyDestroyed } from '@holdfast/crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { builtinRules } from '../domain/alert-builtin.ts'
import {
  type AlertRule,
  type AlertRuleCommand,
  type AlertRuleEvent,
  type AlertRuleSettings,
  alertRule,
} from '../domain/alert-rule.ts'
import type { Sealed } from '../domain/sealed.ts'
import {
  noSettings,
  type WebhookCommand,
  type WebhookSettings,
  webhook,
} from '../domain/webhook.ts'
import { checkRule } from '../grpc/alert-fields.ts'
import { alertRulesCompensable } from './alert-rules.ts'
import { webhooksCompensable } from './webhooks.ts'

// Histories of ordinary commands, with restores in between, and what the law says of each of their moments.

const never = () => Promise.reject(new Error('decided without asking anybody'))
const nothing = (): never => {
  throw new Error('decided without reading')
}
const tools = {
  log: { execute: never, fold: never, history: nothing },
  secrets: { seal: never, open: never },
  now: () => 0,
}

const id = '01900000-0000-7000-8000-000000000001'
const organizationId = '01900000-0000-7000-8000-000000000002'
const sealed = (text: string): Sealed => ({
  keyId: 'key',
  nonce: new Uint8Array(12),
  ciphertext: new Uint8Array(Buffer.from(text)),
})

const isSame = ({ outcome }: { readonly outcome: string }): boolean => outcome === 'same'
const isNoObstacle = ({ outcome }: { readonly outcome: string }): boolean => outcome !== 'obstacle'
const typeOf = (event: unknown): unknown =>
  typeof event === 'object' && event !== null ? Reflect.get(event, 'type') : undefined

const name = fc.constantFrom('a', 'b', 'c')
const actions = fc.constantFrom<readonly string[]>([], ['network'], ['network', 'auth'])
const secret = fc.constantFrom('s1', 's2', 's3').map(sealed)
const webhookChange: fc.Arbitrary<Partial<WebhookSettings>> = fc.record(
  {
    name,
    url: fc.constantFrom('https://x.example/', 'https://y.example/'),
    actions,
    isEnabled: fc.boolean(),
    alertsFrom: fc.constantFrom('error' as const, undefined),
  },
  { requiredKeys: [] },
)
const webhookCommand: fc.Arbitrary<WebhookCommand> = fc.oneof(
  fc.record({ change: webhookChange, secret }).map((one) => ({
    type: 'CreateWebhook' as const,
    id,
    organizationId,
    settings: { ...noSettings, ...one.change },
    secret: one.secret,
  })),
  webhookChange.map((changes) => ({ type: 'UpdateWebhook' as const, id, changes })),
  secret.map((one) => ({
    type: 'RotateSecret' as const,
    id,
    secret: one,
    oldUntilUnixMs: 1,
  })),
  fc.constant({ type: 'Suspend' as const, id, cause: 'it was gone' }),
  fc.constant({ type: 'DeleteWebhook' as const, id }),
)
const webhooks = {
  id,
  decider: webhook,
  one: compensable(webhooksCompensable(tools)),
  around: new Map(),
}

test('webhooks become what they were, secrets included; suspended is who is suspended now', () => {
  fc.assert(
    fc.property(stepsOf(webhookCommand), (steps) => {
      const { history, moments, undone } = waysBack(webhooks, steps)
      expect(moments.every(isSame)).toBe(true)
      expect(undone.every(isNoObstacle)).toBe(true)
      let state = webhook.initial()
      for (const event of history.flat()) state = webhook.evolve(state, event)
      for (const answer of moments) {
        const types = answer.outcome === 'same' ? answer.events.map(typeOf) : []
        expect(types).not.toContain('WebhookSuspended')
        expect(types).not.toContain('WebhookResumed')
        // One that is there keeps its secret of now for as long as a rotation does.
        for (const event of answer.outcome === 'same' ? answer.events : []) {
          if (typeOf(event) !== 'WebhookSecretRotated') continue
          expect(event).toMatchObject({ oldSecret: state.secret, oldUntilUnixMs: 86_400_000 })
        }
      }
    }),
  )
})

const rule: AlertRuleSettings = {
  name: 'Peers are deleted',
  severity: 'warning',
  actions: ['network.peer.deleted'],
  filter: '',
  threshold: 5,
  windowMs: 60_000,
  mailTo: [],
  isEnabled: true,
  description: '',
  alarms: [],
}
/** Such as people may make: one of alarms counts nothing. */
const ruleChange = ({ alarms }: AlertRuleSettings): fc.Arbitrary<Partial<AlertRuleSettings>> =>
  fc.record(
    {
      name,
      isEnabled: fc.boolean(),
      mailTo: fc.array(secret, { maxLength: 2 }),
      ...(alarms.length > 0
        ? {}
        : { actions: actions.filter((some) => some.length > 0), threshold: fc.nat(3) }),
    },
    { requiredKeys: [] },
  )
const commandOf = (
  ruleId: string,
  builtin: AlertRuleSettings | undefined,
): fc.Arbitrary<AlertRuleCommand> =>
  fc.oneof(
    ruleChange(builtin ?? rule).map((change) => ({
      type: 'UpdateAlertRule' as const,
      id: ruleId,
      change,
      ...(builtin ? { builtin } : {}),
    })),
    fc.constant({ type: 'DeleteAlertRule' as const, id: ruleId, isBuiltin: builtin !== undefined }),
    ...(builtin
      ? []
      : [
          fc.constant({
            type: 'CreateAlertRule' as const,
            id: ruleId,
            organizationId,
            settings: rule,
          }),
        ]),
  )
const rules = (ruleId: string): Traced<AlertRuleCommand, AlertRuleEvent, AlertRule> => ({
  id: ruleId,
  decider: alertRule,
  one: compensable(alertRulesCompensable(tools)),
  around: new Map(),
})

test('alert rules become what they were', () => {
  fc.assert(
    fc.property(stepsOf(commandOf(id, undefined)), (steps) => {
      const { moments, undone } = waysBack(rules(id), steps)
      expect(moments.every(isSame)).toBe(true)
      expect(undone.every(isNoObstacle)).toBe(true)
    }),
  )
})

test('one change is not taken back where the rest would make no sense without it', () => {
  const settings = { ...rule, threshold: 0, windowMs: 0 }
  const { undone } = waysBack(rules(id), [
    { command: { type: 'CreateAlertRule', id, organizationId, settings } },
    { command: { type: 'UpdateAlertRule', id, change: { windowMs: 60_000 } } },
    { command: { type: 'UpdateAlertRule', id, change: { threshold: 5 } } },
  ])
  expect(undone[1]).toMatchObject({
    outcome: 'obstacle',
    error: { fields: [{ field: 'window_ms', code: 'out_of_range' }] },
  })
})

test('every rule of the product is one that people may make', () => {
  for (const { settings } of builtinRules) expect(() => checkRule(settings)).not.toThrow()
})

test('a rule of the product goes back to what it comes as, and is never deleted', () => {
  const [builtin] = builtinRules
  if (!builtin) throw new Error('there are rules of the product')
  fc.assert(
    fc.property(stepsOf(commandOf(builtin.id, builtin.settings)), (steps) => {
      const { history, moments } = waysBack(rules(builtin.id), steps)
      expect(moments.every(isSame)).toBe(true)
      const state = history.flat().reduce(alertRule.evolve, alertRule.initial())
      for (const [at, answer] of moments.entries()) {
        const events = answer.outcome === 'same' ? answer.events : []
        expect(events.map(typeOf)).not.toContain('AlertRuleDeleted')
        if (at > 0) continue
        const isUntouched = isEqual(state.settings, builtin.settings)
        expect(events).toEqual(
          isUntouched ? [] : [{ type: 'AlertRuleUpdated', settings: builtin.settings }],
        )
      }
    }),
  )
})

test('what was sealed with a key that is gone does not come back', () => {
  const gone = KeyDestroyed({ keyId: 'key' })
  const settings = { ...noSettings, name: 'siem', url: 'https://x.example/' }
  const { moments } = waysBack({ ...webhooks, around: new Map([[id, gone]]) }, [
    { command: { type: 'CreateWebhook', id, organizationId, settings, secret: sealed('s1') } },
    { command: { type: 'DeleteWebhook', id } },
  ])
  expect(moments).toEqual([
    { outcome: 'same', events: [] },
    { outcome: 'obstacle', error: gone },
  ])
})
