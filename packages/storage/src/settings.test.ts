import { expect, test } from 'vitest'
import { storageKinds } from './kinds.ts'
import { addressesOf, checkSettings } from './open.ts'
import { isSecret, settingsOf } from './settings.ts'
import { surroundingsOf } from './surroundings.ts'

const around = (egressAllow: readonly string[] = []) =>
  surroundingsOf({ egressAllow, localBase: '/data/backups', localRoots: ['/mnt/backups', '/srv'] })
const s3 = { bucket: 'holdfast-backups' }
const keys = { access_key_id: 'AKIA', secret_access_key: 'secret' }
const dav = { url: 'https://cloud.example.org/dav' }

const refusals = (kind: string, config: object, credentials: object = {}, allow?: string[]) =>
  checkSettings(kind, { ...config }, { ...credentials }, around(allow)).map(
    ({ field, code }) => `${field} ${code}`,
  )

test.for([
  ['local', {}, {}],
  ['local', { path: '/mnt/backups/holdfast' }, {}],
  ['local', { path: '/srv/' }, {}],
  ['nfs', { path: '/mnt/backups', must_be_mounted: false }, {}],
  ['s3', s3, keys],
  ['s3', { ...s3, endpoint: 'https://s3.example.org:9000', prefix: 'a/b', region: 'eu-1' }, keys],
  ['webdav', dav, {}],
  ['webdav', { ...dav, username: 'me' }, { password: 'secret' }],
] as const)('%s of %j is fine', ([kind, config, credentials]) => {
  expect(refusals(kind, config, credentials)).toEqual([])
})

test.for([
  ['tape', {}, {}, 'kind choice_invalid'],
  ['local', { path: 'backups' }, {}, 'config.path text_invalid'],
  ['local', { path: '/etc' }, {}, 'config.path path_refused'],
  ['local', { path: '/mnt/backups/../../etc' }, {}, 'config.path path_refused'],
  ['local', { path: '/mnt/backups2' }, {}, 'config.path path_refused'],
  ['local', { path: '/mnt/backups//x' }, {}, 'config.path path_refused'],
  ['local', { path: '/mnt/backups/\nx' }, {}, 'config.path text_invalid'],
  ['local', { path: `/srv/${'x'.repeat(1_000)}` }, {}, 'config.path too_long'],
  ['nfs', {}, {}, 'config.path required'],
  ['nfs', { path: '/srv', must_be_mounted: 'no' }, {}, 'config.must_be_mounted type_invalid'],
  ['s3', {}, keys, 'config.bucket required'],
  ['s3', s3, { secret_access_key: 'x' }, 'credentials.access_key_id required'],
  ['s3', { ...s3, bucket: 'a/b' }, keys, 'config.bucket text_invalid'],
  ['s3', { ...s3, prefix: '../x' }, keys, 'config.prefix text_invalid'],
  ['s3', { ...s3, storage_class: 'GLACIER' }, keys, 'config.storage_class choice_invalid'],
  ['s3', { ...s3, kms_key_id: 'k' }, keys, 'config.kms_key_id choice_invalid'],
  ['s3', { ...s3, colour: 'red' }, keys, 'config.colour unknown_field'],
  ['s3', { ...s3, secret_access_key: 'x' }, keys, 'config.secret_access_key secret_in_config'],
  ['s3', { ...s3, api_token: 'x' }, keys, 'config.api_token secret_in_config'],
  ['s3', { ...s3, endpoint: 'https://127.0.0.1' }, keys, 'config.endpoint address_refused'],
  ['s3', { ...s3, endpoint: 'https://[::1]/' }, keys, 'config.endpoint address_refused'],
  ['s3', { ...s3, endpoint: 'https://169.254.169.254' }, keys, 'config.endpoint address_refused'],
  ['s3', { ...s3, endpoint: 'ftp://s3.example.org' }, keys, 'config.endpoint text_invalid'],
  ['webdav', { url: 'https://me:pw@cloud.example.org/' }, {}, 'config.url secret_in_config'],
  ['webdav', { url: 'https://cloud.example.org/?x=1' }, {}, 'config.url url_invalid'],
  ['webdav', { ...dav, username: 'me' }, {}, 'credentials.password required'],
  ['webdav', { ...dav, username: 'a:b' }, {}, 'config.username text_invalid'],
  ['webdav', dav, { password: 'x' }, 'config.username required'],
  ['webdav', dav, { password: 7 }, 'credentials.password type_invalid'],
  ['webdav', dav, { token: 'x' }, 'credentials.token unknown_field'],
] as const)('%s of %j with %j is refused: %s', ([kind, config, credentials, refusal]) => {
  expect(refusals(kind, config, credentials)).toEqual([refusal])
})

test('what can be read on the way only goes where the operator says', () => {
  const plain = { url: 'http://10.1.2.3/dav' }
  expect(refusals('webdav', plain)).not.toEqual([])
  expect(refusals('webdav', plain, {}, ['10.0.0.0/8'])).toEqual([])
  expect(refusals('webdav', { url: 'https://10.1.2.3/dav' })).toEqual([
    'config.url address_refused',
  ])
  expect(refusals('webdav', { url: 'https://10.1.2.3/dav' }, {}, ['10.0.0.0/8'])).toEqual([])
})

test('a refusal holds no value of a credential', () => {
  const told = checkSettings('webdav', dav, { password: 'hunter2\n', token: 'hunter3' }, around())
  expect(JSON.stringify(told)).not.toContain('hunter')
})

test('addresses are those it will connect to', () => {
  expect(addressesOf('webdav', { url: 'http://[2001:db8::1]:8080/x' }, {})).toEqual([
    { field: 'config.url', host: '2001:db8::1', isPlain: true },
  ])
  expect(addressesOf('s3', { ...s3, endpoint: 'https://s3.example.org' }, keys)).toEqual([
    { field: 'config.endpoint', host: 's3.example.org', isPlain: false },
  ])
  expect(addressesOf('local', {}, {})).toEqual([])
})

test.for(storageKinds.map((kind) => [kind.kind, kind] as const))(
  'the fields of %s are in order',
  ([, { fields, title }]) => {
    expect(title).not.toBe('')
    expect(new Set(fields.map(({ name }) => name)).size).toBe(fields.length)
    for (const field of fields) {
      expect(field.name).toMatch(/^[a-z][a-z0-9_]*$/)
      expect(field.description).not.toBe('')
      if (field.type === 'choice') expect(field.choices?.length).toBeGreaterThan(0)
      if (isSecret(field)) expect([field.default, field.example]).toEqual([undefined, undefined])
      if (field.pattern && field.example) expect(field.example).toMatch(field.pattern)
    }
  },
)

test('defaults are filled in, and nulls are as if they were not there', () => {
  const { fields } = storageKinds.find(({ kind }) => kind === 's3') ?? { fields: [] }
  const settings = settingsOf(fields, { bucket: 'b', region: null }, {})
  expect(settings.text('region')).toBe('us-east-1')
  expect(settings.flag('path_style')).toBe(true)
  expect(settings.secret('session_token')).toBe('')
})
