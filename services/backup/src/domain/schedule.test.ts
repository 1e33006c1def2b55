import { spec } from '@holdfast/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scheduleCodec } from '../codecs/schedule-codec.ts'
import { type ScheduleEvent, type ScheduleSettings, schedule } from './schedule.ts'
import { ScheduleExists, ScheduleNotFound } from './schedule-errors.ts'

const { given } = spec(schedule)
const id = 's1'
const sealed = { keyId: 'k', nonce: new Uint8Array(12), ciphertext: new Uint8Array([1, 2]) }
const settings: ScheduleSettings = {
  name: 'nightly',
  cronExpression: '0 2 * * *',
  timeZone: 'Europe/Berlin',
  kind: 'snapshot',
  storageLocationId: 'l',
  retentionDays: 30,
  maxBackups: 10,
  isEncrypted: true,
  contents: { devices: true, users: true, automation: true },
  missedPolicy: 'skip',
  isEnabled: true,
  description: '',
}
const created: ScheduleEvent = {
  type: 'ScheduleCreated',
  organizationId: 'o',
  settings,
  passphrase: sealed,
}
const update = (
  changes: Partial<ScheduleSettings>,
  passphrase?: typeof sealed | 'none',
  expectedRevision?: bigint,
) => ({
  type: 'UpdateSchedule' as const,
  id,
  changes,
  passphrase,
  ...(expectedRevision === undefined ? {} : { expectedRevision }),
})
const missed = (lastSlotUnixMs: number) => ({
  ...{ firstSlotUnixMs: 1, lastSlotUnixMs, count: 1, backupId: '', cause: '' },
})

test('it is created once, deleted once, and then there is none', () => {
  const create = {
    ...{ type: 'CreateSchedule' as const, id, organizationId: 'o', settings, passphrase: sealed },
  }
  given().when(create).expects(created)
  given(created).when(create).rejects(ScheduleExists)
  given().when(update({})).rejects(ScheduleNotFound)
  given(created).when({ type: 'DeleteSchedule', id }).expects({ type: 'ScheduleDeleted' })
  const gone = [created, { type: 'ScheduleDeleted' as const }]
  given(...gone)
    .when({ type: 'DeleteSchedule', id })
    .expects()
  given(...gone)
    .when(update({ name: 'x' }))
    .rejects(ScheduleNotFound)
  given(...gone)
    .when({ type: 'RecordMissedSlots', id, ...missed(5) })
    .expects()
})

test.each([
  [{ name: 'x' }, false],
  [{ maxBackups: 3 }, false],
  [{ cronExpression: '0 3 * * *' }, true],
  [{ timeZone: '' }, true],
  [{ isEnabled: false }, true],
])('%j starts its slots anew: %s', (changes, isReplanned) => {
  given(created)
    .when(update(changes))
    .expects({
      type: 'ScheduleUpdated',
      settings: { ...settings, ...changes },
      passphrase: undefined,
      dropsPassphrase: false,
      isReplanned,
    })
})

test('nothing changed is nothing; a passphrase stays, goes, or goes with what needed it', () => {
  const same = { ...settings, contents: { ...settings.contents } }
  given(created).when(update(same)).expects()
  const dropped = (changes: Partial<ScheduleSettings>): ScheduleEvent => ({
    type: 'ScheduleUpdated',
    settings: { ...settings, ...changes },
    passphrase: undefined,
    dropsPassphrase: true,
    isReplanned: false,
  })
  given(created).when(update({}, 'none')).expects(dropped({}))
  given(created)
    .when(update({ isEncrypted: false }))
    .expects(dropped({ isEncrypted: false }))
  given(created, dropped({})).when(update({}, 'none')).expects()
})

test('a slot that was missed is told once, and is no change people made', () => {
  const event: ScheduleEvent = { type: 'ScheduleSlotMissed', ...missed(5) }
  given(created)
    .when({ type: 'RecordMissedSlots', id, ...missed(5) })
    .expects(event)
  given(created, event)
    .when({ type: 'RecordMissedSlots', id, ...missed(5) })
    .expects()
  given(created, event)
    .when({ type: 'DeleteSchedule', id, expectedRevision: 1n })
    .expects({ type: 'ScheduleDeleted' })
  expect(given(created, event).state.revision).toBe(1n)
})

const texts = fc.string({ maxLength: 40 })
const anySettings: fc.Arbitrary<ScheduleSettings> = fc.record({
  name: texts,
  cronExpression: texts,
  timeZone: texts,
  kind: fc.constantFrom('snapshot' as const, 'full' as const),
  storageLocationId: texts,
  retentionDays: fc.integer({ min: 1, max: 3_650 }),
  maxBackups: fc.integer({ min: 1, max: 1_000 }),
  isEncrypted: fc.boolean(),
  contents: fc.record({ devices: fc.boolean(), users: fc.boolean(), automation: fc.boolean() }),
  missedPolicy: fc.constantFrom('skip' as const, 'run_once' as const),
  isEnabled: fc.boolean(),
  description: texts,
})

test('updates leave what was asked for last, whatever came before, and read back as written', () => {
  fc.assert(
    fc.property(fc.array(anySettings, { maxLength: 6 }), anySettings, (earlier, last) => {
      const events: ScheduleEvent[] = [created]
      for (const changes of [...earlier, last]) {
        const { state } = given(...events)
        events.push(...schedule.decide(update(changes), state))
      }
      const { state } = given(...events)
      expect(state.settings).toEqual(last)
      expect(state.revision).toBe(BigInt(events.length))
      if (!last.isEncrypted || last.kind === 'full') expect(state.passphrase).toBeUndefined()
      for (const event of events)
        expect(scheduleCodec.decode(scheduleCodec.encode(event))).toEqual(event)
    }),
  )
})
