import { loadRootKey } from '@holdfast/crypto'
import { isUuid } from '@holdfast/domain'
import { expect, test } from 'vitest'
import { reservationIds } from './reservation-id.ts'

const idsOf = (fill: number) =>
  reservationIds(loadRootKey({ reveal: () => Buffer.alloc(32, fill).toString('base64') }))

test('one name has one id in any case, under one root key', () => {
  const idOf = idsOf(1)
  expect(isUuid(idOf('username', 'ada'))).toBe(true)
  expect(idOf('username', 'Ada')).toBe(idOf('username', 'ADA'))
  expect(idOf('email', 'ada')).not.toBe(idOf('username', 'ada'))
  expect(idsOf(2)('username', 'ada')).not.toBe(idOf('username', 'ada'))
  // Stands in subjects of the log: it may never change.
  expect(idOf('username', 'ada')).toBe('68bda31f-7f6b-89e7-a6cf-4cba6cb3ef3d')
})
