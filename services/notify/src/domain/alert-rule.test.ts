import { spec } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { AlertRuleBuiltin, AlertRuleExists, AlertRuleNotFound } from './alert-errors.ts'
import { type AlertRuleEvent, type AlertRuleSettings, alertRule } from './alert-rule.ts'

const { given } = spec(alertRule)
const id = '01900000-0000-7000-8000-000000000001'
const organizationId = '01900000-0000-7000-8000-000000000002'
const settings: AlertRuleSettings = {
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
const created: AlertRuleEvent = { type: 'AlertRuleCreated', organizationId, settings }
const deleted: AlertRuleEvent = { type: 'AlertRuleDeleted' }
const create = { type: 'CreateAlertRule', id, organizationId, settings } as const
const update = (change: Partial<AlertRuleSettings>) =>
  ({ type: 'UpdateAlertRule', id, change }) as const
const remove = { type: 'DeleteAlertRule', id, isBuiltin: false } as const

test('a rule is created once', () => {
  given().when(create).expects(created)
  given(created).when(create).rejects(AlertRuleExists)
  given(created, deleted).when(create).rejects(AlertRuleExists)
})

test('an update says what the rule is now, and nothing when it is that already', () => {
  given(created)
    .when(update({ isEnabled: false }))
    .expects({ type: 'AlertRuleUpdated', settings: { ...settings, isEnabled: false } })
  given(created)
    .when(update({ actions: ['network.peer.deleted'], threshold: 5 }))
    .expects()
  given().when(update({})).rejects(AlertRuleNotFound)
  given(created, deleted)
    .when(update({ name: 'x' }))
    .rejects(AlertRuleNotFound)
})

test('a rule of the product enters the log with its first change', () => {
  given()
    .when({ ...update({ isEnabled: false }), builtin: settings })
    .expects({
      type: 'AlertRuleCreated',
      organizationId: undefined,
      settings: { ...settings, isEnabled: false },
    })
  given()
    .when({ ...update({}), builtin: settings })
    .expects()
  const changed = given(created).state
  expect(
    alertRule.decide({ ...update({ name: 'Other' }), builtin: settings }, changed),
  ).toMatchObject([{ type: 'AlertRuleUpdated' }])
})

test('deleting twice is one fact; what comes with the product stays', () => {
  given(created).when(remove).expects(deleted)
  given(created, deleted).when(remove).expects()
  given().when(remove).rejects(AlertRuleNotFound)
  given(created)
    .when({ ...remove, isBuiltin: true })
    .rejects(AlertRuleBuiltin)
})

test('what a restore brought back can be changed and deleted like any other', () => {
  given(created, deleted, created)
    .when(update({ isEnabled: false }))
    .expects({ type: 'AlertRuleUpdated', settings: { ...settings, isEnabled: false } })
  given(created, deleted, created).when(remove).expects(deleted)
})
