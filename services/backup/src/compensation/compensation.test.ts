import { isSame } from '@holdfast/compensation'
import type { Decider } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { EventCodec } from '@holdfast/event-log'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scheduleCodec } from '../codecs/schedule-codec.ts'
import { storageLocationCodec } from '../codecs/storage-location-codec.ts'
import {
  type ScheduleCommand,
  type ScheduleEvent,
  type ScheduleSettings,
  schedule,
} from '../domain/schedule.ts'
import {
  type StorageLocationCommand,
  type StorageLocationEvent,
  type StorageLocationSettings,
  storageLocation,
} from '../domain/storage-location.ts'
import { aimSchedule, compensateSchedule, scheduleFacts } from './schedule-facts.ts'
import { compensateStorageLocation, storageLocationFacts } from './storage-facts.ts'

const id = '0190a3a0-0000-7000-8000-000000000002'
const sealed = fc.integer({ min: 1, max: 4 }).map((byte) => ({
  keyId: '0190a3a0-0000-7000-8000-0000000000aa',
  nonce: new Uint8Array(12).fill(byte),
  ciphertext: new Uint8Array(40).fill(byte),
}))

const location: StorageLocationSettings = {
  name: 'offsite',
  kind: 's3',
  config: '{}',
  description: '',
  isContinuous: false,
  isImmutable: false,
  keepDaily: 0,
  keepWeekly: 0,
  keepMonthly: 0,
}
const locationChanges = fc.record(
  {
    name: fc.constantFrom('a', 'b'),
    config: fc.constantFrom('{}', '{"bucket":"b"}'),
    isContinuous: fc.boolean(),
    isImmutable: fc.boolean(),
    keepDaily: fc.integer({ min: 0, max: 2 }),
  },
  { requiredKeys: [] },
)
const credentials = fc.option(
  fc.record({ sealed, fields: fc.constantFrom(['a'], ['a', 'b'], []) }),
  { nil: undefined },
)
const locationCommand: fc.Arbitrary<StorageLocationCommand> = fc.oneof(
  fc.record({
    type: fc.constant('CreateStorageLocation' as const),
    id: fc.constant(id),
    organizationId: fc.constant(''),
    settings: locationChanges.map((changes) => ({ ...location, ...changes })),
    credentials,
  }),
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('UpdateStorageLocation' as const),
      id: fc.constant(id),
      changes: locationChanges,
      credentials,
    }),
  },
  fc.constant({ type: 'DeleteStorageLocation' as const, id }),
)

const planned: ScheduleSettings = {
  name: 'nightly',
  cronExpression: '0 2 * * *',
  timeZone: '',
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
const scheduleChanges = fc.record(
  {
    name: fc.constantFrom('a', 'b'),
    cronExpression: fc.constantFrom('0 2 * * *', '0 3 * * *'),
    kind: fc.constantFrom('snapshot', 'full'),
    isEncrypted: fc.boolean(),
    isEnabled: fc.boolean(),
    contents: fc.record({ devices: fc.boolean(), users: fc.boolean(), automation: fc.boolean() }),
  },
  { requiredKeys: [] },
)
const scheduleCommand: fc.Arbitrary<ScheduleCommand> = fc.oneof(
  fc.record({
    type: fc.constant('CreateSchedule' as const),
    id: fc.constant(id),
    organizationId: fc.constant('o'),
    settings: fc.constant(planned),
    passphrase: fc.option(sealed, { nil: undefined }),
  }),
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('UpdateSchedule' as const),
      id: fc.constant(id),
      changes: scheduleChanges,
      passphrase: fc.option(fc.oneof(sealed, fc.constant('none' as const)), { nil: undefined }),
    }),
  },
  fc.integer({ min: 1, max: 9 }).map((lastSlotUnixMs) => ({
    ...{ type: 'RecordMissedSlots' as const, id, firstSlotUnixMs: 1, lastSlotUnixMs },
    ...{ count: 1, backupId: '', cause: '' },
  })),
  fc.constant({ type: 'DeleteSchedule' as const, id }),
)

/** What the log keeps of events, and reads again. */
const stored = <E>(codec: EventCodec<E>, events: readonly E[]): readonly E[] =>
  events.map((event) => codec.decode(codec.encode(event)))

/**
 * Histories of one object by its ordinary commands and by `compensate` itself; law: compensated, the facts are those of
 * the moment aimed at, and a second time there is nothing to do.
 */
