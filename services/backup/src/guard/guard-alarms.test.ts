import { expect, test } from 'vitest'
import { stateWith } from '../testing/state.ts'
import { guardAlarms } from './guard-alarms.ts'

const gibibyte = 1024n ** 3n
const volume = (freeBytes: bigint) => ({
  name: 'archive' as const,
  directory: '/srv/archive',
  freeBytes,
  totalBytes: 100n * gibibyte,
  reserveBytes: gibibyte,
  isExhausted: false,
})

/** Codes of what stands, each time somebody looks. */
function looks(...states: readonly Parameters<typeof stateWith>[0][]) {
  const alarms = guardAlarms()
  return states.map((state) =>
    alarms(stateWith(state)).flatMap(({ code, isOver }) => (isOver === true ? [] : [code])),
  )
}

test('a guard that is content says that all is fine', () => {
  expect(looks({ volumes: [volume(50n * gibibyte)] })).toEqual([[]])
  const said = guardAlarms()(stateWith({ volumes: [volume(50n * gibibyte)] }))
  expect(said.map(({ code }) => code)).toEqual([
    'log.frozen',
    'backup.archive_behind',
    'backup.log_filling',
    'backup.disk_low',
  ])
})

test('frozen and exhausted are told with the reason, checking is not', () => {
  expect(looks({ writes: 'frozen' }, { writes: 'exhausted' }, { writes: 'checking' })).toEqual([
    ['log.frozen'],
    ['log.frozen'],
    [],
  ])
})

test('an archive is behind when it stands, not when it works', () => {
  const standing = { lastSequence: 2_000n, archivedSequence: 1_500n }
  const told = looks(...Array.from({ length: 8 }, () => standing), {
    ...standing,
    archivedSequence: 1_501n,
  })
  expect(told.map((codes) => codes.length)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 0])
})

test('room is told of before it is gone', () => {
  expect(
    looks(
      { volumes: [volume(2n * gibibyte)] },
      { volumes: [volume(2n * gibibyte - 1n)] },
      { logBytes: 790_000 },
      { logBytes: 800_000 },
    ),
  ).toEqual([[], ['backup.disk_low'], [], ['backup.log_filling']])
})
