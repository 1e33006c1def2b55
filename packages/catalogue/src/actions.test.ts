import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { actionOf, actions, isWithin, objectKinds } from './actions.ts'

const proto = new URL('../../../proto/holdfast/', import.meta.url)

/** Messages that are parts of events and no events. */
const parts = new Set([
  'Uplink',
  'FirewallSettings',
  'InterfaceSettings',
  'PeerSettings',
  'RuleOperation',
  'WebhookSettings',
  'AlertRuleSettings',
  'StorageLocationSettings',
  'ScheduleSettings',
  'Contents',
  'RestoreWish',
])

const published = readdirSync(proto).flatMap((context) => {
  try {
    const text = readFileSync(new URL(`${context}/v1/events.proto`, proto), 'utf8')
    return [...text.matchAll(/^message (\w+)/gm)].flatMap(([, event = '']) =>
      parts.has(event) ? [] : [`${context} ${event}`],
    )
  } catch {
    return [] // a contract without events
  }
})

// It is of the log itself, in log/v1/restored.proto, and stands in the history of its backups.
published.push('backup Restored')

test('every published event has an action, and no other', () => {
  expect(actions.map(({ context, event }) => `${context} ${event}`).sort()).toEqual(
    published.sort(),
  )
})

test('codes are unique and begin with context and kind', () => {
  expect(new Set(actions.map(({ code }) => code)).size).toBe(actions.length)
  for (const { code, context } of actions)
    expect(code).toMatch(new RegExp(`^${context}\\.[a-z_]+\\.[a-z_]+$`))
  expect(new Set(actions.map(({ kind }) => kind))).toEqual(new Set(objectKinds))
})

test('a code takes in what is below it, by whole words', () => {
  expect(isWithin('network.peer.created', ['network.peer'])).toBe(true)
  expect(isWithin('network.peer.created', ['network.pe', 'rules'])).toBe(false)
  expect(isWithin('network.peer.created', ['network.peer.created'])).toBe(true)
  expect(actionOf('network', 'constructor')).toBeUndefined()
})