function law<C, E, S, F extends object>(parts: {
  readonly decider: Decider<C, E, S>
  readonly codec: EventCodec<E>
  readonly commands: fc.Arbitrary<C>
  facts(state: S): F | undefined
  compensate(now: S, target: F | undefined): readonly E[]
  check(state: S, commits: readonly (readonly E[])[]): void
}): void {
  const { decider, codec, facts, compensate } = parts
  const folded = (commits: readonly (readonly E[])[]): S =>
    commits.flat().reduce(decider.evolve, decider.initial())
  const step = fc.oneof(
    { weight: 4, arbitrary: parts.commands.map((command) => ({ command })) },
    fc.nat().map((back) => ({ back })),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.nat(), (steps, pick) => {
      const commits: (readonly E[])[] = []
      const restore = (k: number): void => {
        const target = facts(folded(commits.slice(0, k)))
        const events = stored(codec, compensate(folded(commits), target))
        const isThere = isSame(facts(folded(commits)), target)
        expect(events.length === 0).toBe(isThere)
        if (!isThere) commits.push(events)
        expect(isSame(facts(folded(commits)), target)).toBe(true)
        expect(compensate(folded(commits), target)).toEqual([])
        parts.check(folded(commits), commits)
      }
      for (const one of steps) {
        if ('back' in one) {
          restore(one.back % (commits.length + 1))
          continue
        }
        try {
          const events = decider.decide(one.command, folded(commits))
          if (events.length > 0) commits.push(stored(codec, events))
        } catch (error) {
          if (!(error instanceof DomainError)) throw error
        }
      }
      restore(pick % (commits.length + 1))
    }),
    { numRuns: 500 },
  )
}

test('a storage location becomes again what it was', () => {
  law({
    decider: storageLocation,
    codec: storageLocationCodec,
    commands: locationCommand,
    facts: storageLocationFacts,
    compensate: (now, target) => compensateStorageLocation(now, target, undefined),
    check(state, commits) {
      expect(state.revision).toBe(BigInt(commits.flat().length))
      const created = commits.flat().findLastIndex(({ type }) => type === 'StorageLocationCreated')
      const event: StorageLocationEvent | undefined = commits.flat()[created]
      // What the read model counts from.
      if (event?.type === 'StorageLocationCreated') expect(event.earlierChanges ?? 0).toBe(created)
    },
  })
})

test('a schedule becomes again what it was, and what was told of missed slots stays told', () => {
  law({
    decider: schedule,
    codec: scheduleCodec,
    commands: scheduleCommand,
    facts: scheduleFacts,
    compensate: compensateSchedule,
    check(state, commits) {
      const missed = commits
        .flat()
        .flatMap((event) => (event.type === 'ScheduleSlotMissed' ? [event.lastSlotUnixMs] : []))
      expect(state.lastMissedSlotUnixMs).toBe(missed.at(-1) ?? 0)
    },
  })
})

test('a location that something would be left without stays', () => {
  const created: StorageLocationEvent = {
    type: 'StorageLocationCreated',
    ...{ organizationId: '', settings: location, credentials: undefined, credentialFields: [] },
  }
  const now = storageLocation.evolve(storageLocation.initial(), created)
  expect(() => compensateStorageLocation(now, undefined, '3 backups')).toThrow(
    expect.objectContaining({ code: 'backup.storage_in_use' }),
  )
  expect(compensateStorageLocation(now, undefined, undefined)).toEqual([
    { type: 'StorageLocationDeleted' },
  ])
})

test('a schedule that comes back, or is switched on again, is planned anew', () => {
  const created: ScheduleEvent = {
    type: 'ScheduleCreated',
    ...{ organizationId: 'o', settings: planned, passphrase: undefined },
  }
  const fold = (...events: readonly ScheduleEvent[]) =>
    events.reduce(schedule.evolve, schedule.initial())
  const facts = scheduleFacts(fold(created))
  const deleted = fold(created, { type: 'ScheduleDeleted' })
  expect(compensateSchedule(deleted, facts)).toMatchObject([
    { type: 'ScheduleCreated', earlierChanges: 2 },
  ])
  const off = schedule.decide(
    { type: 'UpdateSchedule', id, changes: { isEnabled: false }, passphrase: undefined },
    fold(created),
  )
  expect(compensateSchedule(fold(created, ...off), facts)).toMatchObject([
    { type: 'ScheduleUpdated', isReplanned: true },
  ])
})

test('what takes no passphrase has none, whatever undoing one change leaves', () => {
  const passphrase = { $sealed: 'x' }
  const facts = { ...planned, organizationId: 'o', passphrase }
  expect(aimSchedule(facts)).toBe(facts)
  expect(aimSchedule({ ...facts, isEncrypted: false }).passphrase).toBeUndefined()
  expect(aimSchedule({ ...facts, kind: 'full' }).passphrase).toBeUndefined()
})
