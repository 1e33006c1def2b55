import { spec } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { type AlertEvent, type AlertFacts, alert } from './alert.ts'
import { AlertNotFound } from './alert-errors.ts'

const { given } = spec(alert)
const id = '01900000-0000-7000-8000-000000000001'
const facts: AlertFacts = {
  organizationId: undefined,
  ruleId: undefined,
  code: 'log.frozen',
  severity: 'error',
  title: 'The log takes no changes',
  detail: '',
  aboutSequence: 0n,
  count: 1n,
}
const raised = (more: Partial<AlertFacts> = {}, reopens = false): AlertEvent => ({
  type: 'AlertRaised',
  facts: { ...facts, ...more },
  reopens,
})
const raise = (more: Partial<AlertFacts> = {}) =>
  ({ type: 'RaiseAlert', facts: { ...facts, ...more } }) as const
const acknowledge = { type: 'AcknowledgeAlert', id, note: 'mine' } as const
const resolve = { type: 'ResolveAlert', id, note: '' } as const

test('repetitions are told when the count doubled, or when it became worse', () => {
  given().when(raise()).expects(raised())
  given(raised()).when(raise()).expects()
  given(raised())
    .when(raise({ count: 2n }))
    .expects(raised({ count: 2n }))
  given(raised({ count: 8n }))
    .when(raise({ count: 15n }))
    .expects()
  given(raised({ count: 8n }))
    .when(raise({ count: 16n }))
    .expects(raised({ count: 16n }))
  given(raised())
    .when(raise({ severity: 'critical' }))
    .expects(raised({ severity: 'critical' }))
  given(raised())
    .when(raise({ severity: 'info' }))
    .expects()
})

test('a hundred thousand repetitions are seventeen commits', () => {
  let state = alert.initial()
  let commits = 0
  for (let count = 1n; count <= 100_000n; count++) {
    for (const event of alert.decide(raise({ count }), state)) {
      state = alert.evolve(state, event)
      commits++
    }
  }
  expect(commits).toBe(17)
})

test('acknowledging and resolving twice is one fact', () => {
  const acknowledged: AlertEvent = { type: 'AlertAcknowledged', note: 'mine' }
  const resolved: AlertEvent = { type: 'AlertResolved', note: '' }
  given(raised()).when(acknowledge).expects(acknowledged)
  given(raised(), acknowledged).when(acknowledge).expects()
  given(raised(), acknowledged).when(resolve).expects(resolved)
  given(raised(), resolved).when(resolve).expects()
  given(raised(), resolved).when(acknowledge).expects()
  given(raised(), resolved)
    .when(raise({ count: 9n }))
    .expects()
})

test('what becomes worse is open again; a later empty note leaves the one before', () => {
  const acknowledged: AlertEvent = { type: 'AlertAcknowledged', note: 'mine' }
  expect(given(raised(), acknowledged, raised({ count: 2n })).state.state).toBe('acknowledged')
  given(raised(), acknowledged)
    .when(raise({ severity: 'critical' }))
    .expects(raised({ severity: 'critical' }, true))
  const worse = given(raised(), acknowledged, raised({ severity: 'critical' }, true)).state
  expect(worse.state).toBe('open')
  expect(given(raised(), acknowledged, { type: 'AlertResolved', note: '' }).state.note).toBe('mine')
})

test('there is nothing to do about an alert nobody raised', () => {
  given().when(acknowledge).rejects(AlertNotFound)
  given().when(resolve).rejects(AlertNotFound)
})
