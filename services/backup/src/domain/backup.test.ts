import { DomainError } from '@holdfast/errors'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type BackupCommand,
  type BackupEvent,
  type BackupFacts,
  type BackupResult,
  type BackupState,
  backup,
} from './backup.ts'
import { allContents } from './contents.ts'

const id = 'aaaaaaaa-0000-7000-8000-00000000000a'
const facts: BackupFacts = {
  organizationId: '',
  name: 'nightly',
  kind: 'full',
  contents: allContents,
  protection: 'recipients',
  storageLocationId: id,
  storageKind: 'local',
  scheduleId: '',
  slotUnixMs: 0,
  rollbackFor: '',
  keptUntilUnixMs: 0,
}
const result: BackupResult = {
  objectKey: 'k',
  bytes: 1,
  sha256: new Uint8Array(32),
  sequence: 1n,
  manifest: '{}',
  recipients: [],
}

function play(commands: readonly BackupCommand[]) {
  let state: BackupState = backup.initial()
  const events: BackupEvent[] = []
  const refusals: string[] = []
  for (const command of commands) {
    try {
      for (const event of backup.decide(command, state)) {
        state = backup.evolve(state, event)
        events.push(event)
      }
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      refusals.push(error.code)
    }
  }
  return { state, events, refusals, types: events.map(({ type }) => type) }
}

const request: BackupCommand = { type: 'RequestBackup', id, facts }
const complete: BackupCommand = { type: 'CompleteBackup', id, result }
const fail: BackupCommand = { type: 'FailBackup', id, code: 'storage.full', detail: 'no room' }
const cancel: BackupCommand = { type: 'CancelBackup', id }
const verify: BackupCommand = { type: 'RecordVerification', id, isGood: true, detail: '' }
const remove: BackupCommand = { type: 'DeleteBackup', id, cause: 'hand', nowUnixMs: 1_000 }

test('whatever is asked in whatever order: one request, one end, nothing after its deletion', () => {
  const anyCommand = fc.constantFrom(request, complete, fail, cancel, verify, remove)
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 12 }), (commands) => {
      const { types } = play(commands)
      const count = (...wanted: string[]) => types.filter((type) => wanted.includes(type)).length
      expect(count('BackupRequested')).toBeLessThanOrEqual(1)
      expect(count('BackupCompleted', 'BackupFailed', 'BackupCancelled')).toBeLessThanOrEqual(1)
      expect(count('BackupDeleted')).toBeLessThanOrEqual(1)
      if (types.includes('BackupDeleted')) expect(types.at(-1)).toBe('BackupDeleted')
      if (types.length > 0) expect(types[0]).toBe('BackupRequested')
      if (types.includes('BackupVerified')) expect(types).toContain('BackupCompleted')
    }),
  )
})

test('every command twice is one fact, once it was taken', () => {
  const anyCommand = fc.constantFrom(request, complete, fail, cancel, remove)
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 8 }), anyCommand, (before, command) => {
      const once = play([...before, command])
      const twice = play([...before, command, command])
      if (once.refusals.length === play(before).refusals.length) {
        expect(twice.types).toEqual(once.types)
        expect(twice.refusals).toEqual(once.refusals)
      }
    }),
  )
})

test.each([
  ['of what is not there', [cancel], 'backup.not_found'],
  ['cancelled when it is complete', [request, complete, cancel], 'backup.not_running'],
  ['completed when it was cancelled', [request, cancel, complete], 'backup.not_running'],
  ['verified while it is made', [request, verify], 'backup.not_completed'],
  ['deleted while it is made', [request, remove], 'backup.running'],
  ['anything of a deleted one', [request, complete, remove, verify], 'backup.not_found'],
] as const)('refused: %s', (_what, commands, code) => {
  expect(play(commands).refusals).toEqual([code])
})

test('a rollback slot is kept to the millisecond, unless it failed', () => {
  const slot: BackupCommand = {
    type: 'RequestBackup',
    id,
    facts: { ...facts, kind: 'rollback_slot', keptUntilUnixMs: 1_001 },
  }
  expect(play([slot, complete, remove]).refusals).toEqual(['backup.rollback_slot_kept'])
  const later: BackupCommand = { ...remove, nowUnixMs: 1_001 }
  expect(play([slot, complete, later]).types).toContain('BackupDeleted')
  expect(play([slot, fail, remove]).types).toContain('BackupDeleted')
})
