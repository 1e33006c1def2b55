import { privilegedFields } from '@holdfast/snapshot'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { roles } from '../domain/role.ts'
import { readSite, readUser, siteFields, siteRecord, userFields, userRecord } from './records.ts'

const user = {
  username: 'ada',
  email: 'ada@example.org',
  display_name: 'Ada Lovelace',
  roles: ['OPERATOR', 'VIEWER'],
  is_disabled: false,
}

test('any values make a wish or say what is wrong, and never a role that is held everywhere', () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom<unknown>(...Object.values(user), ['SUPER_ADMIN'], ['ORG_ADMIN', 'SUPER_ADMIN']),
  )
  const named = (fields: readonly string[]) =>
    fc.record(Object.fromEntries(fields.map((field) => [field, value])), { requiredKeys: [] })
  fc.assert(
    fc.property(named(userFields), (given) => {
      const read = readUser(given as never)
      if ('wish' in read) {
        expect(read.wish.roles).not.toContain('SUPER_ADMIN')
        expect(read.wish.username).toMatch(/^[a-zA-Z0-9_.-]{3,64}$/)
      } else expect(read.outcome.outcome).toBe('refused')
    }),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(named(siteFields), (given) => {
      const read = readSite(given as never)
      if ('wish' in read) expect(read.wish.name.length).toBeGreaterThan(0)
      else expect(read.outcome).toMatchObject({ code: 'backup.record_invalid' })
    }),
    { numRuns: 300 },
  )
})

test('what is written is read again as it was', () => {
  const line = fc
    .string({ minLength: 1, maxLength: 60, unit: 'grapheme' })
    .map((text) => text.normalize('NFC').trim())
    .filter((text) => text !== '' && !/[\p{Cc}\u2028\u2029]/u.test(text))
  const prose = fc.string({ maxLength: 200, unit: 'grapheme-ascii' })
  fc.assert(
    fc.property(line, prose, (name, description) => {
      const site = { name, description }
      expect(readSite(siteRecord(site))).toEqual({ name, wish: site })
    }),
  )
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-zA-Z0-9_.-]{3,64}$/),
      fc.uniqueArray(fc.constantFrom(...roles.filter((role) => role !== 'SUPER_ADMIN'))),
      line,
      fc.boolean(),
      (username, held, displayName, isDisabled) => {
        const said = { username, email: `${username}@example.org`, displayName, isDisabled }
        const record = userRecord({ ...said, roles: held })
        // A name may begin or end with what no mail address may.
        const read = readUser({ ...record, email: 'ada@example.org' })
        expect(read).toEqual({
          name: username,
          wish: { ...said, email: 'ada@example.org', roles: [...held].sort(), notes: [] },
        })
      },
    ),
  )
})

test('no field would prove who somebody is; roles alone are answered for', () => {
  const listed = [...siteFields, ...userFields].filter((field) => privilegedFields.includes(field))
  expect(listed).toEqual(['roles'])
})

test.each([
  ['a user name with a blank', { username: 'a b' }, 'username'],
  ['a user name of two letters', { username: 'ab' }, 'username'],
  ['no e-mail address', { email: null }, 'email'],
  ['an e-mail address over two lines', { email: 'a@example.org\nBcc: b@example.org' }, 'email'],
  ['a role nobody knows', { roles: ['ROOT'] }, 'roles[0]'],
  ['a role in other letters', { roles: ['org_admin'] }, 'roles[0]'],
  ['roles that are no list', { roles: 'ORG_ADMIN' }, 'roles'],
  ['a binding for a role', { roles: [{ role: 'ORG_ADMIN' }] }, 'roles[0]'],
  ['more roles than there are', { roles: Array.from({ length: 9 }, () => 'VIEWER') }, 'roles'],
  ['a word for a flag', { is_disabled: 'no' }, 'is_disabled'],
])('%s is named', (_, change, field) => {
  const read = readUser({ ...user, ...change })
  expect(read).toMatchObject({ outcome: { outcome: 'refused', code: 'backup.record_invalid' } })
  expect('outcome' in read && read.outcome.detail).toContain(field)
})

test('a role that is held everywhere is left out and said', () => {
  expect(readUser({ ...user, roles: ['SUPER_ADMIN', 'VIEWER', 'VIEWER'] })).toMatchObject({
    wish: { roles: ['VIEWER'], notes: [{ code: 'backup.role_stripped' }] },
  })
})
