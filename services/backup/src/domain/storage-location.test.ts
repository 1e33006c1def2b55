import { spec } from '@holdfast/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { storageLocationCodec } from '../codecs/storage-location-codec.ts'
import { canonicalObject, merged, readObject } from '../storage/json-object.ts'
import { changesAddress } from '../storage/judge-settings.ts'
import { StorageLocationExists, StorageLocationNotFound } from './storage-errors.ts'
import {
  type StorageLocationEvent,
  type StorageLocationSettings,
  storageLocation,
} from './storage-location.ts'

const { given } = spec(storageLocation)
const id = 'l1'
const sealed = { keyId: 'k', nonce: new Uint8Array(12), ciphertext: new Uint8Array([1, 2]) }
const settings: StorageLocationSettings = {
  name: 'offsite',
  kind: 's3',
  config: '{"bucket":"b"}',
  description: '',
  isContinuous: false,
  isImmutable: false,
  keepDaily: 0,
  keepWeekly: 0,
  keepMonthly: 0,
}
const created: StorageLocationEvent = {
  type: 'StorageLocationCreated',
  organizationId: '',
  settings,
  credentials: sealed,
  credentialFields: ['a', 'b'],
}
const update = (changes: Partial<StorageLocationSettings>) => ({
  ...{ type: 'UpdateStorageLocation' as const, id, changes, credentials: undefined },
})

test('it is created once, changed while it is there, deleted once', () => {
  const create = {
    ...{ type: 'CreateStorageLocation' as const, id, organizationId: '', settings },
    credentials: { sealed, fields: ['a', 'b'] },
  }
  given().when(create).expects(created)
  given(created).when(create).rejects(StorageLocationExists)
  given().when(update({})).rejects(StorageLocationNotFound)
  const deleted: StorageLocationEvent = { type: 'StorageLocationDeleted' }
  given(created).when({ type: 'DeleteStorageLocation', id }).expects(deleted)
  given(created, deleted).when({ type: 'DeleteStorageLocation', id }).expects()
  given(created, deleted).when(update({})).rejects(StorageLocationNotFound)
})

test('secrets stay unless others are given', () => {
  given(created)
    .when(update({ name: 'x' }))
    .expects({
      type: 'StorageLocationUpdated',
      settings: { ...settings, name: 'x' },
      credentials: undefined,
      credentialFields: ['a', 'b'],
    })
  given(created)
    .when(update({ name: 'offsite' }))
    .expects()
  const other = { ...sealed, keyId: 'other' }
  const replaced: StorageLocationEvent = {
    ...{ type: 'StorageLocationUpdated', settings, credentials: other, credentialFields: ['a'] },
  }
  const given1 = { ...update({}), credentials: { sealed: other, fields: ['a'] } }
  given(created).when(given1).expects(replaced)
  expect(given(created, replaced).state.credentials?.keyId).toBe('other')
})

test('what decides where secrets are sent changes the address, what does not does not', () => {
  const before = { host: 'a', port: 22, path: 'x' }
  expect(changesAddress(before, { ...before, path: 'y' })).toBe(false)
  for (const other of [{ host: 'b' }, { port: 23 }, { username: 'root' }, { surprise: true }])
    expect(changesAddress(before, { ...before, ...other })).toBe(true)
})

test('a text that is no object is refused by name', () => {
  for (const [text, code] of [
    ['{', 'json_invalid'],
    ['[]', 'type_invalid'],
    ['null', 'type_invalid'],
    ['"x"', 'type_invalid'],
    [`{"a":"${'x'.repeat(70_000)}"}`, 'too_long'],
  ] as const)
    expect(() => readObject(text, 'config')).toThrow(
      expect.objectContaining({ fields: [expect.objectContaining({ field: 'config', code })] }),
    )
  expect(readObject('', 'config')).toEqual({})
})

const objects = fc.dictionary(
  fc.stringMatching(/^[a-z_]{1,8}$/),
  fc.oneof(fc.string({ maxLength: 20 }), fc.integer(), fc.boolean(), fc.constant(null)),
)

test('a merge keeps, replaces and clears, in one order', () => {
  fc.assert(
    fc.property(objects, objects, (a, b) => {
      const both = merged(a, b)
      for (const [name, value] of Object.entries(both)) {
        expect(value).toEqual(name in b ? b[name] : a[name])
        expect(value === null || value === '').toBe(false)
      }
      expect(canonicalObject(both)).toBe(
        canonicalObject(Object.fromEntries(Object.entries(both).reverse())),
      )
      expect(merged(both, b)).toEqual(both)
    }),
  )
})

test('events read back as written', () => {
  fc.assert(
    fc.property(
      fc.record({
        name: fc.string(),
        kind: fc.string(),
        config: fc.json(),
        description: fc.string(),
        isContinuous: fc.boolean(),
        isImmutable: fc.boolean(),
        keepDaily: fc.nat(),
        keepWeekly: fc.nat(),
        keepMonthly: fc.nat(),
      }),
      (any) => {
        for (const event of [
          { ...created, settings: any },
          {
            type: 'StorageLocationUpdated' as const,
            settings: any,
            credentials: undefined,
            credentialFields: [],
          },
        ])
          expect(storageLocationCodec.decode(storageLocationCodec.encode(event))).toEqual(event)
      },
    ),
  )
})
