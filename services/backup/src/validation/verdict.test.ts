import { DomainError } from '@holdfast/errors'
import { expect, test } from 'vitest'
import {
  NothingToValidate,
  ValidatedSealed,
  ValidationIncomplete,
  ValidationTimedOut,
} from './validation-errors.ts'
import { verdictOf } from './validations.ts'

const day = 86_400_000
const now = 100 * day
const newest = { id: 'b', createdAtUnixMs: now - day }
const old = { id: 'b', createdAtUnixMs: now - 40 * day }
const damaged = new DomainError('backup.snapshot_damaged', 'invalid', 'It is damaged.')

test.each([
  ['a recent one that could be restored', undefined, newest, 'ok', ''],
  ['one of forty days that could be restored', undefined, old, 'warn', 'backup.validation_old'],
  ['none at all', NothingToValidate({}), undefined, 'warn', 'backup.validation_nothing'],
  ['sealed for others', ValidatedSealed({}), newest, 'warn', 'backup.validation_sealed'],
  ['damaged', damaged, newest, 'error', 'backup.snapshot_damaged'],
  ['damaged and old', damaged, old, 'error', 'backup.snapshot_damaged'],
  [
    'read in part',
    ValidationIncomplete({ what: 'x' }),
    newest,
    'error',
    'backup.validation_incomplete',
  ],
  [
    'too slow',
    ValidationTimedOut({ seconds: 60 }),
    newest,
    'timeout',
    'backup.validation_timed_out',
  ],
  ['a defect of ours', new TypeError('x is not a function'), newest, 'error', 'internal'],
] as const)('%s', (_what, error, of, result, code) => {
  const verdict = verdictOf(error, 3, of, now)
  expect(verdict).toMatchObject({ result, code, records: 3, backupId: of?.id ?? '' })
  expect(verdict.detail).not.toContain('is not a function')
  expect(verdict.detail === '').toBe(result === 'ok')
})
