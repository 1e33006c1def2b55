import { DomainError } from '@holdfast/errors'
import { holdfast } from '@holdfast/proto'
import { expect, test } from 'vitest'
import {
  binding,
  bindings,
  description,
  displayName,
  email,
  idOrName,
  ifGiven,
  login,
  name,
  natsPublicKey,
  optionalOrganizationId,
  organizationId,
  parseFields,
  password,
  tokenTtlSeconds,
  username,
} from './parse.ts'

const { Role } = holdfast.auth.v1
const fromTheFuture: number = 99
const id = '01900000-0000-7000-8000-000000000001'

const good = [
  [name, ' Acme ', 'Acme'],
  [name, 'Z'.repeat(128), 'Z'.repeat(128)],
  [name, '🏢'.repeat(128), '🏢'.repeat(128)],
  [displayName, '', ''],
  [description, 'two\nlines', 'two\nlines'],
  [username, 'ada.L-9_', 'ada.L-9_'],
  [email, ' ada@example.org ', 'ada@example.org'],
  [email, 'a+b@sub.example.org', 'a+b@sub.example.org'],
  [login, ' ada ', 'ada'],
  [organizationId, id.toUpperCase(), id],
  [optionalOrganizationId, '', undefined],
  [
    natsPublicKey,
    'UDCQHM5LNK5ZXYPTOFFBZOGC4NBDVGCKB3CJIKBAT4VQNJUJ2MF527DO',
    'UDCQHM5LNK5ZXYPTOFFBZOGC4NBDVGCKB3CJIKBAT4VQNJUJ2MF527DO',
  ],
] as const

for (const [parse, text, value] of good) {
  test(`${parse.name} takes ${JSON.stringify(text.slice(0, 40))}`, () => {
    expect(parse(text)).toEqual({ ok: true, value })
  })
}

const bad = [
  [name, '', 'required'],
  [name, '  ', 'required'],
  [name, 'Z'.repeat(129), 'length'],
  [name, 'a\u0000b', 'control_character'],
  [name, 'a\nb', 'control_character'],
  [description, 'x'.repeat(2001), 'length'],
  [description, 'a\u0007', 'control_character'],
  [username, 'ab', 'username_invalid'],
  [username, 'has space', 'username_invalid'],
  [username, 'ümlaut', 'username_invalid'],
  [username, 'x'.repeat(65), 'username_invalid'],
  [username, 'ada\n', 'username_invalid'],
  [email, 'ada', 'email_invalid'],
  [email, 'ada@localhost', 'email_invalid'],
  [email, 'a@b@example.org', 'email_invalid'],
  [email, 'a b@example.org', 'email_invalid'],
  [email, `${'x'.repeat(250)}@a.org`, 'email_invalid'],
  [password, '', 'password_length'],
  [password, 'x'.repeat(1025), 'password_length'],
  [login, '', 'length'],
  [idOrName, '', 'required'],
  [organizationId, '', 'id_invalid'],
  [organizationId, '1', 'id_invalid'],
  [organizationId, `${id}'`, 'id_invalid'],
  [natsPublicKey, `A${'A'.repeat(55)}`, 'nats_key_invalid'],
  [natsPublicKey, 'U', 'nats_key_invalid'],
] as const

for (const [parse, text, code] of bad) {
  test(`${parse.name} refuses ${JSON.stringify(text.slice(0, 40))}: ${code}`, () => {
    expect(parse(text)).toMatchObject({ ok: false, code })
  })
}

test('a role holds in one organization, a super-admin everywhere', () => {
  expect(binding({ role: Role.ROLE_VIEWER, organizationId: id })).toEqual({
    ok: true,
    value: { role: 'VIEWER', organizationId: id },
  })
  expect(binding({ role: Role.ROLE_SUPER_ADMIN })).toEqual({
    ok: true,
    value: { role: 'SUPER_ADMIN' },
  })
  for (const [wire, code] of [
    [undefined, 'role_invalid'],
    [{ role: Role.ROLE_UNSPECIFIED, organizationId: id }, 'role_invalid'],
    [{ role: fromTheFuture, organizationId: id }, 'role_invalid'],
    [{ role: Role.ROLE_VIEWER }, 'required'],
    [{ role: Role.ROLE_VIEWER, organizationId: 'x' }, 'id_invalid'],
    [{ role: Role.ROLE_SUPER_ADMIN, organizationId: id }, 'organization_unexpected'],
  ] as const) {
    expect(binding(wire)).toMatchObject({ ok: false, code })
  }
})

test('every bad field is reported, by the name the REST contract gives it', () => {
  try {
    parseFields({
      username: username('x'),
      email: email('x'),
      display_name: displayName('fine'),
      ...bindings([{ role: fromTheFuture }, { role: Role.ROLE_SUPER_ADMIN }]),
    })
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(DomainError)
    const fields = error instanceof DomainError ? error.fields.map(({ field }) => field) : []
    expect(fields).toEqual(['username', 'email', 'bindings[0]'])
  }
})

test('what an update does not mention stays unmentioned', () => {
  expect(ifGiven(undefined, name)).toEqual({ ok: true, value: undefined })
  expect(ifGiven(null, name)).toEqual({ ok: true, value: undefined })
  expect(ifGiven('', name)).toMatchObject({ ok: false, code: 'required' })
  expect(ifGiven('', description)).toEqual({ ok: true, value: '' })
})

test('a token lives an hour unless told otherwise, a minute at least and a week at most', () => {
  expect(tokenTtlSeconds(0)).toEqual({ ok: true, value: 3600 })
  expect(tokenTtlSeconds(60)).toEqual({ ok: true, value: 60 })
  expect(tokenTtlSeconds(59)).toMatchObject({ ok: false, code: 'out_of_range' })
  expect(tokenTtlSeconds(604_801)).toMatchObject({ ok: false, code: 'out_of_range' })
})
